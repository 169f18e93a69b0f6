"""The daemon sets aside what a settled sale brought for the need it was made for: once, and on the record."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import structlog

from desk.canonical import Json
from desk.clock import Clock
from desk.ledger import LedgerThread, ReadTx, WriteTx, events, sales, treasury
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.sale.terms import PurposeKind
from desk.treasury.cash_records import Allocation
from desk.treasury.cash_rules import CashRules
from desk.treasury.coin_records import Mark
from desk.treasury.records import Loan
from desk.treasury.share_out import Books, Brought, SharedOut, share_out
from desk.units import NOTHING, Money, exact_sum, show_money

EVERY_S = 2.0
SHARED = "sale.allocated"
"""The event that says it was done, whether or not any need still wanted something."""
_MARKS = timedelta(days=7)
_OVER = (SaleState.COMPLETED, SaleState.EXPIRED, SaleState.CANCELLED)

log = structlog.get_logger()


class ProceedsDuty:
    """Shares out what sales brought. `tick` is called every few seconds; after its first it reads only new events."""

    def __init__(self, rules: CashRules, ledger: LedgerThread, clock: Clock) -> None:
        self._rules, self._ledger, self._clock = rules, ledger, clock
        self._seen: int | None = None
        self._waiting: dict[str, str] = {}
        """Sales whose proceeds cannot be shared out yet, and why."""

    async def tick(self) -> None:
        """Shares out what sales that ended since the last time brought, and tries again what was not possible."""
        head, ended = await self._ledger.read(self._ended)
        for sale_id in dict.fromkeys((*ended, *self._waiting)):
            why = await self._ledger.write(partial(self._share, sale_id=sale_id), actor="daemon")
            self._tell(sale_id, why)
        self._seen = head

    def _tell(self, sale_id: str, why: str) -> None:
        if not why:
            self._waiting.pop(sale_id, None)
        elif self._waiting.get(sale_id) != why:
            log.warning("proceeds cannot be set aside yet", sale=sale_id, why=why)
            self._waiting[sale_id] = why

    def _ended(self, tx: ReadTx) -> tuple[int, list[str]]:
        head = events.head(tx).seq
        if self._seen is None:
            over = [sale.id for sale in sales.listed(tx, _OVER) if _is_for_a_need(sale)]
            done = events.said_of(tx, SHARED, over)
            return head, [sale_id for sale_id in over if sale_id not in done]
        kinds = [f"sale.{state}" for state in _OVER]
        return head, [event.subject for event in events.listed(tx, after=self._seen, kinds=kinds)]

    def _share(self, tx: WriteTx, sale_id: str) -> str:
        """Records who gets what, unless that is on record; returns why it could not be, or nothing."""
        sale = sales.get(tx, sale_id)
        if sale is None or not _is_for_a_need(sale) or events.listed(tx, kinds=[SHARED], subject=sale_id, limit=1):
            return ""
        today = self._clock.now().date()
        found = share_out(_brought(sale), self._books(tx, today), today)
        if isinstance(found, str):
            return found
        treasury.state(tx, "allocations", found.allocations, {"sale": sale_id})
        tx.event(SHARED, sale_id, _said(sale, found))
        return ""

    def _books(self, tx: ReadTx, today: date) -> Books:
        return Books(
            milestones=treasury.milestones(tx),
            loans=treasury.in_force(tx, Loan),
            allocations=treasury.in_force(tx, Allocation),
            rules=self._rules,
            marks=treasury.in_force(tx, Mark, since=today - _MARKS),
        )


def _is_for_a_need(sale: Sale) -> bool:
    return sale.terms.purpose.kind is not PurposeKind.GENERAL and sale.filled > 0


def _brought(sale: Sale) -> Brought:
    purpose = sale.terms.purpose
    net = max(NOTHING, exact_sum([sale.proceeds, Money(-sale.fees)]))
    return Brought(sale.id, net, sale.terms.quote, str(purpose.kind), purpose.ref or "")


def _said(sale: Sale, found: SharedOut) -> dict[str, Json]:
    given: dict[str, Json] = {one.need: f"{show_money(one.amount)} {one.currency}" for one in found.allocations}
    left = f"{show_money(found.left)} {sale.terms.quote}"
    return {"for": sale.terms.purpose.ref or "", "given": given, "left": left}
