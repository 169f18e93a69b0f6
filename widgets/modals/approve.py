"""Approve: the exact terms, what changed since, what they do; sign only after typing the quantity back (P4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from textual import events, on
from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from desk.snapshot.model import ApprovalView, SaleDetail
from desk.units import AmountRefused, parse_btc, show_btc
from widgets.layout import Lines, wrapped
from widgets.modals.sign import Sign, SignModal
from widgets.modals.signer import Signer
from widgets.panel import Panel
from widgets.picture import Picture
from widgets.port import DeskPort
from widgets.words import ACCENT, MUTED, STRONG, day_hm, say, until


class ApproveModal(SignModal):
    """Shows the terms of one sale as they are signed: the digest first shown is the one signed, or nothing is."""

    @dataclass
    class RejectInstead(Message):
        """The person would rather reject it."""

        sale_id: str

    def __init__(self, port: DeskPort, sale_id: str) -> None:
        super().__init__(port, f"Approve {sale_id}", "")
        self.sale_id = sale_id
        self.detail: SaleDetail | None = None
        self.has_changed = False

    BINDINGS = [
        Binding("pagedown", "read(1)", "Read on", id="approve.down", show=False),
        Binding("pageup", "read(-1)", "Read back", id="approve.up", show=False),
    ]

    HELP = (
        "Page up and page down read the terms. Type the quantity back and press Enter, then Enter again on Sign. "
        "Escape leaves and signs nothing."
    )

    def on_key(self, event: events.Key) -> None:
        """What is typed while a button has the focus is the quantity: it goes into its field, and nothing is lost."""
        if isinstance(self.focused, Button) and event.is_printable and event.character:
            field = self.query_one("#quantity", Input)
            field.focus()
            field.insert_text_at_cursor(event.character)
            event.stop()
            event.prevent_default()

    def action_read(self, pages: int) -> None:
        """Scroll the terms, wherever the focus is."""
        scroll = self.query_one("#scroll", VerticalScroll)
        scroll.scroll_relative(y=pages * max(scroll.size.height - 1, 1), animate=False)

    def question(self) -> Iterator[Widget]:
        yield VerticalScroll(Panel(self._words, id="terms"), classes="words", id="scroll")
        yield Signer()
        yield Container(
            Label("type the quantity", id="ask"),
            Input(id="quantity", compact=True, select_on_focus=False),
            classes="row",
        )

    def more_buttons(self) -> Iterator[Button]:
        yield Button("Reject…", id="reject", compact=True)

    def wanted_focus(self) -> str | None:
        return self.sale_id

    def show(self, picture: Picture) -> None:
        focus = picture.snapshot.focus
        if focus is not None and focus.sale.id == self.sale_id:
            shown = self.detail
            if shown is not None and (shown.terms_digest, shown.terms_text) != (focus.terms_digest, focus.terms_text):
                self.has_changed = True
                self.complain("the terms changed while they were shown; leave and read them again")
                return
            self.detail = focus
            self._ask(focus)
            self.call_later(self.offer_keys)
        self.query_one("#terms", Panel).show(picture)

    def _ask(self, detail: SaleDetail) -> None:
        self.query_one("#ask", Label).update(say(f"type the quantity, {show_btc(detail.sale.quantity)}, to sign"))

    def signed(self) -> frozenset[str] | None:
        return frozenset(view.principal for view in self.detail.approvals) if self.detail else None

    def signing(self) -> Sign | None:
        detail = self.detail
        if detail is None:
            self.complain("the terms are not here yet")
            return None
        if self.has_changed:
            self.complain("the terms changed while they were shown; leave and read them again")
            return None
        if not self._is_typed(detail):
            return None
        sale_id, digest = self.sale_id, detail.terms_digest

        def sign(path: Path, passphrase: str | None) -> str:
            return self.port.approve(sale_id, digest, path, passphrase)

        return sign

    def _is_typed(self, detail: SaleDetail) -> bool:
        typed = self.query_one("#quantity", Input).value.strip()
        try:
            if typed and parse_btc(typed) == detail.sale.quantity:
                return True
        except AmountRefused:
            pass
        what = f"{typed[:20]!r} is not the quantity" if typed else "the quantity is not typed yet"
        self.complain(f"{what}. Nothing was signed.")
        self.query_one("#quantity").focus()
        return False

    @on(Input.Submitted, "#quantity")
    def quantity_given(self) -> None:
        """Enter goes on: to the passphrase where one is wanted, else to the button; a second Enter signs."""
        if self.detail is None or not self._is_typed(self.detail):
            return
        self.complain("")
        asks = self.query_one(Signer).missing
        self.query_one("#passphrase" if "passphrase" in asks else "#act").focus()

    @on(Button.Pressed, "#reject")
    def reject_instead(self) -> None:
        if not self.is_busy:
            self.app.post_message(self.RejectInstead(self.sale_id))

    def _words(self, picture: Picture, width: int) -> Lines:
        detail = self.detail
        if detail is None:
            return [say("reading the terms…", MUTED)]
        left = until(detail.sale.approval_expires, picture.snapshot.taken)
        ends = f"{day_hm(picture, detail.sale.approval_expires)} ({left} left)"
        lines: Lines = []
        for index, text in enumerate(detail.lines):
            lines += wrapped(say(text, STRONG if index == 0 else ""), width)
        lines.append(say(""))
        lines += _told("since staging", [" · ".join(detail.since_staging)], width)
        lines += _told("what it does", detail.effect, width)
        lines += _told(
            "signatures", [*(_signature(picture, view) for view in detail.approvals), _needed(detail, ends)], width
        )
        lines += [say(""), say("exactly what is signed", MUTED)]
        lines += Content.assemble(("digest ", MUTED)).append(say(_grouped(detail.terms_digest), ACCENT)).fold(width)
        return [*lines, *say(detail.terms_text).fold(width)]


def _told(label: str, said: tuple[str, ...] | list[str], width: int) -> Lines:
    """A label and sentences beside it, wrapped under one another."""
    margin = 15
    lines: Lines = []
    for text in said:
        for part in wrapped(say(text), width - margin):
            lines.append(say(f"{label if not lines else '':<{margin}}", MUTED) + part)
    return lines


def _signature(picture: Picture, view: ApprovalView) -> str:
    mark = "✓" if view.counts else f"({view.why_not})" if view.why_not else ""
    return f"{view.principal}, {view.role}, {day_hm(picture, view.signed_at)} {mark}".rstrip()


def _needed(detail: SaleDetail, ends: str) -> str:
    more = max(detail.sale.needed - detail.sale.signed, 0)
    return f"{more} more needed until {ends}" if more else f"enough: {detail.sale.signed} of {detail.sale.needed}"


def _grouped(digest: str) -> str:
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))
