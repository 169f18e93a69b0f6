"""What the executor is told about signatures: it asks before every order and every act that raises risk (P4)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from desk.ledger.records import Command
from desk.ledger.transactions import ReadTx
from desk.sale.records import Sale


class Verdict(Protocol):
    """Whether the signatures suffice, and the verdict in one line."""

    @property
    def is_granted(self) -> bool: ...
    @property
    def sentence(self) -> str: ...


class Permission(Protocol):
    """Judges from the signed bytes, inside a read of the ledger; nothing that a row claims is believed."""

    def sale(self, tx: ReadTx, sale: Sale, now: datetime) -> Verdict:
        """Whether the sale may be worked now: required signatures, policy in force, this desk."""
        ...

    def command(self, tx: ReadTx, command: Command, now: datetime) -> Verdict:
        """Whether a resume, rearm or resolve carries the signatures it needs; its request's id is in `detail`."""
        ...
