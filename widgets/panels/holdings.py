"""What is owned: the columns of bitcoin, sellable apart from all others (P10), and cash."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import CashView, HoldingsView
from desk.units import show_btc, show_millions, show_money
from widgets.charts.bar import part_bar
from widgets.layout import Lines, columns, fitting, sides
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STALE, STRONG, age, day_hm, say

EMPTY = say("no coins on record: desk holdings import FILE", MUTED)
Part = tuple[str, int, str, str]


def parts(view: HoldingsView) -> list[Part]:
    """(name, satoshis, glyph, style), in the order they are drawn."""
    return [
        ("sellable", view.sellable, "█", ACCENT),
        ("reserved", view.reserved, "▓", ""),
        ("pledged", view.pledged, "▒", MUTED),
        ("in transit", view.in_transit, "░", ""),
        ("unsettled", view.unsettled, "▚", MUTED),
        ("elsewhere", view.elsewhere, "·", MUTED),
    ]


def note(picture: Picture, _width: int) -> Content:
    """What stands beside the heading: the total, its value, and whether any of it is stale."""
    view = picture.snapshot.holdings
    if not view.total:
        return say("")
    value = say(f"  {show_millions(view.value)}", MUTED) if view.value is not None else say("")
    stale = say("  stale", HARM) if view.is_stale else say("")
    return say(f"{show_btc(view.total, 2)} BTC", _tone(view, STRONG)) + value + stale


def full(picture: Picture, width: int) -> Lines:
    """The bar, the columns with their glyphs, and cash."""
    view = picture.snapshot.holdings
    if not view.total:
        return [EMPTY, *cash_each(picture, width)]
    named = [part for part in parts(view) if part[1] or part[0] not in ("elsewhere", "unsettled")]
    rows = [
        [say(glyph, style), say(name), say(show_btc(sats), _tone(view, STRONG if name == "sellable" else ""))]
        for name, sats, glyph, style in named
    ]
    bar = part_bar([(sats, glyph, style) for _, sats, glyph, style in named], width)
    return [bar, *columns(rows, "llr", width), *cash_each(picture, width)]


def short(picture: Picture, width: int) -> Lines:
    """Two lines: total and value, then the bar with what may be sold."""
    view = picture.snapshot.holdings
    if not view.total:
        return [EMPTY]
    words = [
        say("sellable ", MUTED) + say(show_btc(view.sellable, 2), _tone(view, STRONG)),
        *(say(f"{name} ", MUTED) + say(show_btc(sats, 2)) for name, sats, _, _ in parts(view)[1:] if sats),
    ]
    told = fitting(words, width)
    bar = part_bar([(sats, glyph, style) for _, sats, glyph, style in parts(view)], 22 if width >= 50 else 0)
    return [sides(note(picture, width), bar, width), told]


def cash_each(picture: Picture, width: int) -> Lines:
    """Cash, a line for each balance."""
    rows = [[say(_figure(item), _cash_tone(item)), _where(item)] for item in picture.snapshot.holdings.cash[:3]]
    return columns(rows, "ll", width) or [say("no cash on record", MUTED)]


def cash_lines(picture: Picture, width: int) -> Lines:
    """Cash by currency; a stablecoin is never added to dollars."""
    cash = picture.snapshot.holdings.cash
    if not cash:
        return [say("no cash on record", MUTED)]
    return [say("cash ", MUTED) + fitting([_cash(item) for item in cash], width - 5)]


def places(picture: Picture, width: int) -> Lines:
    """Every place that holds coins, with the age of what is known about it."""
    rows = [
        [
            say(place.kind, MUTED),
            say(place.name, STALE if place.is_stale else ""),
            say(show_btc(place.sats), STALE if place.is_stale else ""),
            say(f"stale {age(picture.aged(place.age_s))}", HARM)
            if place.is_stale
            else say(_seen(picture, place.age_s)),
            say(place.note, MUTED),
        ]
        for place in picture.snapshot.holdings.places
    ]
    return columns(rows, "llrll", width) or [say("no place on record: desk holdings import FILE", MUTED)]


def cash_places(picture: Picture, width: int) -> Lines:
    """Every balance of money, with where it is and since when."""
    rows = [
        [
            say(item.currency),
            say(show_money(item.amount), STALE if item.is_stale else STRONG),
            say(item.where),
            say("stale", HARM) if item.is_stale else say(""),
            say(f"as of {day_hm(picture, item.as_of)}" if item.as_of else "age unknown", MUTED),
        ]
        for item in picture.snapshot.holdings.cash
    ]
    return columns(rows, "lrlll", width) or [say("no cash on record", MUTED)]


def _cash(item: CashView) -> Content:
    stale = say(" stale", HARM) if item.is_stale else say("")
    return say(_figure(item), _cash_tone(item)) + stale


def _figure(item: CashView) -> str:
    figure = show_millions(item.amount)
    return figure if item.currency == "USD" else f"{item.currency} {figure.replace('$', '')}"


def _cash_tone(item: CashView) -> str:
    return STALE if item.is_stale else STRONG


def _where(item: CashView) -> Content:
    return (say("stale ", HARM) if item.is_stale else say("")) + say(item.where, MUTED)


def _tone(view: HoldingsView, style: str) -> str:
    return STALE if view.is_stale else style


def _seen(picture: Picture, age_s: float | None) -> str:
    return "age unknown" if age_s is None else f"{age(picture.aged(age_s))} ago"
