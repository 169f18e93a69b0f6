"""`desk mining`: what was made against what was expected and what it costs; import, and pull from pools."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from desk.cli.failures import REFUSED, UNAVAILABLE, Failure
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say
from desk.cli.treasury import add_import, show_noun

if TYPE_CHECKING:
    from desk.treasury.pool_days import PullPlan


@click.group("mining", invoke_without_command=True)
@json_option
@click.pass_context
def mining(ctx: click.Context, as_json: bool) -> None:
    """Coins mined per day, against what was expected, and what they cost."""
    if ctx.invoked_subcommand is None:
        show_noun(ctx.ensure_object(Session), "mining", as_json)


add_import(mining, "mining")


@mining.command()
@click.option("--pool", "pools", multiple=True, metavar="NAME", help="Only this pool; may be said again.")
@click.option("--since", metavar="DAY", help="From this day on; by default the last five weeks.")
@click.option("--dry-run", is_flag=True, help="Ask and say what would change; write nothing.")
@json_option
@pass_session
def pull(session: Session, pools: Sequence[str], since: str | None, dry_run: bool, as_json: bool) -> None:
    """Ask the configured pools, and the network, for their days.

    Each is taken whole or not at all; what is on record already is not written again.
    """
    first = _day(since) if since else None
    named = _names(session, pools)
    told, failed = [], []
    for name in named:
        outcome = _pulled(session, name, first, write=not dry_run)
        told.append(outcome)
        if "error" in outcome:
            failed.append(outcome)
        if not as_json:
            _say(outcome, dry_run)
    if as_json:
        emit_json({"dry_run": dry_run, "pulls": told})
    if failed:
        code = UNAVAILABLE if all(one["unavailable"] for one in failed) else REFUSED
        raise Failure(f"{len(failed)} of {len(told)} could not be pulled; the others stand", code)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day; write it like 2026-02-07", param_hint="--since") from None
    if day > datetime.now(UTC).date():
        raise click.BadParameter(f"{text} is in the future", param_hint="--since")
    return day


def _names(session: Session, pools: Sequence[str]) -> list[str]:
    from desk.acts.pulling import pool_section
    from desk.duty.pools import NETWORK

    settings = session.config.settings
    for name in pools:
        pool_section(session.config, name)
    if pools:
        return list(dict.fromkeys(pools))
    found = [*settings.pools, *([NETWORK] if settings.network.url is not None else [])]
    if not found:
        raise Failure("nothing to pull from: config.toml has neither a [pools.NAME] nor a url in [network]")
    return found


def _pulled(session: Session, name: str, first: date | None, *, write: bool) -> dict[str, Any]:
    """What one source said and what came of it; a failure is told, not raised: the next one is still asked."""
    from desk.duty.pools import NETWORK
    from desk.feeds.wire import FeedRefused, FeedUnavailable
    from desk.secrets import SecretRefused
    from desk.treasury.pool_days import PullRefused

    try:
        if name == NETWORK and name not in session.config.settings.pools:
            return _network(session, first, write=write)
        return _pool(session, name, first, write=write)
    except (FeedRefused, FeedUnavailable, PullRefused, SecretRefused) as problem:
        return {"name": name, "error": str(problem), "unavailable": isinstance(problem, FeedUnavailable)}


def _pool(session: Session, name: str, first: date | None, *, write: bool) -> dict[str, Any]:
    from desk.acts import pulling
    from desk.duty.pools import feed_name
    from desk.feeds.pools.pull import ask
    from desk.ledger.feeds import set_feed_status

    pool = pulling.pool_section(session.config, name)
    ledger, clock = session.ledger(), session.clock
    answer = asyncio.run(ask(pulling.pool_access(name, pool), clock, first))
    if not write:
        with ledger.read() as reading:
            return _told(name, pulling.planned(reading, pool, answer))
    with ledger.write(actor=session.actor, clock=clock) as tx:
        plan = pulling.recorded(tx, pool, answer)
        set_feed_status(tx, feed_name(name), clock.wall())
    return _told(name, plan)


def _told(name: str, plan: PullPlan) -> dict[str, Any]:
    return {
        "name": name,
        "new": len(plan.new),
        "changed": len(plan.changed),
        "unchanged": plan.unchanged,
        "restated": [one.sentence for one in plan.restated],
        "notes": list(plan.notes),
        "sentence": plan.sentence,
    }


def _network(session: Session, first: date | None, *, write: bool) -> dict[str, Any]:
    from desk.acts import pulling
    from desk.duty.pools import NETWORK
    from desk.feeds.network import ask
    from desk.ledger.feeds import set_feed_status

    ledger, clock = session.ledger(), session.clock
    days = asyncio.run(ask(pulling.network_access(session.config.settings.network), clock, first))
    if write:
        with ledger.write(actor=session.actor, clock=clock) as tx:
            new = pulling.record_network(tx, days)
            set_feed_status(tx, NETWORK, clock.wall())
    else:
        with ledger.read() as reading:
            new = len(pulling.new_network_days(reading, days))
    sentence = f"{new} new or changed, {len(days) - new} unchanged"
    return {"name": NETWORK, "new": new, "unchanged": len(days) - new, "restated": [], "sentence": sentence}


def _say(outcome: Mapping[str, Any], dry_run: bool) -> None:
    if "error" in outcome:
        say(f"{outcome['name']}: {outcome['error']}", err=True)
        return
    say(f"{outcome['name']}: {outcome['sentence']}{' (dry run, nothing written)' if dry_run else ''}")
    for line in (*outcome["restated"], *outcome.get("notes", ())):
        say(f"  {line}")
