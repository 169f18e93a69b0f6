"""What is owed against coins: LTV now and after the planned sales, and where the lender calls."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import LoanView
from desk.units import show_btc, show_millions, show_money
from widgets.charts.bar import limit_bar
from widgets.layout import Lines, fitting, sides
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STALE, STRONG, age, percent, say

EMPTY = say("no loan on record: desk loans import FILE", MUTED)


def full(picture: Picture, width: int) -> Lines:
    """Two lines a loan: what it is with its LTV; the bar with call and liquidation."""
    lines: Lines = []
    for loan in picture.snapshot.loans:
        lines += two_lines(picture, loan, width)
    return lines or [EMPTY]


def two_lines(picture: Picture, loan: LoanView, width: int) -> Lines:
    """Whose loan, how much of what, LTV now and after; then the bar with call and liquidation."""
    ltv = _ltv(picture, loan)
    known = [
        say(loan.lender, STRONG) + say(f"  {_debt(loan)}"),
        _illustrative(loan),
        say(f"on {show_btc(loan.collateral, 2)} BTC"),
    ]
    head = fitting(known, max(width - ltv.cell_length - 2, 12), "  ")
    limits = fitting(_limits(loan), max(width - 30, 20))
    bar = say("")
    if loan.ltv is not None:
        bar = limit_bar(loan.ltv, loan.call_ltv, loan.liquidation_ltv, width - limits.cell_length - 2)
    return [sides(head, ltv, width), sides(bar, limits, width) if bar else limits]


def short(picture: Picture, width: int) -> Lines:
    """One line a loan."""
    return [
        fitting([say(f"{loan.lender} ", STRONG) + _ltv(picture, loan), _illustrative(loan), *_limits(loan)], width)
        for loan in picture.snapshot.loans
    ] or [EMPTY]


def _illustrative(loan: LoanView) -> Content:
    return say("illustrative" if loan.is_illustrative else "", MUTED)


def _debt(loan: LoanView) -> str:
    return show_millions(loan.debt) if loan.currency == "USD" else f"{loan.currency} {show_money(loan.debt, 0)}"


def _ltv(picture: Picture, loan: LoanView) -> Content:
    """Now and after the planned sales; without a fresh price what it was at the last one."""
    if loan.ltv is None:
        return _last(picture, loan)
    style = HARM if loan.ltv >= loan.call_ltv else STRONG
    now = say("LTV ", MUTED) + say(percent(loan.ltv), style)
    if loan.ltv_after_sales is None or loan.ltv_after_sales == loan.ltv:
        return now
    return now + say(f" → {percent(loan.ltv_after_sales)}")


def _last(picture: Picture, loan: LoanView) -> Content:
    """'LTV was 72.8 % at 68,524, 12 min ago': dimmed, and never as if it still were so (P8)."""
    if loan.last_ltv is None or loan.last_price is None:
        return say("LTV not known", HARM)
    when = f"{age(picture.aged(picture.snapshot.price.age_s))} ago"
    return say(f"LTV was {percent(loan.last_ltv)} at {show_money(loan.last_price, 0)}, ", STALE) + say(when, HARM)


def _limits(loan: LoanView) -> list[Content]:
    call = say(f"call {show_money(loan.call_price, 0)}")
    if loan.ltv is not None and loan.ltv >= loan.call_ltv:
        call = call + say(" CALLED", HARM)
    elif loan.distance_to_call is not None:
        call = call + say(f" ({percent(loan.distance_to_call).replace('-', '−')})", MUTED)
    return [call, say(f"liquidation {show_money(loan.liquidation_price, 0)}", MUTED)]
