"""Rows of the tables: sales, orders, fills, slices, events, each as cells of plain text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from desk.sale.lifecycle import SaleState
from desk.snapshot.model import ApprovalView, EventView, FillView, OrderView, SaleView, SliceView
from desk.units import show_btc, show_money
from widgets.panels.events import is_loud
from widgets.panels.sales import ON_TRACK, amount
from widgets.picture import Picture
from widgets.rows import MOST, Cell, Column, Row
from widgets.words import day, day_hm, hms, price, share, versus_twap

SALES = (
    Column("sale"),
    Column("state"),
    Column("BTC", True),
    Column("sold", True),
    Column("average", True),
    Column("against TWAP"),
    Column("signed"),
    Column("window"),
    Column("reason"),
)
ORDERS = (
    Column("time"),
    Column("slice", True),
    Column("state"),
    Column("type"),
    Column("limit", True),
    Column("BTC", True),
    Column("filled", True),
    Column("error"),
)
FILLS = (
    Column("time"),
    Column("#", True),
    Column("BTC", True),
    Column("price", True),
    Column("as"),
    Column("fee", True),
)
SLICES = (Column("#", True), Column("state"), Column("due"), Column("planned", True), Column("filled", True))
EVENTS = (Column("#", True), Column("time"), Column("what"), Column("subject"), Column("by"), Column("text"))
SIGNATURES = (Column("who"), Column("as"), Column("counts"), Column("signed"), Column("because"))

SHORT = "over, short"
"""A slice whose time is over and that sold less than it was to."""
MOST_CHARS = 24
LOUD_STATES = {"unknown", "refused"}
DONE_STATES = {"filled", "cancelled", "expired", "done"}


def sales(picture: Picture) -> list[Row]:
    """Newest id first."""
    return [_sale(picture, sale) for sale in sorted(picture.snapshot.sales, key=lambda sale: sale.id, reverse=True)]


def _sale(picture: Picture, sale: SaleView) -> Row:
    window = f"{day_hm(picture, sale.opens)} – {day_hm(picture, sale.closes)}" if sale.opens and sale.closes else "—"
    average = "—" if sale.average is None else show_money(sale.average)
    cells = (
        Cell(sale.id, "strong"),
        Cell(str(sale.state), _state_tone(sale.state)),
        Cell(amount(sale).removesuffix(" BTC")),
        Cell(share(sale.done), "strong"),
        Cell(average),
        Cell(versus_twap(sale.slippage_vs_twap).removesuffix(" vs TWAP")),
        Cell(f"{sale.signed} of {sale.needed}", "strong" if sale.state is SaleState.STAGED else "muted"),
        Cell(window, "muted"),
        Cell("" if sale.state in ON_TRACK else sale.reason, "muted"),
    )
    return sale.id, cells


def _state_tone(state: SaleState) -> str:
    return "accent" if state is SaleState.WORKING else "muted" if state.is_final else "strong"


def orders(picture: Picture, views: Iterable[OrderView]) -> list[Row]:
    """Newest first."""
    newest = sorted(views, key=lambda order: order.created, reverse=True)[:MOST]
    return [_order(picture, order) for order in newest]


def _order(picture: Picture, order: OrderView) -> Row:
    tone = "harm" if order.state in LOUD_STATES else "muted" if order.state in DONE_STATES else "accent"
    cells = (
        Cell(hms(picture, order.created), "muted"),
        Cell(f"{order.slice}.{order.attempt}"),
        Cell(order.state, tone),
        Cell(order.type, "muted"),
        Cell(price(order.limit_price)),
        Cell(show_btc(order.quantity)),
        Cell(show_btc(order.filled), "strong" if order.filled else "muted"),
        Cell(order.last_error, "harm"),
    )
    return order.client_order_id, cells


def fills(picture: Picture, views: Iterable[FillView]) -> list[Row]:
    """Newest first."""
    newest = sorted(views, key=lambda fill: fill.executed, reverse=True)[:MOST]
    return [
        (
            f"{fill.venue}/{fill.trade_id}",
            (
                Cell(hms(picture, fill.executed), "muted"),
                Cell(str(fill.slice)),
                Cell(show_btc(fill.quantity), "strong"),
                Cell(price(fill.price)),
                Cell(fill.liquidity, "muted"),
                Cell(f"{show_money(fill.fee)} {fill.fee_currency}", "muted"),
            ),
        )
        for fill in newest
    ]


def slices(picture: Picture, views: Iterable[SliceView]) -> list[Row]:
    """In the order they are due."""
    tones = {"working": "accent", "due": "accent", SHORT: "harm", "done": "muted"}
    return [
        (
            str(item.index),
            (
                Cell(str(item.index)),
                Cell(_outcome(item), tones.get(_outcome(item), "plain")),
                Cell(hms(picture, item.due), "muted"),
                Cell(show_btc(item.planned)),
                Cell(show_btc(item.filled), "strong" if item.filled else "muted"),
            ),
        )
        for item in list(views)[:MOST]
    ]


def _outcome(item: SliceView) -> str:
    """The state in words. The desk calls a slice missed when the sale was behind at its end, whatever it sold."""
    if item.state != "missed":
        return item.state
    return "done" if item.filled >= item.planned else SHORT


def events(picture: Picture, views: Iterable[EventView], is_narrow: bool = False) -> list[Row]:
    """As given, newest first from whoever asks. The text is what one came for: the other columns yield to it."""
    kind, subject, actor = (16, 11, 6) if is_narrow else (MOST_CHARS, 14, 10)
    when = day_hm if is_narrow else _day_hms
    return [
        (
            str(event.seq),
            (
                Cell(f"{event.seq}", "muted"),
                Cell(when(picture, event.at), "muted", _day_hms(picture, event.at)),
                _short(event.kind, kind, "harm" if is_loud(event) else "strong"),
                _short(event.subject, subject),
                _short(event.actor, actor),
                Cell(event.text),
            ),
        )
        for event in list(views)[:MOST]
    ]


def _day_hms(picture: Picture, moment: datetime) -> str:
    return f"{day(picture, moment)} {hms(picture, moment)}"


def _short(text: str, most: int, tone: str = "plain") -> Cell:
    return Cell(text, tone) if len(text) <= most else Cell(f"{text[: most - 1]}…", tone, text)


def signatures(picture: Picture, views: Iterable[ApprovalView]) -> list[Row]:
    """In the order they were given."""
    return [
        (
            f"{view.principal}/{view.role}/{view.signed_at.isoformat()}",
            (
                Cell(view.principal, "strong"),
                Cell(view.role, "muted"),
                Cell("yes" if view.counts else "no", "plain" if view.counts else "strong"),
                Cell(day_hm(picture, view.signed_at), "muted"),
                Cell(view.why_not, "muted"),
            ),
        )
        for view in views
    ]


def matching(rows: list[Row], words: str) -> list[Row]:
    """Rows that hold every word of the filter somewhere, whatever the case."""
    wanted = words.lower().split()
    return [row for row in rows if all(word in " ".join(cell.said for cell in row[1]).lower() for word in wanted)]
