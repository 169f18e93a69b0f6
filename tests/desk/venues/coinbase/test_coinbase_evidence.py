"""What each answer to a create, a cancel or a look-up at Coinbase proves, by running ccxt's real class against it.

Status and bodies are those of the measured payloads; the verdicts are typed here, none is read from the code.
"""

from __future__ import annotations

import pytest

from desk.venues.model import CancelAccepted, CancelRefused, Found, Placed, Refused, Unknown


def failed(error: str, **more: object) -> dict[str, object]:
    return {
        "success": False, "failure_reason": "UNKNOWN_FAILURE_REASON",
        "error_response": {"error": error, "message": "", "error_details": ""}, **more,
    }  # fmt: skip


INSUFFICIENT = "Insufficient balance in source account"
CREATES = [
    (200, {"success": False, "failure_reason": "UNKNOWN_FAILURE_REASON",
           "error_response": {"error": "INSUFFICIENT_FUND", "message": INSUFFICIENT}}, Refused),
    (200, {"success": False, "error_response": {"error": "INSUFFICIENT_FUND", "message": INSUFFICIENT}}, Refused),
    (200, {"success": False, "error_response": {"error": "INVALID_LIMIT_PRICE_POST_ONLY", "message": "",
           "error_details": "", "new_order_failure_reason": "INVALID_LIMIT_PRICE_POST_ONLY"}}, Refused),
    (200, {"success": False, "failure_reason": "UNKNOWN_FAILURE_REASON", "order_id": ""}, Unknown),
    (500, {"error": "INTERNAL", "message": "internal"}, Unknown),
    (400, {"error": "INTERNAL", "message": "internal"}, Unknown),
    (503, {"error": "unavailable"}, Unknown),
    (200, {"error": "unavailable"}, Unknown),
    (401, {"error": "unauthorized"}, Refused),
    (429, {"error": "rate_limit_exceeded"}, Refused),
    (502, failed("INSUFFICIENT_FUND"), Unknown),
    (200, failed("UNKNOWN_FAILURE_REASON"), Unknown),
    (200, failed("COMMANDER_REJECTED_NEW_ORDER"), Unknown),
    (200, failed("DUPLICATE_CLIENT_ORDER_ID"), Unknown),
    (200, failed("SOMETHING_NEW"), Unknown),
    (200, failed("INSUFFICIENT_FUNDING"), Unknown),
    (200, failed("UNSUPPORTED_ORDER_CONFIGURATION"), Refused),
    (200, failed("INVALID_SIZE_PRECISION"), Refused),
    (200, failed("INVALID_PRICE_PRECISION"), Refused),
    (200, failed("ORDER_ENTRY_DISABLED"), Refused),
    (200, failed("INSUFFICIENT_FUND", order_id="52cfe5e2-0b29-4c19-a245-a6a773de5030"), Unknown),
    (200, failed("INSUFFICIENT_FUND", success_response={"order_id": "52cfe5e2"}), Unknown),
    (403, {"error": "PERMISSION_DENIED", "message": "x"}, Refused),
]  # fmt: skip
FOR_NOW = ("INVALID_LIMIT_PRICE_POST_ONLY", "rate_limit_exceeded")


async def test_a_create_without_the_venues_own_word_is_unknown_and_left_once(broken, server, make, say) -> None:
    venue = await make(timeout_s=0.5 if broken.how == "hang" else 5.0)
    server.answers["POST orders"] = broken
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Unknown), outcome
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 1000
    assert len(server.of("POST orders")) == 1


async def test_each_of_coinbases_refusals_proves_what_it_says_and_no_more(server, venue, say) -> None:
    for status, body, expected in CREATES:
        server.answers["POST orders"] = say.says(body, status)
        outcome = await venue.create(say.request())
        assert isinstance(outcome, expected), (status, body, outcome)
        if isinstance(outcome, Refused):
            assert outcome.is_temporary is outcome.reason.startswith(FOR_NOW), outcome


async def test_an_order_id_proves_an_order(server, venue, say, it) -> None:
    server.answers["POST orders"] = say.says(it.placed())
    assert await venue.create(say.request()) == Placed(it.id)


async def test_the_same_id_sent_twice_by_whatever_lies_between_is_the_one_order(server, venue, say, it) -> None:
    """Coinbase answers the second with the first, under its own name."""
    server.answers["POST orders"] = say.says(it.placed())
    first, second = await venue.create(say.request()), await venue.create(say.request())
    assert first == second == Placed(it.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": None}, {"order_id": ""}, {"order_id": 28}, {"order_id": "5\u0007\u001b[2J"},
        {"order_id": "x" * 200}, {"order_id": ["52cf"]}, {"client_order_id": "b" * 32}, {"product_id": "ETH-USD"},
    ],
    ids=str,
)  # fmt: skip
async def test_an_answer_that_does_not_name_our_order_proves_nothing(server, venue, say, it, changes) -> None:
    server.answers["POST orders"] = say.says(it.placed(**changes))
    assert isinstance(await venue.create(say.request()), Unknown)


@pytest.mark.parametrize(
    "changes",
    [{"success": "true"}, {"success": None}, {"success": 1}, {"success_response": None}, {"success_response": []},
     {"order_id": "another"}, {"error_response": {"error": "INSUFFICIENT_FUND"}}],
    ids=str,
)  # fmt: skip
async def test_an_answer_that_contradicts_itself_proves_nothing(server, venue, say, it, changes) -> None:
    server.answers["POST orders"] = say.says({**it.placed(), **changes})
    assert isinstance(await venue.create(say.request()), Unknown)


