"""`desk holdings`, `mining`, `capex`, `loans`: show, and import from CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import show_facts, show_table


def _noun(name: str, text: str) -> click.Group:
    @click.group(name, invoke_without_command=True, help=text)
    @json_option
    @click.pass_context
    def noun(ctx: click.Context, as_json: bool) -> None:
        if ctx.invoked_subcommand is None:
            session = ctx.ensure_object(Session)
            _show(session, name, as_json)

    @noun.command("import", help=f"Read {name} from a CSV file: all of it or nothing.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check and say what would change; write nothing.")
    @pass_session
    def import_file(session: Session, file: Path, dry_run: bool) -> None:
        from desk.ledger import treasury
        from desk.treasury import imports

        ledger, clock = session.ledger(), session.clock
        with ledger.read() as tx:
            on_record = treasury.current(tx, name)
        plan = imports.plan(name, file.read_bytes(), file=file.name, now=clock.now(), current=on_record)
        if not dry_run and plan.rows:
            with ledger.write(actor=session.actor, clock=clock) as tx:
                treasury.apply(tx, plan)
        click.echo(f"{plan.sentence}{' (dry run, nothing written)' if dry_run else ''}")

    return noun


def _show(session: Session, name: str, as_json: bool) -> None:
    from desk.snapshot import treasury_json
    from desk.snapshot.build import SnapshotBuilder

    ledger = session.ledger(read_only=True)
    desk = SnapshotBuilder(session.config, ledger, session.clock).build()
    document: Mapping[str, Any] = getattr(treasury_json, f"{name}_json")(desk)
    if as_json:
        emit_json(document)
        return
    show_facts({key: value for key, value in document.items() if not isinstance(value, list)})
    for key, rows in document.items():
        if isinstance(rows, list):
            click.echo(f"\n{key}")
            show_table(rows, empty=f"nothing yet: desk {name} import FILE")


holdings = _noun("holdings", "Coins by place, and what of them is sellable.")
mining = _noun("mining", "Coins mined per day.")
capex = _noun("capex", "Commitments and their dated milestones.")
loans = _noun("loans", "Loans with LTV, margin-call and liquidation price.")
