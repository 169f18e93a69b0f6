"""Coins on the move: what a statement of a place cannot know yet, because coins left or came after it was made.

A transfer has two ends. Until it arrived its coins are in transit; what left a place after its latest statement is
taken off there, what arrived after it is added, so that no coin is counted twice or not at all (P9, P10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from desk.treasury.coin_records import BlockSale, PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.records import Place
from desk.units import Sats, btc_text

_LATE = "look at the transaction; if it is there, state its arrival, until then it counts twice"


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """A transfer that has not arrived. `is_late`: it should have, by what was expected of it."""

    transfer: Transfer
    expected: datetime
    is_late: bool

    @property
    def why(self) -> str:
        """In words: since when, how deep, until when."""
        seen = self.transfer.confirmations
        depth = "confirmations unknown" if seen is None else f"{seen} confirmation{'' if seen == 1 else 's'}"
        late = f", late: {_LATE}" if self.is_late else ""
        return f"sent {_when(self.transfer.sent)}, {depth}, expected {_when(self.expected)}{late}"


@dataclass(frozen=True, slots=True)
class Moved:
    """Places as they are after what moved since their statements; coins on the way; coins sold but not delivered yet.

    `undelivered` is by place id. `problems` are what cannot be: more left a place than it held.
    """

    places: tuple[Place, ...]
    on_the_way: tuple[OnTheWay, ...]
    undelivered: tuple[tuple[str, BlockSale], ...]
    problems: tuple[str, ...]


def moved(
    places: Iterable[Place],
    transfers: Sequence[Transfer],
    blocks: Sequence[BlockSale],
    *,
    now: datetime,
    within: timedelta,
    pay_outs: Sequence[PayOut] = (),
    receipts: Sequence[Receipt] = (),
) -> Moved:
    """`within` is how long a transfer may take where nobody said when it is expected."""
    under_way = [one for one in transfers if one.sent <= now]
    changes = [
        (
            place,
            _left(place, under_way, blocks, now) + _paid(place, pay_outs, now),
            _came(place, under_way, now) + _received(place, receipts, now),
        )
        for place in places
    ]
    known = {place.id for place, _, _ in changes}
    return Moved(
        tuple(_after(place, left, came) for place, left, came in changes),
        tuple(_way(one, now, within) for one in under_way if not _has_arrived(one, now)),
        tuple((one.place, one) for one in blocks if one.place in known and _is_open(one, now)),
        tuple(
            f"{place.name}: {btc_text(left - came - place.sats)} BTC more left than it held on {_when(place.as_of)}"
            for place, left, came in changes
            if left > place.sats + came
        ),
    )


def _after(place: Place, left: int, came: int) -> Place:
    """The place with what moved since its statement; one that lost more than it had holds nothing."""
    if not left and not came:
        return place
    return replace(place, sats=Sats(max(0, place.sats + came - left)), note=_noted(place.note, left, came))


def _left(place: Place, transfers: Sequence[Transfer], blocks: Sequence[BlockSale], now: datetime) -> int:
    """What left after the statement: transfers with their fees, and block sales that were delivered."""
    sent = sum(one.sats + one.fee for one in transfers if one.from_place == place.id and one.sent > place.as_of)
    delivered = sum(
        one.sats
        for one in blocks
        if one.place == place.id and not _is_open(one, now) and _delivered(one) > place.as_of and one.executed <= now
    )
    return sent + delivered


def _came(place: Place, transfers: Sequence[Transfer], now: datetime) -> int:
    return sum(
        one.sats
        for one in transfers
        if one.to_place == place.id and one.arrived is not None and place.as_of < one.arrived <= now
    )


def _paid(place: Place, pay_outs: Sequence[PayOut], now: datetime) -> int:
    return sum(one.sats for one in pay_outs if one.place == place.id and place.as_of < one.paid <= now)


def _received(place: Place, receipts: Sequence[Receipt], now: datetime) -> int:
    """Opening lots say what a statement of the place says, too; only what came after it counts."""
    return sum(
        one.sats
        for one in receipts
        if one.kind is not ReceiptKind.OPENING and one.place == place.id and place.as_of < one.credited <= now
    )


def _has_arrived(transfer: Transfer, now: datetime) -> bool:
    return transfer.arrived is not None and transfer.arrived <= now


def _way(transfer: Transfer, now: datetime, within: timedelta) -> OnTheWay:
    expected = transfer.expected or transfer.sent + within
    return OnTheWay(transfer, expected, now > expected)


def _is_open(block: BlockSale, now: datetime) -> bool:
    """Sold, and the day of delivery is not over."""
    return block.executed <= now and block.settles is not None and block.settles >= now.date()


def _delivered(block: BlockSale) -> datetime:
    """When the coins left at the latest: on the day they were to be delivered, else when they were sold."""
    return block.executed if block.settles is None else datetime.combine(block.settles, time.max, UTC)


def _noted(note: str, left: int, came: int) -> str:
    said = [f"{btc_text(left)} BTC left since its statement"] if left else []
    said += [f"{btc_text(came)} BTC arrived since"] if came else []
    return "; ".join(filter(None, (note, *said)))


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
