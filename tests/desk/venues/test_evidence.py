"""What each answer to a create or a cancel proves, by running ccxt's real kraken class against it.

The transport rows are those of the measured faults (25 per venue), the error texts those of the measured payloads.
Expectations are literals; none is read from the code's own table.
"""

from __future__ import annotations

import pytest

from desk.venues.answer import Answer, Failure
from desk.venues.dialects.kraken_evidence import read_cancel, read_create
from desk.venues.evidence import judge_cancel, judge_create
from desk.venues.model import CancelAccepted, CancelRefused, Placed, Refused, Unknown

PLACED_BODY = (
    '{"error":[],"result":{"descr":{"order":"sell 0.5 XBTUSD @ limit 100000.1"},"txid":["OAAAAA-AAAAA-AAAAAA"]}}'
)

TRANSPORT = [
    ("no_response", {"how": "hang"}),
    ("close_before_reply", {"how": "close"}),
    ("rst_before_reply", {"how": "rst"}),
    ("truncated_body", {"how": "truncate", "body": PLACED_BODY[:40]}),
    ("chunked_abort", {"how": "chunk", "body": PLACED_BODY[:40]}),
    ("200_html", {"body": "<html>ok</html>", "content_type": "text/html"}),
    ("200_empty", {"body": ""}),
    ("200_{}", {"body": "{}"}),
    ("200_null", {"body": "null"}),
    *[
        (f"{status}_html", {"status": status, "body": "<html>no</html>", "content_type": "text/html"})
        for status in (400, 401, 403, 408, 409, 418, 429, 500, 502, 503, 504, 520, 524, 599)
    ],
    ("refusal_as_html", {"body": '{"error":["EOrder:Insufficient funds"]}', "content_type": "text/html"}),
    ("refusal_with_502", {"status": 502, "body": '{"error":["EOrder:Insufficient funds"]}'}),
    ("json_cut_off", {"body": PLACED_BODY[:-5]}),
    ("json_list", {"body": "[]"}),
    ("nan", {"body": '{"error":[],"result":{"txid":[NaN]}}'}),
    ("deep_nesting", {"body": '{"error":' + "[" * 100_000 + "]" * 100_000 + "}"}),
    ("error_is_text", {"body": '{"error":"EOrder:Insufficient funds"}'}),
    ("error_is_number", {"body": '{"error":[7]}'}),
    ("no_txid", {"body": '{"error":[],"result":{"descr":{"order":"sell"}}}'}),
    ("empty_txid", {"body": '{"error":[],"result":{"txid":[]}}'}),
    ("null_txid", {"body": '{"error":[],"result":{"txid":[null]}}'}),
    ("blank_txid", {"body": '{"error":[],"result":{"txid":[""]}}'}),
    ("two_txids", {"body": '{"error":[],"result":{"txid":["OA-A","OB-B"]}}'}),
    ("control_characters", {"body": '{"error":[],"result":{"txid":["O\\u0007\\u001b[2J"]}}'}),
    ("txid_and_refusal", {"body": '{"error":["EOrder:Insufficient funds"],"result":{"txid":["OA-A"]}}'}),
]


@pytest.mark.parametrize(("name", "answer"), TRANSPORT, ids=[name for name, _ in TRANSPORT])
async def test_a_create_without_the_venues_own_word_is_unknown_and_left_once(
    name, answer, kraken, make_venue, say
) -> None:
    venue = await make_venue(timeout_s=0.5 if answer.get("how") == "hang" else 5.0)
    kraken.answers["AddOrder"] = say.Reply(**answer)
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Unknown), outcome
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 1000
    assert len(kraken.of("AddOrder")) == 1


