"""`desk lots`: what every coin cost, where it lies, and what it brought when it went."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from desk.cli.failures import not_found
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_facts, show_table

if TYPE_CHECKING:
    from desk.treasury.lot_statement import LotStatement

_WIDTH = 40


@click.command()
@click.option("--place", metavar="PLACE", help="Only lots with coins at this place: a venue, pool:NAME, a wallet.")
@click.option("--at", "day", metavar="DAY", help="As of the end of this day (UTC), valued by its mark.")
@click.option("--disposals", is_flag=True, help="What went: every trade, payment and fee with the lots it took.")
@click.option("--all", "with_spent", is_flag=True, help="In the table, lots of which nothing is left, too.")
@json_option
@pass_session
def lots(
    session: Session, place: str | None, day: str | None, disposals: bool, with_spent: bool, as_json: bool
) -> None:
    """Lots by the relief rule in force: dates, cost and its price, place, restriction, fair value, disposals."""
    from desk.acts.lots import lot_statement
    from desk.treasury.lot_statement import disposal_rows, lot_rows, totals

    statement = lot_statement(session.config, session.ledger(read_only=True), session.clock, _day(day))
    _check_place(place, {piece.place for lot in statement.book.lots for piece in lot.pieces} | _left(statement))
    document: dict[str, Any] = totals(statement)
    document["problems"] = list(statement.problems)
    document |= {"disposals": disposal_rows(statement, place)} if disposals else {"lots": lot_rows(statement, place)}
    if as_json:
        emit_json(document)
        return
    nested = ("lots", "disposals", "problems")
    facts = {name: value for name, value in document.items() if name not in nested and value not in ("", None)}
    show_facts({name: _shown(name, value) for name, value in facts.items()})
    click.echo()
    if disposals:
        _show_disposals(document["disposals"])
    else:
        _show_lots(document["lots"], place, with_spent)
    for line in document["problems"]:
        say(f"! {line}")
    if statement.book.uncovered:
        say("say where those coins came from: desk holdings import FILE (lots, transfers)", err=True)


def _left(statement: LotStatement) -> set[str]:
    """Places that coins went from for good."""
    return {disposal.movement.place for disposal in statement.book.disposals}


def _check_place(place: str | None, known: set[str]) -> None:
    if place is not None and known and place not in known:
        raise not_found("place", place, f"coins lie or lay at {', '.join(sorted(known))}")


def _show_lots(rows: list[dict[str, Any]], place: str | None, with_spent: bool) -> None:
    """A line for every piece: a lot may lie at several places."""
    shown = [
        {
            "lot": row["id"],
            "acquired": row["acquired"][:10],
            "from": _short(row["source"]),
            "place": piece["place"],
            "btc": _coins(piece["btc"]),
            "cost_usd": _grouped(piece["cost_usd"], "unknown"),
            "fair_value_usd": _grouped(piece["fair_value_usd"]),
            "restriction": _restriction(piece),
        }
        for row in rows
        for piece in row["pieces"]
        if place in (None, piece["place"])
    ]
    if with_spent:
        nothing = {"place": "", "btc": "0.00000000", "cost_usd": "", "fair_value_usd": "", "restriction": "all gone"}
        shown += [
            {"lot": row["id"], "acquired": row["acquired"][:10], "from": _short(row["source"]), **nothing}
            for row in rows
            if not row["pieces"]
        ]
    show_table(shown, empty="no lot: desk holdings import FILE (lots), desk mining import FILE")


def _show_disposals(rows: list[dict[str, Any]]) -> None:
    shown = [
        {
            "time": row["time"],
            "disposal": row["id"],
            "sale": row["sale"] or "",
            "btc": _coins(row["btc"]),
            "price": _coins(row["price"]) if row["price"] else "",
            "fee": f"{_coins(row['fee'])} {row['fee_currency']}" if row["fee_currency"] else "",
            "net_usd": _grouped(row["net_usd"]),
            "cost_usd": _grouped(row["cost_usd"]),
            "gain_usd": _grouped(row["gain_usd"], f"no gain: {', '.join(row['missing'])}"),
            "lots": ", ".join(dict.fromkeys(taken["lot"] for taken in row["lots"])),
        }
        for row in rows
    ]
    show_table(shown, empty="nothing has gone yet")


def _shown(name: str, value: str) -> str:
    if name.endswith("_usd"):
        return _grouped(value)
    return _coins(value) if name.endswith("btc") else str(value)


def _coins(btc: str) -> str:
    """Coins for people: 1,234.00000000."""
    return f"{Decimal(btc):,f}"


def _grouped(amount: str | None, unknown: str = "") -> str:
    """Dollars for people: 1,234.50."""
    from desk.units import show_money

    return unknown if amount is None else show_money(Decimal(amount))


def _restriction(piece: dict[str, Any]) -> str:
    if piece["loan"] is None:
        return ""
    return f"loan {piece['loan']}{', lent on' if piece['derecognised'] else ''}"


def _short(text: str) -> str:
    """What fits in a column; --json has all of it."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day; write it like 2026-02-07", param_hint="--at") from None
