"""The HALT file becomes a row as soon as a daemon sees it, so that the record knows of every halt (P12)."""

from __future__ import annotations

from pathlib import Path

from desk.acts.stopping import read_halt_file
from desk.clock import Clock
from desk.ledger import LedgerThread, WriteTx, control


async def take_halt_file(path: Path, ledger: LedgerThread, clock: Clock) -> None:
    """Puts a halt on record that so far is only a file."""
    note = read_halt_file(path)
    if note is None or await ledger.read(control.open_halt) is not None:
        return

    def put(tx: WriteTx) -> None:
        if control.open_halt(tx) is None:
            control.halt(tx, note.reason, note.actor, clock.now())

    await ledger.write(put, actor=note.actor)
