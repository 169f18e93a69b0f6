"""Mining in lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

from desk.snapshot.model import DeskSnapshot, MiningDayView, MiningPeriodView, MiningView, PoolView
from desk.snapshot.words import length_text, percent
from desk.treasury.records import CostFigure
from desk.units import Sats, bps_between, show_btc, show_money

DAYS = 14
_NAMES = {"hashrate": "hashrate below deployed", "unexplained": "luck and unexplained"}


def lines(
    desk: DeskSnapshot, period: MiningPeriodView | None = None, published: CostFigure | None = None
) -> Iterator[str]:
    """The page of `desk mining`: latest day, the running month explained, costs today; or the period asked for alone,
    by its own days, with what was `published` for it."""
    view = desk.mining
    if period is not None:
        yield from _period(period)
        yield from _costs(period, published)
        return
    if view.latest is not None:
        yield _latest(view.latest, is_stale=view.is_stale)
    if view.month is not None:
        yield from _period(view.month)
        yield from _costs(view.month, None)
    yield from _today(desk)
    for line in view.restated:
        yield f"restated  {line}"
    for note in (*((view.missing,) if view.missing else ()), *view.notes):
        yield f"note      {note}"


def day_rows(view: MiningView) -> list[dict[str, str]]:
    """The newest days, newest first."""
    return [
        {
            "day": day.day.isoformat(),
            "BTC": show_btc(day.sats),
            "expected": "" if day.expected is None else show_btc(day.expected),
            "off": off(day.sats, day.expected),
            "EH/s": "" if day.hashrate_ehs is None else f"{day.hashrate_ehs:,.2f}",
        }
        for day in reversed(view.days[-DAYS:])
    ]


def epoch_rows(view: MiningView) -> list[dict[str, str]]:
    """Difficulty epochs, newest first."""
    return [
        {
            "epoch": f"{one.first} … {one.last}{' *' if one.part else ''}",
            "difficulty": "" if one.difficulty is None else f"{one.difficulty / 10**12:,.2f} T",
            "change": "" if one.change is None else percent(one.change),
            "BTC": show_btc(one.mined, 4),
            "expected": "" if one.expected is None else show_btc(one.expected, 4),
            "off": "" if one.compared is None else off(one.compared, one.expected),
            "EH/s": "" if one.operating_ehs is None else f"{one.operating_ehs:,.2f}",
            "power/BTC": "" if one.power_per_btc is None else show_money(one.power_per_btc, 0),
            "cash/BTC": "" if one.cash_per_btc is None else show_money(one.cash_per_btc, 0),
        }
        for one in reversed(view.epochs)
    ]


def epoch_notes(view: MiningView) -> Iterator[str]:
    """What an epoch marked with * lacks, under their table."""
    yield from (f"* {one.first} … {one.last} is part of an epoch: {one.part}" for one in view.epochs if one.part)


def pool_rows(view: MiningView) -> list[dict[str, str]]:
    """Pools with their newest day and what was wrong."""
    return [
        {
            "pool": pool.name,
            "kind": pool.kind,
            "newest day": str(pool.newest or "none"),
            "BTC": "" if pool.sats is None else show_btc(pool.sats),
            "state": _state(pool),
        }
        for pool in view.pools
    ]


def off(made: Sats, expected: Sats | None) -> str:
    """How far from what was expected."""
    if not expected:
        return ""
    return f"{bps_between(Decimal(made), Decimal(expected)) / 100:+.1f} %".replace("-", "−")


def _state(pool: PoolView) -> str:
    words = ["STALE"] if pool.is_stale else []
    return ", ".join((*words, *((pool.error,) if pool.error else ()))) or "well"


def _latest(day: MiningDayView, *, is_stale: bool) -> str:
    expected = f" of {show_btc(day.expected)} expected" if day.expected is not None else ""
    rate = f", {day.hashrate_ehs:,.2f} EH/s" if day.hashrate_ehs is not None else ""
    return f"{day.day}  {show_btc(day.sats)} BTC{expected}{rate}{'  STALE' if is_stale else ''}"


def _period(view: MiningPeriodView) -> Iterator[str]:
    yield f"{view.name}  {show_btc(view.mined)} BTC on complete days"
    if view.part:
        yield f"          part of the epoch: {view.part}"
    yield from (f"          {line}" for line in _machines(view))
    if view.full is None or view.compared is None:
        yield f"          no estimate: {'; '.join(view.missing)}"
        return
    days = "" if view.compared == view.mined else f" ({show_btc(view.compared)} of them on days with an estimate)"
    yield f"          {show_btc(view.full):>14}  all that is deployed, always on, before the pool's fee{days}"
    for reason in view.reasons:
        amount = "not known" if reason.sats is None else f"{show_btc(reason.sats)}".replace("-", "−")
        note = f"  ({reason.note})" if reason.note else ""
        yield f"          {amount:>14}  {_NAMES.get(reason.name, reason.name)}{note}"
    yield f"          {show_btc(view.compared):>14}  credited"
    if view.missing:
        yield f"          left out: {'; '.join(view.missing)}"


def _machines(view: MiningPeriodView) -> Iterator[str]:
    rates = (view.operating_ehs, view.deployed_ehs)
    known = [
        f"{rates[0]:,.2f} EH/s" + (f" of {rates[1]:,.2f} deployed" if rates[1] is not None else "")
        if rates[0] is not None
        else "",
        f"uptime {percent(view.uptime)}" if view.uptime is not None else "",
        f"{view.joules_per_th:,.1f} J/TH" if view.joules_per_th is not None else "",
        f"{view.power_price * 100:,.2f} ¢/kWh" if view.power_price is not None else "",
        f"pool fee {percent(view.pool_fee, 2)}" if view.pool_fee is not None else "",
    ]
    line = " · ".join(one for one in known if one)
    if line:
        yield line


def _costs(view: MiningPeriodView, published: CostFigure | None) -> Iterator[str]:
    """What the period's coins cost and were worth, by its own days and by what was published for it."""
    known = [
        (f"power {show_money(view.power_per_btc, 0)}") if view.power_per_btc is not None else "",
        (f"power and hosting {show_money(view.cash_per_btc, 0)}") if view.cash_per_btc is not None else "",
        *_published(published),
    ]
    yield from _joined("$ per BTC ", known)
    yield from _joined(
        "          ",
        [
            f"hashprice {show_money(view.hashprice)} $/PH/d" if view.hashprice is not None else "",
            f"break-even {show_money(view.break_even, 0)}" if view.break_even is not None else "",
            f"worth {show_money(view.price, 0)} at its days' marks" if view.price is not None else "",
            f"margin over power and hosting {_signed(view.margin)}" if view.margin is not None else "",
        ],
    )
    yield from (f"          {line}" for line in view.no_prices)


