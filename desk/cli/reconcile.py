"""`desk reconcile`: ledger orders, venue trades and balance movement held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import click

from desk.cli.failures import REFUSED, UNAVAILABLE, Failure
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table

_LOOKED_WITHIN_S = 30.0


@click.command()
@click.option("--no-look", is_flag=True, help="Compare with what was seen last; ask the venues nothing.")
@json_option
@pass_session
def reconcile(session: Session, no_look: bool, as_json: bool) -> None:
    """Three ways: what the ledger recorded, what each venue says it traded, how its coins and its money moved.

    The daemon asks the venues; without one, what it saw last is compared. Exit 1 where something is open.
    """
    from desk.acts.books import load_books
    from desk.snapshot.books_json import reconcile_json

    if not no_look:
        _look(session)
    now = session.clock.now()
    document = reconcile_json(load_books(session.ledger()).venues, now.date(), now)
    never = sorted(session.config.settings.venues.keys() - {one["venue"] for one in document})
    if as_json:
        emit_json({"venues": document, "never_looked_at": never})
    else:
        for one in document:
            _show(one)
    if never:
        raise Failure(f"{', '.join(never)}: never looked at; start the daemon, which asks the venues", UNAVAILABLE)
    left = sum(found["is_open"] for one in document for found in one["breaks"])
    if left:
        raise Failure(f"{left} break{'s' if left > 1 else ''} open; explain them: desk books explain", REFUSED)


def _look(session: Session) -> None:
    """Has the daemon look now; says so where that cannot be had."""
    from desk.acts.outcome import NotYetApplied, Refused
    from desk.acts.stopping import wait_for
    from desk.duty.lock import is_held
    from desk.ledger import control

    if not is_held(session.config.lock_file):
        say("no daemon runs; comparing with what was seen last", err=True)
        return
    ledger, clock = session.ledger(), session.clock
    with ledger.write(actor=session.actor, clock=clock) as tx:
        number = control.command(tx, "reconcile", None, session.actor, "", {}, clock.now())
    try:
        say(wait_for(ledger, number, _LOOKED_WITHIN_S), err=True)
    except (Refused, NotYetApplied) as problem:
        say(f"{problem}; comparing with what was seen last", err=True)


def _show(one: Mapping[str, Any]) -> None:
    from datetime import timedelta

    from desk.snapshot.words import length_text

    age = length_text(timedelta(seconds=one["age_s"]))
    say(f"{one['venue']} · seen {one['looked']}, {age} ago · since {one['since']}")
    sides = {
        "ledger": "ledger",
        "venue_trades": "venue's trades",
        "agreed": "agreed",
        "pending": "about to be taken in",
    }
    show_table([{"": text, **one[name]} for name, text in sides.items()], empty="")
    way = one["balance"]
    names: tuple[str, ...] = ("opening", "moved", "sold", "fees", "expected", "seen", "difference")
    say("")
    if Decimal(way["to_deliver_btc"]):
        names = (*names[:-2], "to_deliver", *names[-2:])
    show_table([{"balance": name.replace("_", " "), "BTC": way[f"{name}_btc"]} for name in names], empty="")
    say("")
    _show_cash(one)
    for found in one["breaks"]:
        say(f"{'OPEN' if found['is_open'] else 'explained'}  {found['id']}: {found['text']}")
        for line in found["explained"]:
            say(f"  {line['btc']} BTC explained by {line['author']} ({line['id']}): {line['text']}")
    if one["ok"]:
        say("agrees to the satoshi")


def _show_cash(one: Mapping[str, Any]) -> None:
    """The money there by currency; `moved` is what the actuals on record brought or took."""
    names = ("opening", "moved", "proceeds", "fees", "expected", "seen", "difference")
    rows = [
        {"money": way["currency"], **{name: f"{Decimal(way[name]):,f}" for name in names}, "": _told(way)}
        for way in one["cash"]
    ]
    if rows:
        show_table(rows, empty="")
    for line in one["cash_missing"]:
        say(f"not compared: {line}")
    if rows or one["cash_missing"]:
        say("")


def _told(way: Mapping[str, Any]) -> str:
    return "" if way["ok"] else "OPEN"
