"""`desk audit`: prove that the record is whole."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.failures import REFUSED, Failure
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say


@click.group()
def audit() -> None:
    """The event chain, its checkpoints, and what they prove."""


@audit.command()
@click.option(
    "--checkpoints", type=click.Path(path_type=Path), help="Another checkpoint file than the configured one."
)
@click.option(
    "--key", type=click.Path(exists=True, path_type=Path), help="Public key of the checkpoints, kept elsewhere."
)
@json_option
@pass_session
def verify(session: Session, checkpoints: Path | None, key: Path | None, as_json: bool) -> None:
    """Walk chain and checkpoints, derive every row again, name the first break. UNANCHORED (exit 1) without any."""
    from desk.audit.verify import verify as walk

    settings = session.config.settings.audit
    report = walk(session.config.database_file, checkpoints or settings.checkpoints, key or settings.public_key)
    if as_json:
        emit_json({"ok": report.ok, "unanchored": report.unanchored, "lines": list(report.lines)})
    else:
        for line in report.lines:
            say(line)
    if not report.ok:
        raise Failure("the record is not proven whole", REFUSED)


@audit.command()
@json_option
@pass_session
def head(session: Session, as_json: bool) -> None:
    """Number and hash of the newest event: write it down somewhere else."""
    from desk.ledger import events

    with session.ledger(read_only=True).read() as tx:
        newest = events.head(tx)
    if as_json:
        emit_json({"seq": newest.seq, "hash": newest.hash})
    else:
        click.echo(f"{newest.seq} {newest.hash}")


@audit.command()
@click.option("--after", type=int, default=0, show_default=True, metavar="SEQ", help="Only events after this one.")
@pass_session
def export(session: Session, after: int) -> None:
    """Every event as one JSON line with the rows it carries: its hash is SHA-256 of the line without `hash`."""
    from desk.audit.export import links

    page = 500
    while True:
        with session.ledger(read_only=True).read() as tx:
            found = list(links(tx, after, page))
        for number, line in found:
            click.echo(line)
            after = number
        if len(found) < page:
            return
