"""`desk halt` and `desk rearm`."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, ask_passphrase, key_option, pass_session
from desk.cli.table import say


@click.command()
@click.option("--reason", required=True, help="Why, in a few words; it goes on the record.")
@click.option("--now", is_flag=True, help="Also cancel resting orders from here if the daemon is dead or hung.")
@pass_session
def halt(session: Session, reason: str, now: bool) -> None:
    """Stop everything: no new order within a second, resting orders cancelled. Works without a daemon."""
    from desk.acts import stopping
    from desk.clock import LiveClock

    say(stopping.halt(session.config, LiveClock(), session.actor, reason))
    if now:
        from desk.duty.halt_now import cancel_everything

        done = cancel_everything(session.config)
        for line in done.lines:
            say(line)
        if not done.is_proven:
            raise Failure("halted, but not every resting order is proven cancelled", 4)


@click.command()
@key_option
@pass_session
def rearm(session: Session, key_file: Path | None) -> None:
    """Sign to lift the halt. Two people sign; afterwards every sale is paused."""
    from desk.acts import resuming

    if key_file is None:
        raise click.UsageError("say whose signature: --key FILE or DESK_KEY")
    given = resuming.rearm(
        session.config,
        session.ledger(),
        session.clock,
        key_file=key_file,
        passphrase=lambda: ask_passphrase(key_file),
    )
    say(given)
