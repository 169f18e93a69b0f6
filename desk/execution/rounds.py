"""Look-ups at one venue, asked together: its records are read once for all orders there, not once for each (P3)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from desk.venues.model import LooksUpMany, LookUp, OrderRef, Unknown, Venue

Answers = Mapping[str, LookUp]


@dataclass(slots=True)
class _Round:
    refs: dict[str, OrderRef] = field(default_factory=dict)
    answers: Answers | None = None


class Rounds:
    """One round under way per venue; who asks meanwhile shares the next: no answer is older than its question.

    A venue that looks up one order at a time is simply asked.
    """

    def __init__(self) -> None:
        self._next: defaultdict[str, _Round] = defaultdict(_Round)
        self._turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(
        self,
        venue: Venue,
        ref: OrderRef,
        along: Callable[[], Iterable[OrderRef]],
        tell: Callable[[Answers], None],
    ) -> LookUp:
        """What the venue says of `ref`. Others that are `along` are asked with it; `tell` hears what came of them."""
        if not isinstance(venue, LooksUpMany):
            return await venue.look_up(ref)
        mine = self._next[venue.name]
        mine.refs[ref.client_order_id] = ref
        async with self._turn[venue.name]:
            if mine.answers is None:  # the first to come here asks for all, another if that one was cancelled
                if self._next[venue.name] is mine:
                    del self._next[venue.name]
                others = {other.client_order_id: other for other in along()}
                answers = await venue.look_up_many(tuple({**others, **mine.refs}.values()))
                mine.answers = answers
                tell({cid: answers[cid] for cid in others.keys() & answers.keys() - mine.refs.keys()})
        return mine.answers.get(ref.client_order_id, Unknown(f"{venue.name} left the order out of its answer"))
