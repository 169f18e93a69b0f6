"""What Coinbase's own documents prove about a create or a cancel.

A create is answered with `success` and either a `success_response` naming the order or an `error_response` naming the
reason; other errors are `{"error": …}`. The words UNKNOWN_FAILURE_REASON stand in successes and failures alike and
prove nothing. The same client order id sent twice is answered with the first order, which is placed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from desk.venues.answer import Answer, Declined, Failure, NotAnAnswer, shown
from desk.venues.evidence import Refusals, Verdict
from desk.venues.fields import flag, identifier, record, records, text
from desk.venues.model import (
    CancelAccepted,
    CancelOutcome,
    CancelRefused,
    CreateOutcome,
    Placed,
    Refused,
    Unknown,
)

_REFUSED = (
    "UNSUPPORTED_ORDER_CONFIGURATION",
    "INVALID_SIDE",
    "INVALID_PRODUCT_ID",
    "INVALID_SIZE_PRECISION",
    "INVALID_PRICE_PRECISION",
    "INSUFFICIENT_FUND",
    "INSUFFICIENT_FUNDS",
    "INVALID_LEDGER_BALANCE",
    "ORDER_ENTRY_DISABLED",
    "INELIGIBLE_PAIR",
    "INVALID_LIMIT_PRICE",
    "INVALID_REQUEST",
    "INVALID_ARGUMENT",
    "UNTRADABLE_PRODUCT",
    "GEOFENCING_RESTRICTION",
    "LIMIT_PRICE_TOO_FAR_FROM_MARKET",
    "PERMISSION_DENIED",
    "PREVIEW_INSUFFICIENT_FUND",
    "unauthorized",
    "authentication_error",
    "invalid_request",
)
_REFUSED_FOR_NOW = (
    "INVALID_LIMIT_PRICE_POST_ONLY",
    "INVALID_NO_LIQUIDITY",
    "rate_limit_exceeded",
    "resource_exhausted",
)
REFUSALS = Refusals(
    tuple((text, Verdict.REFUSED) for text in _REFUSED)
    + tuple((text, Verdict.REFUSED_FOR_NOW) for text in _REFUSED_FOR_NOW)
)
_NOTHING_TO_CANCEL = frozenset({"UNKNOWN_CANCEL_ORDER", "ORDER_IS_FULLY_FILLED"})
_CANCEL_UNDER_WAY = "DUPLICATE_CANCEL_REQUEST"
_CANCEL_REFUSED = frozenset({"INVALID_CANCEL_REQUEST", "NOT_ALLOWED_TO_CANCEL"})
_NOT_FOUND = ("NOT_FOUND", "not_found")
_NOT_FOUND_WORDS = "order with this orderID was not found"


def problem(document: object) -> tuple[str, str] | None:
    """Name and words of an error that is not an answer to a create, or None where the document is none."""
    if not isinstance(document, dict) or "error" not in document:
        return None
    name = text(document, "error")
    words = document.get("message") or document.get("error_details") or ""
    return name, str(words)


def result(answer: Answer) -> Mapping[str, object]:
    """What a read brought. Raises Declined in Coinbase's words, or NotAnAnswer."""
    if answer.failure is not Failure.NONE or not answer.is_json or answer.status is None or answer.status >= 500:
        raise NotAnAnswer(answer.described())
    document = answer.document()
    if (said := problem(document)) is not None:
        raise Declined("Coinbase", said)
    if answer.status != 200:
        raise NotAnAnswer(answer.described())
    return record(document)


def is_no_such_order(declined: Declined) -> bool:
    """Whether this one route does not know the order; absence needs more."""
    name, words = declined.errors
    return name in _NOT_FOUND or (name == "unknown" and words == _NOT_FOUND_WORDS)


def read_create(product: str, client_order_id: str) -> Callable[[object], CreateOutcome]:
    """Reads an answer to the create of this order: placed, refused in words that are known, or unknown."""
    return partial(_read_create, product, client_order_id)


def _read_create(product: str, client_order_id: str, document: object) -> CreateOutcome:
    if (said := problem(document)) is not None:
        return _refusal(said[0])
    answer = record(document)
    if flag(answer, "success"):
        return _placed(product, client_order_id, answer)
    if answer.get("order_id") or answer.get("success_response"):
        raise NotAnAnswer("a failure that names an order")
    reason = record(answer.get("error_response"))
    return _refusal(text(reason, "error"))


def _placed(product: str, client_order_id: str, answer: Mapping[str, object]) -> CreateOutcome:
    if answer.get("error_response"):
        raise NotAnAnswer("a success with an error")
    order = record(answer.get("success_response"))
    venue_order_id = identifier(order, "order_id")
    if answer.get("order_id") not in (None, "", venue_order_id):
        raise NotAnAnswer("two order ids in one answer")
    if order.get("client_order_id") not in (None, client_order_id) or order.get("product_id") not in (None, product):
        raise NotAnAnswer("an answer about another order")
    return Placed(venue_order_id)


def _refusal(reason: str) -> CreateOutcome:
    verdict = REFUSALS.of(reason)
    if verdict is Verdict.UNKNOWN:
        return Unknown(f"Coinbase answered {shown(reason)}, which does not prove that nothing was placed")
    return Refused(shown(reason), is_temporary=verdict is Verdict.REFUSED_FOR_NOW)


def read_cancels(venue_order_ids: Sequence[str]) -> Callable[[object], CancelOutcome]:
    """Reads an answer to the cancel of these orders: each named once, and the least certain of them decides."""
    return partial(_read_cancels, tuple(venue_order_ids))


def _read_cancels(venue_order_ids: tuple[str, ...], document: object) -> CancelOutcome:
    if (said := problem(document)) is not None:
        verdict = REFUSALS.of(said[0])
        if verdict is Verdict.UNKNOWN:
            return Unknown(f"Coinbase answered {shown(said[0])}, which does not tell whether the cancel was taken")
        return CancelRefused(shown(said[0]), is_temporary=verdict is Verdict.REFUSED_FOR_NOW)
    answered = records(record(document).get("results"), "the results")
    if sorted(text(one, "order_id") for one in answered) != sorted(venue_order_ids):
        raise NotAnAnswer("results of other orders than asked")
    outcomes = [_cancelled(one) for one in answered]
    for kind in (Unknown, CancelRefused):
        for outcome in outcomes:
            if isinstance(outcome, kind):
                return outcome
    return CancelAccepted()


def _cancelled(one: Mapping[str, object]) -> CancelOutcome:
    if flag(one, "success"):
        return CancelAccepted()
    reason = text(one, "failure_reason")
    if reason == _CANCEL_UNDER_WAY:
        return CancelAccepted()
    if reason in _NOTHING_TO_CANCEL or reason in _CANCEL_REFUSED:
        return CancelRefused(reason)
    return Unknown(f"Coinbase answered {shown(reason)}, which does not tell whether the cancel was taken")
