"""Draw the sample desk without a terminal: SVG, and PNG where resvg is installed.

    python tests/widgets/render.py --size 140x40 --press 2 desk.svg desk.png
    python tests/widgets/render.py --docs

The README's picture, docs/desk.svg, is the snapshot of the Desk at 140 columns; `--docs` copies it there again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SNAPSHOT = HERE / "__snapshots__" / "test_pictures" / "test_the_desk[140x40].svg"
PICTURE = ROOT / "docs" / "desk.svg"


async def draw(kind: str, size: tuple[int, int], press: list[str], read_only: bool) -> str:
    """The SVG of the app over a sample picture after these keys."""
    from fake_port import FakePort, settle

    from desk.clock import ManualClock
    from desk.snapshot import samples
    from widgets.app import DeskApp

    port = FakePort(samples.sample_snapshot if kind == "sample" else lambda _: getattr(samples, f"{kind}_snapshot")())
    app = DeskApp(port, read_only, tick_s=3600, clock=ManualClock(datetime(2026, 2, 7, 14, 32, 8, tzinfo=UTC)))
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in press:
            await pilot.press(key)
            await settle(pilot)
        return app.export_screenshot(title="desk")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--docs", action="store_true", help="copy the snapshot to docs/desk.svg")
    parser.add_argument("--size", default="140x40")
    parser.add_argument("--kind", default="sample", choices=["sample", "halted", "stale", "empty"])
    parser.add_argument("--press", default="", help="keys, separated by commas")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--no-color", action="store_true")
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    if given.docs:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(SNAPSHOT.read_text(encoding="utf-8"), encoding="utf-8")
    if not given.files:
        return
    if given.no_color:
        os.environ["NO_COLOR"] = "1"
    sys.path[:0] = [str(HERE), str(ROOT)]
    width, height = map(int, given.size.split("x"))
    svg = asyncio.run(
        draw(given.kind, (width, height), [key for key in given.press.split(",") if key], given.read_only)
    )
    for file in given.files:
        if file.suffix == ".png":
            import resvg_py

            legible = svg.replace("Fira Code", "DejaVu Sans Mono")
            file.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=legible, font_family="DejaVu Sans Mono")))
        else:
            file.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
