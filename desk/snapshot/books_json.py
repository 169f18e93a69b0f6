"""The books as documents: what `desk books` and `desk reconcile` print with --json, and make their tables of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from desk.clock import iso
from desk.treasury.books import Books
from desk.treasury.breaks import Break
from desk.treasury.coin_records import Explanation
from desk.treasury.months import end_of, last_day
from desk.treasury.observed import PlaceState
from desk.treasury.published import PublishedRoll
from desk.treasury.reconcile import Totals, VenueWays
from desk.treasury.rollforward import Amount, Entry, Roll, RollLine
from desk.treasury.venue_cash import CashWay
from desk.units import Money, btc_text, decimal_text

Document = dict[str, Any]


def month_json(books: Books, month: str, now: datetime) -> Document:
    """One month: its statement, the places, what does not agree; of a closed one what came later, too."""
    closed = books.closed.get(month)
    is_over = end_of(last_day(month)) <= now
    end = min(end_of(last_day(month)), now)
    published = books.published_month(month) if is_over else None
    state = "closed" if closed else "open" if is_over else "running"
    return {
        **_statement(books.month(month, now.date())),
        "state": state,
        "closed": None
        if closed is None
        else {"by": closed.closed_by, "at": iso(closed.closed_at), "digest": closed.digest},
        **_around(books, end),
        "published": None if published is None else _published(published),
        "breaks": _breaks_then(books, month, end, now.date()),
        "later_entries": [entry_json(entry) for entry in books.later_entries(month)],
    }


def day_json(books: Books, day: date, now: datetime) -> Document:
    """One UTC day."""
    return {**_statement(books.day(day)), **_around(books, min(end_of(day), now))}


def breaks_json(breaks: Iterable[Break], today: date) -> list[Document]:
    """Breaks with age, owner and the lines that explain them, the oldest first."""
    return [_break(one, today) for one in sorted(breaks, key=lambda one: (one.since, one.id))]


def reconcile_json(venues: Sequence[VenueWays], today: date, now: datetime) -> list[Document]:
    """Each venue's three ways, with what agrees and what does not."""
    return [
        {
            "venue": one.venue,
            "looked": iso(one.at),
            "age_s": max(0, int((now - one.at).total_seconds())),
            "since": iso(one.since),
            "ledger": _totals(one.ledger),
            "venue_trades": _totals(one.trades),
            "agreed": _totals(one.agreed),
            "pending": _totals(one.pending),
            "balance": {
                "since": iso(one.balance.first),
                "opening_btc": btc_text(one.balance.opening),
                "moved_btc": btc_text(one.balance.moved),
                "sold_btc": btc_text(-one.balance.sold),
                "fees_btc": btc_text(-one.balance.fees),
                "expected_btc": btc_text(one.balance.expected),
                "to_deliver_btc": btc_text(one.balance.owed),
                "seen_btc": btc_text(one.balance.seen),
                "difference_btc": btc_text(one.balance.difference),
            },
            "cash": [_cash(way) for way in one.cash.ways],
            "cash_missing": list(one.cash.missing),
            "breaks": breaks_json(one.breaks, today),
            "ok": one.is_whole,
        }
        for one in venues
    ]


def _cash(way: CashWay) -> Document:
    return {
        "currency": way.currency,
        "since": iso(way.first),
        "opening": decimal_text(way.opening),
        "moved": decimal_text(way.moved),
        "proceeds": decimal_text(way.proceeds),
        "fees": decimal_text(Money(-way.fees)),
        "expected": decimal_text(way.expected),
        "seen": decimal_text(way.seen),
        "difference": decimal_text(way.difference),
        "ok": way.agrees,
    }


def explanation_json(line: Explanation) -> Document:
    return {
        "id": line.id,
        "month": line.month,
        "day": None if line.day is None else line.day.isoformat(),
        "btc": btc_text(line.sats),
        "usd": money_text(line.usd),
        "text": line.text,
        "author": line.author,
        "about": line.about,
    }


def entry_json(entry: Entry) -> Document:
    """One entry, with the statement it follows from."""
    return {
        "ref": entry.ref,
        "at": iso(entry.at),
        "place": entry.place,
        "btc": btc_text(entry.sats),
        "usd": money_text(entry.usd),
        "note": entry.note or entry.missing,
        "late_of": entry.late_of or None,
    }


def money_text(amount: Money | None) -> str | None:
    return None if amount is None else decimal_text(amount)


def _statement(found: Roll) -> Document:
    return {
        "period": found.period,
        "opening": _amount(found.opening),
        "lines": [_line(line) for line in found.lines],
        "closing": _amount(found.closing),
        "fair_value_change_usd": money_text(found.fair_value_change),
        "missing": list(found.missing),
    }


def _around(books: Books, end: datetime) -> Document:
    return {
        "columns": {str(column): btc_text(sats) for column, sats in books.columns(end).items()},
        "places": [_place(state) for state in books.states(end)],
        "to_deliver": [
            {"block": one.id, "place": one.place, "btc": btc_text(one.sats), "by": one.by.isoformat()}
            for one in books.to_deliver(end)
        ],
        "at_places_btc": btc_text(sum(books.held(end).values()) + sum(one.sats for one in books.to_deliver(end))),
        "has_opening": books.has_opening,
        "begins": None if books.begins is None else books.begins.isoformat(),
    }


def _breaks_then(books: Books, month: str, end: datetime, today: date) -> list[Document]:
    """The month's breaks as of its end; of a published one, what is explained by now counts."""
    return breaks_json([one for one in books.breaks(end) if one.is_open or one.month == month], today)


def _amount(amount: Amount) -> Document:
    return {"btc": btc_text(amount.sats), "usd": money_text(amount.usd)}


def _line(line: RollLine) -> Document:
    return {
        "line": str(line.kind),
        "btc": btc_text(line.sats),
        "usd": money_text(line.usd),
        "entries": [entry_json(entry) for entry in line.entries],
    }


def _place(state: PlaceState) -> Document:
    seen = state.seen
    return {
        "place": state.place,
        "books_btc": btc_text(state.sats),
        "seen_btc": None if seen is None else btc_text(seen.sats),
        "seen_at": None if seen is None else iso(seen.at),
        "seen_by": None if seen is None else seen.source,
        "difference_btc": btc_text(state.difference) if seen is not None or state.difference else None,
    }


def _published(one: PublishedRoll) -> Document:
    return {
        "opening_btc": btc_text(one.roll.opening.sats),
        "produced_btc": btc_text(one.month.produced),
        "sold_btc": btc_text(-one.month.sold),
        "held_btc": btc_text(one.month.held),
        "difference_btc": btc_text(one.difference),
        "open_btc": btc_text(one.open),
        "source": one.month.source,
    }


def _break(one: Break, today: date) -> Document:
    return {
        "id": one.id,
        "kind": str(one.kind),
        "subject": one.subject,
        "btc": btc_text(one.sats),
        "open_btc": btc_text(one.open),
        "money": decimal_text(one.money) if one.money else None,
        "currency": one.currency or None,
        "is_open": one.is_open,
        "since": one.since.isoformat(),
        "age_days": one.age_days(today),
        "owner": one.owner or None,
        "text": one.text,
        "explained": [explanation_json(line) for line in one.explained],
    }


def _totals(found: Totals) -> Document:
    return {"trades": found.count, "btc": btc_text(found.sats), "proceeds": decimal_text(found.cost)}
