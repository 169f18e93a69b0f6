"""`desk` and `desk tui`: the full-screen app, found by its entry point so that the core never imports it."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, pass_session
from desk.config import Config


@click.command()
@click.option("--read-only", is_flag=True, help="Over a connection that cannot write: watch only.")
@pass_session
def tui(session: Session, read_only: bool = False) -> None:
    """Open the full-screen app."""
    key = os.environ.get("DESK_KEY")
    keys = (Path(key).expanduser(),) if key else ()
    open_app(session.config, read_only=read_only, as_name=session.actor, keys=keys)


def has_terminal() -> bool:
    """Whether a person sits at all three streams: the app draws on standard error."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def open_app(config: Config, *, read_only: bool, as_name: str | None, keys: tuple[Path, ...]) -> None:
    """Runs the app until the person leaves. Raises Failure without a terminal or without an app installed."""
    if not has_terminal():
        raise Failure("this is no terminal; desk status shows the same without one")
    found = entry_points(group="desk.screen")
    if not found:
        raise Failure("no screen is installed; install the whole project")
    next(iter(found)).load()(config, read_only=read_only, as_name=as_name, keys=keys)
