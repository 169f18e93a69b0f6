"""A real terminal: the app over its own driver and a pty, and bytes that are not UTF-8."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0
TINY = """
import sys
sys.path[:0] = [{here!r}, {root!r}]
from fake_port import FakePort
from widgets.app import DeskApp
app = DeskApp(FakePort(), tick_s=3600)
app.run()
sys.exit(app.return_code)
"""


def test_a_pasted_latin_1_letter_does_not_end_the_app():
    master, slave = pty.openpty()
    code = TINY.format(here=str(ROOT / "tests" / "widgets"), root=str(ROOT))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as child:
        os.close(slave)
        try:
            assert b"HALT" in said_until(master, b"HALT")
            os.write(master, b"caf\xe9 \x11")
            rest = said_until(master, b"")
            assert b"UnicodeDecodeError" not in rest
            assert child.wait(DEADLINE_S) == 0
        finally:
            child.kill()
            os.close(master)


def said_until(master: int, wanted: bytes) -> bytes:
    """What the app draws until `wanted` is in it, or all of it until it ends."""
    said, ends = b"", time.monotonic() + DEADLINE_S
    while time.monotonic() < ends:
        if select.select([master], [], [], 0.2)[0]:
            try:
                said += os.read(master, 65536)
            except OSError:  # the other side is closed: the app has ended
                return said
            if wanted and wanted in said:
                return said
    return said
