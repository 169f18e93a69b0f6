"""The log read back page by page: nothing is left out, and old events are told in the words they had when new."""

from __future__ import annotations

from desk.ledger import events
from desk.snapshot.log_page import log_page


def test_pages_follow_each_other_down_to_the_first_event_in_the_words_of_the_picture(desk):
    sale = desk.stage()
    desk.approve(sale)
    desk.work(sale)
    desk.fill(desk.rest(sale, "0.5"), "0.2")
    shown = desk.picture().events
    with desk.ledger.read() as tx:
        head = events.head(tx).seq
    pages = [log_page(desk.ledger, head + 1, 7)]
    while len(pages[-1]) == 7:
        pages.append(log_page(desk.ledger, pages[-1][-1].seq, 7))
    read = [event for page in pages for event in page]
    assert [event.seq for event in read] == [*range(head, 0, -1)]
    assert read[: len(shown)] == list(shown)
    assert any("@" in event.text for event in read), "a fill is told with its amount and price"
