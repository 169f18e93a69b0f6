"""The plan for people at a terminal: thirteen weeks side by side, or one below the other where it is narrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from desk.treasury.forecast.ages import seen_words
from desk.treasury.forecast.table import Entry, Forecast, Line, Week
from desk.treasury.funding import day_text
from desk.units import Money, Sats, exact_sum, show_btc, show_millions, show_money

if TYPE_CHECKING:
    from desk.snapshot.model import AtRiskView
    from desk.treasury.forecast.kept import Against
    from desk.treasury.lot_preview import LotPreview
    from desk.treasury.plan import LoanEffect, Plan
    from desk.treasury.proposing import Proposal, Surer

_NAME, _CELL = 17, 9
_MILLION = Decimal(1_000_000)


def table(forecast: Forecast, width: int) -> Iterator[str]:
    """The weeks in millions, as many side by side as fit; below that, a line for each week."""
    if not forecast.weeks:
        return
    if width < _NAME + _CELL * len(forecast.weeks):
        yield from _narrow(forecast)
        return
    lines = [line for line in Line if any(week.of(line) for week in forecast.weeks)]
    yield f"{forecast.currency} millions".ljust(_NAME) + "".join(
        f"{day_text(week.first):>{_CELL}}" for week in forecast.weeks
    )
    yield _row("opening", [week.opening for week in forecast.weeks])
    for line in lines:
        yield _row(f"  {line}", [week.of(line) for week in forecast.weeks])
    yield _row("closing", [week.closing for week in forecast.weeks])
    yield _row("least", [week.minimum for week in forecast.weeks])
    if forecast.floor.level is not None:
        level = forecast.floor.level
        yield _row("above the floor", [exact_sum([week.minimum, -level]) for week in forecast.weeks])


def _narrow(forecast: Forecast) -> Iterator[str]:
    yield f"{forecast.currency} millions   opening        in       out   closing     least"
    for week in forecast.weeks:
        into = exact_sum([entry.amount for entry in week.entries if entry.amount > 0])
        out = exact_sum([entry.amount for entry in week.entries if entry.amount < 0])
        cells = "".join(f"{_millions(one):>10}" for one in (week.opening, into, out, week.closing, week.minimum))
        mark = "  below the floor" if _is_short(week, forecast) else ""
        yield f"{week.number:>2}  {day_text(week.first):>6}{cells}{mark}"


def _row(name: str, amounts: Sequence[Money]) -> str:
    return name.ljust(_NAME) + "".join(f"{_millions(one):>{_CELL}}" for one in amounts)


def _millions(amount: Decimal) -> str:
    return f"{amount / _MILLION:,.2f}" if amount else "·"


def _is_short(week: Week, forecast: Forecast) -> bool:
    return forecast.floor.level is not None and week.minimum < forecast.floor.level


def opening_lines(forecast: Forecast) -> Iterator[str]:
    """Where the money is, since when that is known, and how it counts."""
    for one in forecast.opening:
        invented = "  illustrative" if one.is_illustrative else ""
        seen = seen_words(one)
        known = f"  {seen} ·" if seen else ""
        yield f"  {one.place}: {one.currency} {show_money(one.amount, 0)}{known}  {one.note}{invented}"


def overdue_lines(forecast: Forecast) -> Iterator[str]:
    """What should have come or gone, and what the plan makes of it."""
    yield from (f"overdue: {one.text}" for one in forecast.overdue)


def gap_lines(plan: Plan) -> Iterator[str]:
    """The gap in one sentence, the floor, and how long it lasts."""
    yield plan.line
    floor = plan.forecast.floor
    if floor.level is not None and not plan.forecast.missing:
        yield f"floor {show_millions(floor.level)} ({floor.source}) · runway {_runway(plan.forecast)}"


def proposal_lines(plan: Plan, lots: Mapping[str, LotPreview]) -> Iterator[str]:
    """Each proposed sale: how much, by when, for what; what to bring; which lots; what it leaves."""
    for one in plan.proposals:
        yield from _proposal(one)
        if one.id in lots:
            yield f"     {_lots(lots[one.id], one.deposit)}"
    if not plan.proposals:
        return
    left = plan.gap_after
    runs = _runway(plan.after)
    if left:
        yield f"with them the gap is still {show_millions(left)} · runway {runs}"
    else:
        yield f"with them cash stays above the floor · runway {runs}"


def _proposal(one: Proposal) -> Iterator[str]:
    where = " + ".join(f"{show_btc(sats, 2)} at {venue}" for venue, sats in one.parts) or "no coins are free"
    yield (
        f"{one.id}  sell {show_btc(one.wanted, 2)} BTC by {one.sell_by:%a %-d %b %H:%M} UTC for {one.purpose}: "
        f"{one.because}, {show_millions(one.amount)} on {day_text(one.needed_on)}"
    )
    late = f", {(one.arrives - one.needed_on).days} days late" if one.is_late else ""
    yield (
        f"     {where} · brings {show_millions(one.proceeds)} on {day_text(one.arrives)}{late} · "
        f"leaves {show_btc(one.left, 2)} BTC free"
    )
    if one.deposit:
        amount, until = show_btc(one.deposit, 2), f"{one.deposit_by:%a %-d %b %H:%M} UTC"
        yield f"     deposit {amount} BTC to {one.parts[0][0]} by {until}"
    if one.sats < one.wanted:
        yield f"     {show_btc(one.wanted - one.sats, 2)} BTC of it are not there"


def surer_lines(found: Surer) -> Iterator[str]:
    """The sale for a confidence, instead of the proposals above, and how surely it keeps the floor as it is."""
    yield f"for {found.confidence:.0%}, instead of the proposals above:"
    yield from _proposal(found.proposal)
    if found.breach_with_it is not None:
        yield (
            f"     below the floor in {_share(found.breach)} of the futures, with it alone in "
            f"{_share(found.breach_with_it)} · stage it: desk plan --confidence {found.confidence * 100:.0f} --stage"
        )


def loan_lines(loans: Sequence[LoanEffect]) -> Iterator[str]:
    """What the proposals do to each loan."""
    for one in loans:
        if one.now is None or one.after is None:
            continue
        after = "unchanged by them" if one.after == one.now else f"→ {one.after / 100:.1f} %"
        invented = " (illustrative)" if one.is_illustrative else ""
        yield f"loan {one.loan}{invented}: LTV {one.now / 100:.1f} % {after}"


def _lots(found: LotPreview, deposit: Sats) -> str:
    """How many lots by which rule, what they cost, and what the sale would realise; a deposit brings its own."""
    count = len(found.parts)
    if not count:
        return "takes the lots of what is deposited" if deposit else "no lot on record covers it there"
    span = found.parts[0].lot if count == 1 else f"{found.parts[0].lot} … {found.parts[-1].lot}"
    words = f"takes {count} {'lot' if count == 1 else 'lots'} by {found.method}, {span}"
    if found.uncovered and deposit:
        return f"{words}; {show_btc(found.uncovered, 2)} BTC take the lots of what is deposited"
    if found.uncovered:
        return f"{words}; {show_btc(found.uncovered, 2)} BTC have no lot there"
    if found.cost is None or found.gain is None:
        return f"{words}; cost not known"
    kind = "gain" if found.gain >= 0 else "loss"
    return f"{words}; cost {show_millions(found.cost)}, {kind} about {show_millions(abs(found.gain))}"


def _runway(forecast: Forecast) -> str:
    from desk.treasury.plan import runway

    weeks = runway(forecast)
    if weeks is None:
        return f"beyond {len(forecast.weeks)} weeks"
    return "1 week" if weeks == 1 else f"{weeks} weeks"


def risk_lines(futures: AtRiskView | str) -> Iterator[str]:
    """What the simulated futures say, and what they assume."""
    if isinstance(futures, str):
        yield f"at risk: no estimate: {futures}"
        return
    yield (
        f"at risk, {futures.paths:,} futures (seed {futures.seed}): least cash P5 {show_millions(futures.p5)}, "
        f"P50 {show_millions(futures.p50)}"
    )
    if futures.breach is not None and futures.breach_with_proposals is not None:
        yield (
            f"  below the floor in {_share(futures.breach)} of them, with the proposals in "
            f"{_share(futures.breach_with_proposals)}"
        )
        yield f"  {_for_confidence(futures)}"
    for loan, share in futures.calls:
        yield f"  margin call of {loan} in {_share(share)}"
    for line in futures.assumptions:
        yield f"  assumed: {line}"


def _for_confidence(futures: AtRiskView) -> str:
    """What it takes for the confidence, and how that is had."""
    wanted, share = futures.sats_for_confidence, f"{futures.confidence:.0%}"
    if wanted is None:
        return f"above the floor in {share}: no sale made now can give that, it would pay too late"
    words = f"{show_btc(wanted, 2)} BTC sold now, and nothing else, keep it above in {share}"
    return f"{words}: desk plan --confidence {futures.confidence * 100:.0f} --stage" if wanted else words


def _share(value: Decimal) -> str:
    return f"{value:.1%}"


def entry_rows(entries: Sequence[Entry]) -> list[Mapping[str, object]]:
    """What a line is made of."""
    return [
        {
            "day": entry.day.isoformat(),
            "line": str(entry.line),
            "amount": show_money(entry.amount, 2),
            "name": entry.name,
            "source": entry.source + (" (illustrative)" if entry.is_illustrative else ""),
            "kind": "actual" if entry.is_actual else _chance(entry),
            "how": entry.how,
        }
        for entry in entries
    ]


def _chance(entry: Entry) -> str:
    chance = "" if entry.probability >= 10_000 else f" {entry.probability / 100:.0f} %"
    days = ""
    if entry.earliest or entry.latest:
        days = f" {_day(entry.earliest)}…{_day(entry.latest)}"
    overdue = f", overdue since {entry.overdue_since}" if entry.overdue_since else ""
    return f"planned{chance}{days}{overdue}"


def _day(day: date | None) -> str:
    return day_text(day) if day else ""


def against_rows(found: Against) -> list[Mapping[str, object]]:
    """Forecast, actual and difference by week and line, and over all weeks."""
    return [
        {
            "week": one.week or "all",
            "line": str(one.line),
            "forecast": show_money(one.forecast, 2),
            "actual": show_money(one.actual, 2),
            "difference": show_money(one.difference, 2),
        }
        for one in (*found.lines, *found.totals)
    ]
