"""Where a sale goes next by itself: approval, opening, end of the window, close. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk.clock import iso
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.units import Price, Sats, btc_text


class Ending(StrEnum):
    """Why a sale closes; the first words of its reason while it is closing."""

    SOLD = "sold"
    WINDOW = "the window ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What decides beside the sale itself. `smallest`: the least any of its venues takes; `why_short`: last hold."""

    now: datetime
    is_granted: bool
    verdict: str
    rejected: str | None
    is_halted: bool
    live_orders: int
    smallest: Sats
    mid: Price | None
    why_short: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A move the ledger is to record; what is given with it is set on the sale."""

    state: SaleState
    reason: str
    opened: datetime | None = None
    closes: datetime | None = None
    arrival: Price | None = None


def next_move(sale: Sale, given: Circumstance) -> Move | None:
    """The move that is due now, or None."""
    match sale.state:
        case SaleState.STAGED:
            return _from_staged(sale, given)
        case SaleState.APPROVED:
            if _is_over(sale, given.now):
                return _over_before_opening(sale, given)
            return Move(SaleState.SCHEDULED, _when(sale))
        case SaleState.SCHEDULED:
            return _from_scheduled(sale, given)
        case SaleState.WORKING | SaleState.PAUSED:
            return _from_working(sale, given)
        case SaleState.CLOSING:
            return _from_closing(sale, given)
        case _:
            return None


def closing_reason(ending: Ending, detail: str) -> str:
    """The reason of a closing sale; `final_move` reads it again."""
    return f"{ending}: {detail}" if detail else str(ending)


def cancelled(sale: Sale, actor: str, reason: str) -> Move:
    """What a cancel does: at once where nothing was ever sent, else by way of closing."""
    why = f"by {actor}" + (f", {reason}" if reason else "")
    if sale.state in (SaleState.STAGED, SaleState.APPROVED, SaleState.SCHEDULED):
        return Move(SaleState.CANCELLED, closing_reason(Ending.CANCELLED, why))
    return Move(SaleState.CLOSING, closing_reason(Ending.CANCELLED, why))


def resumed(sale: Sale, actor: str) -> Move:
    """What a resume does: back to work, or to waiting for the window."""
    state = SaleState.SCHEDULED if sale.opened is None else SaleState.WORKING
    return Move(state, f"resumed by {actor}")


def ends_at(sale: Sale) -> datetime:
    """When it is over whatever happens: the end of its window, or the latest moment at which that could open."""
    if sale.window is not None:
        return sale.window[1]
    window = sale.terms.window
    return window.closes(window.opens) if window.opens is not None else window.open_by


def _from_staged(sale: Sale, given: Circumstance) -> Move | None:
    if given.rejected is not None:
        return Move(SaleState.REJECTED, given.rejected)
    if _is_over(sale, given.now):
        return _over_before_opening(sale, given)
    if given.is_granted:
        return Move(SaleState.APPROVED, given.verdict)
    if given.now > sale.terms.approval_expires:
        return Move(
            SaleState.EXPIRED, f"approvals did not come by {iso(sale.terms.approval_expires)}: {given.verdict}"
        )
    return None


def _from_scheduled(sale: Sale, given: Circumstance) -> Move | None:
    if _is_over(sale, given.now):
        return _over_before_opening(sale, given)
    opens = sale.terms.window.opens or given.now
    if given.now < opens or given.is_halted or given.mid is None or not given.is_granted:
        return None
    closes = sale.terms.window.closes(opens)
    return Move(SaleState.WORKING, f"the window opened; it closes {iso(closes)}", opens, closes, given.mid)


def _from_working(sale: Sale, given: Circumstance) -> Move | None:
    if given.live_orders == 0 and _is_done(sale, given.smallest):
        return Move(SaleState.CLOSING, closing_reason(Ending.SOLD, _remainder(sale)))
    if _is_over(sale, given.now):
        why = "the sale was paused" if sale.state is SaleState.PAUSED else given.why_short
        if given.is_halted:
            why = "the desk was halted"
        return Move(SaleState.CLOSING, closing_reason(Ending.WINDOW, why))
    return None


def _from_closing(sale: Sale, given: Circumstance) -> Move | None:
    """Final only when nothing is live any more; sold in full is completed, however it came to close."""
    if given.live_orders:
        return None
    if _is_done(sale, given.smallest):
        left = _remainder(sale)
        return Move(SaleState.COMPLETED, f"sold; {left}" if left else "sold in full")
    left = f"{btc_text(sale.remaining)} of {btc_text(sale.quantity)} BTC unsold"
    if sale.reason.startswith(Ending.CANCELLED):
        return Move(SaleState.CANCELLED, f"{sale.reason}; {left}")
    return Move(SaleState.EXPIRED, f"{sale.reason}; {left}")


def _over_before_opening(sale: Sale, given: Circumstance) -> Move:
    if sale.terms.window.opens is None:
        what = f"the window had to open by {iso(sale.terms.window.open_by)}"
    else:
        what = f"the window ended {iso(ends_at(sale))} before anything was sold"
    why = "the desk was halted" if given.is_halted else given.why_short or given.verdict
    return Move(SaleState.EXPIRED, f"{what}: {why}" if why else what)


def _is_over(sale: Sale, now: datetime) -> bool:
    return now >= ends_at(sale)


def _is_done(sale: Sale, smallest: Sats) -> bool:
    """Sold in full, or but for dust that no venue takes; a sale that sold nothing is not done by being small."""
    return sale.remaining <= 0 or (sale.filled > 0 and sale.remaining < smallest)


def _remainder(sale: Sale) -> str:
    if sale.remaining <= 0:
        return ""
    return f"{btc_text(sale.remaining)} BTC are dust, below the smallest order"


def _when(sale: Sale) -> str:
    opens = sale.terms.window.opens
    return f"opens {iso(opens)}" if opens is not None else "opens now that the last signature is there"
