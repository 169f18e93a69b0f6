"""Sales on record: staging, signatures, rejections, moves and slices. The transaction comes first everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial

from sqlalchemy import LargeBinary, bindparam, cast, func
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from desk.canonical import digest
from desk.ledger.damage import damage
from desk.ledger.errors import LedgerRefused, NotOnRecord, RowUnreadable, TermsUnreadable
from desk.ledger.fence import assert_epoch
from desk.ledger.tables import RejectionRow, SaleRow, SignatureRow, SliceRow, TermsRow
from desk.ledger.transactions import ReadTx, WriteTx
from desk.sale.lifecycle import SaleState, check_move
from desk.sale.records import Rejection, Sale, Signature, Slice, SliceState
from desk.sale.terms import Terms, TermsRefused, from_bytes
from desk.units import NOTHING, Money, Price, Sats

RESERVING = (SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING, SaleState.PAUSED, SaleState.CLOSING)
"""States in which what is not sold yet is promised (P10)."""
_DOCUMENT = cast(col(TermsRow.document), LargeBinary)
"""As bytes: one that is no text any more must not keep the others from being read."""
_WITH_TERMS = select(SaleRow, _DOCUMENT).join(TermsRow, col(TermsRow.sale_id) == SaleRow.id, isouter=True)
_ONE = _WITH_TERMS.where(SaleRow.id == bindparam("sale"))
_ALL = _WITH_TERMS.order_by(SaleRow.id)
_IN_STATES = _ALL.where(col(SaleRow.state).in_(bindparam("states", expanding=True)))
_IDS = select(SaleRow.id).where(col(SaleRow.state).in_(bindparam("states", expanding=True))).order_by(SaleRow.id)
_LEFT = select(col(SaleRow.quantity), col(SaleRow.filled)).where(SaleRow.id == bindparam("sale"))
_QUOTES = select(SaleRow.id, SaleRow.quote)
_SLICES = select(SliceRow).where(SliceRow.sale_id == bindparam("sale")).order_by(col(SliceRow.position))


def next_sale_id(tx: ReadTx, year: int) -> str:
    """The first free id of the year, like S-2026-0001."""
    prefix = f"S-{year}-"
    newest = tx.session.exec(select(func.max(SaleRow.id)).where(col(SaleRow.id).startswith(prefix))).one()
    return f"{prefix}{int(newest[len(prefix) :]) + 1 if newest else 1:04d}"


def stage(tx: WriteTx, terms: Terms, slices: Sequence[Slice], stager_signature: Signature, now: datetime) -> None:
    """Puts a sale on record as staged: terms, slices and the stager's signature, as one event.

    Where the window opens with the last signature the slices' due times stay open until `set_slice_dues`.
    """
    if sum(slice_.planned for slice_ in slices) != terms.quantity:
        raise LedgerRefused(f"the slices of {terms.sale_id} do not add up to its quantity")
    raw = terms.canonical()
    sale = SaleRow(id=terms.sale_id, state=SaleState.STAGED, quantity=terms.quantity, quote=terms.quote)
    sale.filled = sale.open = sale.unknown = sale.late = 0
    sale.proceeds, sale.fees, sale.reason = NOTHING, NOTHING, ""
    sale.staged_at = sale.updated_at = now
    tx.session.add(sale)
    tx.session.flush()
    tx.session.add(TermsRow(sale_id=terms.sale_id, digest=digest(raw), document=raw.decode()))
    for one in slices:
        due = one.due if terms.window.opens is not None else None
        row = SliceRow(id=one.id, sale_id=terms.sale_id, position=one.index, offset=one.offset, due=due)
        row.planned, row.filled, row.state = one.planned, 0, SliceState.PENDING
        tx.session.add(row)
    tx.session.add(_signature_row(stager_signature, now))
    tx.event("sale.staged", terms.sale_id, {"terms_digest": digest(raw), "sats": int(terms.quantity)})


def get(tx: ReadTx, sale_id: str) -> Sale | None:
    """The sale, or None. Raises TermsUnreadable."""
    try:
        found = tx.session.exec(_ONE, params={"sale": sale_id}).first()
    except (RowUnreadable, DBAPIError) as problem:
        raise _damaged(sale_id, problem) from problem
    return _sale(*found) if found else None


def listed(tx: ReadTx, states: Iterable[SaleState] | None = None) -> list[Sale]:
    """Sales by id, all of them or those in `states`; the others where one cannot be read (`unreadable` tells it)."""
    return _read(tx, states)[0]


def unreadable(tx: ReadTx, states: Iterable[SaleState] | None = None) -> list[TermsUnreadable]:
    """What is wrong with the sales that `listed` leaves out, by id."""
    return _read(tx, states)[1]


def ids(tx: ReadTx, states: Iterable[SaleState]) -> list[str]:
    """The ids of the sales in these states, whether or not their terms can be read."""
    return list(tx.session.exec(_IDS, params={"states": list(states)}))


def filled(tx: ReadTx, sale_id: str) -> Sats:
    """What a sale has sold by its running total; 0 where there is no such sale. Its terms need not be readable."""
    row = tx.session.get(SaleRow, sale_id)
    return Sats(row.filled if row is not None else 0)


def quotes(tx: ReadTx) -> dict[str, str]:
    """The quote currency of every sale, by id."""
    return dict(tx.session.exec(_QUOTES).all())


def _read(tx: ReadTx, states: Iterable[SaleState] | None) -> tuple[list[Sale], list[TermsUnreadable]]:
    wanted = None if states is None else list(states)
    try:
        rows = tx.session.exec(_ALL) if wanted is None else tx.session.exec(_IN_STATES, params={"states": wanted})
        readers = [partial(_sale, row, document) for row, document in rows.all()]
    except (RowUnreadable, DBAPIError) as problem:
        if damage(problem) is None:
            raise
        readers = [partial(_one, tx, one) for one in ids(tx, SaleState if wanted is None else wanted)]
    read, problems = list[Sale](), list[TermsUnreadable]()
    for reader in readers:
        try:
            read.append(reader())
        except TermsUnreadable as unreadable:
            problems.append(unreadable)
    return read, problems


def _one(tx: ReadTx, sale_id: str) -> Sale:
    found = get(tx, sale_id)
    if found is None:
        raise NotOnRecord(f"there is no sale {sale_id}")
    return found


def _damaged(sale_id: str, problem: Exception) -> TermsUnreadable:
    """What is raised for a sale whose rows cannot be read. Raises an error that says something else as it is."""
    told = damage(problem)
    if told is None:
        raise problem
    return TermsUnreadable(sale_id, str(told))


def terms_bytes(tx: ReadTx, sale_id: str) -> bytes:
    """The exact bytes that are signed. Raises NotOnRecord."""
    found = tx.session.exec(_ONE, params={"sale": sale_id}).first()
    if found is None or found[1] is None:
        raise NotOnRecord(f"there are no terms of a sale {sale_id}")
    return bytes(found[1])


def slices(tx: ReadTx, sale_id: str) -> list[Slice]:
    """A sale's slices in order; while its opening is unknown, `due` is that of the latest opening.

    Raises TermsUnreadable.
    """
    try:
        rows = tx.session.exec(_SLICES, params={"sale": sale_id}).all()
    except (RowUnreadable, DBAPIError) as problem:
        raise _damaged(sale_id, problem) from problem
    return [_slice(row, row.due or _latest_opening(tx, sale_id) + row.offset) for row in rows]


def signatures(tx: ReadTx, subject: str) -> list[Signature]:
    """Every signature over a sale's terms or a request, in the order they were recorded."""
    rows = tx.session.exec(
        select(SignatureRow).where(SignatureRow.subject == subject).order_by(col(SignatureRow.recorded_at))
    )
    return [Signature(r.subject, r.principal, r.role, r.fingerprint, r.armored, r.signed_at) for r in rows]


