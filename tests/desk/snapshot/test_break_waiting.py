"""The books' breaks among what waits: worked out beside the picture, and said to be on their way until then."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from desk.snapshot import break_waiting
from desk.snapshot.break_waiting import BreakWatch

RECORD = object()
"""The statements of a picture: only whether they are the same ones is asked."""


def test_a_picture_does_not_wait_for_years_of_fills(world, monkeypatch):
    may_read, real = threading.Event(), break_waiting.copied

    @contextmanager
    def slowly(ledger):
        assert may_read.wait(60)
        with real(ledger) as still:
            yield still

    monkeypatch.setattr(break_waiting, "copied", slowly)
    watch = BreakWatch(world.ledger, patience_s=0)
    for _ in range(2):
        (item,) = watch.items(RECORD, world.now)
        assert item.detail == "what does not agree is still being worked out"
    may_read.set()
    watch.wait(60)
    assert watch.items(RECORD, world.now) == (), "nothing is stated, so nothing disagrees"


def test_books_that_cannot_be_worked_out_wait_for_somebody_and_stop_no_picture(world, monkeypatch):
    def broken(_record):
        raise RuntimeError("a defect")

    monkeypatch.setattr(break_waiting, "books_of", broken)
    (item,) = BreakWatch(world.ledger, patience_s=60).items(RECORD, world.now)
    assert (item.title, item.detail) == ("the books cannot be read", "a defect")
