"""`desk doctor`: one line each, with the fix."""

from __future__ import annotations

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import plain


@click.command()
@click.option("--verbose", is_flag=True, help="Also every setting in force, defaults included.")
@json_option
@pass_session
def doctor(session: Session, verbose: bool, as_json: bool) -> None:
    """Check everything the desk leans on: configuration, keys, database, policy, daemon, venues, clock."""
    from desk.acts.examination import examine

    findings = []
    for finding in examine(session.config):
        findings.append(finding)
        if not as_json:
            fix = f"  → {finding.fix}" if finding.fix else ""
            click.echo(plain(f"{'ok  ' if finding.is_well else 'FIX '} {finding.what:<16} {finding.found}{fix}"))
    if as_json:
        emit_json([{"what": f.what, "ok": f.is_well, "found": f.found, "fix": f.fix} for f in findings])
    if verbose:
        _settings(session)
    bad = sum(not finding.is_well for finding in findings)
    if bad:
        raise Failure(f"{bad} of {len(findings)} need fixing")


def _settings(session: Session) -> None:
    for name, value in session.config.settings:
        if isinstance(value, dict):
            for key, entry in value.items():
                for field, inner in entry:
                    click.echo(f"{name}.{key}.{field} = {inner}", err=True)
        else:
            for field, inner in value:
                click.echo(f"{name}.{field} = {inner}", err=True)
