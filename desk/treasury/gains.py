"""What a disposal brought in dollars: fees in their own coin, converted by a mark of that day or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from desk.treasury.movements import Movement
from desk.treasury.valuation import COIN, DOLLARS, Marks, Rate, missing_mark
from desk.units import NOTHING, Money, Sats, exact_product, exact_sum, notional

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Net:
    """Net proceeds in dollars, to the cent, or None and what is missing; the rates that were used.

    They are rounded once for each disposal (halves to even), so that gains and statements add up to the cent.
    """

    amount: Money | None
    rates: tuple[Rate, ...] = ()
    missing: tuple[str, ...] = ()


def net_proceeds(gone: Movement, marks: Marks, rebate: Money = NOTHING) -> Net:
    """Gross − fees in dollars. A fee in BTC is not taken off here: its coins go with their cost.

    `rebate` is the value of coins that came back as a fee below zero, in the currency of the trade.
    """
    gross = _gross(gone)
    if gross is None:
        return Net(None, missing=(missing_mark(COIN, gone.day),))
    parts: dict[str, Decimal] = {gone.currency: exact_sum([gross, rebate])}
    if gone.fee and gone.fee_currency != COIN:
        parts[gone.fee_currency] = exact_sum([parts.get(gone.fee_currency, NOTHING), -gone.fee])
    amounts, rates, missing = [], [], []
    for currency, amount in parts.items():
        if currency == DOLLARS:
            amounts.append(amount)
            continue
        rate = marks.dollars(currency, gone.day)
        if rate is None:
            missing.append(missing_mark(currency, gone.day))
        else:
            rates.append(rate)
            amounts.append(exact_product(amount, rate.value))
    if missing:
        return Net(None, tuple(rates), tuple(missing))
    return Net(Money(exact_sum(amounts).quantize(_CENT, ROUND_HALF_EVEN)), tuple(rates))


def in_shares(net: Money | None, parts: Sequence[Sats], whole: int) -> list[Money | None]:
    """The net proceeds of `whole` coins for each of its parts, to the cent; the last part has what is left."""
    if net is None:
        return [None] * len(parts)
    shares: list[Money | None] = []
    coins, given = 0, NOTHING
    for sats in parts:
        coins += sats
        due = net if coins == whole else (net * coins / whole).quantize(_CENT, ROUND_HALF_EVEN)
        shares.append(exact_sum([due, -given]))
        given = Money(due)
    return shares


def _gross(gone: Movement) -> Money | None:
    if gone.amount is not None:
        return gone.amount
    return None if gone.unit_value is None else notional(-gone.sats, gone.unit_value)
