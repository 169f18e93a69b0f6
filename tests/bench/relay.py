"""The paper exchange behind a relay that writes down when the first byte of each request came in.

Runs in place of `desk.paper`, with its arguments: `python -m desk.demo.child tests.bench.relay --trade-file …`. The
times are of the machine's monotonic clock, which every process reads alike; they are taken before anything is passed
on, so what the exchange does with a request does not count. Beside the trade file lie `wire.jsonl`, one line for each
request, and `exchange.pid`, the process to stop when the exchange is to hang. `--exchange MODULE`, first of all, puts
another module in the place of `desk.paper`.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from urllib.parse import parse_qs, urlsplit

FILE, PID_FILE = "wire.jsonl", "exchange.pid"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: when its first byte came (seconds, monotonic), for which endpoint, about which order if any."""

    at: float
    endpoint: str
    order: str


def seen(trade_file: Path) -> list[Seen]:
    """Every request so far; the newest line may still be on its way."""
    text = trade_file.with_name(FILE).read_bytes()
    return [Seen(**json.loads(line)) for line in text[: text.rfind(b"\n") + 1].splitlines()]


@dataclass(slots=True)
class Requests:
    """Tells the requests of one connection apart; HTTP without pipelining, as ccxt speaks it."""

    told: Callable[[Seen], None]
    _began: float = 0.0
    _read: bytearray = field(default_factory=bytearray)
    _is_socket: bool = False

    def take(self, data: bytes, at: float) -> None:
        if self._is_socket:
            return
        if not self._read:
            self._began = at
        self._read += data
        head, found, body = bytes(self._read).partition(b"\r\n\r\n")
        if not found:
            return
        length = _LENGTH.search(head)
        if length is not None and len(body) < int(length.group(1)):
            return
        self._read.clear()
        self._is_socket = b"upgrade: websocket" in head.lower()
        form = parse_qs(body.decode("latin-1"))
        endpoint = urlsplit(head.split(b" ", 2)[1].decode("latin-1")).path.rpartition("/")[2]
        self.told(Seen(self._began, endpoint, form.get("cl_ord_id", [""])[0]))


class Relay:
    """Listens on a free port of loopback and passes on to `port`, one thread for each direction."""

    def __init__(self, port: int, notes: TextIO) -> None:
        self._port, self._notes, self._lock = port, notes, threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """For ever."""
        while True:
            client, _ = self._listener.accept()
            try:
                exchange = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                client.close()
                continue
            for one in (client, exchange):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            requests = Requests(self._tell)
            for taken, source, sink in ((requests.take, client, exchange), (None, exchange, client)):
                threading.Thread(target=_pass_on, args=(source, sink, taken), daemon=True).start()

    def _tell(self, request: Seen) -> None:
        line = json.dumps({"at": request.at, "endpoint": request.endpoint, "order": request.order})
        with self._lock:
            self._notes.write(line + "\n")
            self._notes.flush()


def _pass_on(source: socket.socket, sink: socket.socket, taken: Callable[[bytes, float], None] | None) -> None:
    try:
        while data := source.recv(_CHUNK):
            at = time.monotonic()
            sink.sendall(data)
            if taken is not None:
                taken(data, at)
    except OSError:
        pass
    for one in (source, sink):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


def main(arguments: list[str]) -> None:
    """Starts the exchange, says on the first line where the relay is, and relays until it is ended."""
    folder = Path(arguments[arguments.index("--trade-file") + 1]).parent
    module = "desk.paper"
    if arguments[0] == "--exchange":
        module, arguments = arguments[1], arguments[2:]
    command = [sys.executable, "-m", "desk.demo.child", module, *arguments]
    exchange = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert exchange.stdout is not None
    first = exchange.stdout.readline().decode().strip()
    (folder / PID_FILE).write_text(str(exchange.pid))
    with (folder / FILE).open("a", encoding="utf-8") as notes:
        relay = Relay(int(first.rpartition(":")[2]), notes)
        print(f"paper exchange at {relay.url}", flush=True)
        relay.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
