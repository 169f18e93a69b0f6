"""`desk status --json`: the picture of the desk as one document: amounts as text, times ISO-8601 UTC, ages in s."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.snapshot.loan_json import loans_json
from desk.snapshot.model import DeskSnapshot, SaleView, VenueView, WaitingItem
from desk.snapshot.treasury_json import holdings_json
from desk.units import btc_text, decimal_text

Document = dict[str, Any]


def status_json(desk: DeskSnapshot) -> Document:
    """What `desk status` says, for programs; only unfinished sales."""
    return {
        "desk": desk.desk_name,
        "is_demo": desk.is_demo,
        "speed": desk.speed,
        "time": iso(desk.taken),
        **_trust(desk),
        "venues": [_venue(venue) for venue in desk.venues],
        "holdings": holdings_json(desk),
        "loans": loans_json(desk),
        "funding": {
            "line": desk.funding.line,
            "gap": _text(desk.funding.gap),
            "gap_on": desk.funding.next_gap_on.isoformat() if desk.funding.next_gap_on else None,
            "gap_on_that_day": _text(desk.funding.first_short),
            "gap_deepest_on": desk.funding.deepest_on.isoformat() if desk.funding.deepest_on else None,
        },
        "sales": [_sale(sale) for sale in desk.sales if not sale.state.is_final],
        "waiting": [_waiting(item) for item in desk.waiting],
        "problems": list(desk.problems),
    }


def _trust(desk: DeskSnapshot) -> Document:
    """Whether the rest can be believed: daemon, halt, price, audit."""
    daemon, halt, price, audit = desk.daemon, desk.halt, desk.price, desk.audit
    return {
        "daemon": {
            "state": daemon.state,
            "age_s": _seconds(daemon.age_s),
            "pid": daemon.pid,
            "epoch": daemon.epoch,
            "active_sales": daemon.working,
        },
        "halt": None
        if halt is None
        else {
            "reason": halt.reason,
            "actor": halt.actor,
            "since": _time(halt.since),
            "signatures": halt.rearm_signatures,
            "needed": halt.rearm_needed,
            "signed_by": list(halt.rearm_signers),
        },
        "price": {
            "symbol": price.symbol,
            "venue": price.venue,
            "mid": _text(price.mid),
            "age_s": _seconds(price.age_s),
            "is_stale": price.is_stale,
        },
        "audit": {
            "head_seq": audit.head_seq,
            "head_hash": audit.head_hash,
            "checkpoint_seq": audit.checkpoint_seq,
            "checkpoint_age_s": _seconds(audit.checkpoint_age_s),
        },
    }


def _venue(venue: VenueView) -> Document:
    return {
        "name": venue.name,
        "exchange": venue.exchange,
        "symbol": venue.symbol,
        "is_reachable": venue.is_reachable,
        "book_age_s": _seconds(venue.book_age_s),
        "balance_age_s": _seconds(venue.balance_age_s),
        "last_error": venue.last_error,
    }


def _sale(sale: SaleView) -> Document:
    return {
        "id": sale.id,
        "state": str(sale.state),
        "btc": btc_text(sale.quantity),
        "filled_btc": btc_text(sale.filled),
        "open_btc": btc_text(sale.open),
        "unknown_btc": btc_text(sale.unknown),
        "signed": sale.signed,
        "needed": sale.needed,
        "reason": sale.reason,
    }


def _waiting(item: WaitingItem) -> Document:
    return {
        "kind": item.kind,
        "ref": item.ref,
        "title": item.title,
        "detail": item.detail,
        "due": _time(item.due),
    }


def _seconds(age_s: float | None) -> str | None:
    """Ages are measured, not exact: tenths of a second are plenty."""
    return None if age_s is None else f"{age_s:.1f}"


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)
