"""`desk init`: make a desk, overwrite nothing."""

from __future__ import annotations

import click

from desk.cli.asking import confirmed
from desk.cli.session import Session, pass_session


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def init(session: Session, yes: bool) -> None:
    """Write what is missing of config.toml, state/, keys and database. Never overwrites."""
    from desk.acts.founding import found

    if not yes:
        confirmed(f"make a desk at {session.config_file.parent}?")
    line = ""
    for line in found(session.config_file):
        click.echo(line)
    steps = "desk doctor, desk daemon"
    if line.startswith("policy: none"):
        steps = f"edit config.toml, desk people add NAME KEY.pub for everybody, desk init again, {steps}"
    click.echo(f"next: {steps}", err=True)
