"""Cancels that cannot be put on record first: a hung daemon holds the database itself (P12 goes before P2).

The HALT file stands, so nothing new is sent. Only the desk's own orders are cancelled where the database can at least
be read; where it cannot, each venue is asked to cancel everything of the account.
"""

from __future__ import annotations

from desk.clock import LiveClock
from desk.config import Config
from desk.duty.lock import holder
from desk.duty.venues import open_venue
from desk.execution.orders import Order
from desk.ledger import Ledger, LedgerError, orders
from desk.venues.model import CancelAccepted, CancelOutcome, CancelRefused, OrderRef, Unknown


async def cancel_unrecorded(config: Config, problem: LedgerError) -> tuple[str, ...]:
    """Asks the venues, once, and says what each answered; proves nothing."""
    lines = [f"nothing can be put on record: {problem}"]
    live, clock = _live(config), LiveClock()
    for name, section in config.settings.venues.items():
        venue = open_venue(name, section, clock)
        try:
            if live is None:
                said = _words(await venue.cancel_all())
                lines.append(f"{name} was asked to cancel every order of the account: {said}")
                continue
            for order in live:
                if order.venue == name:
                    ref = OrderRef(order.client_order_id, order.venue_order_id, clock.wall())
                    lines.append(
                        f"{name} was asked to cancel {order.client_order_id}: {_words(await venue.cancel(ref))}"
                    )
        finally:
            await venue.close()
    pid = holder(config.lock_file)
    hung = "the hung daemon" if pid is None else f"the hung daemon (process {pid})"
    return (*lines, f"end {hung}, then run desk halt --now again: it proves what became of every order")


def _live(config: Config) -> list[Order] | None:
    """The desk's live orders, or None where the database cannot even be read."""
    try:
        ledger = Ledger.open(config.settings.desk.database, read_only=True)
    except LedgerError:
        return None
    try:
        with ledger.read() as tx:
            return orders.live(tx)
    except LedgerError:
        return None
    finally:
        ledger.close()


def _words(outcome: CancelOutcome) -> str:
    match outcome:
        case CancelAccepted():
            return "accepted"
        case CancelRefused(reason):
            return f"refused, {reason}"
        case Unknown(reason):
            return f"unknown, {reason}"
