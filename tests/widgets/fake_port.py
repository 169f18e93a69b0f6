"""A desk port over sample pictures: it remembers what was asked of it and answers what it is told to."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from desk.sale.wish import StageWish
from desk.snapshot.lots_view import LotsView
from desk.snapshot.model import DeskSnapshot, EventView
from desk.snapshot.samples import sample_snapshot
from desk.snapshot.samples_lots import sample_lots
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
        self.pages: Callable[[int], tuple[EventView, ...]] = lambda _seq: ()
        self.pages_asked: list[int] = []
        self.asked: list[str | None] = []
        self.acts: list[tuple[object, ...]] = []

    def snapshot(self, focus: str | None) -> DeskSnapshot:
        self.asked.append(focus)
        return self.pictures(focus)

    def keys(self) -> tuple[KeyChoice, ...]:
        return self.offered

    def events_before(self, seq: int) -> tuple[EventView, ...]:
        self.pages_asked.append(seq)
        return self.pages(seq)

    def lots(self) -> LotsView:
        return sample_lots()

    def draft(self, wish: StageWish, stager: str) -> tuple[str, ...]:
        self._act("draft", wish, stager)
        return (f"Sell {wish.btc} BTC", f"staged by {stager}")

    def stage(self, wish: StageWish, key_path: Path, passphrase: str | None) -> str:
        return self._act("stage", wish, key_path, passphrase)

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


async def settle(pilot: Pilot[None]) -> None:
    """Until no worker is busy and what they brought has been shown."""
    for _ in range(2):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


CELL_PX = 12.2
"""How wide the SVG draws a cell."""


def text_of(pilot: Pilot[None]) -> str:
    """The whole screen as text, a line for each row."""
    svg = pilot.app.export_screenshot()
    rows: dict[float, str] = {}
    for x, y, said in re.findall(r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', svg):
        before = rows.setdefault(float(y), "")
        rows[float(y)] = before.ljust(round(float(x) / CELL_PX)) + html.unescape(said).replace("\xa0", " ")
    return "\n".join(rows[y] for y in sorted(rows))


async def act(pilot: Pilot[None]) -> None:
    """Press the button that acts, once it is done showing that it was pressed before, and wait for the outcome."""
    for _ in range(200):
        if not pilot.app.screen.query_one("#act").has_class("-active"):
            break
        await pilot.pause(0.01)
    await pilot.click("#act")
    await settle(pilot)
