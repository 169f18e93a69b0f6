"""The order book around the spread, with our own resting order marked."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import BookView, SaleDetail
from desk.units import Price, Sats, show_btc
from widgets.layout import Lines, columns
from widgets.words import ACCENT, HARM, MUTED, STALE, STRONG, price, say

Levels = tuple[tuple[Price, Sats], ...]


def lines(detail: SaleDetail | None, width: int, height: int) -> Lines:
    """Asks above bids, the best of both in the middle; our order is marked ◂ with its own line if between levels."""
    book = detail.book if detail else None
    if detail is None or book is None or not (book.bids or book.asks):
        return [say("no book yet", MUTED)]
    side = max((height - 1) // 2, 1)
    mine = detail.sale.resting
    asks = [_level(book, at, size, mine, is_ask=True) for at, size in _with_mine(book.asks, mine, detail, side)]
    bids = [_level(book, at, size, None, is_ask=False) for at, size in book.bids[:side]]
    rows = [*reversed(asks), _spread(book), *bids]
    return columns(rows, "rrl", width)


def _with_mine(asks: Levels, mine: Price | None, detail: SaleDetail, most: int) -> list[tuple[Price, Sats]]:
    """The best asks, ours always among them: alone at the far end, or where the book has not caught up with it."""
    levels = list(asks)
    if mine is None:
        return levels[:most]
    if all(at != mine for at, _ in levels):
        levels = sorted([*levels, (mine, detail.sale.open)])
    place = next(index for index, (at, _) in enumerate(levels) if at == mine)
    return levels[:most] if place < most else [*levels[: most - 1], levels[place]]


def _level(book: BookView, at: Price, size: Sats, mine: Price | None, *, is_ask: bool) -> list[Content]:
    ours = mine is not None and at == mine
    style = STALE if book.is_stale else f"{STRONG} {ACCENT}" if ours else "" if is_ask else MUTED
    return [say(price(at), style), say(show_btc(size, 4), style), say("◂ ours" if ours else "", ACCENT)]


def _spread(book: BookView) -> list[Content]:
    if book.is_stale:
        return [say("stale", HARM), say(f"{book.age_s:.0f} s", HARM), say("")]
    if not book.bids or not book.asks:
        return [say("one side only", HARM), say(""), say("")]
    return [say("spread", MUTED), say(price(book.asks[0][0] - book.bids[0][0]), MUTED), say("")]
