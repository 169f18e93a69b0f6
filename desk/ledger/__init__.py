"""The ledger: every sale, order, fill, limit and balance of the desk in one database, with its event chain (P5)."""

from desk.ledger.errors import (
    IntentRefused,
    LedgerBusy,
    LedgerError,
    LedgerExists,
    LedgerForeign,
    LedgerMissing,
    LedgerReadOnly,
    LedgerRefused,
    LedgerTooNew,
    NotOnRecord,
    RowUnreadable,
    StaleEpoch,
    TermsUnreadable,
    Unexplained,
    ValueRefused,
)
from desk.ledger.ledger import Ledger
from desk.ledger.records import Desk
from desk.ledger.thread import LedgerThread
from desk.ledger.transactions import ReadTx, WriteTx

__all__ = [
    "Desk",
    "IntentRefused",
    "Ledger",
    "LedgerBusy",
    "LedgerError",
    "LedgerExists",
    "LedgerForeign",
    "LedgerMissing",
    "LedgerReadOnly",
    "LedgerRefused",
    "LedgerThread",
    "LedgerTooNew",
    "NotOnRecord",
    "ReadTx",
    "RowUnreadable",
    "StaleEpoch",
    "TermsUnreadable",
    "Unexplained",
    "ValueRefused",
    "WriteTx",
]
