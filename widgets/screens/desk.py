"""The whole business at a glance, in the order a person asks: what waits, what is needed, what may be sold, what is
being sold, what is made, what is owed, what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from textual import on
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList

from desk.snapshot.model import SaleView, WaitingItem
from desk.units import show_btc
from widgets.charts.curve import DONE_LEGEND, PLAN_LEGEND, CurveChart
from widgets.charts.line import LineChart
from widgets.layout import Lines, sides
from widgets.messages import OpenItem, OpenSale
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import events, funding, holdings, loans, mining, sales, waiting
from widgets.picks import Picks
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STRONG, age, say

Note = Callable[[Picture, int], Content]


class DeskScreen(Page):
    """Mode 1."""

    CSS_PATH = ["page.tcss", "desk.tcss"]
    HELP = (
        "What waits for you is the first list: Enter opens it, Escape comes back. Tab goes to the working sales, "
        "Enter opens one with its curve, orders and fills. l opens the lots that are behind the holdings. "
        "A figure that is past its limit is dimmed and says stale."
    )

    def body(self) -> Iterator[Widget]:
        yield _cell("waiting", "WAITING FOR YOU", "WAITING", Picks(id="waiting"))
        yield _cell("funding", "FUNDING", "FUNDING", Panel(funding.full, funding.short), note=funding.note)
        yield _cell("holdings", "HOLDINGS", "HOLDINGS", Panel(holdings.full, _held), note=holdings.note)
        yield _cell(
            "sales",
            "SALES WORKING",
            "SALES",
            Picks(id="working"),
            CurveChart(id="curve", classes="chart"),
            note=_legend,
        )
        yield _cell("price", "PRICE", "PRICE", LineChart(id="price", classes="chart"), note=_price_note)
        yield _cell("mining", "MINING", "MINING", Panel(mining.full, mining.short), note=mining.note)
        yield _cell("loans", "LOANS", "LOANS", Panel(loans.full, loans.short))
        yield _cell("events", "LATEST", "LATEST", Panel(events.lines, id="events"))

    def on_mount(self) -> None:
        self.query_one("#waiting").focus()

    def paint(self, picture: Picture) -> None:
        narrow = self.is_narrow
        form = waiting.short if narrow else waiting.full
        first = self.query_one("#waiting", Picks)
        room = first.room
        items = [(key, form(picture, item, room)) for key, item in keyed(picture.snapshot.waiting)]
        was_empty = not first.can_focus
        first.show(items, waiting.NOTHING)
        working = self.query_one("#working", Picks)
        said = sales.short if narrow else sales.full
        working.show([(sale.id, said(picture, sale, working.room)) for sale in picture.working], sales.EMPTY)
        if was_empty and self.focused is None:
            self.focus_first(first, working)
        self._charts(picture)

    def focus_first(self, *lists: Picks) -> None:
        """Focus starts on the first thing that waits, else on the first sale at work."""
        for candidate in lists:
            if candidate.can_focus:
                candidate.focus()
                return

    def _charts(self, picture: Picture) -> None:
        history = picture.snapshot.price.history
        ends = tuple(f"{picture.local(moment):%a %H:%M}" for moment, _ in (*history[:1], *history[-1:])) or ("", "")
        chart = self.query_one("#price", LineChart)
        chart.show(history, (ends[0], ends[-1]))
        chart.set_class(picture.snapshot.price.is_stale, "-stale")
        curve = self.query_one("#curve", CurveChart)
        curve.set_class(not picture.working, "-none")
        if self.detail:
            curve.show(self.detail.curve, picture.snapshot.taken, curve_words(picture, self.detail.sale))

    def wanted_focus(self) -> str | None:
        chosen = self.chosen_sale() if isinstance(self.focused, Picks) and self.focused.id == "working" else None
        if chosen:
            return chosen.id
        return self.picture.working[0].id if self.picture and self.picture.working else None

    def chosen_sale(self) -> SaleView | None:
        if self.picture is None or not isinstance(self.focused, Picks):
            return None
        if self.focused.id == "working":
            return self.picture.sale(self.focused.chosen or "")
        item = self._chosen_item()
        return self.picture.sale(item.ref) if item else None

    def _chosen_item(self) -> WaitingItem | None:
        key = self.query_one("#waiting", Picks).chosen
        items = self.picture.snapshot.waiting if self.picture else ()
        return next((item for other, item in keyed(items) if other == key), None)

    @on(OptionList.OptionSelected, "#working")
    def open_sale(self) -> None:
        sale = self.query_one("#working", Picks).chosen
        if sale:
            self.post_message(OpenSale(sale))

    @on(OptionList.OptionSelected, "#waiting")
    def open_waiting(self) -> None:
        item = self._chosen_item()
        if item:
            self.post_message(OpenItem(item))

    @on(Picks.Resized)
    def list_resized(self) -> None:
        if self.picture:
            self.paint(self.picture)

    @on(OptionList.OptionHighlighted)
    def another_highlighted(self) -> None:
        self.refresh_bindings()


def keyed(items: Sequence[WaitingItem]) -> list[tuple[str, WaitingItem]]:
    """Each item with a key that stays with it from picture to picture, also where two are about the same thing."""
    names = [f"{item.kind}/{item.ref}" for item in items]
    return [
        (f"{name}/{names[:at].count(name)}", item) for at, (name, item) in enumerate(zip(names, items, strict=True))
    ]


def curve_words(picture: Picture, sale: SaleView) -> tuple[str, str, str]:
    """Start, now and end of a sale's window, for under its curve."""
    opens = f"{picture.local(sale.opens):%a %H:%M}" if sale.opens else ""
    closes = f"{picture.local(sale.closes):%a %H:%M}" if sale.closes else ""
    return opens, "now", closes


def _cell(name: str, title: str, short: str, *body: Widget, note: Note | None = None) -> Container:
    def full_title(picture: Picture, width: int) -> Lines:
        return [sides(say(title, STRONG), note(picture, width) if note else say(""), width)]

    def short_title(_picture: Picture, _width: int) -> Lines:
        return [say(short, MUTED)]

    return Container(Panel(full_title, short_title, classes="title"), *body, id=f"cell-{name}", classes="cell")


def _held(picture: Picture, width: int) -> Lines:
    return [*holdings.short(picture, width), *holdings.cash_lines(picture, width)]


def _legend(picture: Picture, width: int) -> Content:
    focus = picture.snapshot.focus
    if focus is None:
        return say("")
    by_now = " by now" if width >= 60 else ""
    done = say(f"{DONE_LEGEND} ", ACCENT) + say(f"sold {show_btc(focus.sale.filled, 1)}", MUTED)
    plan = say(f"   {PLAN_LEGEND} ") + say(f"planned{by_now} {show_btc(focus.sale.planned_now, 1)}", MUTED)
    return done + plan


def _price_note(picture: Picture, _width: int) -> Content:
    view = picture.snapshot.price
    if view.mid is None or not view.is_stale:
        return say(view.symbol, MUTED)
    return say(f"stale {age(picture.aged(view.age_s))}", HARM)
