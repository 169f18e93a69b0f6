"""Rows of the tables: sales, orders, fills, slices, events, each as cells of plain text."""

from __future__ import annotations

from collections.abc import Iterable

from desk.sale.lifecycle import SaleState
from desk.snapshot.model import ApprovalView, EventView, FillView, OrderView, SaleView, SliceView
from desk.units import show_btc, show_money
from widgets.panels.events import is_loud
from widgets.panels.sales import amount
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
        Cell(sale.reason, "muted"),
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
    tones = {"working": "accent", "due": "accent", "missed": "harm", "done": "muted"}
    return [
        (
            str(item.index),
            (
                Cell(str(item.index)),
                Cell(item.state, tones.get(item.state, "plain")),
                Cell(hms(picture, item.due), "muted"),
                Cell(show_btc(item.planned)),
                Cell(show_btc(item.filled), "strong" if item.filled else "muted"),
            ),
        )
        for item in list(views)[:MOST]
    ]


def events(picture: Picture, views: Iterable[EventView]) -> list[Row]:
    """As given, newest first from whoever asks."""
    return [
        (
            str(event.seq),
            (
                Cell(f"{event.seq}", "muted"),
                Cell(f"{day(picture, event.at)} {hms(picture, event.at)}", "muted"),
                Cell(event.kind, "harm" if is_loud(event) else "strong"),
                Cell(event.subject),
                Cell(event.actor),
                Cell(event.text),
            ),
        )
        for event in list(views)[:MOST]
    ]


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
    return [row for row in rows if all(word in " ".join(cell.text for cell in row[1]).lower() for word in wanted)]
