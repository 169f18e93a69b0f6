"""The daemon's log: what cannot be written stops nobody, and no secret is in it."""

from __future__ import annotations

import io
import sys

import pytest
import structlog

from desk.duty import logs


@pytest.fixture(autouse=True)
def configured():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str, /) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("is_full", [True, False])
def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch, is_full):
    monkeypatch.setattr(sys, "stderr", stream := Full() if is_full else io.StringIO())
    logs.set_up()
    if not is_full:
        stream.close()
    structlog.get_logger().critical("cancel without a record")


def test_a_line_names_what_happened_and_no_secret(monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    logs.set_up()
    structlog.get_logger().warning("venue does not answer", api_key="K-1", error="\x1b[2J")
    line = stream.getvalue()
    assert "venue does not answer" in line
    assert "K-1" not in line
    assert "\x1b" not in line
