"""The top strip: at every width it says whose desk, the price, the daemon, halt and the time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.snapshot import samples
from widgets.panels import strip
from widgets.picture import Picture

PICTURES = [samples.sample_snapshot(), samples.halted_snapshot(), samples.stale_snapshot(), samples.empty_snapshot()]


@pytest.mark.parametrize("snapshot", PICTURES, ids=["busy", "halted", "stale", "empty"])
def test_every_line_fits_every_width(snapshot):
    for width in range(10, 220):
        assert all(line.cell_length <= width for line in strip.lines(Picture(snapshot), width))


@pytest.mark.parametrize("snapshot", PICTURES, ids=["busy", "halted", "stale", "empty"])
@pytest.mark.parametrize("width", [80, 100, 120, 140, 200])
def test_nothing_that_matters_is_ever_dropped(snapshot, width):
    line = strip.lines(Picture(snapshot), width)[0].plain
    assert "HALTED" in line if snapshot.halt else "halt off" in line
    assert "daemon" in line
    assert "UTC" in line
    assert "14:32" in line
    assert "DEMO" in line or not snapshot.is_demo


def test_a_demo_names_its_speed():
    fast = replace(samples.sample_snapshot(), speed=600)
    assert "DEMO ×600" in strip.lines(Picture(fast), 140)[0].plain
    assert "DEMO ×600" in strip.lines(Picture(fast), 80)[0].plain


def test_time_is_shown_in_the_desks_zone_and_names_it():
    new_york = replace(samples.sample_snapshot(), zone="America/New_York")
    assert "09:32:08 EST" in strip.lines(Picture(new_york), 140)[0].plain
    nowhere = replace(samples.sample_snapshot(), zone="Mars/Olympus")
    assert "14:32:08 UTC" in strip.lines(Picture(nowhere), 140)[0].plain
