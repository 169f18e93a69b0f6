"""`desk policy`: what is allowed, and who agreed to it."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, ask_passphrase, emit_json, json_option, key_option, pass_session
from desk.cli.table import say


@click.group()
def policy() -> None:
    """Controls, people and venues under one digest; a change is signed by as many as the highest tier asks for."""


@policy.command()
@json_option
@pass_session
def show(session: Session, as_json: bool) -> None:
    """The configured policy, its digest, and whether it is in force."""
    from desk.acts.policy import standing
    from desk.permission.policy import as_document

    with session.ledger(read_only=True).read() as tx:
        now = standing(session.config, tx)
    document = {"digest": now.digest, "in_force": now.is_in_force, "policy": as_document(now.configured)}
    emit_json(document)


@policy.command()
@pass_session
def check(session: Session) -> None:
    """Exit 0 if the configuration is the accepted policy and somebody can meet its rules."""
    from desk.acts.policy import standing

    with session.ledger(read_only=True).read() as tx:
        now = standing(session.config, tx)
    problems = list(now.configured.shortfalls())
    if not now.is_in_force:
        problems.insert(0, "the configuration is not the accepted policy; desk policy diff")
    if problems:
        raise Failure("; ".join(problems))
    click.echo(f"in force: {now.digest}")


@policy.command()
@pass_session
def diff(session: Session) -> None:
    """What the configuration changes against the accepted policy."""
    from desk.acts.policy import standing
    from desk.permission.policy_diff import diff as compare

    with session.ledger(read_only=True).read() as tx:
        now = standing(session.config, tx)
    if now.accepted is None:
        click.echo("no policy is accepted yet; desk init records the first one once somebody may sign")
        return
    lines = compare(now.accepted, now.configured)
    for line in lines:
        say(line)
    if not lines:
        click.echo("no difference")


@policy.command()
@key_option
@pass_session
def approve(session: Session, key_file: Path | None) -> None:
    """Sign the configured policy; with enough signatures it is in force."""
    from desk.acts.resuming import approve_policy

    if key_file is None:
        raise click.UsageError("say whose signature: --key FILE or DESK_KEY")
    given = approve_policy(
        session.config,
        session.ledger(),
        session.clock,
        key_file=key_file,
        passphrase=lambda: ask_passphrase(key_file),
    )
    say(f"signed as {given.person}; {given.sentence}{': in force' if given.is_granted else ''}")
