"""Which question belongs to which act; and what opens when something that waits is opened."""

from __future__ import annotations

from desk.sale.lifecycle import SaleState
from desk.sale.wish import StageWish
from desk.snapshot.model import ProposalView, SaleView, WaitingItem
from desk.units import btc_text
from widgets.modals.act import ActModal
from widgets.modals.approve import ApproveModal
from widgets.modals.reason import CalmingModal, HaltModal, ReasonModal
from widgets.modals.sign import SignModal
from widgets.modals.stage import StageModal
from widgets.port import DeskPort

ELSEWHERE = {
    "margin": "funding",
    "plan": "funding",
    "covenant": "funding",
    "maturity": "funding",
    "allocation": "funding",
    "stale": "system",
    "halt": "system",
    "break": "log",
    "sweep": "desk",
    "peg": "desk",
    "alarm": "log",
    "request": "log",
}
"""The mode that shows more about something that waits and is not a sale."""


def question(
    port: DeskPort, action: str, sale: SaleView | None, proposal: ProposalView | None = None
) -> ActModal | None:
    """The modal that asks before `action`; None where it needs a sale and there is none."""
    if action == "stage":
        return StageModal(
            port, wish_for(proposal), f"Stage {proposal.id} of the plan" if proposal else "Stage a sale"
        )
    if action == "halt":
        return HaltModal(port)
    if action == "rearm":
        what = "Lifts the halt once enough people have signed. Every sale stays paused until somebody resumes it."
        return SignModal(port, "Rearm the desk", what, port.rearm)
    return None if sale is None else _about(port, action, sale)


def wish_for(proposal: ProposalView | None) -> StageWish:
    """What the form begins with: all of a proposal that is at a venue already, over a day, for its need."""
    if proposal is None:
        return StageWish()
    return StageWish(btc=btc_text(proposal.sats - proposal.deposit), over="1d", purpose=proposal.purpose)


def _about(port: DeskPort, action: str, sale: SaleView) -> ActModal | None:
    match action:
        case "approve":
            return ApproveModal(port, sale.id)
        case "reject":
            what = "Its terms can never be signed again. Selling would need a new staging."
            return ReasonModal(port, f"Reject {sale.id}", what, "Reject", lambda why: port.reject(sale.id, why), sale)
        case "pause":
            what = "Resting orders are cancelled; the plan's time goes on."
            return CalmingModal(port, f"Pause {sale.id}", what, "Pause", lambda why: port.pause(sale.id, why), sale)
        case "cancel_sale":
            what = "It ends for good: resting orders are cancelled, what is sold stays sold."
            return ReasonModal(
                port,
                f"Cancel {sale.id}",
                what,
                "Cancel the sale",
                lambda why: port.cancel(sale.id, why),
                sale,
                harmful=True,
            )
        case "resume":
            what = "It goes on along its plan; what was missed is spread over what remains."
            return SignModal(
                port, f"Resume {sale.id}", what, lambda path, phrase: port.resume(sale.id, path, phrase), sale
            )
    return None


def opening(item: WaitingItem, sale: SaleView | None, is_halted: bool, read_only: bool) -> tuple[str, str]:
    """What Enter does on something that waits: ("ask", action), ("sale", id) or ("mode", name)."""
    if item.kind == "sale" and sale is not None:
        return ("ask", "approve") if sale.state is SaleState.STAGED and not read_only else ("sale", sale.id)
    if item.kind == "halt" and is_halted and not read_only:
        return ("ask", "rearm")
    if sale is not None:
        return ("sale", sale.id)
    return ("mode", ELSEWHERE.get(item.kind, "log"))
