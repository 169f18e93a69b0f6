"""Which lots coins are taken from: first in first out, highest cost first, last in first out, or those picked.

Lots are taken from where they lie: coins that leave a place take lots at that place, by the method in force that day.
A pick goes before any method; what nobody picked follows it, under `specific` first in, first out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from heapq import heapify, heappop, heappush

from desk.treasury.coin_records import LotPick, ReliefMethod, ReliefRule
from desk.units import Sats


@dataclass(frozen=True, slots=True)
class Relief:
    """The default method, the rules on record from their days on, and what people picked."""

    default: ReliefMethod = ReliefMethod.FIFO
    rules: Sequence[ReliefRule] = ()
    picks: Sequence[LotPick] = ()

    def method_on(self, day: date) -> ReliefMethod:
        """The method in force on a day: that of the newest rule that is effective by then."""
        rule = self._rule_on(day)
        return self.default if rule is None else rule.method

    def said_by(self, day: date) -> str:
        """Who says so: the rule on record, or only the configuration, which somebody may edit without a trace."""
        rule = self._rule_on(day)
        if rule is None:
            return "config.toml; no rule is on record (desk holdings import, relief)"
        return f"the rule on record since {rule.effective} ({rule.source})"

    def _rule_on(self, day: date) -> ReliefRule | None:
        past = [rule for rule in self.rules if rule.effective <= day]
        return max(past, key=lambda rule: rule.effective, default=None)


@dataclass(frozen=True, slots=True)
class Opened:
    """What relief needs to know of a lot: its id, when it was acquired, its coins, and its cost in cents if known."""

    id: str
    acquired: datetime
    sats: Sats
    cents: int | None


class Ranks:
    """The lots in the order of every method: `of[method][lot]` is a lot's place, `at[method][place]` its index."""

    def __init__(self, lots: Sequence[Opened]) -> None:
        indexes = range(len(lots))
        first = sorted(indexes, key=lambda lot: (lots[lot].acquired, lots[lot].id))
        dearest = sorted(first, key=lambda lot: -_unit_cost(lots[lot]))
        self.at = {
            ReliefMethod.FIFO: first,
            ReliefMethod.SPECIFIC: first,
            ReliefMethod.LIFO: first[::-1],
            ReliefMethod.HIFO: dearest,
        }
        self.of = {method: _inverse(order) for method, order in self.at.items()}


def _unit_cost(lot: Opened) -> Fraction:
    """Cents per satoshi, exactly; a lot of unknown cost comes after all others."""
    return Fraction(-1) if lot.cents is None else Fraction(lot.cents, lot.sats)


def _inverse(order: Sequence[int]) -> list[int]:
    places = [0] * len(order)
    for place, lot in enumerate(order):
        places[lot] = place
    return places


class Shelf:
    """The lots at one place, each with how many of its coins lie there."""

    def __init__(self, ranks: Ranks) -> None:
        self.held: dict[int, int] = {}
        self._ranks = ranks
        self._method: ReliefMethod | None = None
        self._heap: list[int] = []

    def put(self, lot: int, sats: int) -> None:
        """More coins of a lot lie here now."""
        if lot in self.held:
            self.held[lot] += sats
            return
        self.held[lot] = sats
        if self._method is not None:
            heappush(self._heap, self._ranks.of[self._method][lot])

    def take_of(self, lot: int, wanted: int) -> int:
        """Takes up to `wanted` coins of one lot; returns how many there were."""
        sats = min(wanted, self.held.get(lot, 0))
        if sats:
            self._lower(lot, sats)
        return sats

    def take(self, wanted: int, method: ReliefMethod) -> list[tuple[int, int]]:
        """Takes up to `wanted` coins by the method: (lot, sats) as they were taken, never more than lie here."""
        if method is not self._method:
            self._method = method
            self._heap = [self._ranks.of[method][lot] for lot in self.held]
            heapify(self._heap)
        order, taken = self._ranks.at[method], []
        while wanted and self._heap:
            lot = order[self._heap[0]]
            sats = min(wanted, self.held.get(lot, 0))
            if sats:
                taken.append((lot, sats))
                wanted -= sats
                self._lower(lot, sats)
            if lot not in self.held:  # emptied just now, or by a pick before
                heappop(self._heap)
        return taken

    def _lower(self, lot: int, sats: int) -> None:
        left = self.held[lot] - sats
        if left:
            self.held[lot] = left
        else:
            del self.held[lot]


class Picked:
    """What people picked, used up as coins go: by trade, or by the sale, block sale, payment or transfer it is of."""

    def __init__(self, picks: Iterable[LotPick]) -> None:
        self._left: dict[str, list[tuple[LotPick, int]]] = {}
        for pick in sorted(picks, key=lambda one: (one.disposal, one.lot)):
            self._left.setdefault(pick.disposal, []).append((pick, pick.sats))

    def take(self, names: Iterable[str], shelf: Shelf, numbers: dict[str, int], wanted: int) -> list[tuple[int, int]]:
        """(lot, sats) of what was picked for any of `names` and lies on the shelf, at most `wanted` coins."""
        taken: list[tuple[int, int]] = []
        for name in names:
            if name not in self._left:
                continue
            rest: list[tuple[LotPick, int]] = []
            for pick, left in self._left[name]:
                lot = numbers.get(pick.lot)
                sats = shelf.take_of(lot, min(left, wanted)) if lot is not None and wanted else 0
                if sats and lot is not None:
                    taken.append((lot, sats))
                    wanted -= sats
                if left > sats:
                    rest.append((pick, left - sats))
            self._left[name] = rest
        return taken

    def unused(self) -> tuple[tuple[LotPick, Sats], ...]:
        """Picks that could not be followed, with the coins that were not there to take."""
        return tuple((pick, Sats(left)) for name in sorted(self._left) for pick, left in self._left[name])
