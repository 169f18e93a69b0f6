"""Draw the sample desk without a terminal: SVG, and PNG where resvg is installed.

    python tests/widgets/render.py --size 140x40 --press 2 desk.svg [desk.png]

The picture in the README is the first snapshot test's; `--docs` writes it again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from fake_port import FakePort

from desk.clock import ManualClock
from desk.snapshot import samples
from desk.snapshot.model import DeskSnapshot
from widgets.app import DeskApp


def picture(kind: str, focus: str | None) -> DeskSnapshot:
    if kind == "sample":
        return samples.sample_snapshot(focus)
    return getattr(samples, f"{kind}_snapshot")()


async def draw(kind: str, size: tuple[int, int], press: list[str], read_only: bool) -> str:
    """The SVG of the app over a sample picture after these keys."""
    port = FakePort(lambda focus: picture(kind, focus))
    clock = ManualClock(datetime(2026, 2, 7, 14, 32, 8, tzinfo=UTC))
    app = DeskApp(port, read_only=read_only, tick_s=3600, clock=clock)
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for key in press:
            await pilot.press(key)
            await settle(app, pilot)
        return app.export_screenshot(title="desk")


async def settle(app, pilot) -> None:
    for _ in range(3):
        await app.workers.wait_for_complete()
        await pilot.pause()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="140x40")
    parser.add_argument("--kind", default="sample", choices=["sample", "halted", "stale", "empty"])
    parser.add_argument("--press", default="", help="keys, separated by commas")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--no-color", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    if given.no_color:
        os.environ["NO_COLOR"] = "1"
    width, height = map(int, given.size.split("x"))
    svg = asyncio.run(draw(given.kind, (width, height), [key for key in given.press.split(",") if key], given.read_only))
    for file in given.files:
        if file.suffix == ".png":
            import resvg_py

            legible = svg.replace("Fira Code", "DejaVu Sans Mono")
            file.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=legible, font_family="DejaVu Sans Mono")))
        else:
            file.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
