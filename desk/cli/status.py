"""`desk status`: the picture of the desk in lines, without a terminal."""

from __future__ import annotations

import click

from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import plain


@click.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Daemon, halt, venues, working sales, and what waits for whom."""
    from desk.snapshot.build import SnapshotBuilder
    from desk.snapshot.status import status_lines
    from desk.snapshot.status_json import status_json

    ledger = session.ledger(read_only=True)
    desk = SnapshotBuilder(session.config, ledger, session.clock).build()
    if as_json:
        emit_json(status_json(desk))
        return
    for line in status_lines(desk):
        click.echo(plain(line))
