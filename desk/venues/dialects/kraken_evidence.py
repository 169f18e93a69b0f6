"""What Kraken's own documents prove about a create or a cancel.

Every reply is `{"error": [...], "result": ...}`. A text is in the table as a refusal only if the order cannot have
been booked (Kraken's page of error messages and ccxt's own list name them). `EService:Timeout`, `EService:Busy`,
`EService:Unavailable` and the internal errors come from services that may already have passed the order on, so they
are unknown, as is every text that is not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from desk.venues.answer import NotAnAnswer, shown
from desk.venues.evidence import Refusals, Verdict
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
    "EOrder:Insufficient funds",
    "EOrder:Order minimum not met",
    "EOrder:Cost minimum not met",
    "EOrder:Tick size check failed",
    "EOrder:Orders limit exceeded",
    "EOrder:Invalid price",
    "EOrder:Invalid order",
    "EGeneral:Permission denied",
    "EGeneral:Invalid arguments",
    "EGeneral:Unknown method",
    "EAPI:Invalid key",
    "EAPI:Invalid signature",
    "EAPI:Feature disabled",
    "ESession:Invalid session",
    "EAuth:Account temporary disabled",
    "EAuth:Account unconfirmed",
    "EQuery:Unknown asset pair",
    "EQuery:Invalid asset pair",
    "EQuery:Unknown asset",
    "ETrade:User Locked",
)
_REFUSED_FOR_NOW = (
    "EOrder:Post only order",
    "EOrder:Rate limit exceeded",
    "EOrder:Domain rate limit exceeded",
    "EAPI:Rate limit exceeded",
    "EAPI:Invalid nonce",
    "EAuth:Rate limit exceeded",
    "EAuth:Too many requests",
    "EGeneral:Temporary lockout",
    "EGeneral:Too many requests",
    "EService:Deadline elapsed",
    "EService:Market in cancel_only mode",
    "EService:Market in post_only mode",
)
_UNKNOWN = (
    # Ours is always well formed, so a complaint about it means that an order of this id may be there already.
    "EGeneral:Invalid arguments:cl_ord_id",
    "EOrder:Duplicate order",
)
REFUSALS = Refusals(
    tuple((text, Verdict.REFUSED) for text in _REFUSED)
    + tuple((text, Verdict.REFUSED_FOR_NOW) for text in _REFUSED_FOR_NOW)
    + tuple((text, Verdict.UNKNOWN) for text in _UNKNOWN)
)
_NOTHING_TO_CANCEL = ("EOrder:Unknown order", "EOrder:Invalid order")
_CANCEL_UNDER_WAY = "EOrder:Cancel pending"


def envelope(document: object) -> tuple[tuple[str, ...], Mapping[str, object]]:
    """Errors (warnings left out) and result of a reply. Raises NotAnAnswer when it is not Kraken's."""
    if not isinstance(document, dict) or not isinstance(document.get("error"), list):
        raise NotAnAnswer("JSON that is not Kraken's")
    texts = document["error"]
    if not all(isinstance(text, str) and text for text in texts):
        raise NotAnAnswer("errors that are not texts")
    errors = tuple(text for text in texts if not text.startswith("W"))
    result = document.get("result")
    if result is not None and not isinstance(result, dict):
        raise NotAnAnswer("a result of another shape")
    return errors, result or {}


def read_create(document: object) -> CreateOutcome:
    """Placed with the venue's id, refused in words that are known, or unknown."""
    errors, result = envelope(document)
    venue_order_id = _transaction(result)
    if errors and venue_order_id is None:
        return _refusal(errors)
    if errors or venue_order_id is None:
        raise NotAnAnswer("neither one order id nor a refusal")
    return Placed(venue_order_id)


def read_cancel(document: object) -> CancelOutcome:
    """Accepted, refused (nothing there, or the request turned away), or unknown."""
    errors, result = envelope(document)
    if errors == (_CANCEL_UNDER_WAY,):
        return CancelAccepted()
    if errors:
        return _cancel_refusal(errors)
    count = result.get("count")
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise NotAnAnswer("no count of cancelled orders")
    return CancelAccepted() if count else CancelRefused("Kraken found nothing to cancel")


def read_cancel_all(document: object) -> CancelOutcome:
    """As `read_cancel`, but nothing there is as good as cancelled."""
    outcome = read_cancel(document)
    errors, _ = envelope(document)
    return CancelAccepted() if isinstance(outcome, CancelRefused) and not errors else outcome


def _refusal(errors: tuple[str, ...]) -> CreateOutcome:
    verdict = REFUSALS.of_all(errors)
    words = shown("; ".join(errors))
    if verdict is Verdict.UNKNOWN:
        return Unknown(f"Kraken answered {words}, which does not prove that nothing was placed")
    return Refused(words, is_temporary=verdict is Verdict.REFUSED_FOR_NOW)


def _cancel_refusal(errors: tuple[str, ...]) -> CancelOutcome:
    words = shown("; ".join(errors))
    if all(error in _NOTHING_TO_CANCEL for error in errors):
        return CancelRefused(words)
    verdict = REFUSALS.of_all(errors)
    if verdict is Verdict.UNKNOWN:
        return Unknown(f"Kraken answered {words}, which does not tell whether the cancel was taken")
    return CancelRefused(words, is_temporary=verdict is Verdict.REFUSED_FOR_NOW)


def _transaction(result: Mapping[str, object]) -> str | None:
    """The order's id: exactly one, a text without surprises."""
    ids = result.get("txid")
    if not isinstance(ids, list) or len(ids) != 1:
        return None
    (only,) = ids
    is_id = isinstance(only, str) and 0 < len(only) <= 64 and only.isascii() and only.replace("-", "").isalnum()
    return only if is_id else None
