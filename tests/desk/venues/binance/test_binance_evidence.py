"""What each answer to a create, a cancel or a look-up at Binance proves, by running ccxt's real class against it.

Status, code and words are those of the measured payloads; the verdicts are typed here, none is read from the code.
"""

from __future__ import annotations

import pytest

from desk.venues.model import Absent, CancelAccepted, CancelRefused, Found, Placed, Refused, Unknown

OVERLOADED = "Server is currently overloaded with other requests. Please try again in a few minutes."
TIMED_OUT = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
NO_BALANCE = "Account has insufficient balance for requested action."
CREATES = [
    (400, -2010, NO_BALANCE, Refused),
    (400, -2010, "Order would immediately match and take.", Refused),
    (400, -2010, "Something nobody has seen yet.", Unknown),
    (400, -2010, "Market is closed.", Refused),
    (400, -2010, "This symbol is restricted for this account.", Refused),
    (503, -1007, TIMED_OUT, Unknown),
    (400, -1007, TIMED_OUT, Unknown),
    (500, -1000, "An unknown error occurred while processing the request.", Unknown),
    (400, -1000, "An unknown error occurred while processing the request.", Unknown),
    (503, -1006, "An unexpected response was received from the message bus. Execution status unknown.", Unknown),
    (503, -1008, OVERLOADED, Unknown),
    (400, -1008, OVERLOADED, Unknown),
    (503, -1001, "Internal error; unable to process your request. Please try again.", Unknown),
    (503, -2010, NO_BALANCE, Unknown),
    (400, -1021, "Timestamp for this request is outside of the recvWindow.", Refused),
    (400, -1013, "Filter failure: NOTIONAL", Refused),
    (400, -1013, "Filter failure: LOT_SIZE", Refused),
    (400, -1013, "Filter failure: PRICE_FILTER", Refused),
    (400, -1013, "Something else is wrong.", Unknown),
    (400, -1015, "Too many new orders; current limit is 50 orders per TEN_SECONDS.", Refused),
    (429, -1015, "Too many new orders; current limit is 50 orders per TEN_SECONDS.", Refused),
    (429, -1003, "Too much request weight used", Refused),
    (418, -1003, "Way too much request weight used; IP banned until 1770000000000.", Refused),
    (400, -2015, "Invalid API-key, IP, or permissions for action.", Refused),
    (401, -2014, "API-key format invalid.", Refused),
    (400, -1022, "Signature for this request is not valid.", Refused),
    (400, -1121, "Invalid symbol.", Refused),
    (400, -1111, "Precision is over the maximum defined for this asset.", Refused),
    (400, -11110, "A code that only begins like one that is known.", Unknown),
    (400, -9999, "A code nobody has seen yet.", Unknown),
    (400, -2013, "Order does not exist.", Unknown),
]
FOR_NOW = {
    (-2010, "Order would immediately match and take."),
    (-1021, "Timestamp for this request is outside of the recvWindow."),
    (-1015, "Too many new orders; current limit is 50 orders per TEN_SECONDS."),
    (-1003, "Too much request weight used"),
    (-1003, "Way too much request weight used; IP banned until 1770000000000."),
}


@pytest.mark.parametrize("exchange", ["binance", "binanceus"])
async def test_a_create_without_the_venues_own_word_is_unknown_and_left_once(
    exchange, broken, open_house, say
) -> None:
    server, venue = await open_house(exchange, timeout_s=0.5 if broken.how == "hang" else 5.0)
    server.answers["POST order"] = broken
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Unknown), outcome
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 1000
    assert len(server.of("POST order")) == 1


async def test_each_of_binances_errors_proves_what_it_says_and_no_more(server, venue, say, refuse) -> None:
    for status, code, words, expected in CREATES:
        server.answers["POST order"] = refuse(code, words, status)
        outcome = await venue.create(say.request())
        assert isinstance(outcome, expected), (status, code, words, outcome)
        assert words[:40] in outcome.reason
        if isinstance(outcome, Refused):
            assert outcome.is_temporary is ((code, words) in FOR_NOW), (code, words)


@pytest.mark.parametrize("exchange", ["binance", "binanceus"])
async def test_an_order_id_proves_an_order(exchange, open_house, say, it) -> None:
    server, venue = await open_house(exchange)
    market = venue.rules.symbol.replace("/", "")
    server.answers["POST order"] = say.says(it.placed(market))
    assert await venue.create(say.request()) == Placed("28")


@pytest.mark.parametrize("status", ["NEW", "PARTIALLY_FILLED", "FILLED", "EXPIRED", "REJECTED"])
async def test_whatever_became_of_it_an_order_with_an_id_was_taken(status, server, venue, say, it) -> None:
    server.answers["POST order"] = say.says(it.placed(status=status))
    assert await venue.create(say.request()) == Placed("28")


@pytest.mark.parametrize(
    "changes",
    [
        {"orderId": None}, {"orderId": 0}, {"orderId": -28}, {"orderId": "28\u001b[2J"}, {"orderId": True},
        {"orderId": 28.5}, {"orderId": 10**30}, {"orderId": [28]}, {"clientOrderId": "b" * 32},
        {"clientOrderId": None}, {"symbol": "ETHUSDT"}, {"symbol": None},
    ],
    ids=str,
)  # fmt: skip
async def test_an_answer_that_does_not_name_our_order_proves_nothing(server, venue, say, it, changes) -> None:
    server.answers["POST order"] = say.says(it.placed(**changes))
    assert isinstance(await venue.create(say.request()), Unknown)


