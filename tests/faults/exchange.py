"""The paper exchange's control endpoint, and its trade file read as what it is: JSON lines."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.faults.plan import Mischief

Line = dict[str, Any]
_WITHIN_S = 5.0


def ask(url: str, name: str, command: Mapping[str, object] | None = None) -> Any:
    """GETs, or with a command POSTs, one of the control endpoint's pages. Raises OSError."""
    body = None if command is None else json.dumps(command).encode()
    request = urllib.request.Request(f"{url}/control/{name}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_WITHIN_S) as answer:
        return json.load(answer)


def faults_done(url: str) -> Counter[str]:
    """How often each kind of fault hit a request so far."""
    return Counter(str(one["kind"]) for one in ask(url, "faults")["done"])


def open_orders(url: str) -> list[str]:
    """What rests at the exchange right now, whatever its look-ups are made to say."""
    return list(ask(url, "state")["open"])


def whole_lines(trade_file: Path) -> list[Line]:
    """Every complete line of the trade file; the last one may still be on its way."""
    text = trade_file.read_bytes()
    return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]


class Mischiefs:
    """Inflicts a plan's faults at their times, beside everything else, until left."""

    def __init__(self, url: str, planned: Iterable[Mischief]) -> None:
        self.done: Counter[str] = Counter()
        self._url = url
        self._planned = tuple(planned)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(timeout=2 * _WITHIN_S)

    def _run(self) -> None:
        began = time.monotonic()
        for one in self._planned:
            if self._is_over.wait(max(0.0, began + one.at_s - time.monotonic())):
                return
            try:
                ask(self._url, "faults", one.command)
            except (OSError, urllib.error.URLError):
                continue  # the port is closed by an earlier fault
            if one.command["kind"] in {"refuse", "ws-drop", "ws-freeze"}:
                self.done[str(one.command["kind"])] += 1
