"""`desk backup` and `desk restore`."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, pass_session
from desk.cli.table import say


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def backup(session: Session, target: Path) -> None:
    """Copy the database to TARGET while it is in use, and check the copy."""
    from desk.audit.backup import backup as copy

    if target.exists():
        raise Failure(f"{target} exists; choose another name, backups are never overwritten")
    if not target.absolute().parent.is_dir():
        raise Failure(f"there is no folder {target.absolute().parent}; make it, or name another")
    copy(session.config.database_file, target)
    click.echo(f"{target}: {target.stat().st_size:,} bytes, checked")


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def restore(session: Session, source: Path, yes: bool) -> None:
    """Put the backup SOURCE in the database's place, which is kept beside it. The daemon must be stopped.

    The checkpoint key signs that it was restored: desk audit verify says so from then on.
    """
    from desk.audit.backup import restore as put_back
    from desk.audit.checkpoints import CheckpointFile
    from desk.clock import LiveClock
    from desk.duty.lock import DaemonLock
    from desk.permission.key_files import load_private_key

    if not yes:
        click.confirm(f"replace {session.config.database_file} by {source}?", abort=True, err=True)
    audit = session.config.settings.audit
    marks = CheckpointFile(audit.checkpoints, load_private_key(audit.key))
    lock = DaemonLock(session.config.lock_file)
    lock.take()
    try:
        say(put_back(source, session.config.database_file, marks, LiveClock().wall()))
    finally:
        lock.release()
