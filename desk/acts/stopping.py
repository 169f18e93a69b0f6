"""Pause, cancel, halt: what lowers risk needs no signature and works whatever else is broken (P12)."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desk.acts.outcome import NotFound, NotYetApplied, Refused
from desk.clock import Clock, iso
from desk.config import Config
from desk.duty.lock import holder
from desk.ledger import Ledger, LedgerError, control, sales
from desk.ledger.tables_control import CommandState

ACKNOWLEDGED_WITHIN_S = 2.0
_ASK_EVERY_S = 0.03


@dataclass(frozen=True, slots=True)
class HaltNote:
    """What the HALT file says; a file that cannot be read halts all the same."""

    reason: str
    actor: str
    at: str


def pause(ledger: Ledger, clock: Clock, sale_id: str, actor: str, reason: str) -> str:
    """Asks the daemon to cancel what rests and stop selling; the curve keeps time."""
    return _command(ledger, clock, "pause", sale_id, actor, reason)


def cancel(ledger: Ledger, clock: Clock, sale_id: str, actor: str, reason: str) -> str:
    """Asks the daemon to end the sale for good."""
    return _command(ledger, clock, "cancel", sale_id, actor, reason)


def _command(ledger: Ledger, clock: Clock, kind: str, sale_id: str, actor: str, reason: str) -> str:
    with ledger.write(actor=actor, clock=clock) as tx:
        sale = sales.get(tx, sale_id)
        if sale is None:
            raise NotFound(f"no sale {sale_id!r}; desk sale list shows them")
        if sale.state.is_final:
            raise Refused(f"{sale_id} is {sale.state} already")
        number = control.command(tx, kind, sale_id, actor, reason, {}, clock.now())
    return wait_for(ledger, number)


def wait_for(ledger: Ledger, number: int, within_s: float | None = None) -> str:
    """What the daemon made of a command. Raises NotYetApplied without an answer in time, Refused if it says no."""
    patience_s = ACKNOWLEDGED_WITHIN_S if within_s is None else within_s
    give_up = time.monotonic() + patience_s
    while True:
        with ledger.read() as tx:
            command = control.command_state(tx, number)
        if command.state is CommandState.APPLIED:
            return command.outcome or f"{command.kind} applied"
        if command.state is CommandState.REFUSED:
            raise Refused(command.outcome)
        if time.monotonic() > give_up:
            raise NotYetApplied(
                f"{command.kind} is recorded, not yet applied: no daemon answered in {patience_s:.0f} s"
            )
        time.sleep(_ASK_EVERY_S)


def raise_halt_file(path: Path, reason: str, actor: str, at: datetime) -> None:
    """The flag that every send looks for, durable before anything else happens. An older flag stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"reason": reason, "actor": actor, "at": iso(at)}, file)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_halt_file(path: Path) -> HaltNote | None:
    """The flag, if it is up. Whatever it holds, its being there halts."""
    if not os.path.lexists(path):
        return None
    with suppress(OSError, ValueError, TypeError, KeyError):
        note = json.loads(path.read_text(encoding="utf-8"))
        return HaltNote(str(note["reason"])[:500], str(note["actor"])[:100], str(note["at"])[:40])
    return HaltNote("a HALT file lies beside the database", "unknown", "")


def halt(config: Config, clock: Clock, actor: str, reason: str) -> str:
    """Stops everything: the file first, then the row. Either alone halts, so one that fails is only told.

    Works without daemon, with a full disk or a database that cannot be written. Raises Refused where neither is done.
    """
    if not reason.strip():
        raise Refused("say why, in a few words: --reason")
    stood_before = os.path.lexists(config.halt_file)
    no_file = _no_halt_file(config.halt_file, reason, actor, clock.now())
    no_row, was_there = _halt_row(config, clock, actor, reason)
    said = _STOOD_BEFORE if stood_before or (was_there and no_file) else _HALTED
    if no_file and no_row:
        raise Refused(f"NOT halted: {no_file}; {no_row}. Stop the daemon: kill {holder(config.lock_file) or 'it'}")
    if no_row:
        return f"halted by {config.halt_file}; the database has no row of it yet: {no_row}"
    return f"{said}; only by its row: {no_file}" if no_file else said


def _no_halt_file(path: Path, reason: str, actor: str, at: datetime) -> str:
    """Puts the file up; what went wrong if it is not there afterwards. An empty one halts like any other."""
    try:
        raise_halt_file(path, reason, actor, at)
    except OSError as error:
        return "" if os.path.lexists(path) else f"{path} cannot be made: {error.strerror}"
    return ""


_HALTED = "halted: no new order; resting orders are being cancelled; two people lift it: desk rearm --key FILE"
_STOOD_BEFORE = (
    "halted already; this halt counts too: what was signed to lift an earlier one is void; "
    "two people lift it: desk rearm --key FILE"
)


def _halt_row(config: Config, clock: Clock, actor: str, reason: str) -> tuple[str, bool]:
    """Writes the row, a second one too: it voids what was signed to lift the first. Why not, and whether this very
    halt was on record before (a daemon may have been quicker)."""
    try:
        ledger = Ledger.open(config.settings.desk.database)
        try:
            with ledger.write(actor=actor, clock=clock) as tx:
                standing = control.open_halt(tx)
                if standing is not None and (standing.reason, standing.actor) == (reason, actor):
                    return "", True
                control.halt(tx, reason, actor, clock.now())
        finally:
            ledger.close()
    except LedgerError as error:
        return str(error), False
    return "", False
