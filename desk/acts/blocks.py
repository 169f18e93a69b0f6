"""Sales made outside the venues, recorded by hand: one listed person signs the exact bytes of each (P4, P5)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from itertools import accumulate
from pathlib import Path

from desk.acts.outcome import NotFound, Refused
from desk.acts.policy import standing
from desk.acts.signing import who_owns
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, ReadTx, control, sales, treasury
from desk.ledger.books import closed_months
from desk.ledger.coins import coin_statements
from desk.permission import sshsig
from desk.permission.key_files import Passphrase
from desk.permission.policy import Policy, read_policy
from desk.permission.refusals import SignatureRefused
from desk.permission.signatures import Offered, examine
from desk.sale.records import Signature
from desk.treasury.blocks import BlockDocument, BlockRefused, check_block, read_block, renamed, same_trade
from desk.treasury.coin_records import BlockSale
from desk.treasury.coin_stream import cut_over, stream
from desk.treasury.months import month_of
from desk.treasury.movements import CoinStatements, is_transit
from desk.treasury.records import Loan
from desk.units import Sats, btc_text

ROLE = "recorder"


@dataclass(frozen=True, slots=True)
class RecordedBlock:
    """A block sale on record with its signature as judged now; `problem` is empty where it counts."""

    document: BlockDocument
    version: int
    signer: str
    fingerprint: str
    signed_at: datetime | None
    problem: str

    @property
    def block(self) -> BlockSale:
        return self.document.block

    @property
    def sentence(self) -> str:
        """Whose signature over the exact bytes it is, or why there is none that counts."""
        return self.problem or f"good signature by {self.signer} with {self.fingerprint}"


def draft(config: Config, ledger: Ledger, clock: Clock, block: BlockSale, *, corrects: bool = False) -> bytes:
    """The exact bytes to sign for a block sale, with an id where it has none. Raises BlockRefused, Refused, NotFound.

    A block sale on record is corrected only where that is asked for: a second statement would else be an accident.
    """
    with ledger.read() as tx:
        on_record = _newest(tx)
        found = next((one for one in on_record if one.id == block.id), None)
        if corrects and found is None:
            raise NotFound(f"no block sale {block.id!r} to correct; desk blocks list shows them")
        _check_not_voided(found)
        if found is not None and not corrects:
            raise Refused(f"{block.id} is on record already; --correct replaces it by a signed correction")
        replaces = _document(tx, ledger.desk.desk_id, found).digest if found else ""
        made = renamed(block, block.id or _next_id(on_record, clock.now()), secrets.token_hex(16))
        _check(config, tx, made, [one for one in on_record if not one.voided], clock.now())
    return BlockDocument(ledger.desk.desk_id, made, replaces).canonical()


def void_draft(config: Config, ledger: Ledger, clock: Clock, block_id: str, reason: str) -> bytes:
    """The exact bytes to sign so that a block sale counts no more. Raises BlockRefused, Refused, NotFound."""
    if not reason.strip():
        raise Refused("--reason: say why it was no sale; an auditor asks for it")
    with ledger.read() as tx:
        found = next((one for one in _newest(tx) if one.id == block_id), None)
        if found is None:
            raise NotFound(f"no block sale {block_id!r} to void; desk blocks list shows them")
        _check_not_voided(found)
        replaces = _document(tx, ledger.desk.desk_id, found).digest
        made = replace(found, voided=reason.strip(), nonce=secrets.token_hex(16))
        check_block(made, clock.now())
        _check_open(tx, made)
    return BlockDocument(ledger.desk.desk_id, made, replaces).canonical()


def sign_and_record(
    config: Config, ledger: Ledger, clock: Clock, raw: bytes, *, key_file: Path, passphrase: Passphrase = None
) -> RecordedBlock:
    """Signs the bytes with a key file and records them. Raises as `record` does, and KeyRefused."""
    with ledger.read() as tx:
        roster = standing(config, tx).require().roster
    _, key = who_owns(roster, key_file, passphrase)
    return record(config, ledger, clock, raw, sshsig.sign(raw, sshsig.BLOCK, key))


def record(config: Config, ledger: Ledger, clock: Clock, raw: bytes, armored: str) -> RecordedBlock:
    """Records a block sale with a signature over its bytes, made here or by `ssh-keygen -Y sign -n desk.block`.

    Raises BlockRefused, SignatureRefused, Refused; then nothing is written.
    """
    document = read_block(raw)
    block, now = document.block, clock.now()
    if document.desk_id != ledger.desk.desk_id:
        raise BlockRefused("these bytes are of another desk; print them here and sign those")
    with ledger.write(actor="recorder", clock=clock) as tx:
        policy = standing(config, tx).require()
        said = treasury.versions(tx, block)
        before = said[-1] if said else None
        if before == block:
            raise Refused(f"{block.id} is on record already, exactly as these bytes say")
        if document.replaces != (_document(tx, document.desk_id, before).digest if before else ""):
            raise Refused(f"{block.id} is not on record as these bytes say; print them again and sign those")
        if block.voided:
            _check_void(tx, before, block, now)
        else:
            _check_not_voided(before)
            _check(config, tx, block, treasury.in_force(tx, BlockSale), now)
        _, counted = examine(raw, sshsig.BLOCK, Offered(armored, now), policy.roster, now)
        tx.actor = counted.person
        subject = _subject(block.id, len(said) + 1)
        what = f"{block.id} voided: {block.voided}" if block.voided else block.id
        treasury.state(tx, "blocks", [block], {"source": f"{what}, signed by {counted.person}"})
        sales.add_signature(tx, Signature(subject, counted.person, ROLE, counted.fingerprint, armored, now), now)
    return RecordedBlock(document, len(said) + 1, counted.person, counted.fingerprint, now, "")


def listed(config: Config, tx: ReadTx, desk_id: str) -> list[RecordedBlock]:
    """Every block sale as last stated, voided ones too, its signature verified now.

    The people who count are those of when it was given.
    """
    history = control.policies(tx)
    current = standing(config, tx).configured
    found = []
    for block in _newest(tx):
        document, version = _document(tx, desk_id, block), len(treasury.versions(tx, block))
        signatures = sales.signatures(tx, _subject(block.id, version))
        past = [one for one in history if signatures and one.accepted <= signatures[0].signed_at]
        policy = read_policy(past[-1].document) if past else current
        found.append(_judged(document, version, signatures, policy))
    return found


def _judged(document: BlockDocument, version: int, signatures: Sequence[Signature], policy: Policy) -> RecordedBlock:
    problem = "no signature on record"
    for one in signatures:
        try:
            offered = Offered(one.armored, one.signed_at, one.principal)
            _, counted = examine(document.canonical(), sshsig.BLOCK, offered, policy.roster, one.signed_at)
        except SignatureRefused as refused:
            problem = str(refused)
        else:
            return RecordedBlock(document, version, counted.person, counted.fingerprint, one.signed_at, "")
    return RecordedBlock(document, version, "", "", None, problem)


def _document(tx: ReadTx, desk_id: str, block: BlockSale) -> BlockDocument:
    """The document of a statement: each replaces the one before it."""
    replaces = ""
    for one in treasury.versions(tx, block):
        made = BlockDocument(desk_id, one, replaces)
        if one == block:
            return made
        replaces = made.digest
    return BlockDocument(desk_id, block, replaces)


def _subject(block_id: str, version: int) -> str:
    """What a signature is recorded under: everybody signs each statement at most once."""
    return block_id if version == 1 else f"{block_id}/{version}"


def _newest(tx: ReadTx) -> list[BlockSale]:
    """Each block sale as last stated, voided ones too: their ids are taken."""
    return list({one.id: one for one in treasury.every_version(tx, BlockSale)}.values())


def _check_not_voided(block: BlockSale | None) -> None:
    if block is not None and block.voided:
        raise Refused(f"{block.id} was voided ({block.voided}); record what happened under another id")


def _check_open(tx: ReadTx, block: BlockSale) -> None:
    """What a closed month contains is changed by an entry of an open one only."""
    month = month_of(block.executed)
    if month in closed_months(tx):
        raise Refused(
            f"{month} is closed with {block.id} in it; put it right by an entry of an open month: "
            "the coins that are still there are a break of their place, desk books explain"
        )


def _check_void(tx: ReadTx, before: BlockSale | None, block: BlockSale, now: datetime) -> None:
    """A void says of the sale on record only that it was none."""
    check_block(block, now)
    _check_not_voided(before)
    if before is None or replace(block, voided="", nonce=before.nonce) != before:
        raise Refused(f"{block.id} is not on record as these bytes say; print them again and sign those")
    _check_open(tx, block)


def _next_id(on_record: Sequence[BlockSale], now: datetime) -> str:
    prefix = f"B-{now.year}-"
    numbers = [one.id.removeprefix(prefix) for one in on_record if one.id.startswith(prefix)]
    return f"{prefix}{max((int(text) for text in numbers if text.isdigit()), default=0) + 1:04d}"


def _check(config: Config, tx: ReadTx, block: BlockSale, on_record: Iterable[BlockSale], now: datetime) -> None:
    check_block(block, now)
    twin = next((one for one in on_record if one.id != block.id and same_trade(one, block)), None)
    if twin is not None:
        raise Refused(f"this is {twin.id} already: same coins, price, time, place and counterparty")
    given = coin_statements(tx)
    known = _places(config, tx, given)
    if block.place not in known:
        close = get_close_matches(block.place, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known)) or 'none yet'}"
        raise Refused(f"place: {block.place!r} is no place that coins were ever at; {hint}")
    _check_covered(block, given)
    _check_purpose(tx, block.purpose)


def _check_covered(block: BlockSale, given: CoinStatements) -> None:
    """Once the books have begun, nobody sells from a place more than they have there, then or at any time since."""
    start = cut_over(given.receipts)
    if start is None or block.executed < start:
        return
    others = replace(given, blocks=[one for one in given.blocks if one.id != block.id])
    moves = [one for one in stream(others) if one.place == block.place]
    then = sum(one.sats for one in moves if one.at <= block.executed)
    since = accumulate((one.sats for one in moves if one.at > block.executed), initial=then)
    free = Sats(max(0, min(since)))
    if block.sats > free:
        raise Refused(
            f"btc: {btc_text(block.sats)} BTC are more than the {btc_text(free)} BTC that the books can spare at "
            f"{block.place}; correct it, or import first what came there (lots, transfers)"
        )


def _places(config: Config, tx: ReadTx, given: CoinStatements) -> set[str]:
    moved = {one.place for one in stream(given) if not is_transit(one.place)}
    return {*config.settings.venues, *(place.id for place in treasury.places(tx)), *moved}


def _check_purpose(tx: ReadTx, purpose: str) -> None:
    kind, _, ref = purpose.partition(":")
    if not purpose or purpose == "general":
        return
    needs: dict[str, set[str]] = {
        "loan": {loan.id for loan in treasury.in_force(tx, Loan)},
        "capex": {one.id for one in treasury.commitments(tx)} | {one.id for one in treasury.milestones(tx)},
    }
    if ref not in needs.get(kind, set()):
        raise Refused(f"--for {purpose!r}: write loan:ID or capex:ID; desk loans and desk capex show the ids")
