"""`desk orders` and `desk fills`: the log."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.cli.failures import Failure, not_found
from desk.cli.session import Session, ask_passphrase, emit_json, json_option, key_option, pass_session
from desk.cli.table import plain, show_table
from desk.cli.when import moment

if TYPE_CHECKING:
    from desk.ledger import ReadTx

_AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

sale_option = click.option("--sale", "sale_id", metavar="ID", help="Only of this sale.")
since_option = click.option("--since", metavar="T", help="Only from this time on: an ISO time, or now.")
csv_option = click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV file."
)


@click.group(invoke_without_command=True)
@sale_option
@since_option
@click.option("--state", metavar="S", help="Only in this state, e.g. unknown.")
@csv_option
@json_option
@click.pass_context
@pass_session
def orders(
    session: Session,
    ctx: click.Context,
    sale_id: str | None,
    since: str | None,
    state: str | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Every order, as logged."""
    if ctx.invoked_subcommand is not None:
        return
    from desk.execution.orders import OrderState
    from desk.ledger import orders as store
    from desk.snapshot.sale_json import order_json

    if state is not None and state not in {known.value for known in OrderState}:
        raise click.BadParameter(f"{state!r}; known: {', '.join(OrderState)}", param_hint="--state")
    start = moment(since, session.clock.now()) if since else None
    with session.ledger(read_only=True).read() as tx:
        _check_sale(tx, sale_id)
        listed = store.listed(tx, sale_id, start, OrderState(state) if state else None)
    _put_out([order_json(order) for order in listed], csv_file, as_json, empty="no order yet")


@orders.command()
@click.argument("client_order_id", metavar="ID")
@click.option("--as-placed", "venue_order_id", metavar="VENUE_ID", help="It is this order at the venue.")
@click.option("--as-not-placed", is_flag=True, help="It never was at the venue.")
@key_option
@pass_session
def resolve(
    session: Session, client_order_id: str, venue_order_id: str | None, as_not_placed: bool, key_file: Path | None
) -> None:
    """Settle an unknown order that no evidence settles; two people sign the same."""
    from desk.acts import resuming

    if (venue_order_id is None) == (not as_not_placed):
        raise click.UsageError("say one of --as-placed VENUE_ID and --as-not-placed")
    if key_file is None:
        raise click.UsageError("say whose signature: --key FILE or DESK_KEY")
    click.echo(
        resuming.resolve(
            session.config,
            session.ledger(),
            session.clock,
            client_order_id,
            venue_order_id=venue_order_id,
            key_file=key_file,
            passphrase=lambda: ask_passphrase(key_file),
        )
    )


@click.command()
@sale_option
@since_option
@csv_option
@json_option
@pass_session
def fills(session: Session, sale_id: str | None, since: str | None, csv_file: Path | None, as_json: bool) -> None:
    """Every fill, as logged."""
    from desk.ledger import orders as store
    from desk.snapshot.sale_json import fill_json

    start = moment(since, session.clock.now()) if since else None
    with session.ledger(read_only=True).read() as tx:
        _check_sale(tx, sale_id)
        listed = store.fills(tx, sale_id, start)
        quotes = _quotes(tx)
    _put_out([fill_json(fill, quotes[fill.sale_id]) for fill in listed], csv_file, as_json, empty="no fill yet")


def _check_sale(tx: ReadTx, sale_id: str | None) -> None:
    from desk.ledger import sales

    if sale_id is not None and sales.get(tx, sale_id) is None:
        raise not_found("sale", sale_id, "desk sale list shows them")


def _quotes(tx: ReadTx) -> Mapping[str, str]:
    from desk.ledger import sales

    return sales.quotes(tx)


def _put_out(rows: Sequence[Mapping[str, object]], csv_file: Path | None, as_json: bool, *, empty: str) -> None:
    if csv_file is not None:
        _write_csv(rows, csv_file)
        click.echo(f"{csv_file}: {len(rows)} rows", err=True)
    if as_json:
        emit_json(rows)
    elif csv_file is None:
        show_table(rows, empty=empty)


def _write_csv(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    """One row each; text that a spreadsheet would run as a formula gets a quote in front."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            if not rows:
                return
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for row in rows:
                writer.writerow({name: _inert(value) for name, value in row.items()})
    except OSError as problem:
        raise Failure(f"{path} cannot be written: {problem.strerror}") from None


def _inert(value: object) -> object:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value):
        return value
    return ("'" if value[:1] in _FORMULA else "") + plain(value)
