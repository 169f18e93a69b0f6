"""`desk holdings pull`: what the watched wallets hold now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from desk.cli.failures import REFUSED, UNAVAILABLE, Failure
from desk.cli.session import Session, emit_json, json_option, pass_session

if TYPE_CHECKING:
    from desk.acts.wallets import Pulled


@click.command("pull")
@click.option("--wallet", "names", multiple=True, metavar="NAME", help="Only this wallet; may be said again.")
@click.option("--dry-run", is_flag=True, help="Ask and say what would change; write nothing.")
@json_option
@pass_session
def pull_wallets(session: Session, names: Sequence[str], dry_run: bool, as_json: bool) -> None:
    """Ask what lies at the watched addresses ([wallets.NAME] in config.toml)."""
    from desk.acts import wallets

    if not session.config.settings.wallets:
        raise Failure("nothing to pull: config.toml has no [wallets.NAME]")
    found = list(
        wallets.pull_wallets(
            session.config, session.ledger(), session.clock, actor=session.actor, names=names, write=not dry_run
        )
    )
    if as_json:
        emit_json({"dry_run": dry_run, "wallets": [_document(one) for one in found]})
    else:
        for one in found:
            click.echo(_sentence(one, dry_run=dry_run))
    failed = [one for one in found if one.reading is None]
    if failed:
        code = UNAVAILABLE if all(one.is_unavailable for one in failed) else REFUSED
        raise Failure(f"{len(failed)} of {len(found)} could not be read; the others stand", code)


def _document(one: Pulled) -> dict[str, Any]:
    from desk.clock import iso
    from desk.units import btc_text

    if one.reading is None:
        return {"name": one.name, "error": one.error}
    coins = one.reading.coins
    return {
        "name": one.name,
        "confirmed_btc": btc_text(coins.confirmed),
        "waiting_btc": btc_text(coins.waiting),
        "height": coins.height,
        "addresses": one.reading.addresses,
        "at": iso(one.reading.at),
        "is_new": one.is_new,
    }


def _sentence(one: Pulled, *, dry_run: bool) -> str:
    from desk.units import show_btc

    if one.reading is None:
        return f"{one.name}: {one.error}"
    coins = one.reading.coins
    waiting = f", {show_btc(coins.waiting)} BTC without confirmations" if coins.waiting else ""
    news = ("would be stated" if dry_run else "stated") if one.is_new else "as on record"
    return f"{one.name}: {show_btc(coins.confirmed)} BTC at {one.reading.addresses} addresses{waiting}; {news}"
