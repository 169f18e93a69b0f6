"""`desk blocks`: sales made outside the venues, recorded by hand and signed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, ask_passphrase, emit_json, json_option, key_option, pass_session
from desk.cli.table import say, show_facts, show_table
from desk.cli.when import moment

if TYPE_CHECKING:
    from desk.acts.blocks import RecordedBlock
    from desk.treasury.coin_records import BlockSale

_T = TypeVar("_T")
_NEEDED = ("btc", "price", "executed", "place", "counterparty", "source")


@click.group()
def blocks() -> None:
    """OTC and block sales, recorded by hand: a listed person signs the exact bytes of each."""


@blocks.command()
@click.option("--btc", metavar="Q", help="How much was sold.")
@click.option("--price", metavar="P", help="Per whole BTC.")
@click.option("--currency", default="USD", show_default=True, help="Of price and proceeds; USDT is not USD.")
@click.option("--fee", default="0", show_default=True, metavar="F", help="In its own currency.")
@click.option("--fee-currency", metavar="C", help="BTC, USD, … (default: the price's).")
@click.option("--executed", metavar="T", help="When: an ISO time with its zone, or now.")
@click.option("--place", metavar="PLACE", help="Where the coins were: a venue, wallet or custodian.")
@click.option("--counterparty", metavar="NAME", help="Who bought.")
@click.option("--source", metavar="DOC", help="What proves it: a confirmation, a ticket.")
@click.option("--settles", metavar="DAY", help="When the money comes.")
@click.option("--for", "purpose", default="", metavar="loan:ID|capex:ID", help="What the proceeds are for.")
@click.option("--note", default="", help="Anything else.")
@click.option("--id", "block_id", default="", metavar="B-…", help="Its id (default: the next number).")
@click.option("--correct", is_flag=True, help="Replace the block sale with this --id by a signed correction.")
@click.option("--print", "only_print", is_flag=True, help="Write the exact bytes to sign to stdout; record nothing.")
@click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bytes that --print wrote, instead of the fields.",
)
@click.option(
    "--signature",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signature over --document: ssh-keygen -Y sign -n desk.block -f KEY FILE.",
)
@key_option
@json_option
@pass_session
def record(session: Session, /, key_file: Path | None, as_json: bool, **asked: Any) -> None:
    """Record a block sale; sign with --key, or print, sign elsewhere, and bring --document and --signature."""
    from desk.acts import blocks as act

    document, signature = asked["document"], asked["signature"]
    if signature is not None and document is None:
        raise click.UsageError("--signature signs a file of bytes; name it, too: --document FILE")
    if document is not None:
        raw = document.read_bytes()
    else:
        block = _block(session, asked)
        raw = act.draft(session.config, session.ledger(), session.clock, block, corrects=bool(asked["correct"]))
    if asked["only_print"]:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    done = _signed(session, raw, key_file, signature)
    _put_out(session, done, raw, as_json)


@blocks.command()
@click.argument("block_id", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why it was no sale; it stands in the signed bytes.")
@click.option("--print", "only_print", is_flag=True, help="Write the exact bytes to sign to stdout; record nothing.")
@click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bytes that --print wrote, instead of --reason.",
)
@click.option(
    "--signature",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signature over --document: ssh-keygen -Y sign -n desk.block -f KEY FILE.",
)
@key_option
@json_option
@pass_session
def void(
    session: Session,
    block_id: str,
    reason: str,
    only_print: bool,
    document: Path | None,
    signature: Path | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Take a block sale back that was none: signed like the sale, on the record for good, until its month closes.

    Lots, books and holdings are as if it had never been sold; its id is not used again.
    """
    from desk.acts import blocks as act
    from desk.treasury.blocks import read_block

    config, ledger, clock = session.config, session.ledger(), session.clock
    if signature is not None and document is None:
        raise click.UsageError("--signature signs a file of bytes; name it, too: --document FILE")
    raw = document.read_bytes() if document else act.void_draft(config, ledger, clock, block_id, reason)
    said = read_block(raw).block
    if said.id != block_id or not said.voided:
        raise Failure(
            f"{document}: these bytes do not void {block_id}; desk blocks void {block_id} --print writes some"
        )
    if only_print:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    done = _signed(session, raw, key_file, signature)
    _put_out(session, done, raw, as_json)


def _signed(session: Session, raw: bytes, key_file: Path | None, signature: Path | None) -> RecordedBlock:
    """Records the bytes with a signature that was made elsewhere, or with one made now."""
    from desk.acts import blocks as act

    config, ledger, clock = session.config, session.ledger(), session.clock
    if signature is not None:
        return act.record(config, ledger, clock, raw, signature.read_text(encoding="ascii", errors="replace"))
    if key_file is None:
        raise click.UsageError("say whose signature: --key FILE, DESK_KEY, or --document FILE with --signature FILE")
    key = key_file
    return act.sign_and_record(config, ledger, clock, raw, key_file=key, passphrase=lambda: ask_passphrase(key))


