"""`desk status`: the picture of the desk in a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from desk.snapshot.model import DeskSnapshot, LoanView, SaleView
from desk.snapshot.words import moment_text, percent, signed_percent
from desk.units import show_btc, show_millions, show_money


def status_lines(desk: DeskSnapshot) -> tuple[str, ...]:
    """What a person wants to know first, most pressing first within each line's subject."""
    return tuple(_lines(desk))


def _lines(desk: DeskSnapshot) -> Iterator[str]:
    demo = f"  DEMO ×{desk.speed}" if desk.is_demo else ""
    yield f"{desk.desk_name}{demo}  {moment_text(desk.taken, desk.zone)}"
    yield f"daemon    {_daemon(desk)}"
    halt = desk.halt
    yield f"halt      {f'HALTED by {halt.actor}: {halt.reason}' if halt else 'off'}"
    for venue in desk.venues:
        state = {True: "reachable", False: "NOT reachable", None: "never reached"}[venue.is_reachable]
        ages = f"book {_age(venue.book_age_s)}, balance {_age(venue.balance_age_s)}"
        error = f", {venue.last_error}" if venue.last_error else ""
        yield f"venue     {venue.name} {venue.symbol} {state}, {ages}{error}"
    yield f"price     {_price(desk)}"
    held = desk.holdings
    stale = "  STALE" if held.is_stale else ""
    yield f"holdings  {show_btc(held.total, 2)} BTC, sellable {show_btc(held.sellable, 2)}{stale}"
    yield f"mining    {_mining(desk)}"
    yield f"funding   {desk.funding.line}"
    for loan in desk.loans:
        yield f"loan      {_loan(loan)}"
    for sale in desk.sales:
        if not sale.state.is_final:
            yield f"sale      {_sale(sale)}"
    head = desk.audit
    anchored = (
        f"checkpoint at {head.checkpoint_seq}, {_age(head.checkpoint_age_s)}" if head.checkpoint_seq else "UNANCHORED"
    )
    yield f"audit     event {head.head_seq} {head.head_hash[:16]}, {anchored}"
    for problem in desk.problems:
        yield f"problem   {problem}"
    for item in desk.waiting:
        due = f", until {moment_text(item.due, desk.zone)}" if item.due else ""
        yield f"waiting   {item.ref}: {item.title}; {item.detail}{due}"
    if not desk.waiting:
        yield "waiting   nothing waits for anybody"


def _daemon(desk: DeskSnapshot) -> str:
    view = desk.daemon
    if view.state == "stopped":
        return "stopped: desk daemon starts it" if view.age_s is None else f"stopped, last seen {_age(view.age_s)}"
    who = f"process {view.pid}, epoch {view.epoch}" if view.pid else "no heartbeat yet"
    word = "HUNG, holds the lock" if view.state == "hung" else view.state
    return f"{word}, {who}, heartbeat {_age(view.age_s)}, {view.working} active sales"


def _price(desk: DeskSnapshot) -> str:
    view = desk.price
    if view.mid is None:
        return "not known"
    stale = "STALE " if view.is_stale else ""
    return f"{view.symbol} {show_money(view.mid)} at {view.venue}, {stale}{_age(view.age_s)}"


def _mining(desk: DeskSnapshot) -> str:
    view = desk.mining
    if view.latest is None:
        return view.missing or "nothing on record"
    expected = f" of {show_btc(view.latest.expected, 2)} expected" if view.latest.expected is not None else ""
    stale = ", STALE" if view.is_stale else ""
    day, month = view.latest, show_btc(view.month_to_date, 2)
    return f"{day.day} {show_btc(day.sats, 2)} BTC{expected}, month to date {month}{stale}"


def _loan(loan: LoanView) -> str:
    said = " (illustrative)" if loan.is_illustrative else ""
    ltv = "LTV not known" if loan.ltv is None else f"LTV {percent(loan.ltv)}"
    after = f" → {percent(loan.ltv_after_sales)} after sales" if loan.ltv_after_sales not in (None, loan.ltv) else ""
    away = f" ({signed_percent(loan.distance_to_call)})" if loan.distance_to_call is not None else ""
    owed = show_millions(loan.debt) if loan.currency == "USD" else f"{show_money(loan.debt, 0)} {loan.currency}"
    return f"{loan.lender}{said} {owed}, {ltv}{after}, call at {show_money(loan.call_price, 0)}{away}"


def _sale(sale: SaleView) -> str:
    done = f"{int(sale.done * 100)} % of {show_btc(sale.quantity, 2)} BTC"
    signed = f", {sale.signed} of {sale.needed} signatures" if sale.state == "staged" else ""
    unknown = f", {show_btc(sale.unknown)} BTC UNKNOWN" if sale.unknown else ""
    reason = f", {sale.reason}" if sale.reason else ""
    return f"{sale.id} {sale.state}, {done}{signed}{unknown}{reason}"


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    return f"{seconds:.1f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago"
