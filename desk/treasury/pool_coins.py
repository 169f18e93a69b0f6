"""What pools owe by the books: coins that a mined day credited and no pay-out has taken out yet (P9).

Nobody states the balance of a pool every day, but its days and pay-outs are on record. Once there are opening lots,
so that the books know where they began, these coins are held like any others, and counted once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from desk.treasury.coin_records import PayOut, Receipt, Transfer
from desk.treasury.coin_stream import cut_over
from desk.treasury.movements import booked_at, is_pool, pool_place
from desk.treasury.records import Place, PlaceKind
from desk.units import ZERO, Sats, btc_text

BY_THE_BOOKS = "by the books: mined days less pay-outs"


class Credit(NamedTuple):
    """Coins that a pool credited for a day."""

    pool: str
    sats: Sats
    at: datetime
    is_illustrative: bool


class _Move(NamedTuple):
    place: str
    at: datetime
    sats: int
    is_illustrative: bool


@dataclass(frozen=True, slots=True)
class PoolCoins:
    """One pool's coins over time by the books: after `times[i]` there are `sums[i]` of them, oldest first."""

    place: str
    times: tuple[datetime, ...]
    sums: tuple[Sats, ...]
    is_illustrative: bool = False

    @property
    def name(self) -> str:
        """The pool as its mined days name it."""
        return self.place.removeprefix(pool_place(""))

    def until(self, at: datetime) -> Sats:
        """What there was after everything that had happened by `at`."""
        known = bisect_right(self.times, at)
        return self.sums[known - 1] if known else ZERO

    def newest(self, now: datetime) -> datetime | None:
        """When something last came or went."""
        known = bisect_right(self.times, now)
        return self.times[known - 1] if known else None


def pool_coins(
    credits: Iterable[Credit],
    receipts: Sequence[Receipt],
    transfers: Iterable[Transfer] = (),
    pay_outs: Iterable[PayOut] = (),
) -> tuple[PoolCoins, ...]:
    """Every pool the books know of; none before a cut-over, for then nobody said what was there to begin with."""
    start = cut_over(receipts)
    if start is None:
        return ()
    moves = [
        *(_Move(pool_place(one.pool), one.at, one.sats, one.is_illustrative) for one in credits),
        *(_Move(one.place, one.credited, one.sats, one.is_illustrative) for one in receipts),
        *(_Move(one.from_place, one.sent, -one.sats - one.fee, one.is_illustrative) for one in transfers),
        *(_Move(one.place, one.paid, -one.sats, one.is_illustrative) for one in pay_outs),
    ]
    by_place: defaultdict[str, list[_Move]] = defaultdict(list)
    for move in sorted(moves, key=lambda move: move.at):
        if is_pool(move.place) and move.at >= start:
            by_place[move.place].append(move)
    return tuple(_pool(place, found) for place, found in sorted(by_place.items()))


def _pool(place: str, moves: Sequence[_Move]) -> PoolCoins:
    sums = tuple(Sats(total) for total in accumulate(move.sats for move in moves))
    made_up = all(move.is_illustrative for move in moves)
    return PoolCoins(place, tuple(move.at for move in moves), sums, made_up)


def with_pools(places: Iterable[Place], pools: Sequence[PoolCoins], now: datetime) -> tuple[Place, ...]:
    """The places with what pools owe: a stated pool brought up to `now`, an unstated one as the books have it."""
    left = {one.place: one for one in pools}
    found = []
    for place in places:
        where = booked_at(place, left) if place.kind is PlaceKind.POOL else ""
        found.append(_since(place, left.pop(where), now) if where in left else place)
    return (*found, *(_unstated(one, now) for one in left.values() if one.until(now) > 0))


def _since(place: Place, pool: PoolCoins, now: datetime) -> Place:
    newest = pool.newest(now)
    if newest is None or newest <= place.as_of:
        return place
    change = pool.until(now) - pool.until(place.as_of)
    words = (
        f"{btc_text(Sats(abs(change)))} BTC {'more' if change >= 0 else 'less'} since its statement, {BY_THE_BOOKS}"
    )
    note = "; ".join(filter(None, (place.note, words)))
    return replace(place, sats=Sats(max(0, place.sats + change)), as_of=newest, note=note)


def _unstated(pool: PoolCoins, now: datetime) -> Place:
    at = pool.newest(now) or now
    return Place(
        id=pool.name,
        kind=PlaceKind.POOL,
        name=pool.name,
        sats=pool.until(now),
        as_of=at,
        source=BY_THE_BOOKS,
        note=BY_THE_BOOKS,
        is_illustrative=pool.is_illustrative,
    )
