"""What a lender was promised beyond the loan's own LTVs, and how far each promise is from being broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from desk.treasury.cash_records import Covenant, CovenantKind
from desk.units import Bps, Money, Price, Sats, btc, ratio

NEAR = Bps(Decimal(1000))
"""A covenant is near where its figure may move by a tenth of the level and break it."""
_FULL = Decimal(10_000)


class CovenantState(StrEnum):
    MET = "met"
    NEAR = "near"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """What covenants are judged by. None, or a currency that is absent: not known, and never taken to be zero.

    `price` is of one BTC in `price_currency`; `cash` is money in each currency as it is, nothing converted.
    """

    price: Price | None
    price_currency: str
    cash: Mapping[str, Money]
    ltv: Bps | None
    coins: Sats | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One covenant as it stands. `value` is in the unit of its level; `headroom` is basis points of that level.

    Headroom is above zero while the covenant is met. `missing` says what lacks where there is no judgement.
    """

    covenant: Covenant
    state: CovenantState
    value: Decimal | None
    headroom: Bps | None
    missing: str = ""


def judge(covenant: Covenant, facts: Facts) -> Judged:
    """Where a covenant stands. Equal to its level is met: what is promised is 'not below' and 'not above'."""
    value, missing = _value(covenant, facts)
    if value is None:
        return Judged(covenant, CovenantState.UNKNOWN, None, None, f"no estimate: {missing} missing")
    over = value - covenant.level
    room = Bps(ratio((-over if covenant.kind is CovenantKind.MAX_LTV else over) * _FULL, covenant.level))
    state = CovenantState.BROKEN if room < 0 else CovenantState.NEAR if room <= NEAR else CovenantState.MET
    return Judged(covenant, state, value, room)


def _value(covenant: Covenant, facts: Facts) -> tuple[Decimal | None, str]:
    """The figure that the covenant is about, and what it is called where it lacks."""
    if covenant.kind is CovenantKind.MIN_PRICE:
        known = facts.price if covenant.currency == facts.price_currency else None
        return known, f"price in {covenant.currency}"
    if covenant.kind is CovenantKind.MIN_CASH:
        return facts.cash.get(covenant.currency), f"{covenant.currency} cash"
    if covenant.kind is CovenantKind.MAX_LTV:
        return facts.ltv, "LTV of the loan"
    return (None if facts.coins is None else btc(facts.coins)), "BTC held"


@dataclass(frozen=True, slots=True)
class CovenantLine:
    """One covenant now, and once what is planned has been done; `after` None where that cannot be said."""

    now: Judged
    after: Judged | None
