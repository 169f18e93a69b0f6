"""One daemon works orders at a time: a lock the system frees when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.1


class LockHeld(Exception):
    """Another process works orders for this database; the message says which."""


class DaemonLock:
    """An exclusive flock on a file beside the database; the file's text says who holds it, for people only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Takes the lock or raises LockHeld at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if not (_locked(handle) or _locked_a_moment_later(handle)):
            os.close(handle)
            pid = holder(self.path)
            raise LockHeld(f"a daemon works this database already{f' (process {pid})' if pid else ''}")
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid()}).encode(), 0)
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked_a_moment_later(handle: int) -> bool:
    """Whoever only looks whether the lock is held holds it for an instant; that is no daemon."""
    time.sleep(_LOOK_S)
    return _locked(handle)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def holder(path: Path) -> int | None:
    """The process that wrote its number into the lock file last."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(path.read_text(encoding="utf-8"))["pid"])
    return None
