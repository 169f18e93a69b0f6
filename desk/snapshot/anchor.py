"""The newest checkpoint as a picture shows it: a claim of the file, which only `desk audit verify` proves."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_TAIL = 8192


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far the last whole line of the checkpoint file reaches, and when it was written (wall time)."""

    seq: int
    at: datetime


class AnchorReader:
    """Reads the end of one checkpoint file, again only when the file changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._found: Anchor | None = None

    def newest(self) -> Anchor | None:
        """The last checkpoint, or None where there is no file, no whole line, or no sense in it."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._found = _last(self._path)
                self._stamp = stamp
        except OSError:
            self._stamp, self._found = None, None
        return self._found


def _last(path: Path) -> Anchor | None:
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        lines = file.read().split(b"\n")
    for line in reversed(lines[:-1]):
        try:
            said = json.loads(line)
            return Anchor(int(said["seq"]), datetime.fromisoformat(said["time"]).astimezone(UTC))
        except (ValueError, KeyError, TypeError):
            continue
    return None
