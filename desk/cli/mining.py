"""`desk mining`: what was made against what was expected and what it costs; import, and pull from pools."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from desk.cli.failures import REFUSED, UNAVAILABLE, Failure, not_found
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table
from desk.cli.treasury import add_import

if TYPE_CHECKING:
    from desk.snapshot.model import MiningPeriodView
    from desk.treasury.pool_days import PullPlan
    from desk.treasury.records import CostFigure

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@click.group("mining", invoke_without_command=True)
@click.option("--month", metavar="YYYY-MM", help="Explain this month alone instead of showing how it goes.")
@click.option("--epoch", metavar="DAY", help="Explain the difficulty epoch of this day, or `latest`.")
@json_option
@click.pass_context
def mining(ctx: click.Context, month: str | None, epoch: str | None, as_json: bool) -> None:
    """Coins mined per day, against what was expected, and what they cost."""
    if ctx.invoked_subcommand is None:
        _show(ctx.ensure_object(Session), month, epoch, as_json=as_json)


def _show(session: Session, month: str | None, epoch: str | None, *, as_json: bool) -> None:
    from desk.cli import mining_words
    from desk.snapshot.build import SnapshotBuilder
    from desk.snapshot.mining_json import mining_json

    if month is not None and epoch is not None:
        raise click.UsageError("say one of --month and --epoch")
    desk = SnapshotBuilder(session.config, session.ledger(read_only=True), session.clock).build()
    period, published = _period(session, month, epoch)
    if as_json:
        emit_json(mining_json(desk, period))
        return
    for line in mining_words.lines(desk, period, published):
        say(line)
    if period is not None:
        return
    for rows in (mining_words.epoch_rows(desk.mining), mining_words.day_rows(desk.mining)):
        if rows:
            say("")
            show_table(rows, empty="")
        if rows and "epoch" in rows[0]:
            for note in mining_words.epoch_notes(desk.mining):
                say(note)
    say("")
    show_table(mining_words.pool_rows(desk.mining), empty="nothing yet: desk mining import FILE, or desk mining pull")


def _period(
    session: Session, month: str | None, epoch: str | None
) -> tuple[MiningPeriodView | None, CostFigure | None]:
    """The period that was asked for, read from all that is on record, and what was published for it."""
    from desk.ledger import mining as record
    from desk.ledger import treasury
    from desk.snapshot.mining_view import epoch_view, period_view
    from desk.treasury.coin_records import Mark
    from desk.treasury.mining_report import mining_report
    from desk.treasury.period_prices import published_for
    from desk.treasury.valuation import Marks

    if month is None and epoch is None:
        return None, None
    if month is not None and not _MONTH.fullmatch(month):
        raise click.BadParameter(f"{month!r} is not a month; write it like 2026-01", param_hint="--month")
    day = None if epoch in (None, "latest") else _day(str(epoch), "--epoch")
    with session.ledger(read_only=True).read() as tx:
        rows, network, costs = treasury.mining_days(tx), record.network_days(tx), treasury.cost_figures(tx)
        marks = Marks(treasury.in_force(tx, Mark))
    report = mining_report(rows, network, costs, now=session.clock.now(), month=month, marks=marks)
    if month is not None:
        return period_view(report.month), published_for(costs, report.month.first, report.month.last)
    held = [one for one in report.epochs if day is None or one.epoch.holds(day)]
    if not held:
        known = f"{report.epochs[0].epoch.first} to {report.epochs[-1].epoch.last}" if report.epochs else "none yet"
        raise not_found("epoch with mined days at", str(epoch), f"on record: {known}")
    period = held[-1].period
    return epoch_view(held[-1]), published_for(costs, period.first, period.last)


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
    first = _past(session, since) if since else None
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


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day; write it like 2026-02-07", param_hint=option) from None


def _past(session: Session, text: str) -> date:
    day = _day(text, "--since")
    if day > session.clock.now().date():
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
    from desk.feeds.pools.pull import ask
    from desk.ledger.feeds import set_feed_status
    from desk.treasury.movements import pool_place

    pool = pulling.pool_section(session.config, name)
    ledger, clock = session.ledger(), session.clock
    answer = asyncio.run(ask(pulling.pool_access(name, pool), clock, first))
    if not write:
        with ledger.read() as reading:
            return _told(name, pulling.planned(reading, pool, answer))
    with ledger.write(actor=session.actor, clock=clock) as tx:
        plan = pulling.recorded(tx, pool, answer)
        set_feed_status(tx, pool_place(name), clock.wall())
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
    return {
        "name": NETWORK,
        "new": new,
        "unchanged": len(days) - new,
        "restated": [],
        "notes": _outlook(session),
        "sentence": f"{new} new or changed, {len(days) - new} unchanged",
    }


def _outlook(session: Session) -> list[str]:
    """What the explorer expects of the next difficulty; it is a guess and goes on no record."""
    from desk.acts import pulling
    from desk.feeds.network import outlook
    from desk.feeds.wire import FeedRefused, FeedUnavailable

    try:
        found = asyncio.run(outlook(pulling.network_access(session.config.settings.network), session.clock))
    except (FeedRefused, FeedUnavailable) as problem:
        return [f"no outlook: {problem}"]
    if found is None:
        return []
    change = f"{found.change_percent:+} %".replace("-", "−")
    return [f"the explorer expects the difficulty to change by {change} on {found.expected.date()}"]


def _say(outcome: Mapping[str, Any], dry_run: bool) -> None:
    if "error" in outcome:
        say(f"{outcome['name']}: {outcome['error']}", err=True)
        return
    say(f"{outcome['name']}: {outcome['sentence']}{' (dry run, nothing written)' if dry_run else ''}")
    for line in (*outcome["restated"], *outcome.get("notes", ())):
        say(f"  {line}")
