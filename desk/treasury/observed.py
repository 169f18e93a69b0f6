"""What was seen at the places, held against what the books say is there: agreement, or a break (P9).

A break of a place is the difference that its newest observation shows, for as long as observations have shown any.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, takewhile

from desk.treasury.breaks import Break, BreakKind, break_id
from desk.treasury.coin_records import Explanation
from desk.treasury.months import last_day, month_of
from desk.treasury.rollforward import Entry, LineKind
from desk.treasury.undelivered import unexplained
from desk.units import ZERO, Sats, btc_text

_INSTANT = timedelta(microseconds=1)
_MONTH_LENGTH = len("2026-02")


@dataclass(frozen=True, slots=True)
class Observation:
    """So many coins were seen at a place; `source` says by whom. `owed` of them are sold and to be delivered."""

    place: str
    sats: Sats
    at: datetime
    source: str
    owed: Sats = ZERO


@dataclass(frozen=True, slots=True)
class PlaceState:
    """One place by the books and by its newest observation, None where nobody ever looked.

    `sats` is what the books have there at the end of the period; `difference` is books less observation at the
    moment of the observation, explanations taken off: positive is coins that left without a word. A place that has
    fewer than no coins differs without being seen.
    """

    place: str
    sats: Sats
    seen: Observation | None
    difference: Sats
    since: datetime | None = None


def place_states(
    entries: Iterable[Entry], observations: Iterable[Observation], until: datetime
) -> tuple[PlaceState, ...]:
    """Every place that has, or was seen to have, coins before `until`.

    An observation of that very moment counts, and what is booked at the moment of an observation is part of it.
    """
    by_place: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.at <= until:
            by_place[entry.place].append(entry)
    seen: defaultdict[str, list[Observation]] = defaultdict(list)
    for one in sorted(observations, key=lambda one: (one.at, one.source)):
        if one.at <= until:
            seen[one.place].append(one)
    states = [_state(place, by_place[place], seen[place], until) for place in sorted({*by_place, *seen})]
    return tuple(state for state in states if state.sats or state.difference or (state.seen and state.seen.sats))


def place_breaks(states: Iterable[PlaceState], explanations: Sequence[Explanation]) -> tuple[Break, ...]:
    """The places at which the newest observation is not what the books say, and those that lines made agree."""
    found: list[Break] = []
    for state in states:
        if not state.difference or state.since is None:
            continue
        day = (state.since - _INSTANT).date()
        lines = [line for line in explanations if line.place == state.place and line.month >= month_of(day)]
        explained = sum(line.sats for line in lines)
        text = f"{state.place}: {_words(state)}"
        whole = Sats(state.difference + explained)
        made = Break(BreakKind.PLACE, state.place, month_of(day), whole, day, text, tuple(lines), place=state.place)
        found.append(made)
    return (*found, *_settled(explanations, {one.id for one in found}))


def _settled(explanations: Sequence[Explanation], open_ids: set[str]) -> list[Break]:
    """Differences of places that lines explained to the last satoshi: they stay on the record."""
    by_break: defaultdict[str, list[Explanation]] = defaultdict(list)
    for line in explanations:
        month = line.about[-_MONTH_LENGTH:]
        if line.place and line.about == break_id(BreakKind.PLACE, line.place, month) and line.about not in open_ids:
            by_break[line.about].append(line)
    return [_explained_away(about[-_MONTH_LENGTH:], lines) for about, lines in sorted(by_break.items())]


def _explained_away(month: str, lines: Sequence[Explanation]) -> Break:
    place, sats = lines[0].place, Sats(sum(line.sats for line in lines))
    day = min(line.day or last_day(line.month) for line in lines)
    text = f"{place}: agrees since it was explained"
    return Break(BreakKind.PLACE, place, month, sats, day, text, tuple(lines), place=place)


def _words(state: PlaceState) -> str:
    if state.seen is None:
        return f"{btc_text(state.sats)} BTC by the books, which is less than nothing"
    by_books, owed = btc_text(state.seen.sats - state.seen.owed + state.difference), state.seen.owed
    there = f", {btc_text(owed)} of them sold and to be delivered" if owed else ""
    return f"{by_books} BTC by the books, {btc_text(state.seen.sats)} seen on {state.seen.at:%Y-%m-%d %H:%M}{there}"


def _state(place: str, entries: Sequence[Entry], seen: Sequence[Observation], until: datetime) -> PlaceState:
    before = [entry for entry in entries if entry.at < until]
    held = Sats(sum(entry.sats for entry in before))
    if not seen:
        return _unseen(place, held, before)
    gaps = _differences(entries, seen)
    since = [one for one, _ in takewhile(lambda pair: pair[1], zip(reversed(seen), reversed(gaps), strict=True))]
    return PlaceState(place, held, seen[-1], gaps[-1], since[-1].at if since else None)


def _unseen(place: str, held: Sats, entries: Sequence[Entry]) -> PlaceState:
    """Where nobody looked there is no difference, unless the books themselves have fewer than no coins there."""
    if held >= 0:
        return PlaceState(place, held, None, ZERO)
    levels = list(accumulate(entry.sats for entry in entries))
    below = len(list(takewhile(lambda level: level < 0, reversed(levels))))
    return PlaceState(place, held, None, held, entries[-below].at + _INSTANT)


def _differences(entries: Sequence[Entry], seen: Sequence[Observation]) -> list[Sats]:
    """Books less observation at each observation, as known today: what was booked late counts when it happened.

    An explanation made after the newest observation explains that one, too.
    """
    ordered = sorted(entries, key=_effective)
    times = [_effective(entry) for entry in ordered]
    sums = [0, *accumulate(entry.sats for entry in ordered)]
    gaps = [unexplained(Sats(sums[bisect_right(times, one.at)] - one.sats), one.owed) for one in seen]
    later = sum(
        entry.sats for entry in ordered if entry.kind is LineKind.EXPLAINED and _effective(entry) > seen[-1].at
    )
    return [*gaps[:-1], Sats(gaps[-1] + later)]


def _effective(entry: Entry) -> datetime:
    return entry.happened or entry.at
