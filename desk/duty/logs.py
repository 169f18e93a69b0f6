"""The daemon's log: one line an event on stderr, secrets never in it."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

_SECRET = ("secret", "passphrase", "api_key", "apikey", "api-sign", "signature", "password", "token")


def set_up() -> None:
    """Lines for people on a terminal, logfmt for systemd and files."""
    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            _plain,
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Unbroken(sys.stderr))),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Unbroken(io.TextIOBase):
    """A stream whose failures stop nobody: a log on a full disk or a closed terminal must not end an order's way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if any(word in name.lower() for word in _SECRET):
            event[name] = "…"
    return event


def _plain(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Text from outside cannot break a line or move a cursor."""
    for name, value in event.items():
        if isinstance(value, str) and name != "exception":
            event[name] = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value)
    return event
