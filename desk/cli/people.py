"""`desk people`: who may sign."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table


@click.group()
def people() -> None:
    """Who may sign. A change is a change of policy: `desk policy approve` follows it."""


@people.command("list")
@json_option
@pass_session
def list_people(session: Session, as_json: bool) -> None:
    """Names and key fingerprints."""
    from desk.acts import people as acts

    known = acts.load(session.config.settings.people.allowed_signers)
    rows = [
        {
            "name": ", ".join(entry.names),
            "fingerprint": entry.right.fingerprint,
            "for": entry.right.namespaces or "all",
        }
        for entry in known.entries
    ]
    if as_json:
        emit_json(rows)
    else:
        show_table(rows, empty="nobody may sign yet: desk people add NAME KEY.pub")


@people.command()
@click.argument("name")
@click.argument("public_key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--namespaces", help="Only for these signatures, e.g. 'desk.sale,desk.rearm'.")
@pass_session
def add(session: Session, name: str, public_key: Path, namespaces: str | None) -> None:
    """Let NAME sign with PUBLIC_KEY (a .pub file)."""
    from desk.acts import people as acts

    file = session.config.settings.people.allowed_signers
    fingerprint = acts.add(file, name, public_key.read_text(encoding="utf-8"), namespaces)
    say(f"{name} may sign with {fingerprint}; {_next(session)}", err=True)


@people.command()
@click.argument("name")
@click.option("--fingerprint", help="Only this key.")
@pass_session
def revoke(session: Session, name: str, fingerprint: str | None) -> None:
    """Take NAME's keys away. Signatures made with them stop counting at once."""
    from desk.acts import people as acts
    from desk.clock import LiveClock

    acts.revoke(session.config.settings.people.allowed_signers, name, LiveClock().wall(), fingerprint)
    say(f"{name} no longer signs; {_next(session)}", err=True)


def _next(session: Session) -> str:
    """What makes the change count: the first policy is recorded by init, a later one is signed."""
    from desk.ledger import LedgerError, control

    try:
        with session.ledger(read_only=True).read() as tx:
            has_policy = control.current_policy(tx) is not None
    except LedgerError:
        has_policy = False
    if has_policy:
        return "the policy changed: desk policy diff, then desk policy approve"
    return "when everybody is listed, desk init records the first policy"
