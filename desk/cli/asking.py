"""Asking somebody at the terminal; where nobody can answer, which option answers instead."""

from __future__ import annotations

import sys

import click

from desk.cli.failures import Failure


def confirmed(question: str) -> None:
    """Goes on after a yes; a no stops the command. Raises Failure where nobody is there to answer."""
    try:
        is_meant = click.confirm(question, err=True, default=True)
    except click.Abort:
        if not sys.stdin.isatty():
            raise Failure("nobody is at a terminal to answer: say --yes to go on without asking") from None
        raise
    if not is_meant:
        raise click.Abort
