"""What Binance's own documents prove about a create or a cancel; binance.us speaks alike.

An answer is an order with an `orderId`, or `{"code": …, "msg": …}`. A code alone is not enough: -2010 is said of
missing balance and of a duplicate alike, so a refusal is known by code and words together ("-2010 Account has …").
-1000, -1001, -1006, -1007, -1008 and whatever comes with HTTP 5xx say nothing of the order: Binance's own page calls
the execution status unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from desk.venues.answer import Answer, Declined, Failure, NotAnAnswer, shown
from desk.venues.evidence import Refusals, Verdict
from desk.venues.fields import numbered, record, text
from desk.venues.model import (
    CancelAccepted,
    CancelOutcome,
    CancelRefused,
    CreateOutcome,
    OrderRef,
    Placed,
    Refused,
    Unknown,
)

_REFUSED = (
    "-1002",  # not authorized
    "-1013 Filter failure",
    "-1013 Invalid quantity",
    "-1013 Invalid price",
    "-1013 Market is closed",
    "-1014",  # unsupported order combination
    "-1020",  # operation not supported
    "-1022",  # signature
    "-1100", "-1101", "-1102", "-1103", "-1104", "-1105", "-1106", "-1108", "-1111",  # malformed parameters
    "-1114", "-1115", "-1116", "-1117", "-1118", "-1121", "-1128", "-1130", "-1131",
    "-2008",  # key id
    "-2014",  # key format
    "-2015",  # key, address or permissions
    "-2010 Account has insufficient balance",
    "-2010 Market is closed",
    "-2010 Price * QTY is zero or less",
    "-2010 This action is disabled on this account",
    "-2010 This account may not place or cancel orders",
    "-2010 Unsupported order combination",
    "-2010 This symbol is not permitted for this account",
    "-2010 This symbol is restricted for this account",
    "-2010 Rest API trading is not enabled",
    "-2010 Filter failure",
)  # fmt: skip
_REFUSED_FOR_NOW = (
    "-1003",  # request weight
    "-1015",  # too many new orders
    "-1021",  # outside recvWindow: it came too late, or our clock is off
    "-2010 Order would immediately match and take",
)
REFUSALS = Refusals(
    tuple((text, Verdict.REFUSED) for text in _REFUSED)
    + tuple((text, Verdict.REFUSED_FOR_NOW) for text in _REFUSED_FOR_NOW)
)
_DUPLICATE = Refusals((("-2010 Duplicate order sent", Verdict.REFUSED),))
_NOTHING_TO_CANCEL = Refusals((("-2011 Unknown order sent", Verdict.REFUSED), ("-2013", Verdict.REFUSED)))
_NO_SUCH_ORDER = Refusals((("-2013", Verdict.REFUSED),))


def problem(document: object) -> str | None:
    """Code and words of an error, or None where the document is none."""
    if not isinstance(document, dict) or "code" not in document:
        return None
    code, words = document["code"], document.get("msg")
    if isinstance(code, bool) or not isinstance(code, int) or not isinstance(words, str):
        raise NotAnAnswer("an error that is not Binance's")
    return f"{code} {words}"


def result(answer: Answer) -> object:
    """What a read brought. Raises Declined in Binance's words, or NotAnAnswer."""
    if answer.failure is not Failure.NONE or not answer.is_json or answer.status is None or answer.status >= 500:
        raise NotAnAnswer(answer.described())
    document = answer.document()
    if (said := problem(document)) is not None:
        raise Declined("Binance", (said,))
    if answer.status != 200:
        raise NotAnAnswer(answer.described())
    return document


def is_no_such_order(declined: Declined) -> bool:
    """Whether this one route does not know the order; absence needs more."""
    return all(_NO_SUCH_ORDER.of(error) is Verdict.REFUSED for error in declined.errors)


def says_duplicate(answer: Answer) -> bool:
    """Whether an order of this client order id is open already; the answer does not name it."""
    try:
        said = problem(answer.document()) if answer.failure is Failure.NONE and answer.is_json else None
    except NotAnAnswer:
        return False
    return said is not None and _DUPLICATE.of(said) is Verdict.REFUSED


def read_create(market: str, client_order_id: str) -> Callable[[object], CreateOutcome]:
    """Reads an answer to the create of this order: placed, refused in words that are known, or unknown."""
    return partial(_read_create, market, client_order_id)


def _read_create(market: str, client_order_id: str, document: object) -> CreateOutcome:
    said = problem(document)
    if said is None:
        order = _about(market, document)
        if text(order, "clientOrderId") != client_order_id:
            raise NotAnAnswer("an order with another client order id")
        return Placed(numbered(order, "orderId"))
    verdict = REFUSALS.of(said)
    if verdict is Verdict.UNKNOWN:
        return Unknown(f"Binance answered {shown(said)}, which does not prove that nothing was placed")
    return Refused(shown(said), is_temporary=verdict is Verdict.REFUSED_FOR_NOW)


def read_cancel(market: str, ref: OrderRef) -> Callable[[object], CancelOutcome]:
    """Reads an answer to the cancel of this order: accepted, nothing there or turned away, or unknown."""
    return partial(_read_cancel, market, ref)


def _read_cancel(market: str, ref: OrderRef, document: object) -> CancelOutcome:
    said = problem(document)
    if said is not None:
        return _cancel_refusal(said)
    order = _about(market, document)
    is_ours = (
        numbered(order, "orderId") == ref.venue_order_id or order.get("origClientOrderId") == ref.client_order_id
    )
    if not is_ours:
        raise NotAnAnswer("an answer about another order")
    return CancelAccepted()


def read_cancel_all(market: str) -> Callable[[object], CancelOutcome]:
    """As `read_cancel` for every order of the market; nothing there is as good as cancelled."""
    return partial(_read_cancel_all, market)


def _read_cancel_all(market: str, document: object) -> CancelOutcome:
    said = problem(document)
    if said is not None:
        return CancelAccepted() if _NOTHING_TO_CANCEL.of(said) is Verdict.REFUSED else _cancel_refusal(said)
    if not isinstance(document, list):
        raise NotAnAnswer("no list of cancelled orders")
    for entry in document:
        _about(market, entry)
    return CancelAccepted()


def _cancel_refusal(said: str) -> CancelOutcome:
    if _NOTHING_TO_CANCEL.of(said) is Verdict.REFUSED:
        return CancelRefused(shown(said))
    verdict = REFUSALS.of(said)
    if verdict is Verdict.UNKNOWN:
        return Unknown(f"Binance answered {shown(said)}, which does not tell whether the cancel was taken")
    return CancelRefused(shown(said), is_temporary=verdict is Verdict.REFUSED_FOR_NOW)


def _about(market: str, document: object) -> Mapping[str, object]:
    order = record(document)
    if text(order, "symbol") != market:
        raise NotAnAnswer(f"an answer about another market: {shown(str(order.get('symbol')))}")
    return order
