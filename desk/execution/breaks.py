"""Taking the venue's proof into the ledger, and the alarms where its figures disagree: with themselves or the record.

A fill on record is never replaced. Where the venue later tells it otherwise, the order is unknown again: what may be
unsold of it stays reserved until the venue agrees with the record, or two people settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.execution.orders import Fill, Order, OrderState
from desk.execution.settle import Proven
from desk.ledger import ReadTx, WriteTx, control, orders
from desk.units import btc_text, show_money

UNRESOLVED = "order.unresolved"
"""Its fate stays unknown for long."""
CONTRADICTION = "order.contradiction"
"""What the venue says of it cannot be."""
AVERAGE = "order.average"
"""The venue's average price of it disagrees with its fills."""
CORRECTED = "fill.corrected"
"""The venue tells a recorded fill with another quantity, price or order."""
FEE_CHANGED = "fill.fee"
"""The venue tells a recorded fill with another fee: the books differ, nothing else does."""

OFF_PLAN = "sale.off-plan"
"""The slices of a sale are not those of its terms: open as long as that is so."""

UNREADABLE = "terms.unreadable"
"""The signed terms of a sale cannot be read: open as long as that is so."""

DAMAGED = "ledger.damaged"
"""Rows cannot be read, or a cancel could not be put on record with its order."""

HOLDING_ALARMS = frozenset({"sale.oversold", CONTRADICTION, "fill.excess", CORRECTED})
"""Alarms of a sale, or of one of its orders, under which it may not send anything."""
_SETTLED_BY_PROOF = frozenset({UNRESOLVED, CONTRADICTION, AVERAGE, CORRECTED})


@dataclass(frozen=True, slots=True)
class Change:
    """A recorded fill as the venue tells it now."""

    recorded: Fill
    told: Fill

    @property
    def is_of_fee_only(self) -> bool:
        return _sold(self.recorded) == _sold(self.told)

    @property
    def words(self) -> str:
        old, new = self.recorded, self.told
        if self.is_of_fee_only:
            what = f"a fee of {_fee(old)} on record, now {_fee(new)}"
        elif old.client_order_id != new.client_order_id:
            what = f"is on record for order {old.client_order_id[:8]}"
        else:
            what = f"{_terms(old)} on record, now {_terms(new)}"
        return f"trade {old.trade_id} at {old.venue}: {what}"


def take_in(tx: WriteTx, order: Order, proven: Proven, now: datetime, epoch: int) -> None:
    """Records what is proven: new fills once each, and the state they leave; raises and ends the alarms it means."""
    changes = changed_fills(tx, proven.fills)
    for change in changes:
        kind = FEE_CHANGED if change.is_of_fee_only else CORRECTED
        _raise_once(tx, kind, order.client_order_id, change.words, f"trade {change.recorded.trade_id} ", now)
    corrected = [change for change in changes if not change.is_of_fee_only]
    state, reason = proven.state, proven.reason
    if corrected:
        state = OrderState.UNKNOWN
        reason = f"trade {corrected[0].recorded.trade_id} is told otherwise than it is on record"
    if order.state.is_final:
        state = _of_the_finished(tx, order, proven, state, now)
    told_otherwise = {change.recorded.trade_id for change in changes}
    fresh = [fill for fill in proven.fills if fill.trade_id not in told_otherwise]
    if proven.is_break:
        _raise_once(tx, AVERAGE, order.client_order_id, proven.reason, "", now)
    orders.record_report(
        tx, order.client_order_id, state, fresh, now, epoch, reason, venue_order_id=proven.venue_order_id
    )
    if proven.is_whole and not corrected:
        clear_alarms_of(tx, order, now)


def changed_fills(tx: ReadTx, told: tuple[Fill, ...]) -> list[Change]:
    """Fills that are on record with other contents; when and on which side they were is not compared."""
    found = []
    for fill in told:
        recorded = orders.recorded_fill(tx, fill.venue, fill.trade_id)
        if recorded is not None and (_sold(recorded), *_paid(recorded)) != (_sold(fill), *_paid(fill)):
            found.append(Change(recorded, fill))
    return found


def clear_alarms_of(tx: WriteTx, order: Order, now: datetime, by: str = "daemon") -> None:
    """Evidence came that is whole and agrees with the record, or people settled it: its alarms are over."""
    for alarm in control.open_alarms(tx):
        if alarm.kind in _SETTLED_BY_PROOF and alarm.subject == order.client_order_id:
            control.clear_alarm(tx, alarm.id, now, by)


def note_readable(tx: WriteTx, sale_id: str, now: datetime, by: str = "daemon") -> None:
    """The terms of a sale can be read again: they were put back."""
    for alarm in control.open_alarms(tx):
        if (alarm.kind, alarm.subject) == (UNREADABLE, sale_id):
            control.clear_alarm(tx, alarm.id, now, by)


def note_plan(tx: WriteTx, sale_id: str, why: str | None, now: datetime, by: str = "daemon") -> None:
    """Lets one open alarm say how a sale's slices differ from its terms; `why` None: not at all, or it is over."""
    for alarm in control.open_alarms(tx):
        if (alarm.kind, alarm.subject) == (OFF_PLAN, sale_id) and alarm.text != why:
            control.clear_alarm(tx, alarm.id, now, by)
    if why is not None:
        control.raise_alarm(tx, OFF_PLAN, sale_id, why, now)


def _of_the_finished(tx: WriteTx, order: Order, proven: Proven, state: OrderState, now: datetime) -> OrderState:
    """A finished order stays finished; a venue that has it on the book all the same holds the sale."""
    if proven.is_whole and not proven.state.is_final:
        text = f"order {order.client_order_id[:8]} is {order.state} on record; {order.venue} says {proven.state}"
        _raise_once(tx, CONTRADICTION, order.client_order_id, text, "", now)
    return order.state


def _raise_once(tx: WriteTx, kind: str, subject: str, text: str, about: str, now: datetime) -> None:
    """One open alarm for one thing, however often and however differently the venue tells it."""
    for alarm in control.open_alarms(tx):
        if (alarm.kind, alarm.subject) == (kind, subject) and alarm.text.startswith(about):
            return
    control.raise_alarm(tx, kind, subject, text, now)


def _sold(fill: Fill) -> tuple[object, ...]:
    return fill.client_order_id, fill.quantity, fill.price, fill.cost


def _paid(fill: Fill) -> tuple[object, ...]:
    return fill.fee, fill.fee_currency


def _terms(fill: Fill) -> str:
    return f"{btc_text(fill.quantity)} BTC at {show_money(fill.price)} for {show_money(fill.cost)}"


def _fee(fill: Fill) -> str:
    return f"{fill.fee.normalize():f} {fill.fee_currency}"
