"""`desk holdings`: show, pull, write the template; and `import FILE` for every noun of the treasury."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from desk.cli.asking import confirmed
from desk.cli.failures import Failure
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table
from desk.cli.wallets import pull_wallets

_SHOWN = 12


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


def add_import(noun: click.Group, name: str, what: str = "") -> None:
    """Gives a noun its `import FILE`; `what` is read where the noun does not say it."""

    @noun.command("import", help=f"Read {what or name} from a CSV file or a workbook (XLSX): all of it or nothing.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check and say what would change; write nothing.")
    @click.option("--yes", is_flag=True, help="Do not ask where gains of the past change (relief, picks).")
    @json_option
    @pass_session
    def import_file(session: Session, file: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
        from desk.acts.books import import_settles
        from desk.acts.importing import consequences
        from desk.ledger import treasury
        from desk.treasury import imports

        data = file.read_bytes()
        ledger, clock = session.ledger(), session.clock
        nouns, now = imports.nouns(name, data), clock.now()
        with ledger.read() as tx:
            on_record = treasury.current(tx, *nouns)
        settles = import_settles(ledger, now, nouns)
        plan = imports.plan(name, data, file=file.name, now=now, current=on_record, settles=settles)
        found = consequences(session.config, ledger, plan.rows)
        changes = list(found.changes)
        if changes and not as_json:
            _show_changes(changes)
        if not dry_run and plan.rows:
            if changes and not yes:
                confirmed(f"{_past(changes)}: put it on record under your name, {session.actor}?")
            with ledger.write(actor=session.actor, clock=clock) as tx:
                treasury.apply(tx, plan, {"gains_changed": "; ".join(changes[:_SHOWN])} if changes else None)
        if as_json:
            said = {"file": plan.file, "sha256": plan.digest, "dry_run": dry_run, **plan.counts}
            restated = [
                {"about": one.about, "field": one.field, "before": one.before, "after": one.after}
                for one in plan.restated
            ]
            emit_json(
                {
                    **said,
                    "restated": restated,
                    "gains_changed": changes,
                    "problems": list(found.problems),
                    "late": list(plan.late_sentences),
                }
            )
            return
        click.echo(f"{plan.sentence}{' (dry run, nothing written)' if dry_run else ''}")
        for kind, (new, corrected) in plan.kinds.items():
            if len(plan.kinds) > 1:
                click.echo(f"  {kind}: {new} new, {corrected} corrected")
        _list([one.sentence for one in plan.restated], click.echo)
        _list(plan.late_sentences, say)
        _list([f"to look at: {one}" for one in found.problems], say)


def _show_changes(changes: Sequence[str]) -> None:
    say(f"this changes what has been: {_past(changes)}")
    _list(changes, say)


def _list(lines: Sequence[str], show: Callable[[str], None]) -> None:
    for line in lines[:_SHOWN]:
        show(f"  {line}")
    if len(lines) > _SHOWN:
        show(f"  and {len(lines) - _SHOWN} more (--dry-run --json names them)")


def _past(changes: Sequence[str]) -> str:
    return f"{len(changes)} disposal{'' if len(changes) == 1 else 's'} of open months would have other lots or gains"


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
    "operations": "what the machines did on days that are on record",
    "network": "difficulty and fees of a day, for what was to be expected",
    "costs": "what a mined BTC cost in a quarter, month or year",
    "months": "months as they were announced",
    "flows": "cash that is expected: once, or again and again",
    "actuals": "cash that came or went",
    "explanations": "what explains a break of the books; desk books breaks lists them",
    "picks": "specific identification: which lot a sale, block sale, payment or transfer takes",
}
"""What a sheet of the template is for, where its name does not say it."""


@click.command("template")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def write_template(session: Session, file: Path) -> None:
    """Write a form to fill in: a workbook (NAME.xlsx) with a sheet for everything that can be imported, or one table
    as CSV, called like it (lots.csv)."""
    data, what, noun = _form(file, session.config.settings.desk.name)
    try:
        with file.open("xb") as written:
            written.write(data)
    except FileExistsError:
        raise Failure(f"{file} exists; name another file, so that nothing filled in is lost") from None
    click.echo(f"{file}: {what}; fill in what you need, then desk {noun} import {file} --dry-run")


def _form(file: Path, title: str) -> tuple[bytes, str, str]:
    """The bytes of the form that a file of this name is, what they are, and the noun that imports them."""
    from desk.treasury.imports import FORMATS
    from desk.treasury.workbook import Template, template

    nouns = {name: noun for noun, tables in FORMATS.items() for name in tables}
    parts = [Template(name, _ABOUT[name], FORMATS[noun][name].layout) for name, noun in nouns.items()]
    if file.suffix == ".xlsx":
        return template(parts, title), f"{len(parts)} sheets and what they mean", "holdings"
    if file.suffix != ".csv":
        raise Failure(f"{file.name}: call it NAME.xlsx, or TABLE.csv for one table")
    if file.stem not in nouns:
        known = ", ".join(f"{name}.csv" for name in nouns)
        raise Failure(f"{file.name}: a CSV is called like its table: {known}")
    layout = FORMATS[nouns[file.stem]][file.stem].layout
    return f"{','.join(layout.all)}\n".encode(), f"the columns of {file.stem}", nouns[file.stem]


add_import(holdings, "holdings")
holdings.add_command(write_template)
holdings.add_command(pull_wallets)
