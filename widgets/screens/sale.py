"""One sale: its curve as the hero, the book beside it, and slices, orders and fills as they happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.binding import Binding
from textual.containers import Container
from textual.widget import Widget

from desk.snapshot.model import SaleDetail, SaleView, SliceView
from widgets import tables
from widgets.charts.curve import CurveChart
from widgets.layout import Lines, fitting, flowing, sides
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import book, sales
from widgets.picture import Picture
from widgets.rows import Column, Row, Rows
from widgets.screens.desk import curve_words
from widgets.words import ACCENT, MUTED, STRONG, say

PANES = (
    ("orders", "Orders", tables.ORDERS),
    ("fills", "Fills", tables.FILLS),
    ("slices", "Slices", tables.SLICES),
    ("signatures", "Signatures", tables.SIGNATURES),
)


class SaleScreen(Page):
    """Opened over the mode it was asked for in; Escape returns there."""

    CSS_PATH = ["page.tcss", "sale.tcss"]
    BINDINGS = [
        Binding("right_square_bracket,o", "pane(1)", "Next table", id="sale.next", show=False),
        Binding("left_square_bracket", "pane(-1)", "Table before", id="sale.before", show=False),
    ]
    HELP = (
        "The area is what was sold, the line what was planned; the dashes are now. Below: orders, fills, slices and "
        "signatures; on a narrow terminal o (or ] and [) goes from one to the next. F7 shows the exact signed terms."
    )

    def __init__(self, sale_id: str) -> None:
        super().__init__()
        self.sale_id = sale_id
        self._pane = 0

    def body(self) -> Iterator[Widget]:
        yield Panel(self._head, id="head")
        yield Container(CurveChart(id="curve"), Container(Panel(self._book, id="book"), id="book-cell"), id="hero")
        yield Panel(self._tabs, id="tabs")
        yield Container(
            *(self._table(name, title, columns) for name, title, columns in PANES),
            id="panes",
        )

    def _table(self, name: str, title: str, columns: tuple[Column, ...]) -> Container:
        def words(_picture: Picture, _width: int) -> Lines:
            return [say(title.upper(), STRONG)]

        return Container(Panel(words, classes="title"), Rows(columns, id=name), id=f"pane-{name}", classes="pane")

    def on_mount(self) -> None:
        self._choose(0)

    def paint(self, picture: Picture) -> None:
        detail = self.detail
        if detail is None:
            return
        self.query_one(CurveChart).show(detail.curve, picture.snapshot.taken, curve_words(picture, detail.sale))
        found: dict[str, list[Row]] = {
            "orders": tables.orders(picture, detail.orders),
            "fills": tables.fills(picture, detail.fills),
            "slices": tables.slices(picture, detail.slices),
            "signatures": tables.signatures(picture, detail.approvals),
        }
        for name, rows in found.items():
            self.query_one(f"#{name}", Rows).show(rows)
        self._follow(detail.slices)

    def _follow(self, slices: Sequence[SliceView]) -> None:
        """Keep the slice at work in sight, unless the person is looking through the table."""
        table = self.query_one("#slices", Rows)
        current = next((item for item in slices if item.state in {"working", "due", "pending"}), None)
        if current is not None and self.focused is not table:
            table.choose(str(current.index))

    def wanted_focus(self) -> str | None:
        return self.sale_id

    def chosen_sale(self) -> SaleView | None:
        return self.picture.sale(self.sale_id) if self.picture else None

    def action_pane(self, step: int) -> None:
        self._choose((self._pane + step) % len(PANES))

    def _choose(self, index: int) -> None:
        self._pane = index
        for at, (name, _, _) in enumerate(PANES):
            self.query_one(f"#pane-{name}").set_class(at == index, "-chosen")
        self.query_one(f"#{PANES[index][0]}").focus()
        if self.picture:
            self.query_one("#tabs", Panel).show(self.picture)

    def _head(self, picture: Picture, width: int) -> Lines:
        sale = self.chosen_sale()
        if sale is None:
            return [say(f"{self.sale_id} is not in the last picture", MUTED)]
        what = f"sell {sales.amount(sale)} for {sale.quote} at {sale.venue}"
        left = say(sale.id, STRONG) + say(f"  {what}  ") + sales.state(picture, sale)
        lines = [sides(left, say("Escape returns", MUTED), width)]
        rest = [say(f"{label} ", MUTED) + value for label, value in sales.facts(picture, sale)]
        lines.append(fitting(rest, width, "   "))
        if len(rest) > 3:
            shown = lines[-1].plain
            lines.append(fitting([part for part in rest if part.plain not in shown], width, "   "))
        if self.detail:
            lines += signed_terms(self.detail, width)
        if self.detail and self.detail.effect and not self.is_narrow:
            lines += flowing([say(part, MUTED) for part in self.detail.effect], width)[:2]
        return [line for line in lines if line]

    def _tabs(self, _picture: Picture, _width: int) -> Lines:
        names = [
            say(title, f"{STRONG} {ACCENT}" if at == self._pane else MUTED) for at, (_, title, _) in enumerate(PANES)
        ]
        return [say("  ").join(names) + say("    o next", MUTED)]

    def _book(self, _picture: Picture, width: int) -> Lines:
        return book.lines(self.detail, width, self.query_one("#book-cell").size.height)


def signed_terms(detail: SaleDetail, width: int) -> Lines:
    """Limits, purpose and people of the signed terms in two or three lines; F7 shows their exact bytes."""
    _, when, limits, purpose, *_ = (*detail.lines, "", "", "", "")
    who = [one.principal for one in detail.approvals if one.counts]
    signed = f"signed {detail.sale.signed} of {detail.sale.needed}" + (f" by {', '.join(who)}" if who else "")
    lines = [fitting([say(part, MUTED) for part in limits.split(" · ")], width)]
    asked, *people = purpose.split(" · ")
    if not (detail.sale.opens and detail.sale.closes):
        lines.append(fitting([say(when, MUTED)], width))
    lines.append(fitting([say(asked), say(signed), *(say(part, MUTED) for part in people)], width))
    return lines
