"""The full-screen app: six modes over one picture a tick, and the acts a person may take through the port.

A thread builds the picture and posts it; handlers here change widgets, in one batch. Nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.theme import ThemeProvider
from textual.timer import Timer

from desk.clock import Clock, LiveClock
from desk.config import Config
from desk.snapshot.model import DeskSnapshot, ProposalView, SaleView
from widgets.acts import opening, question
from widgets.commands import BY_ACTION, COMMANDS, ORDER, STAGED_FROM, bindings, is_offered
from widgets.keystrip import shown_key
from widgets.messages import (
    EventsNotRead,
    EventsRead,
    EventsWanted,
    FocusMoved,
    LotsNotRead,
    LotsRead,
    LotsWanted,
    OpenItem,
    OpenSale,
    SnapshotFailed,
    SnapshotTaken,
)
from widgets.modals.act import ActModal
from widgets.modals.approve import ApproveModal
from widgets.modals.help import HelpModal, TermsModal
from widgets.modals.reason import HaltModal
from widgets.page import Page
from widgets.palette import DeskPalette
from widgets.picture import Picture
from widgets.port import DeskPort, PortRefused
from widgets.screens.desk import DeskScreen
from widgets.screens.funding import FundingScreen
from widgets.screens.log import LogScreen
from widgets.screens.lots import LotsScreen
from widgets.screens.mining import MiningScreen
from widgets.screens.sale import SaleScreen
from widgets.screens.sales import SalesScreen
from widgets.screens.system import SystemScreen
from widgets.terminal import forgiving
from widgets.theme import THEMES
from widgets.words import plain


class DeskApp(App[None]):
    """The desk on a terminal. `tick_s` is wall seconds between pictures; `keymap` maps binding ids to other keys."""

    TITLE = "the desk"
    MODES = {
        "desk": DeskScreen,
        "sales": SalesScreen,
        "mining": MiningScreen,
        "funding": FundingScreen,
        "log": LogScreen,
        "system": SystemScreen,
    }
    DEFAULT_MODE = "desk"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        port: DeskPort,
        read_only: bool = False,
        tick_s: float = 1.0,
        clock: Clock | None = None,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.port = port
        self.read_only = read_only
        self.tick_s = tick_s
        self.clock = clock or LiveClock()
        self._snapshot: DeskSnapshot | None = None
        self._problem = ""
        self._taken_at = self.clock.monotonic()
        self._building = False
        self._asked_focus: str | None = None
        self._timer: Timer | None = None
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        if keymap:
            self.set_keymap(dict(keymap))

    def get_driver_class(self) -> type[Driver]:
        return forgiving(super().get_driver_class())

    def on_mount(self) -> None:
        self._timer = self.set_interval(self.tick_s, self.tick)
        self.app_suspend_signal.subscribe(self, self._pause)
        self.app_resume_signal.subscribe(self, self._go_on)
        self.tick()

    # One picture a tick -----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Ask for the next picture, unless one is still being built; then only show how old the last one is."""
        if self._building:
            self._paint()
            return
        self._building = True
        self._asked_focus = self._wanted_focus()
        self._build(self._asked_focus, self.clock.monotonic())

    @work(thread=True, exit_on_error=False, group="snapshot")
    def _build(self, focus: str | None, asked: float) -> None:
        try:
            self.post_message(SnapshotTaken(self.port.snapshot(focus), asked))
        except PortRefused as refusal:
            self.post_message(SnapshotFailed(str(refusal)))
        except Exception as error:  # the task's top: a picture that cannot be built is a problem to show, not a crash
            self.post_message(SnapshotFailed(f"the desk could not be read: {error}"))

    @on(SnapshotTaken)
    def snapshot_taken(self, message: SnapshotTaken) -> None:
        self._building = False
        self._snapshot, self._taken_at, self._problem = message.snapshot, message.asked, ""
        self._paint()
        if self._wanted_focus() != self._asked_focus:
            self.tick()

    @on(SnapshotFailed)
    def snapshot_failed(self, message: SnapshotFailed) -> None:
        self._building = False
        self._problem = message.problem
        self._paint()

    @on(FocusMoved)
    def focus_moved(self) -> None:
        self._paint()
        if self._wanted_focus() != self._asked_focus:
            self.tick()

    @property
    def picture(self) -> Picture | None:
        """The last picture with its age; an age of up to two ticks is the ordinary course of things."""
        if self._snapshot is None:
            return None
        behind = self.clock.monotonic() - self._taken_at
        return Picture(self._snapshot, behind if behind > 2 * self.tick_s else 0.0, self._problem)

    def _paint(self) -> None:
        """Hand the picture to what is visible: the top screen and, under a question, the page it was asked on."""
        picture = self.picture
        with self.batch_update():
            for screen in self._visible():
                if picture is not None:
                    screen.show(picture)
                elif isinstance(screen, Page):
                    screen.show_nothing(self._problem)

    def _visible(self) -> list[Page | ActModal]:
        found: list[Page | ActModal] = []
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Page | ActModal) and screen.is_mounted:
                found.append(screen)
            if isinstance(screen, Page):
                break
        return found

    def _wanted_focus(self) -> str | None:
        return next((focus for screen in self._visible() if (focus := screen.wanted_focus())), None)

    def _pause(self, _app: object) -> None:
        if self._timer:
            self._timer.pause()

    def _go_on(self, _app: object) -> None:
        if self._timer:
            self._timer.resume()
        self.tick()

    # What a person may do ---------------------------------------------------------------------------------------

    @property
    def page(self) -> Page | None:
        """The page on screen, under whatever is asked on top of it."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Page)), None)

    def _chosen_sale(self) -> SaleView | None:
        return self.page.chosen_sale() if self.page and self.page.is_mounted else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acts are hidden on a read-only screen and where they make no sense for the sale at hand."""
        command = BY_ACTION.get(action)
        if command is None:
            return True
        if command.is_act and self.read_only:
            return False
        if action == "stage" and self.current_mode not in STAGED_FROM:
            return False
        sale = self._chosen_sale()
        return is_offered(action, sale.state if sale else None, bool(self._snapshot and self._snapshot.halt))

    def ask(self, action: str, sale: SaleView | None = None) -> None:
        """Ask before an act. Nothing is asked on a read-only screen."""
        if self.read_only:
            self.notify("this screen is read-only", severity="warning", markup=False)
            return
        if isinstance(self.screen, ActModal) and action != "halt":
            return
        modal = question(self.port, action, sale or self._chosen_sale(), self._proposal())
        if modal is not None:
            self.push_screen(modal, self._acted)

    def _proposal(self) -> ProposalView | None:
        """What the plan would sell first, where the plan is looked at."""
        if self._snapshot is None or self.current_mode != "funding":
            return None
        return next((one for one in self._snapshot.funding.proposals if one.sats > one.deposit), None)

    def _acted(self, said: str | None) -> None:
        if said:
            self.notify(plain(said), markup=False, timeout=8)
        self.tick()

    def action_stage(self) -> None:
        self.ask("stage")

    def action_approve(self) -> None:
        self.ask("approve")

    def action_reject(self) -> None:
        self.ask("reject")

    def action_pause(self) -> None:
        self.ask("pause")

    def action_resume(self) -> None:
        self.ask("resume")

    def action_cancel_sale(self) -> None:
        self.ask("cancel_sale")

    def action_rearm(self) -> None:
        self.ask("rearm")

    def action_halt(self) -> None:
        if not isinstance(self.screen, HaltModal):
            self.ask("halt")

    def action_mode(self, mode: str) -> None:
        self.switch_mode(mode)

    def action_again(self) -> None:
        self.tick()

    def action_terms(self) -> None:
        detail = self._snapshot.focus if self._snapshot else None
        sale = self._chosen_sale()
        if detail is None or sale is None or detail.sale.id != sale.id:
            self.notify("the terms are being read; try again", markup=False)
            return
        self.push_screen(TermsModal(sale.id, detail.lines, detail.terms_digest, detail.terms_text))

    def action_help(self) -> None:
        page, on_top = self.page, self.screen
        if page is None or isinstance(on_top, HelpModal):
            return
        keys: dict[str, str] = {}
        named = [
            found.binding for found in self.screen.active_bindings.values() if found.enabled and found.binding.id
        ]
        for binding in sorted(named, key=lambda binding: ORDER.get(binding.action, len(ORDER))):
            if binding.description:
                keys.setdefault(binding.description, shown_key(self.get_key_display(binding)))
        text = f"{page.HELP} {self._leaving()}" if on_top is page else str(getattr(on_top, "HELP", ""))
        self.push_screen(HelpModal("Help", text, [(key, what) for what, key in keys.items()]))

    def _leaving(self) -> str:
        """What becomes of the desk when the screen is left."""
        if self._snapshot is not None and self._snapshot.is_demo:
            what = "the demo ends with it and its folder is removed unless --folder named one"
        else:
            what = "the daemon goes on"
        keys = (found.binding for found in self.screen.active_bindings.values() if found.binding.action == "quit")
        return "".join(f"{self.get_key_display(binding)} leaves the screen; {what}." for binding in keys)

    @on(OpenSale)
    def open_sale(self, message: OpenSale) -> None:
        self.push_screen(SaleScreen(message.sale_id))

    @on(EventsWanted)
    def events_wanted(self, message: EventsWanted) -> None:
        self._read_events(message.before, message.asker)

    @work(thread=True, exit_on_error=False, group="log")
    def _read_events(self, before: int, asker: MessagePump) -> None:
        try:
            asker.post_message(EventsRead(self.port.events_before(before), before))
        except Exception as error:  # the task's top: a page that cannot be read is said, and the rest stays
            asker.post_message(EventsNotRead(f"older events could not be read: {error}"))

    @on(LotsWanted)
    def lots_wanted(self, message: LotsWanted) -> None:
        self._read_lots(message.asker)

    @work(thread=True, exit_on_error=False, group="lots")
    def _read_lots(self, asker: MessagePump) -> None:
        try:
            asker.post_message(LotsRead(self.port.lots()))
        except Exception as error:  # the task's top: what cannot be worked out is said, and the rest stays
            asker.post_message(LotsNotRead(f"the lots could not be worked out: {error}"))

    def action_lots(self) -> None:
        if isinstance(self.screen, Page) and not isinstance(self.screen, LotsScreen):
            self.push_screen(LotsScreen())

    @on(OpenItem)
    def open_item(self, message: OpenItem) -> None:
        picture = self.picture
        sale = picture.sale(message.item.ref) if picture else None
        is_halted = bool(picture and picture.snapshot.halt)
        how, what = opening(message.item, sale, is_halted, self.read_only)
        if how == "ask":
            self.ask(what, sale)
        elif how == "sale":
            self.push_screen(SaleScreen(what))
        else:
            self.switch_mode(what)

    @on(ApproveModal.RejectInstead)
    def reject_instead(self, message: ApproveModal.RejectInstead) -> None:
        sale = self.picture.sale(message.sale_id) if self.picture else None
        self.pop_screen()
        self.ask("reject", sale)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the keys offer, and the themes."""
        if isinstance(screen, Page):
            for command in COMMANDS:
                name, _, parameter = command.action.partition("(")
                if self.check_action(name, ()):
                    title = f"Go to {command.word}" if parameter else command.word.capitalize()
                    yield SystemCommand(title, command.help, lambda action=command.action: self._run(action))
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, DeskPalette):
            self.push_screen(DeskPalette(id="--command-palette"))

    def search_themes(self) -> None:
        self.push_screen(DeskPalette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def _run(self, action: str) -> None:
        self.call_later(self.run_action, action)


def run(config: Config, *, read_only: bool = False, as_name: str | None = None, keys: tuple[Path, ...] = ()) -> None:
    """Open the app on this terminal until the person leaves: the core's entry point `desk.screen`."""
    from desk.acts.desk import Desk
    from widgets.port_live import LivePort

    desk = Desk(config, read_only=read_only, actor=as_name or "screen", keys=keys)
    try:
        DeskApp(LivePort(desk), read_only).run()
    finally:
        desk.close()