def _published(figure: CostFigure | None) -> Iterator[str]:
    if figure is not None and figure.cash_cost is not None:
        yield f"published cash {show_money(figure.cash_cost, 0)} ({figure.period})"
    if figure is not None and figure.all_in_cost is not None:
        yield f"published all-in {show_money(figure.all_in_cost, 0)} ({figure.period})"


def _today(desk: DeskSnapshot) -> Iterator[str]:
    """What holds now, with when its price and its network were seen."""
    view, price = desk.mining, desk.price
    old = ", STALE" if view.network_is_stale else ""
    known = [
        f"hashprice {show_money(view.hashprice)} $/PH/d" if view.hashprice is not None else "",
        f"break-even {show_money(view.break_even, 0)}" if view.break_even is not None else "",
        f"margin {_signed(view.margin)} over {view.cost_period}'s cash cost" if view.margin is not None else "",
        f"published cash {show_money(view.cash_cost, 0)} ({view.cost_period})" if view.cash_cost is not None else "",
        f"all-in {show_money(view.all_in_cost, 0)} ({view.cost_period})" if view.all_in_cost is not None else "",
    ]
    yield from _joined("today     ", known)
    seen = [
        f"price {show_money(price.mid)} of {price.venue}, {length_text(timedelta(seconds=price.age_s))} ago"
        f"{', STALE and not used' if price.is_stale else ''}"
        if price.mid is not None and price.age_s is not None
        else "",
        f"network of {view.network_day}{old}" if view.network_day is not None else "",
    ]
    if any(known):
        yield from _joined("          by ", seen)


def _joined(name: str, parts: Iterable[str]) -> Iterator[str]:
    line = " · ".join(part for part in parts if part)
    if line:
        yield f"{name}{line}"


def _signed(amount: Decimal) -> str:
    return show_money(amount, 0).replace("-", "−")
