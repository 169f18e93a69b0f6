"""A desk port over sample pictures: it remembers what was asked of it and answers what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desk.snapshot.model import DeskSnapshot
from desk.snapshot.samples import sample_snapshot
from widgets.port import KeyChoice, PortRefused

DEMO_KEYS = (
    KeyChoice("olga", Path("state/demo/olga")),
    KeyChoice("alice", Path("state/demo/alice")),
    KeyChoice("bob", Path("state/demo/bob")),
)


class FakePort:
    """`pictures` makes the snapshot for a focus; `refuses` is the sentence every act is refused with."""

    def __init__(
        self,
        pictures: Callable[[str | None], DeskSnapshot] = sample_snapshot,
        keys: tuple[KeyChoice, ...] = DEMO_KEYS,
    ) -> None:
        self.pictures = pictures
        self.offered = keys
        self.refuses = ""
        self.asked: list[str | None] = []
        self.acts: list[tuple[object, ...]] = []

    def snapshot(self, focus: str | None) -> DeskSnapshot:
        self.asked.append(focus)
        return self.pictures(focus)

    def keys(self) -> tuple[KeyChoice, ...]:
        return self.offered

    def approve(self, sale_id: str, terms_digest: str, key_path: Path, passphrase: str | None) -> str:
        return self._act("approve", sale_id, terms_digest, key_path, passphrase)

    def reject(self, sale_id: str, reason: str) -> str:
        return self._act("reject", sale_id, reason)

    def pause(self, sale_id: str, reason: str) -> str:
        return self._act("pause", sale_id, reason)

    def resume(self, sale_id: str, key_path: Path, passphrase: str | None) -> str:
        return self._act("resume", sale_id, key_path, passphrase)

    def cancel(self, sale_id: str, reason: str) -> str:
        return self._act("cancel", sale_id, reason)

    def halt(self, reason: str) -> str:
        return self._act("halt", reason)

    def rearm(self, key_path: Path, passphrase: str | None) -> str:
        return self._act("rearm", key_path, passphrase)

    def _act(self, *what: object) -> str:
        self.acts.append(what)
        if self.refuses:
            raise PortRefused(self.refuses)
        return f"{what[0]} recorded"
