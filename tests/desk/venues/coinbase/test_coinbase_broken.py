"""Coinbase: whatever is broken about an answer to a cancel or a look-up, it proves nothing, and says so in words."""

from __future__ import annotations

import pytest

from desk.venues.model import CancelAccepted, Found, Placed, Unknown
from desk.venues.session import LONGEST_ANSWER

ID = "52cfe5e2-0b29-4c19-a245-a6a773de5030"
ROUTES = ("historical/", "batch", "fills")


@pytest.fixture(autouse=True)
def nothing_there(server, say) -> None:
    """Every route answers, and knows nothing."""
    server.answers |= {
        "historical/": say.says({"error": "NOT_FOUND", "message": "no"}, 404),
        "batch": say.says({"orders": [], "has_next": False, "cursor": ""}),
        "fills": say.says({"fills": [], "cursor": ""}),
    }


@pytest.fixture
async def patient(server, make):
    return server, await make(timeout_s=10.0)


async def test_a_broken_answer_to_a_cancel_is_unknown_and_left_once(broken, server, make, say) -> None:
    venue = await make(timeout_s=0.3 if broken.how == "hang" else 5.0)
    server.answers["batch_cancel"] = broken
    outcome = await venue.cancel(say.ref(venue_order_id=ID))
    assert isinstance(outcome, Unknown), outcome
    check_words(outcome.reason)
    assert len(server.of("batch_cancel")) == 1


async def test_a_broken_answer_of_any_route_proves_neither_presence_nor_absence(broken, server, make, say) -> None:
    venue = await make(timeout_s=0.3 if broken.how == "hang" else 5.0)
    for route in ROUTES:
        before = server.answers[route]
        server.answers[route] = broken
        looked_up = await venue.look_up(say.ref(venue_order_id=ID))
        assert isinstance(looked_up, Unknown), (route, looked_up)
        check_words(looked_up.reason)
        server.answers[route] = before


async def test_answers_without_an_end_are_cut_off(patient, say) -> None:
    server, venue = patient
    for asked in ("POST orders", "batch_cancel", ROUTES[0]):
        server.answers[asked] = say.Reply(how="flood")
    outcomes = (
        await venue.create(say.request()),
        await venue.cancel(say.ref(venue_order_id=ID)),
        await venue.look_up(say.ref(venue_order_id=ID)),
    )
    for outcome in outcomes:
        assert isinstance(outcome, Unknown), outcome
        assert f"longer than {LONGEST_ANSWER} bytes" in outcome.reason
        check_words(outcome.reason)


async def test_fields_nobody_knows_change_nothing(server, venue, say, it) -> None:
    more = {"unheard_of": [{"a": None}], "": {}}
    server.answers |= {
        "POST orders": say.says({**it.placed(), **more}),
        "batch_cancel": say.says({**it.results((ID, True, "")), **more}),
        "historical/": say.says({"order": it.order(**more), **more}),
    }
    assert await venue.create(say.request()) == Placed(ID)
    assert await venue.cancel(say.ref(venue_order_id=ID)) == CancelAccepted()
    assert isinstance(await venue.look_up(say.ref(venue_order_id=ID)), Found)


def check_words(said: str) -> None:
    assert said.isprintable()
    assert len(said) < 1000
