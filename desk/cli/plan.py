"""`desk plan`: thirteen weeks of cash, the gap, and the sales that would close it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.cli.session import Session, ask_passphrase, emit_json, json_option, key_option
from desk.cli.table import say, show_table
from desk.cli.treasury import add_import
from desk.cli.when import duration, opening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desk.acts.planning import Planned
    from desk.treasury.lot_preview import LotPreview

_WIDE = 140


@click.group("plan", invoke_without_command=True)
@click.option("--weeks", type=click.IntRange(1, 52), default=13, show_default=True, help="How far to look.")
@click.option("--line", "line", metavar="NAME", help="Open a line of the table: every entry it is made of.")
@click.option("--seed", type=click.IntRange(0), default=None, help="Of the simulated futures (default: configured).")
@click.option(
    "--confidence",
    type=click.IntRange(50, 99),
    default=None,
    metavar="PERCENT",
    help="Propose one sale, begun now, that keeps cash above the floor in so many of the simulated futures; "
    "with --stage it is staged instead of the plan's own proposals.",
)
@click.option("--keep", "is_kept", is_flag=True, help="Put the forecast on record, to hold it against what comes.")
@click.option("--against", metavar="ID", help="A kept forecast against what came.")
@click.option(
    "--stage",
    "proposal",
    metavar="[P-1]",
    is_flag=False,
    flag_value="first",
    help="Turn a proposal (the first, if none is named) into a staged sale.",
)
@click.option("--start", default="on-approval", show_default=True, metavar="T", help="With --stage: when it opens.")
@click.option("--over", default="1d", show_default=True, metavar="DUR", help="With --stage: how long it is worked.")
@click.option("--slices", type=int, default=None, help="With --stage: how many steps.")
@click.option("--tactic", type=click.Choice(["passive", "balanced", "urgent"]), default="balanced", show_default=True)
@click.option("--floor", metavar="P", help="With --stage: never below this price.")
@key_option
@json_option
@click.pass_context
def plan(ctx: click.Context, /, **asked: object) -> None:
    """13-week cash forecast, the funding gap, and proposed sales; --stage turns one into a staged sale."""
    if ctx.invoked_subcommand is not None:
        return
    session = ctx.ensure_object(Session)
    if asked["proposal"]:
        _stage(session, asked)
    elif asked["is_kept"]:
        _keep(session, asked)
    elif asked["against"]:
        _against(session, asked)
    else:
        _show(session, asked)


add_import(plan, "plan")


def _show(session: Session, asked: dict[str, object]) -> None:
    from desk.acts.planning import lots_taken, planned

    seed, weeks = asked["seed"], asked["weeks"]
    assert isinstance(weeks, int)
    ledger = session.ledger(read_only=True)
    made = planned(
        session.config,
        ledger,
        session.clock,
        weeks=weeks,
        seed=seed if isinstance(seed, int) else None,
        confidence=_confidence(asked),
    )
    if asked["line"] is not None:
        _line(made, str(asked["line"]), is_json=bool(asked["as_json"]))
        return
    surer = made.surer() if _confidence(asked) is not None else None
    if asked["as_json"]:
        from desk.snapshot.plan_json import plan_json, surer_json

        document = plan_json(made.plan, made.loans, made.futures(), lots_taken(session.config, ledger, made))
        emit_json(document if surer is None else {**document, "for_confidence": surer_json(surer)})
        return
    _words(made, lots_taken(session.config, ledger, made))
    if surer is not None:
        from desk.cli.plan_words import surer_lines

        for line in surer_lines(surer):
            say(line)


def _confidence(asked: dict[str, object]) -> int | None:
    return asked["confidence"] if isinstance(asked["confidence"], int) else None


def _words(made: Planned, lots: Mapping[str, LotPreview]) -> None:
    from desk.cli import plan_words

    found = made.plan
    width = shutil.get_terminal_size((_WIDE, 40)).columns if sys.stdout.isatty() else _WIDE
    for line in plan_words.table(found.forecast, width):
        say(line)
    say("")
    for part in (
        plan_words.opening_lines(found.forecast),
        plan_words.overdue_lines(found.forecast),
        plan_words.gap_lines(found),
        plan_words.proposal_lines(found, lots),
        plan_words.loan_lines(made.loans),
        plan_words.risk_lines(made.futures()),
    ):
        for line in part:
            say(line)
    for note in found.forecast.notes:
        say(f"note: {note}")


def _line(made: Planned, name: str, *, is_json: bool) -> None:
    from desk.cli.plan_words import entry_rows
    from desk.treasury.forecast.kept import document
    from desk.treasury.forecast.table import Line

    known = {str(line): line for line in Line}
    if name not in known:
        raise click.BadParameter(f"{name!r}; lines are {', '.join(known)}", param_hint="--line")
    forecast = made.plan.forecast
    if is_json:
        weeks = document(forecast)["weeks"]
        emit_json([entry for week in weeks for entry in week["entries"] if entry["line"] == name])
        return
    rows = entry_rows([entry for entry in forecast.entries if entry.line is known[name]])
    show_table(rows, empty=f"nothing in {name}")


def _keep(session: Session, asked: dict[str, object]) -> None:
    from desk.acts.planning import keep

    weeks = asked["weeks"]
    assert isinstance(weeks, int)
    kept = keep(session.config, session.ledger(), session.clock, session.actor, weeks=weeks)
    if asked["as_json"]:
        emit_json({"id": kept})
    else:
        say(f"{kept} kept; later: desk plan --against {kept}")


def _against(session: Session, asked: dict[str, object]) -> None:
    from desk.acts.planning import compare
    from desk.cli.plan_words import against_rows
    from desk.snapshot.plan_json import against_json
    from desk.units import show_money

    found, cash = compare(session.config, session.ledger(read_only=True), session.clock, str(asked["against"]))
    if asked["as_json"]:
        emit_json(against_json(found, cash))
        return
    say(f"{found.id}, made {found.made_on}, through {found.through}, {found.currency}")
    show_table(against_rows(found), empty="nothing was forecast and nothing came")
    is_now = "not known" if cash is None else show_money(cash, 2)
    say(f"cash: forecast {show_money(found.forecast_cash, 2)} by the end of {found.through}, now {is_now}")


def _stage(session: Session, asked: dict[str, object]) -> None:
    from desk.acts.looking import sale_document
    from desk.acts.planning import Wish, stage_proposal

    key_file = asked["key_file"]
    if not isinstance(key_file, Path):
        raise click.UsageError("the stager signs too: --key FILE or DESK_KEY")
    clock, start = session.clock, str(asked["start"])
    wish = Wish(
        over=duration(str(asked["over"])),
        opens=opening(start, clock.now()),
        is_now=start == "now",
        slices=asked["slices"] if isinstance(asked["slices"], int) else None,
        tactic=str(asked["tactic"]),
        floor=None if asked["floor"] is None else str(asked["floor"]),
    )
    ledger = session.ledger()
    seed = asked["seed"]
    done = stage_proposal(
        session.config,
        ledger,
        clock,
        "" if asked["proposal"] == "first" else str(asked["proposal"]),
        wish,
        key_file=key_file,
        passphrase=lambda: ask_passphrase(key_file),
        confidence=_confidence(asked),
        seed=seed if isinstance(seed, int) else None,
    )
    proposal = done.proposal
    by = f"{proposal.sell_by:%Y-%m-%d %H:%M} UTC"
    say(f"{proposal.id} for {proposal.purpose}: to be in the bank in time it has to be sold by {by}", err=True)
    if done.stale:
        say(f"{proposal.id} rests on {done.stale}", err=True)
    if asked["as_json"]:
        emit_json(sale_document(session.config, ledger, clock, done.staged.sale_id))
        return
    for line in done.staged.lines:
        say(line)
