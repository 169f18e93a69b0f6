"""Everything of a loan with room to read it: terms, what would help, the ladder of falling prices, covenants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from textual.content import Content

from desk.snapshot.model import LoanView
from desk.treasury.cash_records import CovenantKind
from desk.treasury.covenants import CovenantLine, CovenantState, Judged
from desk.treasury.ladder import Standing, Zone
from desk.units import show_btc, show_millions, show_money
from widgets.charts.bar import ZoneScale, zone_scale
from widgets.layout import Lines, columns, fitting, joined, wrapped
from widgets.panels.loans import EMPTY, two_lines
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STRONG, percent, say

_NONE = say("—", MUTED)
_LONG = {Zone.SAFE: "", Zone.CALL: "CALL", Zone.LIQUIDATION: "LIQUIDATION"}
_SHORT = {Zone.SAFE: "", Zone.CALL: "CALL", Zone.LIQUIDATION: "LIQ"}


def ladder(picture: Picture, width: int) -> Lines:
    """Every open loan."""
    lines: Lines = []
    for loan in picture.snapshot.loans:
        lines += two_lines(picture, loan, width)
        lines += [*wrapped(joined(list(_terms(loan))), width), *_ways(loan, width)]
        lines += _steps(loan, width)
        lines += _covenants(loan, width)
        lines += [part for note in loan.notes for part in wrapped(say(f"! {note}", MUTED), width)]
        lines.append(say(""))
    return lines[:-1] or [EMPTY]


def _terms(loan: LoanView) -> Iterator[Content]:
    yield say(
        f"{loan.name} · call at {percent(loan.call_ltv)} · liquidation at {percent(loan.liquidation_ltv)}", MUTED
    )
    if loan.annual_rate is not None:
        yield say(f"{percent(loan.annual_rate, 2)} {loan.day_count}", MUTED)
    if loan.next_payment is not None:
        due = loan.next_payment
        what = "principal" if due.principal else "interest"
        yield say(f"{_money(loan, due.interest + due.principal)} {what} {due.due.day} {due.due:%b}", MUTED)
    if loan.maturity is not None:
        yield say(f"matures {loan.maturity.day} {loan.maturity:%b %Y}", MUTED)
    yield say("re-usable by the lender", HARM) if loan.may_reuse else say("not re-usable", MUTED)


def _ways(loan: LoanView, width: int) -> Lines:
    """What brings it back to its initial LTV, and what the lender would let go."""
    if loan.now is None or loan.now.price is None or loan.initial_ltv is None:
        return []
    shown = [("now", loan.now)]
    if loan.planned and loan.after is not None:
        shown.append((f"after {', '.join(loan.planned)}", loan.after))
    lines = []
    for name, there in shown:
        first, *rest = _way(loan, there)
        lines.append(fitting([say(f"{name} ", MUTED) + first, *rest], width))
    return lines


def _way(loan: LoanView, there: Standing) -> list[Content]:
    target = percent(loan.initial_ltv or Decimal(0), 0)
    released = [] if there.releasable is None else [say(f"{show_btc(there.releasable, 2)} BTC releasable", MUTED)]
    if not there.repay:
        return [say(f"under {target}"), *released]
    parts = [say(f"back to {target}: pledge {show_btc(there.top_up or 0, 2)} BTC")]
    if there.free_sale is not None:
        parts.append(say(f"or sell {show_btc(there.free_sale, 2)} unpledged"))
    return [*parts, say(f"or repay {_money(loan, there.repay)}"), *released]


def _steps(loan: LoanView, width: int) -> Lines:
    """Today's price and every fall: LTV with a bar, what the lender may do, BTC to pledge; now and after the plan."""
    if loan.now is None or loan.now.price is None or not loan.rungs:
        return [say("no ladder: nothing is pledged" if not loan.collateral else "no ladder: no fresh price", HARM)]
    steps = [("now", loan.now, loan.after)]
    steps += [(percent(rung.fall, 0).replace("-", "−"), rung.now, rung.after) for rung in loan.rungs]
    look = _look(loan, width)
    rows = [_heads(look), *(_step(look, *step) for step in steps)]
    return columns(rows, look.align, width)


@dataclass(frozen=True, slots=True)
class _Look:
    """How the steps of one loan are drawn; `scales` are those of the bars now and after, None for figures alone."""

    loan: LoanView
    scales: tuple[ZoneScale | None, ZoneScale | None]
    words: Mapping[Zone, str]
    with_after: bool
    with_top_up_after: bool

    @property
    def align(self) -> str:
        now, after = ("l" if scale else "r" for scale in self.scales)
        return f"rr{now}lr" + (f"{after}l" if self.with_after else "") + ("r" if self.with_top_up_after else "")


