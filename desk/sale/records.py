"""What is on record of a sale: its terms, state, slices and signatures, as the ledger hands them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desk.sale.lifecycle import SaleState
from desk.sale.terms import Terms
from desk.units import Money, Price, Sats


class SliceState(StrEnum):
    PENDING = "pending"
    DUE = "due"
    WORKING = "working"
    DONE = "done"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Slice:
    """One step of the schedule. `planned` is as signed and never changes; `filled` may exceed it when catching up.

    `offset` counts desk time from the opening of the window. Until an on-approval window has opened, `due` is
    provisional: what it would be if the window opened at its latest time.
    """

    id: str
    sale_id: str
    index: int
    due: datetime
    planned: Sats
    filled: Sats
    state: SliceState
    offset: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Signature:
    """One SSHSIG over a sale's terms (or a request's body), as received; who counts is judged, never stored."""

    subject: str
    principal: str
    role: str
    fingerprint: str
    armored: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    sale_id: str
    principal: str
    reason: str
    rejected_at: datetime


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it stands. Running totals are satoshis and the quote currency; `reason` explains the state."""

    id: str
    state: SaleState
    terms: Terms
    terms_digest: str
    filled: Sats
    open: Sats
    unknown: Sats
    proceeds: Money
    fees: Money
    reason: str
    opened: datetime | None
    closes: datetime | None
    arrival_price: Price | None
    staged_at: datetime
    updated_at: datetime

    @property
    def quantity(self) -> Sats:
        return self.terms.quantity

    @property
    def committed(self) -> Sats:
        """Sold, resting or possibly sold (P3): what can no longer be promised to anyone else."""
        return Sats(self.filled + self.open + self.unknown)

    @property
    def remaining(self) -> Sats:
        return Sats(self.terms.quantity - self.filled)

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """Opening and close once it has opened, by the signed terms: a changed row moves neither beyond them."""
        signed = self.terms.window
        if self.opened is None or (signed.opens is None and self.opened > signed.open_by):
            return None
        opened = self.opened if signed.opens is None else signed.opens
        return opened, signed.closes(opened)
