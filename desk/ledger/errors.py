"""What can be wrong with the ledger, in sentences for people."""

from __future__ import annotations


class LedgerError(Exception):
    """Anything the ledger refuses or cannot do; nothing was changed by the transaction that raised it."""


class LedgerMissing(LedgerError):
    """There is no ledger at that address."""


class LedgerExists(LedgerError):
    """A ledger was to be made where a file already is; it was not touched."""


class LedgerBusy(LedgerError):
    """Another process held the database for longer than the busy time-out."""


class LedgerFull(LedgerBusy):
    """There is no room on the database's disk; what was to be written can be, once there is."""


class LedgerReadOnly(LedgerError):
    """Something was to be written through a connection, a file or a folder that cannot be written."""


class LedgerTooNew(LedgerError):
    """The database was made by a newer version of the desk."""


class LedgerForeign(LedgerError):
    """The file is no ledger of this desk, or its schema is not the one this version makes."""


class LedgerRefused(LedgerError):
    """The schema itself refused a change: a constraint or a guard; the message names it."""


class ValueRefused(LedgerError, ValueError):
    """A value that may not be stored: a float as an amount, NaN, a time without a zone."""


class Unexplained(LedgerError):
    """A transaction changed domain rows and appended no event after it (P5); always a defect."""


class StaleEpoch(LedgerError):
    """Another daemon took over; this one may not write orders any more."""


class NotOnRecord(LedgerError, LookupError):
    """There is no such row."""


class RowUnreadable(LedgerError):
    """A row holds what cannot be read back: the file was damaged, or changed by something else."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"a row of the ledger is damaged ({problem}); desk audit verify says what was changed")


class TermsUnreadable(LedgerError):
    """The terms of one sale are damaged or gone; everything else is as it was. `sale_id`: which."""

    def __init__(self, sale_id: str, problem: str) -> None:
        super().__init__(
            f"the signed terms of {sale_id} on record cannot be read ({problem}): it sends nothing more; "
            "desk audit verify says what was changed"
        )
        self.sale_id = sale_id


class IntentRefused(LedgerError):
    """An order that may not be placed; `reason` says why in one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
