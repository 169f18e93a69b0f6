"""Mining in lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.snapshot.model import DeskSnapshot, MiningDayView, MiningPeriodView, MiningView, PoolView
from desk.snapshot.words import percent
from desk.units import Sats, bps_between, show_btc, show_money

DAYS = 14
_NAMES = {"hashrate": "hashrate below deployed", "unexplained": "luck and unexplained"}


def lines(desk: DeskSnapshot, period: MiningPeriodView | None = None) -> Iterator[str]:
    """The page of `desk mining`: latest day, the running month explained, costs; or the period that was asked for."""
    view = desk.mining
    if view.latest is not None and period is None:
        yield _latest(view.latest, is_stale=view.is_stale)
    shown = period or view.month
    if shown is not None:
        yield from _period(shown)
    yield from _costs(view, period or view.month)
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
            "epoch": f"{one.first} … {one.last}",
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


def _costs(view: MiningView, period: MiningPeriodView | None) -> Iterator[str]:
    known = []
    if period is not None and period.power_per_btc is not None:
        known.append(f"power {show_money(period.power_per_btc, 0)}")
    if period is not None and period.cash_per_btc is not None:
        known.append(f"power and hosting {show_money(period.cash_per_btc, 0)}")
    if view.cash_cost is not None:
        known.append(f"published cash {show_money(view.cash_cost, 0)} ({view.cost_period})")
    if view.all_in_cost is not None:
        known.append(f"published all-in {show_money(view.all_in_cost, 0)} ({view.cost_period})")
    if known:
        yield f"$ per BTC {' · '.join(known)}"
    rest = []
    if view.hashprice is not None:
        old = f" (STALE, network of {view.network_day})" if view.network_is_stale else ""
        rest.append(f"hashprice {show_money(view.hashprice)} $/PH/d{old}")
    if view.break_even is not None:
        rest.append(f"break-even {show_money(view.break_even, 0)}")
    if view.margin is not None:
        rest.append(f"margin {show_money(view.margin, 0)}".replace("-", "−"))
    if rest:
        yield f"          {' · '.join(rest)}"
