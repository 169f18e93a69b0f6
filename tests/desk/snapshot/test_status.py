"""`desk status`: lines for people, one document for programs."""

from __future__ import annotations

import json

import pytest

from desk.snapshot.samples import empty_snapshot, halted_snapshot, sample_snapshot, stale_snapshot
from desk.snapshot.status import status_lines
from desk.snapshot.status_json import status_json


def line(snapshot, name):
    return next(text for text in status_lines(snapshot) if text.startswith(name))


def test_every_subject_has_a_line_and_what_waits_comes_with_its_time():
    said = status_lines(sample_snapshot())
    subjects = [text.split()[0] for text in said[1:]]
    assert subjects[:8] == ["daemon", "halt", "venue", "price", "holdings", "mining", "funding", "loan"]
    assert (
        "waiting   S-2026-0007: sell 445.10 BTC over 6 h; needs 1 more signature, until Sat 7 Feb 16:32 UTC" in said
    )


def test_a_halt_and_stale_figures_are_said_loudly():
    assert line(halted_snapshot(), "halt") == "halt      HALTED by olga: unexpected balance at kraken"
    assert "STALE" in line(stale_snapshot(), "price")
    assert "HUNG" in line(stale_snapshot(), "daemon")
    assert "NOT reachable" in line(stale_snapshot(), "venue")


def test_an_empty_desk_says_what_to_do():
    assert line(empty_snapshot(), "daemon") == "daemon    stopped: desk daemon starts it"
    assert "UNANCHORED" in line(empty_snapshot(), "audit")
    assert line(empty_snapshot(), "waiting") == "waiting   nothing waits for anybody"


@pytest.mark.parametrize("make", [sample_snapshot, halted_snapshot, stale_snapshot, empty_snapshot])
def test_the_document_is_json_without_floats(make):
    def no_float(text: str) -> float:
        raise AssertionError(f"{text} is a float")

    document = json.loads(json.dumps(status_json(make())), parse_float=no_float)
    assert document["desk"]


def test_a_real_desk_has_both(desk):
    picture = desk.picture()
    assert any(text.startswith("loan      lender A (illustrative)") for text in status_lines(picture))
    assert status_json(picture)["holdings"]["total_btc"] == "7566.78800000"
