"""The day a desk begins: balances, opening lots and loans from one workbook have to tell the same story (P9, P11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from desk.treasury.coin_records import Receipt, ReceiptKind
from desk.treasury.movements import booked_at
from desk.treasury.records import Loan, LoanState, Place, PlaceKind, Record
from desk.units import btc_text


def contradictions(records: Sequence[Record]) -> list[str]:
    """Where the sheets of one workbook disagree, in words. Only what is stated in two of them is compared."""
    places = [one for one in records if isinstance(one, Place)]
    lots = [one for one in records if isinstance(one, Receipt) and one.kind is ReceiptKind.OPENING]
    loans = [one for one in records if isinstance(one, Loan) and one.state is LoanState.OPEN]
    found = _lots_and_balances(places, lots) if places and lots else []
    pledged = [place for place in places if place.kind is PlaceKind.PLEDGED]
    return found + (_pledges_and_loans(pledged, loans) if pledged else [])


def _lots_and_balances(places: Iterable[Place], lots: Iterable[Receipt]) -> list[str]:
    """Every place that opens with coins opens with lots of exactly as many; venues state their own."""
    opened: dict[str, int] = defaultdict(int)
    for lot in lots:
        opened[lot.place] += lot.sats
    found = []
    for place in places:
        where = booked_at(place, opened)
        have = opened[where]
        if have != place.sats and place.kind is not PlaceKind.IN_TRANSIT:
            lots_there = f"its opening lots{_at(where, place)} are {btc_text(have)} BTC"
            found.append(f"place {place.id}: the balance is {btc_text(place.sats)} BTC, {lots_there}")
    return found


def _at(where: str, place: Place) -> str:
    return "" if where == place.id else f" (at {where})"


def _pledges_and_loans(places: Iterable[Place], loans: Iterable[Loan]) -> list[str]:
    pledged: dict[str, int] = defaultdict(int)
    for place in places:
        if place.loan is not None:
            pledged[place.loan] += place.sats
    return [
        f"loan {loan.id}: {btc_text(loan.pledged)} BTC are pledged by its terms, "
        f"{btc_text(pledged[loan.id])} BTC lie in its pledged places"
        for loan in loans
        if pledged[loan.id] != loan.pledged
    ]
