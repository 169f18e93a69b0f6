"""Lots in words and rows: by age, by cost or by gain, with what staged sales would take of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from textual.content import Content

from desk.snapshot.lots_view import LotLine, LotsView
from desk.units import show_btc, show_millions, show_money
from widgets.layout import Lines, fitting, wrapped
from widgets.picture import Picture
from widgets.rows import Cell, Column, Row
from widgets.words import HARM, MUTED, STRONG, coins, day_hm, say

COLUMNS = (
    Column("lot"),
    Column("acquired"),
    Column("days", True),
    Column("BTC", True),
    Column("cost $", True),
    Column("a coin $", True),
    Column("value $", True),
    Column("gain $", True),
    Column("place"),
    Column("goes to"),
)
SHORT_COLUMNS = (
    Column("lot"),
    Column("days", True),
    Column("BTC", True),
    Column("a coin $", True),
    Column("gain $", True),
    Column("goes to"),
)
_SHORT = (0, 2, 3, 5, 7, 9)
_MOST_OF_NAME, _MOST_OF_PLACE = 22, 20
_LAST = Decimal("Infinity")
Key = Callable[[LotLine], tuple[Decimal, str]]
ORDERS: dict[str, tuple[str, Key]] = {
    "age": ("oldest first", lambda line: (Decimal(line.acquired.timestamp()), line.lot)),
    "cost": ("dearest first", lambda line: (_LAST if line.unit_cost is None else -line.unit_cost, line.lot)),
    "gain": ("largest gain first", lambda line: (_LAST if line.gain is None else -line.gain, line.lot)),
}


def rows(picture: Picture, view: LotsView, order: str) -> list[Row]:
    """A row for what is left of a lot at each place."""
    today = picture.snapshot.taken.date()
    return [_row(picture, line, today) for line in sorted(view.lines, key=ORDERS[order][1])]


def shortened(found: Sequence[Row]) -> list[Row]:
    """The columns a narrow terminal has room for, whole; a row opened has all of them."""
    return [(key, (_brief(cells[0]), *(cells[at] for at in _SHORT[1:]))) for key, cells in found]


def _brief(name: Cell) -> Cell:
    return Cell(_cut(name.said, 17), name.tone, name.said)


def _row(picture: Picture, line: LotLine, today: date) -> Row:
    local = picture.local(line.acquired)
    gain = line.gain
    place = line.place + (f", {line.restriction}" if line.restriction else "")
    return f"{line.lot}/{line.place}", (
        Cell(_cut(line.lot, _MOST_OF_NAME), "strong", line.lot),
        Cell(f"{local.day} {local:%b %y}", "muted"),
        Cell(f"{(today - line.acquired.date()).days}", "muted"),
        Cell(show_btc(line.sats, 2), "plain", show_btc(line.sats)),
        Cell(_whole(line.cost), "plain", "not known" if line.cost is None else show_money(line.cost)),
        Cell(_whole(line.unit_cost), "muted"),
        Cell(_whole(line.value)),
        Cell(_whole(gain), "harm" if gain is not None and gain < 0 else "plain"),
        Cell(_cut(line.restriction or line.place, _MOST_OF_PLACE), "muted" if line.restriction else "plain", place),
        Cell(
            ", ".join(f"{sale} {show_btc(sats, 2)}" for sale, sats in line.takes),
            "accent",
            ", ".join(f"{sale} {coins(sats)}" for sale, sats in line.takes),
        ),
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _whole(amount: Decimal | None) -> str:
    return "—" if amount is None else show_money(amount, 0).replace("-", "−")


def head(picture: Picture, view: LotsView, order: str, width: int) -> Lines:
    """The sum, the rule, the mark all is valued by with its age, and what each sale would take."""
    cost, value = view.cost, view.value
    parts = [
        say("LOTS  ", STRONG) + say(f"{len(view.lines):,}, {ORDERS[order][0]}", MUTED),
        say(f"{show_btc(view.sats, 2)} BTC", STRONG),
        say("cost not known of all" if cost is None else f"cost {show_millions(cost)}"),
        say("") if value is None else say(f"value {show_millions(value)}"),
        say("") if cost is None or value is None else _gain(value - cost),
        say("illustrative" if any(line.is_illustrative for line in view.lines) else "", MUTED),
    ]
    lines = [fitting(parts, width)]
    if view.price is None:
        marked = say(f"no value: {view.missing}", HARM)
    else:
        when = f" of {day_hm(picture, view.price_time)}" if view.price_time else ""
        marked = say(f"valued at the mark {show_money(view.price)}{when}, {view.price_source}", MUTED)
    lines.append(
        fitting([say(f"relief by {view.method.upper()}"), marked, say(f"as of event {view.head:,}", MUTED)], width)
    )
    for sale in view.sales:
        lines.append(fitting(_taken(sale.sale, sale.sats, sale.lots, sale.cost, sale.uncovered, view.method), width))
    return lines + [part for text in view.problems[:2] for part in wrapped(say(f"! {text}", HARM), width)]


def _taken(sale: str, sats: int, lots: int, cost: Decimal | None, uncovered: int, method: str) -> list[Content]:
    """What is left of a sale and the lots it would take, were it sold now."""
    parts = [
        say(f"{sale} ", STRONG)
        + say(f"{coins(sats)} BTC to sell take {lots} {'lot' if lots == 1 else 'lots'} by {method.upper()}")
    ]
    if cost is not None:
        parts.append(say(f"that cost {show_millions(cost)}", MUTED))
    if uncovered:
        parts.append(say(f"{coins(uncovered)} BTC have no lot there", HARM))
    return parts


def _gain(gain: Decimal) -> Content:
    word = "gain" if gain >= 0 else "loss"
    return say(f"unrealised {word} {show_millions(abs(gain))}", "" if gain >= 0 else HARM)
