"""The screen's port onto a real desk: the core's acts, its errors as sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from desk.acts.desk import Desk
from desk.acts.outcome import expected
from desk.sale.wish import StageWish
from desk.snapshot.lots_view import LotsView
from desk.snapshot.model import DeskSnapshot, EventView
from widgets.port import KeyChoice, PortRefused

T = TypeVar("T")


class LivePort:
    """`widgets.port.DeskPort` over an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def snapshot(self, focus: str | None) -> DeskSnapshot:
        return self._desk.snapshot(focus)

    def keys(self) -> tuple[KeyChoice, ...]:
        return tuple(KeyChoice(key.principal, key.path, key.is_locked) for key in self._desk.keys)

    def events_before(self, seq: int) -> tuple[EventView, ...]:
        return self._desk.events_before(seq)

    def lots(self) -> LotsView:
        return self._desk.lots()

    def draft(self, wish: StageWish, stager: str) -> tuple[str, ...]:
        return _said(lambda: self._desk.draft(wish, stager))

    def stage(self, wish: StageWish, key_path: Path, passphrase: str | None) -> str:
        return _said(lambda: self._desk.stage(wish, key_path, passphrase))

    def approve(self, sale_id: str, terms_digest: str, key_path: Path, passphrase: str | None) -> str:
        return _said(lambda: self._desk.approve(sale_id, terms_digest, key_path, passphrase))

    def reject(self, sale_id: str, reason: str) -> str:
        return _said(lambda: self._desk.reject(sale_id, reason))

    def pause(self, sale_id: str, reason: str) -> str:
        return _said(lambda: self._desk.pause(sale_id, reason))

    def resume(self, sale_id: str, key_path: Path, passphrase: str | None) -> str:
        return _said(lambda: self._desk.resume(sale_id, key_path, passphrase))

    def cancel(self, sale_id: str, reason: str) -> str:
        return _said(lambda: self._desk.cancel(sale_id, reason))

    def halt(self, reason: str) -> str:
        return _said(lambda: self._desk.halt(reason))

    def rearm(self, key_path: Path, passphrase: str | None) -> str:
        return _said(lambda: self._desk.rearm(key_path, passphrase))


def _said(act: Callable[[], T]) -> T:
    """What the act says; an expected refusal becomes the port's, a defect stays one."""
    try:
        return act()
    except Exception as problem:
        if not expected(problem):
            raise
        raise PortRefused(str(problem)) from problem
