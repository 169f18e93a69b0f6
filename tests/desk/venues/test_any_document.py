"""Every field of every document, each in turn gone, of another type, senseless or joined by others: judged, in words.

The documents are what the exchanges answer to a create, a cancel and a look-up; the readers are called as the
dialects call them. None may raise anything but NotAnAnswer, and none may prove an order that is not named.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from desk.units import Money, Sats
from desk.venues.answer import Answer, Failure, NotAnAnswer
from desk.venues.dialects import binance_evidence, coinbase_evidence, kraken_evidence
from desk.venues.dialects import kraken_shapes as kraken
from desk.venues.evidence import judge_cancel, judge_create
from desk.venues.model import CancelAccepted, CancelRefused, OrderRef, Placed, Refused, Unknown

OURS = "a" * 32
REF = OrderRef(OURS, None, datetime(2026, 2, 7, tzinfo=UTC))
STRANGE: list[Any] = [
    None, True, False, 0, -1, 10**40, "", "NaN", "-Infinity", "-1", "1e999", "abc", "\x00\x1b[2J\n", "<html></html>",
    "x" * 5_000, "9999-12-31T23:59:59Z", "\u202e", "BTC/EUR", [], [[]], {}, {"a": 1},
]  # fmt: skip

KRAKEN = {
    "create": {"error": [], "result": {"descr": {"order": "sell"}, "txid": ["OAAAAA-AAAAA-AAAAAA"]}},
    "create refused": {"error": ["EOrder:Insufficient funds"]},
    "cancel": {"error": [], "result": {"count": 1, "pending": False}},
    "cancel refused": {"error": ["EOrder:Unknown order"]},
}
BINANCE = {
    "create": {"symbol": "BTCUSDT", "orderId": 28, "clientOrderId": OURS, "status": "NEW", "fills": []},
    "create refused": {"code": -2010, "msg": "Account has insufficient balance for requested action."},
    "cancel": {"symbol": "BTCUSDT", "orderId": 28, "origClientOrderId": OURS, "status": "CANCELED"},
    "cancel refused": {"code": -2011, "msg": "Unknown order sent."},
}
COINBASE = {
    "create": {
        "success": True, "order_id": "52cf",
        "success_response": {"order_id": "52cf", "product_id": "BTC-USD", "side": "SELL", "client_order_id": OURS},
    },
    "create refused": {"success": False, "error_response": {"error": "INSUFFICIENT_FUND", "message": "no"}},
    "cancel": {"results": [{"success": True, "failure_reason": "", "order_id": "52cf"}]},
    "cancel refused": {"results": [{"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER", "order_id": "52cf"}]},
}  # fmt: skip
READERS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "kraken": (KRAKEN, kraken_evidence.read_create, kraken_evidence.read_cancel),
    "binance": (
        BINANCE, binance_evidence.read_create("BTCUSDT", OURS), binance_evidence.read_cancel("BTCUSDT", REF),
    ),
    "coinbase": (
        COINBASE, coinbase_evidence.read_create("BTC-USD", OURS), coinbase_evidence.read_cancels(["52cf"]),
    ),
}  # fmt: skip
CASES = [(exchange, name) for exchange, (documents, _, _) in READERS.items() for name in documents]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document, itself included."""
    yield path
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


def spoilt(document: Any) -> Iterator[tuple[str, Any]]:
    """The document with one place strange, gone, or joined by something unheard of."""
    for path in places(document):
        for strange in STRANGE:
            yield f"{path} = {strange!r:.40}", _with(document, path, lambda _, value=strange: value)
        if path:
            yield f"{path} gone", _without(document, path)
        yield f"{path} joined", _with(document, path, _joined)