CREATE_ERRORS = {
    "EOrder:Insufficient funds": Refused,
    "EService:Unavailable": Unknown,
    "EService:Timeout": Unknown,
    "EService:Deadline elapsed": Refused,
    "EService:Busy": Unknown,
    "EGeneral:Internal error": Unknown,
    "EGeneral:Internal error[8]": Unknown,
    "EOrder:Post only order": Refused,
    "EOrder:Duplicate order": Unknown,
    "EGeneral:Invalid arguments:cl_ord_id": Unknown,
    "EAPI:Invalid nonce": Refused,
    "EOrder:Rate limit exceeded": Refused,
    "EAPI:Rate limit exceeded": Refused,
    "EService:Market in cancel_only mode": Refused,
    "EService:Market in post_only mode": Refused,
    "EOrder:Orders limit exceeded": Refused,
    "EOrder:Order minimum not met": Refused,
    "EOrder:Cost minimum not met": Refused,
    "EOrder:Tick size check failed": Refused,
    "EGeneral:Permission denied": Refused,
    "EAPI:Invalid key": Refused,
    "EAPI:Invalid signature": Refused,
    "EGeneral:Invalid arguments": Refused,
    "EGeneral:Invalid arguments:volume": Refused,
    "EGeneral:Invalid arguments:price": Refused,
    "EGeneral:Invalid argumentsX": Unknown,
    "EOrder:Something new": Unknown,
    "EOrder:Unknown order": Unknown,
    "EGeneral:Temporary lockout": Refused,
    "EDatabase:Internal error": Unknown,
}
FOR_NOW = {
    "EService:Deadline elapsed", "EOrder:Post only order", "EAPI:Invalid nonce", "EOrder:Rate limit exceeded",
    "EAPI:Rate limit exceeded", "EService:Market in cancel_only mode", "EService:Market in post_only mode",
    "EGeneral:Temporary lockout",
}  # fmt: skip


async def test_each_of_krakens_error_texts_proves_what_it_says_and_no_more(kraken, venue, say) -> None:
    for error, expected in CREATE_ERRORS.items():
        kraken.answers["AddOrder"] = say.no(error)
        outcome = await venue.create(say.request())
        assert isinstance(outcome, expected), (error, outcome)
        assert error in outcome.reason
        if isinstance(outcome, Refused):
            assert outcome.is_temporary is (error in FOR_NOW), error


