"""What the screen may ask of the desk: one picture, and the acts a person may take. All else stays in the core.

Every method blocks and is called in a thread of its own, never on the screen's. The screen holds no rule: whatever
is not allowed comes back as `PortRefused` with the sentence a person should read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desk.sale.wish import StageWish
from desk.snapshot.lots_view import LotsView
from desk.snapshot.model import DeskSnapshot, EventView


class PortRefused(Exception):
    """The desk said no, and nothing was changed; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """A private key somebody at this terminal may sign with."""

    principal: str
    path: Path
    is_encrypted: bool = False
    """Whether a passphrase has to be asked for; it is handed on once and never kept."""


class DeskPort(Protocol):
    """The desk as the screen knows it. Acts return the sentence that says what happened."""

    def snapshot(self, focus: str | None) -> DeskSnapshot:
        """The desk now, with everything of the sale `focus`. Any exception is shown as a problem, not a crash."""
        ...

    def keys(self) -> tuple[KeyChoice, ...]:
        """Keys to choose from, the likeliest first; empty where a path has to be typed."""
        ...

    def events_before(self, seq: int) -> tuple[EventView, ...]:
        """The page of events older than `seq`, newest first; fewer than PAGE of them where there is nothing older."""
        ...

    def lots(self) -> LotsView:
        """Every lot with its cost and value, and which ones the sales under way would take."""
        ...

    def draft(self, wish: StageWish, stager: str) -> tuple[str, ...]:
        """What staging the wish would put on record, and what it would do, in words. Nothing is written."""
        ...

    def stage(self, wish: StageWish, key_path: Path, passphrase: str | None) -> str:
        """Put the sale on record with its stager's signature, for others to approve."""
        ...

    def approve(self, sale_id: str, terms_digest: str, key_path: Path, passphrase: str | None) -> str:
        """Sign the terms with this digest: the ones that were on the screen. Refused if they are not the sale's."""
        ...

    def reject(self, sale_id: str, reason: str) -> str: ...
    def pause(self, sale_id: str, reason: str) -> str: ...
    def resume(self, sale_id: str, key_path: Path, passphrase: str | None) -> str: ...
    def cancel(self, sale_id: str, reason: str) -> str: ...
    def halt(self, reason: str) -> str: ...
    def rearm(self, key_path: Path, passphrase: str | None) -> str: ...
