"""What happens to coins besides mining and sales at venues: receipts, transfers, payments, block sales, and marks.

Every receipt opens a lot. Coins are satoshis; values are dollars per whole BTC at the time that stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from desk.units import Money, Price, Sats


class ReceiptKind(StrEnum):
    """Why coins came: they were there at the cut-over, a third party sent them, or a lender gave them back."""

    OPENING = "opening"
    RECEIVED = "received"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Coins that came from outside, as one lot. `cost` is the whole lot's basis where it is not value × coins.

    Earned, credited and received are three different dates; `credited` is the one that the books go by.
    """

    id: str
    kind: ReceiptKind
    place: str
    sats: Sats
    credited: datetime
    source: str
    earned: date | None = None
    received: datetime | None = None
    unit_value: Price | None = None
    value_source: str = ""
    value_at: datetime | None = None
    cost: Money | None = None
    counterparty: str = ""
    source_id: str = ""
    note: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """Coins from one own place to another: `sats` arrive, `fee` is burnt on the way; both leave `from_place`.

    Until `arrived` is known they are in transit. A pledge is a transfer to the pledged place, a release the way back.
    """

    id: str
    from_place: str
    to_place: str
    sats: Sats
    fee: Sats
    sent: datetime
    source: str
    arrived: datetime | None = None
    expected: datetime | None = None
    txid: str = ""
    confirmations: int | None = None
    note: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class PayOut:
    """Coins paid to somebody else: a vendor, an employee, a fee in BTC."""

    id: str
    place: str
    sats: Sats
    paid: datetime
    payee: str
    purpose: str
    source: str
    unit_value: Price | None = None
    txid: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class BlockSale:
    """A sale outside the venues (OTC, block), recorded by hand and signed for by who recorded it.

    `nonce` is part of the signed bytes (`desk.treasury.blocks`), so that no signature fits two statements. `voided`
    is why it is taken back: a statement that is no sale any more, and counts nowhere.
    """

    id: str
    place: str
    sats: Sats
    price: Price
    currency: str
    fee: Money
    fee_currency: str
    executed: datetime
    counterparty: str
    source: str
    settles: date | None = None
    purpose: str = ""
    note: str = ""
    is_illustrative: bool = False
    nonce: str = ""
    voided: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One price under the valuation policy: `pair` like BTC/USD or USDT/USD; `policy` says source, hour and zone."""

    day: date
    pair: str
    price: Price
    observed: datetime
    source: str
    policy: str


class ReliefMethod(StrEnum):
    """Which lots a disposal takes."""

    FIFO = "fifo"
    HIFO = "hifo"
    LIFO = "lifo"
    SPECIFIC = "specific"


@dataclass(frozen=True, slots=True)
class ReliefRule:
    """From which day on disposals take lots by which method."""

    effective: date
    method: ReliefMethod
    source: str


@dataclass(frozen=True, slots=True)
class LotPick:
    """Specific identification: this disposal (a sale, block sale, payment or transfer) takes so much of this lot."""

    disposal: str
    lot: str
    sats: Sats
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A named line that explains (part of) a month's difference: positive satoshis are coins that left (P9).

    `day` is when they did, within the month; `place` is empty for a published month's difference; `about` is the id
    of the break.
    """

    id: str
    month: str
    sats: Sats
    text: str
    author: str
    usd: Money | None = None
    place: str = ""
    day: date | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class BreakOwner:
    """Who looks after an open break, and since when it is known."""

    break_id: str
    owner: str
    opened: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class MonthClose:
    """The figures of a closed month as canonical JSON with their SHA-256. What comes later is an entry."""

    month: str
    document: str
    digest: str
    closed_by: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class VenueLook:
    """What a venue itself said of the account at one moment: its coins, held or free, and its trades since `since`.

    `trades` and `balances` are canonical JSON (`desk.treasury.looks`); both were read twice and were the same.
    """

    venue: str
    at: datetime
    since: datetime
    sats: Sats
    trades: str
    balances: str