@pytest.mark.parametrize(
    "body",
    ['{"code":"-2010","msg":"Account has insufficient balance for requested action."}',
     '{"code":-2010,"msg":7}', '{"code":null,"msg":"Account has insufficient balance for requested action."}',
     '{"msg":"Account has insufficient balance for requested action."}', '{"code":true,"msg":"x"}'],
)  # fmt: skip
async def test_an_error_that_is_not_binances_proves_nothing(server, venue, say, body) -> None:
    server.answers["POST order"] = say.Reply(body, 400)
    assert isinstance(await venue.create(say.request()), Unknown)


async def test_a_duplicate_means_that_the_order_is_there_and_it_is_looked_up(server, venue, say, it, refuse) -> None:
    server.answers["POST order"] = refuse(-2010, "Duplicate order sent.")
    server.answers["GET order"] = say.says(it.order())
    assert await venue.create(say.request()) == Placed("28")
    assert server.of("GET order")[0].fields["origClientOrderId"] == "a" * 32
    assert len(server.of("POST order")) == 1


@pytest.mark.parametrize("found", [{"code": -2013, "msg": "Order does not exist."}, {}, {"code": -1001, "msg": "x"}])
async def test_a_duplicate_that_cannot_be_looked_up_stays_unknown(server, venue, say, refuse, found) -> None:
    server.answers["POST order"] = refuse(-2010, "Duplicate order sent.")
    server.answers["GET order"] = say.says(found, 400 if found else 200)
    for listing in ("openOrders", "allOrders", "myTrades"):
        server.answers[listing] = say.says([])
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Unknown)
    assert "Duplicate order sent." in outcome.reason


async def test_a_refused_connection_proves_that_nothing_was_sent(server, venue, say) -> None:
    await server.stop()
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("nothing was sent")
    assert outcome.is_temporary
    assert await venue.cancel(say.ref()) == CancelRefused(outcome.reason, is_temporary=True)


CANCELS = [
    (400, -2011, "Unknown order sent.", CancelRefused("-2011 Unknown order sent.")),
    (400, -2011, "Something nobody has seen yet.", Unknown),
    (400, -2013, "Order does not exist.", CancelRefused("-2013 Order does not exist.")),
    (429, -1003, "Too much request weight used",
     CancelRefused("-1003 Too much request weight used", is_temporary=True)),
    (400, -1021, "Timestamp for this request is outside of the recvWindow.",
     CancelRefused("-1021 Timestamp for this request is outside of the recvWindow.", is_temporary=True)),
    (400, -2015, "Invalid API-key, IP, or permissions for action.",
     CancelRefused("-2015 Invalid API-key, IP, or permissions for action.")),
    (503, -1007, TIMED_OUT, Unknown),
    (500, -1000, "An unknown error occurred while processing the request.", Unknown),
]  # fmt: skip


async def test_each_error_to_a_cancel_proves_what_it_says_and_no_more(server, venue, say, refuse) -> None:
    for status, code, words, expected in CANCELS:
        server.answers["DELETE order"] = refuse(code, words, status)
        outcome = await venue.cancel(say.ref())
        is_as_expected = isinstance(outcome, expected) if isinstance(expected, type) else outcome == expected
        assert is_as_expected, (status, code, words, outcome)


async def test_a_cancelled_order_is_accepted_only_if_it_is_ours(server, venue, say, it) -> None:
    server.answers["DELETE order"] = say.says(it.cancelled())
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.cancel(say.ref(venue_order_id="28")) == CancelAccepted()
    for changes in ({"origClientOrderId": "b" * 32}, {"symbol": "ETHUSDT"}, {"orderId": None}):
        server.answers["DELETE order"] = say.says(it.cancelled(**changes))
        assert isinstance(await venue.cancel(say.ref()), Unknown), changes


async def test_a_cancel_answered_by_a_proxy_or_nobody_is_unknown(open_house, say) -> None:
    server, venue = await open_house(timeout_s=0.5)
    for answer in (say.html(403), say.html(502), say.Reply(how="truncate"), say.Reply("{}"), say.Reply(how="hang")):
        server.answers["DELETE order"] = answer
        assert isinstance(await venue.cancel(say.ref()), Unknown), answer


async def test_cancelling_all_takes_none_for_an_answer(server, venue, say, it, refuse) -> None:
    server.answers["DELETE openOrders"] = say.says([it.cancelled(), it.cancelled(orderId=29)])
    assert await venue.cancel_all() == CancelAccepted()
    server.answers["DELETE openOrders"] = refuse(-2011, "Unknown order sent.")
    assert await venue.cancel_all() == CancelAccepted()
    server.answers["DELETE openOrders"] = refuse(-2015, "Invalid API-key, IP, or permissions for action.")
    assert isinstance(await venue.cancel_all(), CancelRefused)
    for answer in (say.html(502), say.says({}), say.says([it.cancelled("ETHUSDT")])):
        server.answers["DELETE openOrders"] = answer
        assert isinstance(await venue.cancel_all(), Unknown), answer


async def test_not_existing_proves_absence_only_with_all_routes(server, venue, say, it, refuse) -> None:
    server.answers["GET order"] = refuse(-2013, "Order does not exist.")
    for listing in ("openOrders", "allOrders", "myTrades"):
        server.answers[listing] = say.says([])
    assert isinstance(await venue.look_up(say.ref()), Absent)
    server.answers["GET openOrders"] = say.says([it.order()])
    assert isinstance(await venue.look_up(say.ref()), Found)
