"""Kraken: whatever is broken about an answer to a cancel or a look-up, it proves nothing, and says so in words."""

from __future__ import annotations

import pytest

from desk.venues.model import CancelAccepted, Found, Placed, Unknown
from desk.venues.session import LONGEST_ANSWER

ID = "OAAAAA-AAAAA-AAAAAA"
ROUTES = ("QueryOrders", "OpenOrders", "ClosedOrders", "TradesHistory")


@pytest.fixture(autouse=True)
def nothing_there(kraken, say) -> None:
    """Every route answers, and knows nothing."""
    kraken.answers |= {
        "OpenOrders": say.ok({"open": {}}),
        "ClosedOrders": say.ok({"closed": {}, "count": 0}),
        "TradesHistory": say.ok({"trades": {}, "count": 0}),
        "QueryOrders": say.no("EOrder:Unknown order"),
    }


@pytest.fixture
async def patient(kraken, make_venue):
    return kraken, await make_venue(timeout_s=10.0)


async def test_a_broken_answer_to_a_cancel_is_unknown_and_left_once(broken, kraken, make_venue, say) -> None:
    venue = await make_venue(timeout_s=0.3 if broken.how == "hang" else 5.0)
    kraken.answers["CancelOrder"] = broken
    outcome = await venue.cancel(say.ref(venue_order_id=ID))
    assert isinstance(outcome, Unknown), outcome
    check_words(outcome.reason)
    assert len(kraken.of("CancelOrder")) == 1


async def test_a_broken_answer_of_any_route_proves_neither_presence_nor_absence(
    broken, kraken, make_venue, say
) -> None:
    venue = await make_venue(timeout_s=0.3 if broken.how == "hang" else 5.0)
    for route in ROUTES:
        before = kraken.answers[route]
        kraken.answers[route] = broken
        looked_up = await venue.look_up(say.ref(venue_order_id=ID))
        assert isinstance(looked_up, Unknown), (route, looked_up)
        check_words(looked_up.reason)
        kraken.answers[route] = before


async def test_answers_without_an_end_are_cut_off(patient, say) -> None:
    server, venue = patient
    for asked in ("AddOrder", "CancelOrder", ROUTES[0]):
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


async def test_fields_nobody_knows_change_nothing(kraken, venue, say) -> None:
    more = {"unheard_of": [{"a": None}], "": {}}
    kraken.answers |= {
        "AddOrder": say.says({"error": [], "result": {"txid": [ID], **more}, **more}),
        "CancelOrder": say.says({"error": [], "result": {"count": 1, **more}, **more}),
        "QueryOrders": say.says({"error": [], "result": {ID: say.order(**more)}, **more}),
    }
    assert await venue.create(say.request()) == Placed(ID)
    assert await venue.cancel(say.ref(venue_order_id=ID)) == CancelAccepted()
    assert isinstance(await venue.look_up(say.ref(venue_order_id=ID)), Found)


def check_words(said: str) -> None:
    assert said.isprintable()
    assert len(said) < 1000
