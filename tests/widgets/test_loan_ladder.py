"""The loan ladder says in words and figures what its bars show, at every width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.snapshot.samples import empty_snapshot, sample_snapshot
from desk.units import Sats
from widgets.panels import loan_ladder
from widgets.picture import Picture


def drawn(width, **changed):
    snapshot = sample_snapshot()
    (loan,) = snapshot.loans
    return lines(replace(snapshot, loans=(replace(loan, **changed),)), width)


def lines(snapshot, width):
    return [line.plain.rstrip() for line in loan_ladder.ladder(Picture(snapshot), width)]


def row(said, name):
    return next(line for line in said if line.strip().startswith(name))


@pytest.mark.parametrize("width", [40, 56, 68, 77, 100, 118, 138])
def test_every_step_is_there_and_fits(width):
    said = drawn(width)
    assert all(len(line) <= width for line in said)
    for price, ltv in (("68,524", "73.0 %"), ("61,672", "81.1 %"), ("27,410", "182.4 %")):
        assert ltv in next(line for line in said if price in line)
    assert "CALL" in row(said, "−10 %")
    assert "LIQ" in row(said, "−20 %")


def test_both_sides_of_the_plan_stand_beside_each_other():
    said = drawn(138)
    assert row(said, "−10 %").split()[-3:] == ["68.8", "%", "232.15"]
    assert any("after S-2026-0007 under 65 %" in line for line in said)
    alone = drawn(138, planned=())
    assert "68.8" not in row(alone, "−10 %")
    assert not any("after" in line for line in alone)


def test_covenants_say_their_state_in_words():
    assert row(drawn(138), "max ltv 78.0 %").split()[4:] == ["near", "73.0", "%", "+6.5", "%", "after", "met"]


def test_what_lacks_is_said():
    assert "no ladder: no fresh price" in drawn(100, rungs=(), now=None, ltv=None)
    assert "no ladder: nothing is pledged" in drawn(100, rungs=(), collateral=Sats(0))
    assert "! no estimate of interest" in drawn(100, notes=("no estimate of interest",))
    assert lines(empty_snapshot(), 100) == ["no loan on record: desk loans import FILE"]