def _look(loan: LoanView, width: int) -> _Look:
    """As much as fits: bars for both, then a bar for now alone, then figures alone."""
    is_wide, with_after = width >= 118, bool(loan.planned)
    with_top_up_after = with_after and width >= 75
    room = min(width - (67 if with_top_up_after else 56), 18)
    return _Look(
        loan=loan,
        scales=(
            zone_scale(loan.call_ltv, loan.liquidation_ltv, (24 if width >= 124 else 20) if is_wide else room),
            zone_scale(loan.call_ltv, loan.liquidation_ltv, 16 if is_wide else 0),
        ),
        words=_LONG if is_wide else _SHORT,
        with_after=with_after,
        with_top_up_after=with_top_up_after,
    )


def _heads(look: _Look) -> list[Content]:
    now, after = (_scale_head(scale, name) for scale, name in zip(look.scales, ("LTV", "after"), strict=True))
    cells = [say(""), say("price", MUTED), now, say(""), say("to pledge", MUTED)]
    return [*cells, after, say(""), say("to pledge", MUTED)][: len(look.align)]


def _scale_head(scale: ZoneScale | None, name: str) -> Content:
    """What the marks of the bars are, where their scale begins and ends, and over the figures what they are."""
    if scale is None:
        return say(name, MUTED)
    return scale.heading(("call", "liq"), lambda level: percent(level, 0)) + say(f"{name:>8}", MUTED)


def _step(look: _Look, name: str, now: Standing, after: Standing | None) -> list[Content]:
    row = [
        say(name, STRONG if name == "now" else MUTED),
        say("" if now.price is None else show_money(now.price, 0)),
        *_level(look, now, look.scales[0]),
        *_level(look, after, look.scales[1]),
    ]
    return row[: len(look.align)]


def _level(look: _Look, there: Standing | None, scale: ZoneScale | None) -> list[Content]:
    """LTV as a bar with its limits and a figure, what the lender may do, and what would bring it back."""
    if there is None or there.ltv is None:
        return [say("not known", MUTED), say(""), _NONE]
    zone = there.zone or Zone.SAFE
    style = HARM if zone is not Zone.SAFE else STRONG
    figure = say(percent(there.ltv), style)
    if scale is not None:
        drawn = scale.bar(there.ltv, HARM if zone is not Zone.SAFE else ACCENT)
        figure = drawn + say(f"{percent(there.ltv):>8}", style)
    pledge = say(show_btc(there.top_up, 2)) if there.top_up else _NONE
    return [figure, say(look.words[zone], style), pledge]


def _covenants(loan: LoanView, width: int) -> Lines:
    """Each promise, its state in words, its figure, and how far it is from being broken."""
    rows = [_covenant(line, with_after=bool(loan.planned)) for line in loan.covenants]
    return columns(rows, "lllrl", width)


def _covenant(line: CovenantLine, *, with_after: bool) -> list[Content]:
    one, now = line.now.covenant, line.now
    after = say("")
    if with_after and line.after is not None:
        after = say("after ", MUTED) + _state(line.after)
    return [
        say(f"{one.kind.replace('-', ' ')} {_figure(now, one.level)}", MUTED),
        _state(now),
        say(now.missing, MUTED) if now.value is None else say(_figure(now, now.value)),
        say("" if now.headroom is None else _signed(now.headroom)),
        after,
    ]


def _state(judged: Judged) -> Content:
    state = judged.state
    word = state.upper() if state is CovenantState.BROKEN else str(state)
    return say(word, HARM if state is CovenantState.BROKEN else STRONG if state is CovenantState.NEAR else "")


def _figure(judged: Judged, value: Decimal) -> str:
    one = judged.covenant
    if one.kind is CovenantKind.MAX_LTV:
        return percent(value)
    if one.kind is CovenantKind.MIN_BTC:
        return f"{show_money(value)} BTC"
    return f"{show_money(value, 0)} {one.currency}"


def _signed(bps: Decimal) -> str:
    return f"{'+' if bps >= 0 else '−'}{percent(abs(bps))}"


def _money(loan: LoanView, amount: Decimal) -> str:
    return show_millions(amount) if loan.currency == "USD" else f"{show_money(amount, 0)} {loan.currency}"
