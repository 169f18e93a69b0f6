"""Binance: whatever is broken about an answer to a cancel or a look-up, it proves nothing, and says so in words."""

from __future__ import annotations

import pytest

from desk.venues.model import CancelAccepted, Found, Placed, Unknown
from desk.venues.session import LONGEST_ANSWER

ID = "28"
ROUTES = ("GET order", "GET openOrders", "allOrders", "myTrades")


@pytest.fixture(autouse=True)
def nothing_there(server, say, refuse) -> None:
    """Every route answers, and knows nothing."""
    server.answers["GET order"] = refuse(-2013, "Order does not exist.")
    for listing in ROUTES[1:]:
        server.answers[listing] = say.says([])


@pytest.fixture
def make_venue(server, open_at):
    """Another venue on the same server."""

    async def make(**changes: object):
        return await open_at(server, "binance", "BTC/USDT", **changes)

    return make


@pytest.fixture
async def patient(server, make_venue):
    return server, await make_venue(timeout_s=10.0)


async def test_a_broken_answer_to_a_cancel_is_unknown_and_is_not_asked_on_and_on(
    broken, server, make_venue, say
) -> None:
    venue = await make_venue(timeout_s=0.3 if broken.how == "hang" else 5.0)
    server.answers["DELETE order"] = broken
    outcome = await venue.cancel(say.ref(venue_order_id=ID))
    assert isinstance(outcome, Unknown), outcome
    check_words(outcome.reason)
    most = 2 if broken.how in ("close", "rst") else 1  # aiohttp asks a DELETE again whose kept connection was closed
    assert len(server.of("DELETE order")) <= most


async def test_a_broken_answer_of_any_route_proves_neither_presence_nor_absence(
    broken, server, make_venue, say
) -> None:
    venue = await make_venue(timeout_s=0.3 if broken.how == "hang" else 5.0)
    for route in ROUTES:
        if broken.body == "[]" and route != "GET order":
            continue  # which is how a listing says that there is nothing
        before = server.answers[route]
        server.answers[route] = broken
        looked_up = await venue.look_up(say.ref(venue_order_id=ID))
        assert isinstance(looked_up, Unknown), (route, looked_up)
        check_words(looked_up.reason)
        server.answers[route] = before


async def test_answers_without_an_end_are_cut_off(patient, say) -> None:
    server, venue = patient
    for asked in ("POST order", "DELETE order", ROUTES[0]):
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
        "POST order": say.says(it.placed(**more)),
        "DELETE order": say.says(it.cancelled(**more)),
        "GET order": say.says(it.order(**more)),
    }
    assert await venue.create(say.request()) == Placed(ID)
    assert await venue.cancel(say.ref(venue_order_id=ID)) == CancelAccepted()
    assert isinstance(await venue.look_up(say.ref(venue_order_id=ID)), Found)


def check_words(said: str) -> None:
    assert said.isprintable()
    assert len(said) < 1000