def add_signature(tx: WriteTx, signature: Signature, now: datetime) -> None:
    """Records a signature whose validity the caller has judged. A second of one person or key is LedgerRefused."""
    tx.session.add(_signature_row(signature, now))
    tx.event(
        "signature.added",
        signature.subject,
        {"principal": signature.principal, "role": signature.role, "key": signature.fingerprint},
    )


def reject(tx: WriteTx, rejection: Rejection, now: datetime) -> None:
    """Records a no; the daemon moves the sale. Raises LedgerRefused unless the sale is still staged."""
    sale = _row(tx, rejection.sale_id)
    if sale.state is not SaleState.STAGED:
        raise LedgerRefused(f"{sale.id} is {sale.state}; only a staged sale can be rejected")
    tx.session.add(
        RejectionRow(
            sale_id=rejection.sale_id,
            principal=rejection.principal,
            reason=rejection.reason,
            rejected_at=rejection.rejected_at,
        )
    )
    tx.event("sale.rejection", sale.id, {"principal": rejection.principal, "reason": rejection.reason})


def rejections(tx: ReadTx, sale_id: str) -> list[Rejection]:
    """Every no to a sale."""
    rows = tx.session.exec(
        select(RejectionRow).where(RejectionRow.sale_id == sale_id).order_by(col(RejectionRow.rejected_at))
    )
    return [Rejection(row.sale_id, row.principal, row.reason, row.rejected_at) for row in rows]


