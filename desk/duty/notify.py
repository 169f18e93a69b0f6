"""systemd's notification socket: ready, alive, stopping. Silent where systemd did not start us."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Sends one state, like READY=1 or WATCHDOG=1. Waits for nobody: a reader that hangs holds up no order."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        line.connect(address)
        line.send(state.encode())
