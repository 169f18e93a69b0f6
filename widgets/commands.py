"""Every command of the screen, once: the keys, the key strip, the help and the palette are all read from here.

Each has an id, so that its key can be changed. What moves money or stops it never has a printable default key: such
a key could neither be remapped nor kept out of an input.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from desk.sale.lifecycle import MOVES, SaleState


@dataclass(frozen=True, slots=True)
class Command:
    """`action` is the method without `action_`; `word` stands in the key strip, `help` in help and palette."""

    id: str
    keys: str
    action: str
    word: str
    help: str
    is_act: bool = False
    """Whether it changes anything: not there on a read-only screen."""


MODES = ("desk", "sales", "mining", "funding", "log", "system")
MODE_COMMANDS = tuple(
    Command(f"mode.{mode}", str(number), f"mode('{mode}')", mode.capitalize(), text)
    for number, (mode, text) in enumerate(
        zip(
            MODES,
            (
                "The whole business at a glance",
                "Sales: the list, and each one's curve, orders and fills",
                "Mining: days made and expected",
                "Funding: milestones, loans, cash",
                "Log: events, orders, fills",
                "System: venues, daemon, audit",
            ),
            strict=True,
        ),
        start=1,
    )
)
STAGED_FROM = ("sales", "funding")
"""The modes in which a sale can be staged: among the sales, or from the plan that asks for one."""
SALE_ACTS = (
    Command("sale.stage", "ctrl+s", "stage", "stage", "Stage a sale: a form, checked before it is signed", True),
    Command("sale.approve", "f2", "approve", "approve", "Read a sale's terms and sign them", True),
    Command("sale.reject", "f3", "reject", "reject", "Reject a staged sale", True),
    Command("sale.pause", "f4", "pause", "pause", "Pause a sale: cancel what rests, keep the plan's time", True),
    Command("sale.resume", "f5", "resume", "resume", "Resume a paused sale, with a signature", True),
    Command("sale.cancel", "f6", "cancel_sale", "cancel sale", "Cancel a sale for good", True),
)
DESK_ACTS = (
    Command("desk.rearm", "f8", "rearm", "rearm", "Sign to lift the halt; two people have to", True),
    Command("desk.halt", "f9", "halt", "HALT", "Stop the whole desk now: no new order", True),
)
LOTS = Command("desk.lots", "l", "lots", "lots", "Lots: what every coin cost, and which ones a sale would take")
OTHERS = (
    Command("sale.terms", "f7", "terms", "terms", "The exact signed terms of a sale"),
    Command("desk.help", "f1,question_mark", "help", "help", "Help for where you are"),
    Command("desk.again", "ctrl+r", "again", "refresh", "Look again now"),
    Command("desk.quit", "ctrl+q", "quit", "quit", "Leave the screen"),
)
COMMANDS = (*MODE_COMMANDS, *SALE_ACTS, *DESK_ACTS, LOTS, *OTHERS)
BY_ACTION = {command.action: command for command in COMMANDS}
ORDER = {command.action: place for place, command in enumerate(COMMANDS)}


def bindings() -> list[Binding]:
    return [
        Binding(key, command.action, command.help, id=_binding_id(command, index), show=index == 0)
        for command in COMMANDS
        for index, key in enumerate(command.keys.split(","))
    ]


def _binding_id(command: Command, index: int) -> str:
    return command.id if index == 0 else f"{command.id}.{index + 1}"


def is_offered(action: str, state: SaleState | None, halted: bool) -> bool:
    """Whether an act makes sense now, from the core's own table of moves; the desk still decides when asked."""
    if action in ("rearm", "stage"):
        return halted is (action == "rearm")
    if action == "terms":
        return state is not None
    wanted = {
        "approve": lambda old: old is SaleState.STAGED,
        "reject": lambda old: SaleState.REJECTED in MOVES[old],
        "pause": lambda old: SaleState.PAUSED in MOVES[old],
        "resume": lambda old: old is SaleState.PAUSED,
        "cancel_sale": lambda old: bool({SaleState.CANCELLED, SaleState.CLOSING} & MOVES[old]),
    }.get(action)
    return wanted is None or (state is not None and bool(wanted(state)))