def _with(document: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    made = copy.deepcopy(document)
    if not path:
        return change(made)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = change(holder[path[-1]])
    return made


def _without(document: Any, path: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(document)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return made


def _joined(value: Any) -> Any:
    if isinstance(value, dict):
        return {**value, "unheard_of": {"a": [1, None]}}
    return [*value, "unheard of"] if isinstance(value, list) else value


def answer_of(document: Any) -> Answer:
    return Answer(Failure.NONE, 200, "application/json", json.dumps(document), sent=1.0)


def check_words(said: str, how: str) -> None:
    assert said.isprintable(), how
    assert len(said) < 1000, how


@pytest.mark.parametrize(("exchange", "name"), CASES)
def test_no_answer_raises_and_every_outcome_is_said_in_words(exchange: str, name: str) -> None:
    documents, read_create, read_cancel = READERS[exchange]
    is_create = name.startswith("create")
    for how, document in spoilt(documents[name]):
        outcome: Any = (
            judge_create(answer_of(document), read_create)
            if is_create
            else judge_cancel(answer_of(document), read_cancel)
        )
        allowed = (Placed, Refused, Unknown) if is_create else (CancelAccepted, CancelRefused, Unknown)
        assert isinstance(outcome, allowed), how
        check_words(getattr(outcome, "reason", ""), how)
        if isinstance(outcome, Placed):
            check_words(outcome.venue_order_id, how)
            assert 0 < len(outcome.venue_order_id) <= 100, how


@pytest.mark.parametrize("exchange", READERS)
def test_a_refused_create_proves_an_order_whatever_else_is_in_it_never(exchange: str) -> None:
    documents, read_create, _ = READERS[exchange]
    for how, document in spoilt(documents["create refused"]):
        assert not isinstance(judge_create(answer_of(document), read_create), Placed), how


@pytest.mark.parametrize("exchange", READERS)
def test_a_create_that_names_an_order_is_never_taken_for_a_refusal(exchange: str) -> None:
    """Whatever is strange beside the id: an order that may be there is not given up."""
    documents, read_create, _ = READERS[exchange]
    for how, document in spoilt(documents["create"]):
        if (
            "OAAAAA" in json.dumps(document)
            or '"orderId": 28' in json.dumps(document)
            or "52cf" in json.dumps(document)
        ):
            assert not isinstance(judge_create(answer_of(document), read_create), Refused), how


PAIR = kraken.Pair(
    "BTC/USD", "BTC", "USD", "XXBTZUSD", frozenset({"XXBTZUSD", "XBTUSD"}), Decimal("0.1"), 1, 8, Sats(1),
    Sats(10_000), Money(Decimal("0.5")),
)  # fmt: skip
ORDER = {
    "status": "open", "opentm": "1770000000.1", "vol": "0.5", "vol_exec": "0.1", "cost": "1", "fee": "0",
    "price": "2", "cl_ord_id": OURS,
    "descr": {"pair": "XBTUSD", "type": "sell", "ordertype": "limit", "price": "100000.1"},
    "trades": ["TAAAAA-AAAAA-AAAAAA"],
}  # fmt: skip
TRADE = {
    "ordertxid": "OAAAAA-AAAAA-AAAAAA", "pair": "XXBTZUSD", "time": "1770000001.6", "type": "sell",
    "price": "100000.1", "cost": "12345.6", "fee": "19.7", "vol": "0.1", "maker": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("read", "document"), [(kraken.order_of, ORDER), (kraken.trade_of, TRADE)], ids=["order", "trade"]
)
def test_a_record_is_a_value_or_no_answer(read: Any, document: dict[str, Any]) -> None:
    assert read("OAAAAA-AAAAA-AAAAAA", document, PAIR)
    for how, strange in spoilt(document):
        parsed = json.loads(json.dumps(strange), parse_float=Decimal)
        try:
            found = read("OAAAAA-AAAAA-AAAAAA", parsed, PAIR)
        except NotAnAnswer as problem:
            check_words(str(problem), how)
            continue
        assert 0 <= found.quantity <= 21_000_000 * 10**8, how
        assert getattr(found, "filled", 0) <= found.quantity, how
