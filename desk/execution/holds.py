"""Why a sale falls short: what held it last is remembered, for the day on which that has to be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from desk.clock import iso
from desk.execution.orders import OrderState
from desk.execution.views import SaleView
from desk.execution.working import REFUSED_BY_VENUE, Hold, Step, unsettled
from desk.sale.controls import HoldKind


class Holds:
    """The last hold of each sale. `began` (desk time): since when this process has been looking; it knows no more."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self._held: dict[str, Hold] = {}
        self._short: dict[str, str] = {}

    @property
    def words(self) -> Mapping[str, str]:
        """By sale, where something holds it now."""
        return {sale_id: hold.words for sale_id, hold in self._held.items()}

    def note(self, sale_id: str, steps: Sequence[Step]) -> Hold | None:
        """Takes in what the steps of one decision said. Returns a hold of a new kind, which goes on record (P5).

        That the window ends explains nothing where something else held until then; nor is what an unknown order
        kept back sold by its being settled, but only by the next one that goes out.
        """
        for step in steps:
            if step.placed_short is not None:
                self._short[sale_id] = step.placed_short
        holds, before = [step.hold for step in steps if step.hold is not None], self._held.get(sale_id)
        if before is not None:
            holds = [hold for hold in holds if hold.kind != HoldKind.WINDOW]
        if holds and not any(step.has_progressed and step.hold is None for step in steps):
            self._held[sale_id] = holds[0]
            is_new = before is None or before.kind != holds[0].kind
            return holds[0] if is_new and holds[0].kind != REFUSED_BY_VENUE else None  # its order's own event says it
        has_sent = any(step.placed_short is not None for step in steps)
        was_unknown = before is not None and before.kind == HoldKind.UNKNOWN
        if has_sent or (any(step.has_progressed for step in steps) and not was_unknown):
            self._held.pop(sale_id, None)
        return None

    def why_short(self, view: SaleView) -> str:
        """What held a sale last; for the end of its window alone, what made its last order small.

        Where this process has seen nothing hold it: what lives unsettled, or that the daemon was not there before.
        """
        held, short = self._held.get(view.sale.id), self._short.get(view.sale.id, "")
        if held is not None and not (held.kind == HoldKind.WINDOW and short):
            return held.words
        if short:
            return short
        for order in view.live:
            if order.state in (OrderState.SENT, OrderState.UNKNOWN):
                return unsettled(order).words
        if view.sale.opened is not None and self._began > view.sale.opened:
            return f"the daemon was started anew {iso(self._began)}"
        return ""

    def forget(self, sale_id: str) -> None:
        """The sale is over."""
        self._held.pop(sale_id, None)
        self._short.pop(sale_id, None)
