"""Mining for the sample pictures: a month explained, three epochs, two pools; invented, and adding up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from desk.snapshot.model import MiningPeriodView, MiningView, PoolView, ReasonView
from desk.units import Bps, Money, Price, Sats, btc_text, parse_btc

_CASH = Money(Decimal(76928))


def mining_sample(price: Decimal) -> MiningView:
    """Everything but the days themselves."""
    return MiningView(
        latest=None,
        month_to_date=parse_btc("112.40"),
        days=(),
        cash_cost=_CASH,
        margin=Money(price - _CASH),
        cost_period="2026-Q1",
        month=_period(date(2026, 2, 1), date(2026, 2, 6), ("150.93", "-3.62", "-43.61", "-0.31", "-0.80"), "34.6"),
        epochs=(
            _epoch(date(2026, 1, 8), date(2026, 1, 21), "146472570619930", "-120", "225.54", "37.1"),
            _epoch(date(2026, 1, 22), date(2026, 2, 6), "141668107417558", "-328", "267.31", "36.1"),
        ),
        pools=(
            PoolView("luxor", "luxor", date(2026, 2, 6), parse_btc("10.2214"), 52_328.0, False, 812.0),
            PoolView("foundry", "foundry", date(2026, 2, 6), parse_btc("6.4102"), 52_328.0, False, 815.0),
        ),
        network_day=date(2026, 2, 6),
        difficulty=Decimal("141668107417558"),
        hashprice=Money(Decimal("30.6")),
        break_even=Price(Decimal("75143")),
        restated=("2026-02-05 of luxor: 10.10420000 BTC instead of 10.21420000 (−0.11)",),
        notes=("no estimate: all-in cost of 2026-Q1 missing (of 2025-Q3: 99383)",),
        is_illustrative=True,
    )


def _period(first: date, last: date, coins: tuple[str, str, str, str, str], ehs: str) -> MiningPeriodView:
    full, *lost = (parse_btc(one) for one in coins)
    made = Sats(full + sum(lost))
    names = ("uptime", "hashrate", "pool fee", "unexplained")
    return MiningPeriodView(
        name=f"{first:%Y-%m}",
        first=first,
        last=last,
        mined=made,
        full=full,
        expected=Sats(made - lost[-1]),
        compared=made,
        reasons=tuple(ReasonView(name, sats) for name, sats in zip(names, lost, strict=True)),
        operating_ehs=Decimal(ehs),
        deployed_ehs=Decimal("50.0"),
        uptime=Bps(Decimal(9760)),
        joules_per_th=Decimal("21.4"),
        power_price=Decimal("0.051"),
        pool_fee=Bps(Decimal(30)),
        power_per_btc=Money(Decimal("58929.06")),
        cash_per_btc=Money(Decimal("75200.16")),
        missing=(),
    )


def _epoch(first: date, last: date, difficulty: str, change: str, made: str, ehs: str) -> MiningPeriodView:
    lost = ("-9.10", "-69.20", "-0.70", "-1.90")
    full = btc_text(Sats(parse_btc(made) - sum(parse_btc(one) for one in lost)))
    return replace(
        _period(first, last, (full, *lost), ehs),
        name=f"{first} to {last}",
        difficulty=Decimal(difficulty),
        change=Bps(Decimal(change)),
    )
