"""Projects, commitments and milestones as they are shown: the book over what was read, with what sales brought."""

from __future__ import annotations

from dataclasses import replace

from desk.snapshot.reading import Record
from desk.snapshot.treasury_view import Moment
from desk.treasury.allocations import overdrawn
from desk.treasury.capex import CapexBook, book
from desk.units import Money, exact_sum, show_money


def capex_book(record: Record, at: Moment) -> CapexBook:
    """The book of today; a sale that more was allocated from than it brought in is a break, too."""
    stated = record.treasury
    made = book(stated.projects, stated.commitments, stated.milestones, stated.allocations, today=at.now.date())
    brought = {
        sale.id: (exact_sum([sale.proceeds, Money(-sale.fees)]), sale.terms.quote)
        for sale in record.sales
        if sale.state.is_final
    }
    beyond = [
        f"{show_money(one.over)} {one.currency} more was allocated from {one.sale} than it brought in"
        for one in overdrawn(stated.allocations, brought)
    ]
    return replace(made, breaks=(*made.breaks, *beyond))
