"""What one run of the command line works with: configuration, ledger and clock, opened when first asked for."""

from __future__ import annotations

import getpass
import json
import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from desk import config

if TYPE_CHECKING:
    from desk.clock import LiveClock
    from desk.ledger import Ledger


class Session:
    """The configuration in force and who says what; handed to every command as click's context object."""

    def __init__(self, config_path: str | None, as_name: str | None, *, busy_ms: int | None = None) -> None:
        self._config_path = config_path
        self._as_name = as_name
        self._busy_ms = busy_ms
        self._ledger: Ledger | None = None

    @property
    def config_file(self) -> Path:
        return config.find(self._config_path)

    @cached_property
    def config(self) -> config.Config:
        return config.load(self.config_file)

    @property
    def actor(self) -> str:
        """A display name for the record; who *signs* is the principal of the key."""
        if self._as_name:
            return self._as_name
        with suppress(OSError, KeyError):
            return getpass.getuser()
        return f"uid {os.getuid()}"

    def ledger(self, *, read_only: bool = False) -> Ledger:
        """The configured database, opened once; closed when the command ends."""
        if self._ledger is None:
            from desk.ledger import Ledger
            from desk.ledger.engine import BUSY_MS

            url, busy_ms = self.config.settings.desk.database, self._busy_ms or BUSY_MS
            self._ledger = Ledger.open(url, read_only=read_only, busy_ms=busy_ms)
            click.get_current_context().find_root().call_on_close(self._ledger.close)
        return self._ledger

    @cached_property
    def clock(self) -> LiveClock:
        """Desk time as this database keeps it."""
        from desk.clock import LiveClock

        return LiveClock(self.ledger().desk.line)


pass_session = click.make_pass_decorator(Session)
json_option = click.option("--json", "as_json", is_flag=True, help="Exactly one JSON document on stdout.")
key_option = click.option(
    "--key",
    "key_file",
    envvar="DESK_KEY",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Private key to sign with (OpenSSH); a passphrase is asked for and never stored.",
)


def emit_json(document: Any) -> None:
    """One document; what a terminal would act on is escaped, which is the same document to a parser."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    click.echo("".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text))


def ask_passphrase(key: Path) -> bytes:
    """Asked on the terminal without echo, once."""
    return str(click.prompt(f"Passphrase for {key}", hide_input=True, err=True)).encode()
