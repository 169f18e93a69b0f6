"""Reads remembered until a table they look at changes: what makes a long campaign affordable.

Only for ledgers in memory, whose every write passes here; seeds that keep a file read it as the daemon does, and a
test holds both to the same outcome. Inside a write nothing is remembered: it sees its own changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from desk.ledger import WriteTx, control, live, orders, sales, tracking

READS: dict[ModuleType, dict[str, tuple[str, ...]]] = {
    control: {"open_halt": ("halts",), "open_alarms": ("alarms",), "pending_commands": ("commands",)},
    sales: {
        "get": ("sales", "terms"),
        "listed": ("sales", "terms"),
        "slices": ("slices", "terms"),
        "rejections": ("rejections",),
    },
    orders: {
        "get": ("orders",),
        "live": ("orders",),
        "listed": ("orders",),
        "committed_open": ("orders",),
        "totals": ("orders",),
        "next_attempt": ("orders",),
        "fees_paid": ("fills",),
        "fills": ("fills",),
        "gone_since": ("fills",),
        "sold_since": ("fills",),
    },
    live: {"balances": ("balances",)},
}


class Memory:
    """What was read since the last change, by table."""

    def __init__(self) -> None:
        self._known: defaultdict[str, dict[Any, Any]] = defaultdict(dict)
        self._readers: defaultdict[str, set[str]] = defaultdict(set)

    def clear(self) -> None:
        self._known.clear()

    def remember(self, name: str, tables: tuple[str, ...], read: Callable[..., Any]) -> Callable[..., Any]:
        for table in tables:
            self._readers[table].add(name)

        def remembered(tx: Any, *args: Any, **named: Any) -> Any:
            if isinstance(tx, WriteTx):
                return read(tx, *args, **named)
            key = (*(tuple(arg) if isinstance(arg, list) else arg for arg in args), *sorted(named.items()))
            known = self._known[name]
            if key not in known:
                known[key] = read(tx, *args, **named)
            found = known[key]
            return list(found) if isinstance(found, list) else found

        return remembered

    def forget(self, table: str) -> None:
        for name in self._readers[table]:
            self._known[name].clear()


@contextmanager
def remembering() -> Iterator[Memory]:
    """While this lasts, the ledger's reads are remembered."""
    memory, before = Memory(), []
    take = tracking.take

    def taken(connection: Any) -> Any:
        images = take(connection)
        for table in {image["table"] for image in images if isinstance(image, dict)}:
            memory.forget(str(table))
        return images

    for module, reads in READS.items():
        for name, tables in reads.items():
            read = getattr(module, name)
            before.append((module, name, read))
            setattr(module, name, memory.remember(f"{module.__name__}.{name}", tables, read))
    tracking.take = taken
    try:
        yield memory
    finally:
        tracking.take = take
        for module, name, read in before:
            setattr(module, name, read)
