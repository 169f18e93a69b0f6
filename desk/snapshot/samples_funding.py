"""The sample desk's plan: thirteen weeks, a gap, two proposals and simulated futures; invented, and marked so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from desk.snapshot.model import AtRiskView, FundingView, MilestoneView, ProposalView, WeekView
from desk.units import Bps, Money, parse_btc

_FIRST = date(2026, 2, 2)
_CLOSINGS = ("12.4", "23.9", "21.7", "18.5", "8.2", "6.9", "4.1", "6.0", "9.2", "10.4", "12.0", "11.1", "13.0")
_NEEDS = (
    (date(2026, 2, 12), "Georgia phase 1", "deposit", "19500000", 8200),
    (date(2026, 3, 2), "GPU containers", "delivery", "41000000", 1800),
    (date(2026, 3, 30), "lender A", "interest", "3600000", 10000),
)


def funding_sample(now: datetime) -> FundingView:
    """Cash falls below the floor with a delivery on 2 March, and 5.9 M below it in the middle of that month."""
    milestones = tuple(
        MilestoneView(due, commitment, name, _usd(amount), "USD", Bps(Decimal(funded)), False, True)
        for due, commitment, name, amount, funded in _NEEDS
    )
    return FundingView(
        milestones,
        date(2026, 3, 2),
        _usd("5900000"),
        parse_btc("96.16"),
        "gap $1.8 M on 2 Mar, GPU containers delivery; $5.9 M by 19 Mar · selling 96.16 BTC closes it, "
        "a fall of 10 % allowed for",
        ("interest of loan lender-a: no rate on record, only planned flows count",),
        weeks=_weeks(),
        floor=_usd("10000000"),
        floor_source="treasury.cash_floor",
        minimum=_usd("4100000"),
        minimum_on=date(2026, 3, 19),
        minimum_week=7,
        runway_weeks=3,
        proposals=(
            _proposal("P-1", "capex:gpu-delivery", "GPU containers delivery", "29.34", date(2026, 3, 2), "1800397"),
            _proposal("P-2", "general", "power and what follows", "66.82", date(2026, 3, 12), "4100292"),
        ),
        gap_after=_usd("0"),
        first_short=_usd("1800000"),
        deepest_on=date(2026, 3, 19),
        at_risk=AtRiskView(
            taken=now - timedelta(seconds=20),
            p5=_usd("-7300000"),
            p50=_usd("3200000"),
            breach=Decimal("0.911"),
            breach_with_proposals=Decimal("0.472"),
            calls=(("lender-a", Decimal("0.7370")),),
            sats_for_confidence=parse_btc("297.40"),
            confidence=Decimal("0.95"),
            paths=20_000,
            seed=1,
            assumptions=(
                "price: daily volatility 3.00%, as configured; no drift",
                "difficulty: held as it is, only 5 weeks on record",
            ),
        ),
    )


def _weeks() -> tuple[WeekView, ...]:
    amounts = [_usd(Decimal(closing) * 1_000_000) for closing in _CLOSINGS]
    return tuple(
        WeekView(number, _FIRST + timedelta(weeks=number - 1), amount, amount)
        for number, amount in enumerate(amounts, start=1)
    )


def _proposal(name: str, purpose: str, because: str, btc: str, needed: date, proceeds: str) -> ProposalView:
    before = needed - timedelta(days=3 if needed.weekday() == 0 else 1)
    sell_by = datetime(before.year, before.month, before.day, 21, 0, tzinfo=UTC)
    sats = parse_btc(btc)
    return ProposalView(
        name, purpose, because, needed, sats, sats, parse_btc("0"), sell_by, needed, _usd(proceeds), False
    )


def _usd(amount: str | Decimal) -> Money:
    return Money(Decimal(amount))