def _put_out(session: Session, done: RecordedBlock, raw: bytes, as_json: bool) -> None:
    if as_json:
        emit_json(_json(done))
        return
    say(raw.decode())
    say(f"{done.block.id} {'voided' if done.block.voided else 'recorded'}; {done.sentence}")
    for line in _uncovered(session, done.block.id):
        say(line, err=True)


def _uncovered(session: Session, block_id: str) -> list[str]:
    """What the lots say about it, so that a slip of the hand shows at once."""
    from desk.acts.lots import lot_statement

    book = lot_statement(session.config, session.ledger(), session.clock).book
    return [one.sentence for one in book.uncovered if one.movement.ref == block_id]


@blocks.command("list")
@json_option
@pass_session
def list_blocks(session: Session, as_json: bool) -> None:
    """Every block sale with its signature, verified now."""
    from desk.acts import blocks as act

    ledger = session.ledger(read_only=True)
    with ledger.read() as tx:
        found = act.listed(session.config, tx, ledger.desk.desk_id)
    rows = [_json(one) for one in found]
    if as_json:
        emit_json(rows)
        return
    names = ("id", "executed", "btc", "price", "currency", "fee", "counterparty", "place", "signed_by", "signature")
    shown = (*names, "voided") if any(row["voided"] for row in rows) else names
    show_table([{name: row[name] for name in shown} for row in rows], empty="no block sale yet: desk blocks record")
    if any(one.problem for one in found):
        raise Failure("a block sale has no signature that counts")


@blocks.command()
@click.argument("block_id", metavar="ID")
@pass_session
def show(session: Session, block_id: str) -> None:
    """One block sale: the exact bytes that were signed, and the signature, verified now."""
    from desk.acts import blocks as act
    from desk.cli.failures import not_found

    ledger = session.ledger(read_only=True)
    with ledger.read() as tx:
        found = next((o for o in act.listed(session.config, tx, ledger.desk.desk_id) if o.block.id == block_id), None)
    if found is None:
        raise not_found("block sale", block_id, "desk blocks list shows them")
    say(found.document.canonical().decode())
    show_facts({name: value for name, value in _json(found).items() if name != "document"})


def _json(one: RecordedBlock) -> dict[str, Any]:
    from desk.clock import iso
    from desk.units import btc_text, decimal_text, notional

    block = one.block
    return {
        "id": block.id,
        "version": one.version,
        "executed": iso(block.executed),
        "btc": btc_text(block.sats),
        "price": decimal_text(block.price),
        "currency": block.currency,
        "proceeds": decimal_text(notional(block.sats, block.price)),
        "fee": decimal_text(block.fee),
        "fee_currency": block.fee_currency,
        "counterparty": block.counterparty,
        "place": block.place,
        "settles": block.settles.isoformat() if block.settles else None,
        "purpose": block.purpose,
        "source": block.source,
        "note": block.note,
        "voided": block.voided or None,
        "digest": one.document.digest,
        "signed_by": one.signer or None,
        "key": one.fingerprint or None,
        "signed_at": iso(one.signed_at) if one.signed_at else None,
        "signature": one.problem or "good",
    }


def _block(session: Session, asked: dict[str, Any]) -> BlockSale:
    from desk.treasury.coin_records import BlockSale
    from desk.units import Money, Price, parse_btc, parse_decimal

    missing = [f"--{name}" for name in _NEEDED if not asked[name]]
    if missing:
        raise click.UsageError(f"a block sale needs {', '.join(missing)}; or bring --document FILE")
    now: datetime = session.clock.now()
    return BlockSale(
        id=asked["block_id"],
        place=asked["place"],
        sats=_typed("btc", asked["btc"], parse_btc),
        price=Price(_typed("price", asked["price"], parse_decimal)),
        currency=asked["currency"],
        fee=Money(_typed("fee", asked["fee"], parse_decimal)),
        fee_currency=asked["fee_currency"] or asked["currency"],
        executed=moment(asked["executed"], now),
        counterparty=asked["counterparty"],
        source=asked["source"],
        settles=_day(asked["settles"]) if asked["settles"] else None,
        purpose=asked["purpose"],
        note=asked["note"],
    )


def _typed(name: str, text: str, parse: Callable[[str], _T]) -> _T:
    """An exact amount; a refusal names its option."""
    from desk.units import AmountRefused

    try:
        return parse(text)
    except AmountRefused as problem:
        raise Failure(f"--{name}: {problem}") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day; write it like 2026-02-10", param_hint="--settles") from None
