"""Whether the slices on record are, one by one, those that the signed terms stand for (P4).

A plan follows from the terms and the markets' lots and minimums. Where since the staging a market changed its lot, or
raised its minimum above a slice, the plan that was signed cannot be made again and the sale holds: it is staged anew.
An alarm says so for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from desk.execution.scene import grid_of
from desk.execution.views import SaleView
from desk.sale.market import Grid
from desk.sale.records import Slice
from desk.sale.schedule import ScheduleRefused
from desk.sale.staging import slices_again
from desk.sale.terms import Terms
from desk.units import btc_text
from desk.venues.model import Unavailable, Venue

_Grids = tuple[tuple[str, Grid], ...]


class Plans:
    """Makes plans again, each once. Until the market of every venue of a sale is known, the last finding stands."""

    def __init__(self, venues: Mapping[str, Venue]) -> None:
        self._venues = venues

    def why_off(self, view: SaleView) -> str | None:
        """The first difference, in words."""
        sale, slices, grids = view.sale, view.slices, self._grids(view.sale.terms)
        if view.off_plan is not None or grids is None:
            return view.off_plan or view.plan_alarm
        try:
            signed = _made_again(sale.terms, grids)
        except ScheduleRefused as problem:
            return f"the slices of {sale.id} cannot be made again from its terms: {problem}"
        if len(slices) != len(signed):
            return f"{sale.id} has {len(slices)} slices; its terms make {len(signed)}"
        for one, same in zip(slices, signed, strict=True):
            if (one.id, one.index, one.offset) != (same.id, same.index, same.offset):
                return f"slice {one.id} is not where its terms have it"
            if one.planned != same.planned:
                return f"slice {one.id} has {btc_text(one.planned)} BTC; its terms make {btc_text(same.planned)}"
        return None

    def _grids(self, terms: Terms) -> _Grids | None:
        found = []
        for share in terms.venues:
            try:
                found.append((share.venue, grid_of(self._venues[share.venue].rules)))
            except (KeyError, Unavailable):
                return None
        return tuple(found)


@lru_cache(maxsize=64)
def _made_again(terms: Terms, grids: _Grids) -> tuple[Slice, ...]:
    return slices_again(terms, dict(grids))
