"""Pictures of the screens, compared to the last.

`pytest tests/widgets/test_pictures.py --snapshot-update` renews them, `python tests/widgets/render.py --docs` then
copies one for the README.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.snapshot import samples

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "desk.svg"
SIZES = [(80, 24), (120, 40), (140, 40)]


@pytest.fixture
def compare(snap_compare, settle, make_app):
    """Compare the app at a size, after keys, with its picture."""

    def compared(size, keys=(), **given):
        async def before(pilot):
            await settle(pilot)
            for key in keys:
                await pilot.press(key)
                await settle(pilot)

        return snap_compare(make_app(**given), terminal_size=size, run_before=before)

    return compared


def name(value):
    return f"{value[0]}x{value[1]}" if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize("size", SIZES, ids=name)
def test_the_desk(compare, size):
    assert compare(size)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=name)
def test_a_sale_at_work(compare, size):
    assert compare(size, ["tab", "enter"])


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=name)
def test_an_approval(compare, size):
    assert compare(size, ["enter"])


@pytest.mark.parametrize("mode", ["2", "3", "4", "5", "6"])
def test_a_mode(compare, mode):
    assert compare((120, 40), [mode])


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=name)
def test_mining(compare, size):
    assert compare(size, ["3"])


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=name)
def test_lots(compare, size):
    assert compare(size, ["l"])


@pytest.mark.parametrize("kind", ["halted", "stale", "empty"])
def test_a_desk_in_trouble(compare, port, kind):
    port.pictures = lambda _focus: getattr(samples, f"{kind}_snapshot")()
    assert compare((80, 24))


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=name)
def test_the_desk_without_colour(compare, monkeypatch, size):
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare(size)


def test_the_readmes_picture_is_the_snapshot():
    snapshot = HERE / "__snapshots__" / "test_pictures" / "test_the_desk[140x40].svg"
    assert DOCS.read_text(encoding="utf-8") == snapshot.read_text(encoding="utf-8")
