"""Terms, effects and times in people's words: what an approver reads beside the exact bytes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.sale.terms import PurposeKind, Terms
from desk.units import Price, btc_text, decimal_text, show_btc, show_money

_HUNDRED = Decimal(100)


def terms_lines(terms: Terms, zone: str) -> tuple[str, ...]:
    """The terms in a few plain lines; every limit that can stop the sale is named."""
    limits = terms.limits
    volume = (
        "no cap on share of volume"
        if limits.max_participation is None
        else f"≤ {percent(limits.max_participation)} of volume"
    )
    return (
        f"Sell {show_btc(terms.quantity)} BTC for {terms.quote} at {_venues(terms)}",
        f"{_window(terms, zone)}, {_schedule(terms)}",
        f"never below {show_money(limits.floor)} · slippage ≤ {decimal_text(limits.max_slippage)} bps · {volume}"
        f" · ≤ {percent(limits.max_depth_share)} of visible depth",
        f"{_purpose(terms)} · staged by {terms.stager} {clock_text(terms.staged_at, zone, terms.reference_at)}"
        f" · approval ends {moment_text(terms.approval_expires, zone)}",
        f"reference {show_money(terms.reference_price)} at {clock_text(terms.reference_at, zone)}"
        f" · tactic {terms.tactic}",
    )


def terms_facts(terms: Terms, window: tuple[datetime, datetime] | None, zone: str) -> dict[str, str]:
    """The terms as names and values; `window` is when the sale really opened and closes, once that is known."""
    limits = terms.limits
    when = _window(terms, zone)
    if window is not None:
        when = f"{moment_text(window[0], zone)} to {moment_text(window[1], zone)}"
    share = limits.max_participation
    return {
        "window": when,
        "schedule": f"{_schedule(terms)}, tactic {terms.tactic}",
        "venues": _venues(terms),
        "floor": f"never below {show_money(limits.floor)} {terms.quote}",
        "slippage": f"at most {decimal_text(limits.max_slippage)} bps",
        "share_of_volume": "no cap" if share is None else f"at most {percent(share)}",
        "share_of_depth": f"at most {percent(limits.max_depth_share)}",
        "purpose": _purpose(terms),
        "reference": f"{show_money(terms.reference_price)} at {moment_text(terms.reference_at, zone)}",
        "staged": f"by {terms.stager}, {moment_text(terms.staged_at, zone)}",
        "approval_ends": moment_text(terms.approval_expires, zone),
    }


def percent(bps: Decimal, places: int = 1) -> str:
    """Basis points as a percentage for people: 500 → '5 %', 7,297 → '73.0 %' with one place where it is not whole."""
    value = bps / _HUNDRED
    return f"{value:.0f} %" if value == value.to_integral_value() else f"{value:.{places}f} %"


def signed_percent(bps: Decimal, places: int = 1) -> str:
    """A change in basis points as a signed percentage with a real minus sign: '−8.8 %'."""
    value = bps / _HUNDRED
    return f"{'−' if value < 0 else '+'}{abs(value):.{places}f} %"


def moment_text(at: datetime, zone: str) -> str:
    """Day and minute with the zone's own name: 'Sat 7 Feb 15:00 UTC'."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M} {local.tzname()}"


def clock_text(at: datetime, zone: str, beside: datetime | None = None) -> str:
    """Hour and minute in the zone; the day too where it differs from the day of `beside`."""
    local = at.astimezone(ZoneInfo(zone))
    if beside is not None and beside.astimezone(ZoneInfo(zone)).date() != local.date():
        return f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"{local:%H:%M}"


def length_text(span: timedelta) -> str:
    """A duration for people: '6 h', '1 h 30 min', '45 s'."""
    seconds = int(span.total_seconds())
    parts = [
        (seconds // 86400, "d"),
        (seconds % 86400 // 3600, "h"),
        (seconds % 3600 // 60, "min"),
        (seconds % 60, "s"),
    ]
    said = [f"{count} {unit}" for count, unit in parts if count][:2]
    return " ".join(said) or "0 s"


def away_text(price: Price, limit: Price) -> str:
    """How far a price is above a limit, as a share of the price: '6.6 % away', or that it is already under."""
    gap = (price - limit) / price * 10_000
    return f"{percent(gap)} away" if gap > 0 else f"reached ({percent(-gap)} under)"


def _venues(terms: Terms) -> str:
    if len(terms.venues) == 1:
        share = terms.venues[0]
        return f"{share.venue} (account {share.account})"
    return ", ".join(f"{v.venue} (account {v.account}, at most {btc_text(v.cap)})" for v in terms.venues)


def _window(terms: Terms, zone: str) -> str:
    window = terms.window
    if window.opens is None:
        return f"from the last signature (by {moment_text(window.open_by, zone)}) for {length_text(window.over)}"
    closes = window.closes(window.opens).astimezone(ZoneInfo(zone))
    opens = window.opens.astimezone(ZoneInfo(zone))
    end = f"{closes:%H:%M}" if closes.date() == opens.date() else f"{closes:%a} {closes.day} {closes:%b %H:%M}"
    return f"between {opens:%a} {opens.day} {opens:%b %H:%M} and {end} {closes.tzname()}"


def _schedule(terms: Terms) -> str:
    schedule = terms.schedule
    slices = "1 slice" if schedule.slices == 1 else f"{schedule.slices} slices"
    jitter = f" ±{percent(Decimal(schedule.size_jitter_bps))}" if schedule.size_jitter_bps else ""
    return f"{slices}, {schedule.kind}{jitter}"


def _purpose(terms: Terms) -> str:
    if terms.purpose.kind is PurposeKind.GENERAL:
        return "for general purposes"
    return f"for {terms.purpose.kind}: {terms.purpose.ref}"
