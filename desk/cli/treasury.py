"""`desk holdings`: show, pull, write the template; and `import FILE` for every noun of the treasury."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table
from desk.cli.wallets import pull_wallets


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def holdings(ctx: click.Context, as_json: bool) -> None:
    """Coins by place and state, what of them is sellable, and cash."""
    if ctx.invoked_subcommand is None:
        _show(ctx.ensure_object(Session), as_json)


def _show(session: Session, as_json: bool) -> None:
    from desk.cli import holdings_words
    from desk.snapshot.build import SnapshotBuilder
    from desk.snapshot.treasury_json import holdings_json

    ledger = session.ledger(read_only=True)
    desk = SnapshotBuilder(session.config, ledger, session.clock).build()
    if as_json:
        emit_json(holdings_json(desk))
        return
    show_table(holdings_words.state_rows(desk), empty="")
    say(holdings_words.price_line(desk))
    say("")
    show_table(holdings_words.place_rows(desk), empty="no coins on record: desk holdings import FILE")
    say("")
    show_table(holdings_words.cash_rows(desk), empty="no cash on record: desk holdings import FILE")
    for line in holdings_words.closing_lines(desk):
        say(line)


def add_import(noun: click.Group, name: str) -> None:
    """Gives a noun its `import FILE`."""

    @noun.command("import", help=f"Read {name} from a CSV file or a workbook (XLSX): all of it or nothing.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check and say what would change; write nothing.")
    @pass_session
    def import_file(session: Session, file: Path, dry_run: bool) -> None:
        from desk.ledger import treasury
        from desk.treasury import imports

        data = file.read_bytes()
        ledger, clock = session.ledger(), session.clock
        with ledger.read() as tx:
            on_record = treasury.current(tx, *imports.nouns(name, data))
        plan = imports.plan(name, data, file=file.name, now=clock.now(), current=on_record)
        if not dry_run and plan.rows:
            with ledger.write(actor=session.actor, clock=clock) as tx:
                treasury.apply(tx, plan)
        click.echo(f"{plan.sentence}{' (dry run, nothing written)' if dry_run else ''}")


_ABOUT = {
    "balances": "coins and cash outside the venues, as statements of a moment",
    "loans": "loans secured by BTC, with their terms",
    "covenants": "what was promised to a lender; level is money, percent of LTV or BTC, as the kind says",
    "milestones": "dated payments of commitments; a row states its project and commitment, too",
    "allocations": "what funds a milestone or a loan: a sale's proceeds, a loan, equity or cash",
    "days": "coins credited by a pool for a day",
    "lots": "coins that came: opening lots at the cut-over (one time for all), received, returned by a lender",
    "transfers": "coins from one own place to another; no arrival means still on their way",
    "payouts": "coins paid to somebody else",
    "marks": "prices of days under the valuation policy, like BTC/USD or USDT/USD",
    "relief": "from which day on disposals take lots fifo, hifo, lifo or specific",
    "picks": "specific identification: which lot a sale, block sale, payment or transfer takes",
}
"""What a sheet of the template is for, where its name does not say it."""


@click.command("template", help="Write a workbook with an empty sheet for everything that can be imported.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def write_template(session: Session, file: Path) -> None:
    """An existing file is never overwritten: it may be filled in already."""
    from desk.treasury.imports import FORMATS
    from desk.treasury.workbook import Template, template

    parts = [
        Template(name, _ABOUT.get(name, f"{name} of {noun}"), made.layout)
        for noun, tables in FORMATS.items()
        for name, made in tables.items()
    ]
    try:
        with file.open("xb") as written:
            written.write(template(parts, session.config.settings.desk.name))
    except FileExistsError:
        raise Failure(f"{file} exists; name another file, so that nothing filled in is lost") from None
    click.echo(f"{file}: {len(parts)} sheets; fill in what you need, then desk holdings import {file} --dry-run")


add_import(holdings, "holdings")
holdings.add_command(write_template)
holdings.add_command(pull_wallets)
