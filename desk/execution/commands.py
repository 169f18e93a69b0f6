"""What people ask of the daemon: pause, cancel, halt, rearm, resolve and more. Applied once, answered in words (P12).

What lowers risk needs no signature. A rearm takes the HALT file away first and lifts the row after: a crash between
the two leaves the desk halted by its row, and the command to be applied again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from desk.execution.journal import Journal
from desk.execution.verdicts import Verdicts
from desk.ledger import LedgerBusy, LedgerRefused, NotOnRecord, ReadTx, StaleEpoch, WriteTx, control, sales
from desk.ledger.records import Command
from desk.sale.lifecycle import SaleState
from desk.sale.progression import Move, cancelled, resumed
from desk.venues.model import Unavailable

log = structlog.get_logger()
SLOW = frozenset({"resolve", "reconcile"})
"""Commands that ask a venue: they are applied beside the others, which never wait for them."""

_PAUSABLE = (SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING)
_UNDER_WAY = (*_PAUSABLE, SaleState.PAUSED)

Look = Callable[[], Awaitable[str]]
"""Looks at every venue's own records and says what was seen; raises Unavailable."""


class Refusal(Exception):
    """A command that cannot be applied; the sentence is its answer."""


class Commands:
    """Applies commands one at a time."""

    def __init__(self, journal: Journal, halt_file: Path, verdicts: Verdicts, look: Look | None = None) -> None:
        self._journal = journal
        self._verdicts = verdicts
        self._look = look
        self._halt_file = halt_file

    async def apply(self, command: Command) -> str | None:
        """Applies and answers one; returns the id of the sale it concerns.

        The top of a task: a command that fails is answered with its failure, and those behind it go on.
        """
        try:
            await self._apply(command)
        except Refusal as refusal:
            await self._journal.answer(command, str(refusal), is_refused=True)
        except (StaleEpoch, LedgerBusy):
            raise
        except Exception as problem:
            log.exception("a command failed", command=command.kind, number=command.id)
            words = f"{command.kind} failed: {type(problem).__name__}: {problem}"[:500]
            await self._journal.answer(command, words, is_refused=True)
        return command.sale_id

    async def is_pending(self, command: Command) -> bool:
        """Whether nobody answered it meanwhile."""
        return await self._journal.read(lambda tx: any(c.id == command.id for c in control.pending_commands(tx)))

    async def adopt_halt_file(self) -> None:
        """The row to a HALT file that somebody put up without one."""
        reason, actor = _read_note(self._halt_file)
        await self._journal.halted(reason, actor)

    async def _apply(self, command: Command) -> None:
        match command.kind:
            case "pause" | "cancel" | "resume":
                await self._journal.write(command.sale_id or "desk", lambda tx, now: self._move(tx, command, now))
            case "halt":
                _put_up(self._halt_file)
                await self._journal.halted(command.reason or "halted", command.actor)
                await self._journal.answer(command, "halted")
            case "rearm":
                await self._rearm(command)
            case "resolve":
                await self._verdicts.apply(command)
            case "reconcile" if self._look is not None:
                await self._journal.answer(command, await self._looked(self._look))
            case _:
                raise Refusal(f"this daemon knows no command {command.kind!r}")

    async def _looked(self, look: Look) -> str:
        try:
            return await look()
        except Unavailable as problem:
            raise Refusal(str(problem)) from None

    def _move(self, tx: WriteTx, command: Command, now: datetime) -> None:
        """Moves the sale and answers, in one transaction."""
        sale = sales.get(tx, command.sale_id or "")
        if sale is None:
            raise Refusal(f"there is no sale {command.sale_id}")
        move: Move | None
        match command.kind:
            case "pause" if sale.state in _PAUSABLE:
                move = Move(SaleState.PAUSED, _words("paused", command))
            case "cancel" if sale.state in (*_UNDER_WAY, SaleState.STAGED):
                move = cancelled(sale, command.actor, command.reason)
            case "resume" if sale.state is SaleState.PAUSED:
                self._check_signed(tx, command, now)
                move = resumed(sale, command.actor)
            case "pause" if sale.state is SaleState.PAUSED:
                move = None
            case "cancel" if sale.state is SaleState.CLOSING:
                move = None
            case _:
                raise Refusal(f"{sale.id} is {sale.state}; it cannot be {_PARTICIPLES[command.kind]}")
        if move is not None:
            sales.move(tx, sale.id, move.state, move.reason, now, epoch=self._journal.epoch)
        said = move.reason if move is not None else f"{sale.id} is {sale.state} already"
        control.apply_command(tx, command.id, said, now, self._journal.epoch)

    def _check_signed(self, tx: WriteTx, command: Command, now: datetime) -> None:
        """A resume is signed and spent at once, and no use while the desk is halted."""
        if control.open_halt(tx) is not None or _is_up(self._halt_file):
            raise Refusal("the desk is halted; two people lift that first")
        verdict = self._journal.permission.command(tx, command, now)
        if not verdict.is_granted:
            raise Refusal(verdict.sentence)
        _spend(tx, command, now)

    async def _rearm(self, command: Command) -> None:
        """Two signatures lift every halt; every sale under way is paused."""
        await self._journal.read(lambda tx: self._check_rearm(tx, command))
        with suppress(FileNotFoundError):
            os.unlink(self._halt_file)
        try:
            await self._journal.rearm(command, str(command.detail.get("request", "")), self._check_rearm)
        except Refusal:  # a newer halt came between; the file that was taken away may have been its own
            _put_up(self._halt_file)
            raise

    def _check_rearm(self, tx: ReadTx, command: Command) -> None:
        if control.open_halt(tx) is None:
            raise Refusal("the desk is not halted")
        verdict = self._journal.permission.command(tx, command, self._journal.now())
        if not verdict.is_granted:
            raise Refusal(verdict.sentence)


_PARTICIPLES = {"pause": "paused", "cancel": "cancelled", "resume": "resumed"}


def _spend(tx: WriteTx, command: Command, now: datetime) -> None:
    request = str(command.detail.get("request", ""))
    if not request:
        return
    try:
        control.close_request(tx, request, "applied", now)
    except (NotOnRecord, LedgerRefused) as problem:
        raise Refusal(str(problem)) from None


def _words(done: str, command: Command) -> str:
    return f"{done} by {command.actor}" + (f": {command.reason}" if command.reason else "")


def _is_up(path: Path) -> bool:
    return os.path.lexists(path)


def _put_up(path: Path) -> None:
    """The HALT file, durable; one that is there stays as it is."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        os.fsync(handle)
        os.close(handle)


def _read_note(path: Path) -> tuple[str, str]:
    """Reason and actor that a HALT file names; whatever it holds, it halts."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        note = json.loads(path.read_text(encoding="utf-8"))
        return str(note["reason"])[:500], str(note["actor"])[:100]
    return "a HALT file lies beside the database", "unknown"
