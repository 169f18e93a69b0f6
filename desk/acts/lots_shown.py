"""Lots for a screen: worked out again only when something went on record, or another day's mark is due."""

from __future__ import annotations

from datetime import date

from desk.acts.lots import lot_statement
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, events, sales
from desk.ledger.books import relief
from desk.snapshot.lots_view import LotsView, lots_view


class LotsReader:
    """Remembers the last view; asked from one thread at a time."""

    def __init__(self, config: Config, ledger: Ledger, clock: Clock) -> None:
        self._config, self._ledger, self._clock = config, ledger, clock
        self._last: tuple[int, date, LotsView] | None = None

    def view(self) -> LotsView:
        """Every lot as of now. Raises LedgerError where the ledger cannot be read."""
        today = self._clock.now().date()
        with self._ledger.read() as tx:
            head = events.head(tx).seq
        if self._last is not None and self._last[:2] == (head, today):
            return self._last[2]
        with self._ledger.read() as tx:
            listed, rules = sales.listed(tx), relief(tx, self._config.settings.treasury.relief)
        made = lots_view(head, lot_statement(self._config, self._ledger, self._clock), rules, listed)
        self._last = (head, today, made)
        return made