async def test_a_refused_connection_proves_that_nothing_was_sent(server, venue, say, it) -> None:
    await server.stop()
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("nothing was sent")
    assert outcome.is_temporary
    cancelled = await venue.cancel(say.ref(venue_order_id=it.id))
    assert cancelled == CancelRefused(outcome.reason, is_temporary=True)


CANCELS = [
    (200, [("x", True, "UNKNOWN_CANCEL_FAILURE_REASON")], CancelAccepted()),
    (200, [("x", False, "UNKNOWN_CANCEL_ORDER")], CancelRefused("UNKNOWN_CANCEL_ORDER")),
    (200, [("x", False, "DUPLICATE_CANCEL_REQUEST")], CancelAccepted()),
    (200, [("x", False, "INVALID_CANCEL_REQUEST")], CancelRefused("INVALID_CANCEL_REQUEST")),
    (200, [("x", False, "COMMANDER_REJECTED_CANCEL_ORDER")], Unknown),
    (200, [("x", False, "UNKNOWN_CANCEL_FAILURE_REASON")], Unknown),
    (200, [("x", False, "SOMETHING_NEW")], Unknown),
    (200, [("y", True, "UNKNOWN_CANCEL_FAILURE_REASON")], Unknown),
    (200, [("x", True, ""), ("y", True, "")], Unknown),
    (200, [], Unknown),
    (503, [("x", True, "UNKNOWN_CANCEL_FAILURE_REASON")], Unknown),
]


async def test_each_answer_to_a_cancel_proves_what_it_says_and_no_more(server, venue, say, it) -> None:
    for status, answers, expected in CANCELS:
        server.answers["batch_cancel"] = say.says(it.results(*answers), status)
        outcome = await venue.cancel(say.ref(venue_order_id="x"))
        is_as_expected = isinstance(outcome, expected) if isinstance(expected, type) else outcome == expected
        assert is_as_expected, (status, answers, outcome)


async def test_errors_and_nonsense_to_a_cancel(server, make, say) -> None:
    venue = await make(timeout_s=0.5)
    for answer, expected in (
        (say.says({"error": "rate_limit_exceeded"}, 429), CancelRefused("rate_limit_exceeded", is_temporary=True)),
        (say.says({"error": "unauthorized"}, 401), CancelRefused("unauthorized")),
        (say.says({"error": "INTERNAL"}, 500), Unknown),
        (say.says({"error": "INTERNAL"}, 400), Unknown),
        (say.html(403), Unknown),
        (say.Reply("{}"), Unknown),
        (say.Reply(how="hang"), Unknown),
        (say.Reply('{"results": [{"success": "yes", "order_id": "x"}]}'), Unknown),
    ):
        server.answers["batch_cancel"] = answer
        outcome = await venue.cancel(say.ref(venue_order_id="x"))
        is_as_expected = isinstance(outcome, expected) if isinstance(expected, type) else outcome == expected
        assert is_as_expected, (answer, outcome)


async def test_a_cancel_without_the_venues_name_finds_it_among_the_open_orders(server, venue, say, it) -> None:
    server.answers["batch"] = say.says({"orders": [it.order(order_id="other", client_order_id="b"), it.order()]})
    server.answers["batch_cancel"] = say.says(it.results((it.id, True, "")))
    assert await venue.cancel(say.ref()) == CancelAccepted()
    server.answers["batch"] = say.says({"orders": []})
    assert await venue.cancel(say.ref()) == CancelRefused("Coinbase shows no open order of this client order id")
    server.answers["batch"] = say.html(502)
    refused = await venue.cancel(say.ref())
    assert isinstance(refused, CancelRefused)
    assert refused.is_temporary
    assert len(server.of("batch_cancel")) == 1


async def test_cancelling_all_is_as_certain_as_its_least_certain_order(server, venue, say, it) -> None:
    server.answers["batch"] = say.says({"orders": [it.order(order_id="x"), it.order(order_id="y")]})
    for second, expected in (
        ((True, ""), CancelAccepted), ((False, "UNKNOWN_CANCEL_ORDER"), CancelRefused), ((False, "NEW"), Unknown),
    ):  # fmt: skip
        server.answers["batch_cancel"] = say.says(it.results(("x", True, ""), ("y", *second)))
        assert isinstance(await venue.cancel_all(), expected)
    server.answers["batch"] = say.says({"orders": []})
    assert await venue.cancel_all() == CancelAccepted()
    server.answers["batch"] = say.html(502)
    assert isinstance(await venue.cancel_all(), Unknown)
    assert len(server.of("batch_cancel")) == 3


NOT_FOUND = "order with this orderID was not found"


@pytest.mark.parametrize(
    ("status", "body", "is_gone"),
    [
        (404, {"error": "NOT_FOUND", "error_details": NOT_FOUND, "message": NOT_FOUND}, True),
        (404, {"error": "unknown", "error_details": NOT_FOUND, "message": NOT_FOUND}, True),
        (404, {"error": "unknown", "message": "who knows"}, False),
        (503, {"error": "NOT_FOUND", "message": NOT_FOUND}, False),
        (401, {"error": "unauthorized"}, False),
        (404, {}, False),
    ],
)
async def test_not_found_is_believed_of_one_route_only_in_coinbases_words(
    server, venue, say, it, status, body, is_gone
) -> None:
    server.answers["historical/"] = say.says(body, status)
    server.answers["batch"] = say.says({"orders": [it.order()]})
    looked_up = await venue.look_up(say.ref(venue_order_id=it.id))
    assert isinstance(looked_up, Found if is_gone else Unknown)