async def test_an_order_id_proves_an_order(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.Reply(PLACED_BODY)
    assert await venue.create(say.request()) == Placed("OAAAAA-AAAAA-AAAAAA")


async def test_a_warning_beside_an_order_id_changes_nothing(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.Reply('{"error":["WOrder:Hm"],"result":{"txid":["OAAAAA-AAAAA-AAAAAA"]}}')
    assert await venue.create(say.request()) == Placed("OAAAAA-AAAAA-AAAAAA")


async def test_several_errors_refuse_only_together(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.no("EOrder:Insufficient funds", "EService:Timeout")
    assert isinstance(await venue.create(say.request()), Unknown)
    kraken.answers["AddOrder"] = say.no("EAPI:Rate limit exceeded", "EGeneral:Permission denied")
    assert await venue.create(say.request()) == Refused("EAPI:Rate limit exceeded; EGeneral:Permission denied")


async def test_a_refused_connection_proves_that_nothing_was_sent(kraken, venue, say) -> None:
    await kraken.stop()
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("nothing was sent")
    assert outcome.is_temporary
    assert await venue.cancel(say.ref()) == CancelRefused(outcome.reason, is_temporary=True)


@pytest.mark.parametrize("failure", [Failure.TIMED_OUT, Failure.DISCONNECTED, Failure.BROKEN])
def test_a_broken_line_is_unknown_even_if_no_byte_was_seen_to_leave(failure) -> None:
    answer = Answer(failure, error="whatever", sent=None)
    assert isinstance(judge_create(answer, read_create), Unknown)
    assert isinstance(judge_cancel(answer, read_cancel), Unknown)


@pytest.mark.parametrize("failure", [Failure.NEVER_STARTED, Failure.NOT_CONNECTED])
def test_bytes_that_left_outweigh_the_reason_given(failure) -> None:
    assert isinstance(judge_create(Answer(failure, sent=1.0), read_create), Unknown)
    assert isinstance(judge_create(Answer(failure, sent=None), read_create), Refused)


async def test_a_redirect_is_not_followed(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.Reply("", 307, headers=(("Location", "/0/private/AddOrder"),))
    assert isinstance(await venue.create(say.request()), Unknown)
    assert len(kraken.of("AddOrder")) == 1


CANCELS = [
    ('{"error":[],"result":{"count":1}}', CancelAccepted()),
    ('{"error":[],"result":{"count":1,"pending":true}}', CancelAccepted()),
    ('{"error":["EOrder:Cancel pending"]}', CancelAccepted()),
    ('{"error":[],"result":{"count":0}}', CancelRefused("Kraken found nothing to cancel")),
    ('{"error":["EOrder:Unknown order"]}', CancelRefused("EOrder:Unknown order")),
    ('{"error":["EAPI:Invalid nonce"]}', CancelRefused("EAPI:Invalid nonce", is_temporary=True)),
    ('{"error":["EAPI:Rate limit exceeded"]}', CancelRefused("EAPI:Rate limit exceeded", is_temporary=True)),
    ('{"error":["EGeneral:Permission denied"]}', CancelRefused("EGeneral:Permission denied")),
    ('{"error":["EService:Timeout"]}', Unknown),
    ('{"error":["EService:Unavailable"]}', Unknown),
    ('{"error":["EGeneral:Internal error"]}', Unknown),
    ('{"error":[],"result":{}}', Unknown),
    ('{"error":[],"result":{"count":-1}}', Unknown),
    ('{"error":[],"result":{"count":true}}', Unknown),
    ("{}", Unknown),
    ("", Unknown),
]


async def test_each_answer_to_a_cancel_proves_what_it_says_and_no_more(kraken, venue, say) -> None:
    for body, expected in CANCELS:
        kraken.answers["CancelOrder"] = say.Reply(body)
        outcome = await venue.cancel(say.ref())
        is_as_expected = isinstance(outcome, expected) if isinstance(expected, type) else outcome == expected
        assert is_as_expected, (body, outcome)


@pytest.mark.parametrize("how", ["hang", "close", "rst", "truncate"])
async def test_a_cancel_without_an_answer_is_unknown_and_left_once(how, kraken, make_venue, say) -> None:
    venue = await make_venue(timeout_s=0.3)
    kraken.answers["CancelOrder"] = say.Reply('{"error":', how=how)
    assert isinstance(await venue.cancel(say.ref()), Unknown)
    assert len(kraken.of("CancelOrder")) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
async def test_a_page_of_a_proxy_proves_nothing_about_a_cancel(status, kraken, venue, say) -> None:
    kraken.answers["CancelOrder"] = say.html(status)
    assert isinstance(await venue.cancel(say.ref()), Unknown)


async def test_a_cancel_does_not_believe_the_answer_to_another_call(kraken, venue, say) -> None:
    """ccxt's cancel_order reads the exchange's last response, which may be another call's "Unknown order"."""
    kraken.answers["QueryOrders"] = say.no("EOrder:Unknown order")
    kraken.answers["OpenOrders"] = say.no("EOrder:Unknown order")
    await venue.look_up(say.ref(venue_order_id="OAAAAA-AAAAA-AAAAAA"))
    kraken.answers["CancelOrder"] = say.Reply(how="close")
    assert isinstance(await venue.cancel(say.ref()), Unknown)


async def test_cancelling_all_takes_none_for_an_answer(kraken, venue, say) -> None:
    kraken.answers["CancelAll"] = say.ok({"count": 0})
    assert await venue.cancel_all() == CancelAccepted()
    kraken.answers["CancelAll"] = say.no("EGeneral:Permission denied")
    assert await venue.cancel_all() == CancelRefused("EGeneral:Permission denied")
    kraken.answers["CancelAll"] = say.html(502)
    assert isinstance(await venue.cancel_all(), Unknown)