def move(
    tx: WriteTx,
    sale_id: str,
    new_state: SaleState,
    reason: str,
    now: datetime,
    *,
    epoch: int,
    opened: datetime | None = None,
    closes: datetime | None = None,
    arrival: Price | None = None,
) -> None:
    """Moves a sale along its life; what is given with it is set. Raises IllegalMove, StaleEpoch, NotOnRecord."""
    assert_epoch(tx, epoch)
    sale = _row(tx, sale_id)
    before = sale.state
    sale.state = check_move(before, new_state)
    sale.reason, sale.updated_at = reason, now
    sale.opened = opened or sale.opened
    sale.closes = closes or sale.closes
    sale.arrival_price = arrival if arrival is not None else sale.arrival_price
    tx.event(f"sale.{new_state}", sale_id, {"from": str(before), "reason": reason, "epoch": epoch})


def set_slice_dues(tx: WriteTx, sale_id: str, dues: Sequence[datetime], epoch: int) -> None:
    """Sets every slice's due time, in their order, once: when a window that opens on approval has opened."""
    assert_epoch(tx, epoch)
    rows = tx.session.exec(_SLICES, params={"sale": sale_id}).all()
    if len(rows) != len(dues) or any(row.due is not None for row in rows):
        raise LedgerRefused(f"the due times of {sale_id} are set once, one for each slice")
    for row, due in zip(rows, dues, strict=True):
        row.due = due
    tx.event("sale.opened", sale_id, {"slices": len(rows), "epoch": epoch})


def move_slice(tx: WriteTx, slice_id: str, state: SliceState, now: datetime, epoch: int, reason: str = "") -> None:
    """Moves one slice's state; planned and filled are not touched."""
    assert_epoch(tx, epoch)
    row = tx.session.get(SliceRow, slice_id)
    if row is None:
        raise NotOnRecord(f"there is no slice {slice_id}")
    before = row.state
    row.state = state
    tx.event(f"slice.{state}", row.sale_id, {"slice": slice_id, "from": str(before), "reason": reason})


def due_slices(tx: ReadTx, now: datetime) -> list[tuple[str, str]]:
    """(slice id, sale id) of every pending slice of an unfinished sale whose time has come, earliest first."""
    rows = tx.session.exec(
        select(SliceRow.id, SliceRow.sale_id)
        .join(SaleRow, col(SaleRow.id) == SliceRow.sale_id)
        .where(SliceRow.state == SliceState.PENDING, col(SliceRow.due) <= now)
        .where(col(SaleRow.state).in_(RESERVING))
        .order_by(col(SliceRow.due))
    )
    return [(slice_id, sale_id) for slice_id, sale_id in rows]


def reserved(tx: ReadTx, venue: str | None = None) -> Sats:
    """What approved and unfinished sales may still sell: quantity − filled, of all or of those that name `venue`.

    One whose terms cannot be read may name any.
    """
    sales, problems = _read(tx, RESERVING)
    if venue is not None:
        sales = [sale for sale in sales if any(share.venue == venue for share in sale.terms.venues)]
    left = [int(sale.remaining) for sale in sales]
    for problem in problems:
        left += [quantity - filled for quantity, filled in tx.session.exec(_LEFT, params={"sale": problem.sale_id})]
    return Sats(sum(max(0, one) for one in left))


def _row(tx: ReadTx, sale_id: str) -> SaleRow:
    row = tx.session.get(SaleRow, sale_id)
    if row is None:
        raise NotOnRecord(f"there is no sale {sale_id}")
    return row


@lru_cache(maxsize=512)
def _terms(raw: bytes) -> Terms:
    return from_bytes(raw)


def _sale(row: SaleRow, document: bytes | None) -> Sale:
    """The digest is always that of the bytes, never what a column says of them. Raises TermsUnreadable."""
    if document is None:
        raise TermsUnreadable(row.id, "they are gone")
    raw = bytes(document)
    try:
        terms = _terms(raw)
    except TermsRefused as problem:
        raise TermsUnreadable(row.id, str(problem)) from problem
    return Sale(
        id=row.id,
        state=row.state,
        terms=terms,
        terms_digest=digest(raw),
        filled=Sats(row.filled),
        open=Sats(row.open),
        unknown=Sats(row.unknown),
        proceeds=Money(row.proceeds),
        fees=Money(row.fees),
        reason=row.reason,
        opened=row.opened,
        closes=row.closes,
        arrival_price=None if row.arrival_price is None else Price(row.arrival_price),
        staged_at=row.staged_at,
        updated_at=row.updated_at,
    )


def _latest_opening(tx: ReadTx, sale_id: str) -> datetime:
    return _terms(terms_bytes(tx, sale_id)).window.open_by


def _slice(row: SliceRow, due: datetime) -> Slice:
    return Slice(row.id, row.sale_id, row.position, due, Sats(row.planned), Sats(row.filled), row.state, row.offset)


def _signature_row(signature: Signature, now: datetime) -> SignatureRow:
    return SignatureRow(
        subject=signature.subject,
        principal=signature.principal,
        role=signature.role,
        fingerprint=signature.fingerprint,
        armored=signature.armored,
        signed_at=signature.signed_at,
        recorded_at=now,
    )
