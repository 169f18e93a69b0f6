"""What an answer about an order proves: pure judgement of evidence, nothing else (P3).

Absence counts only after the order can no longer appear (the quarantine), seen twice, a visibility delay apart, and
never for an order that the venue has named: it was there, so something else is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk.clock import iso
from desk.execution.orders import Fill, Order, OrderState
from desk.units import Sats, btc_text, exact_sum, notional, show_money
from desk.venues.model import Absent, Found, LookUp, MarketRules, OrderReport, ReportedState, Unknown, VenueTrade


@dataclass(frozen=True, slots=True)
class Proven:
    """The venue's word, backed by trades where it claims any.

    `is_whole` False: trades are still missing. `is_break`: its own figures disagree, so it is not done with.
    """

    state: OrderState
    fills: tuple[Fill, ...]
    venue_order_id: str
    reason: str = ""
    is_whole: bool = True
    is_break: bool = False


@dataclass(frozen=True, slots=True)
class NeverPlaced:
    """It is not there and can no longer appear."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """Nothing new is proven. `absences` are the wall monotonic seconds at which absence counted so far."""

    reason: str
    absences: tuple[float, ...] = ()
    is_contradiction: bool = False


Settlement = Proven | NeverPlaced | Unproven


def settle(
    order: Order, answer: LookUp, *, age_s: float, absences: tuple[float, ...], rules: MarketRules
) -> Settlement:
    """What `answer` proves of `order`, `age_s` wall seconds after it was sent."""
    match answer:
        case Unknown(reason):
            return Unproven(reason, absences)
        case Absent(observed):
            return _absent(order, observed, age_s, absences, rules)
        case Found(report):
            return _found(order, report, rules)


def _absent(
    order: Order, observed: float, age_s: float, absences: tuple[float, ...], rules: MarketRules
) -> Settlement:
    if order.venue_order_id is not None or order.filled:
        return Unproven(f"{order.venue} named this order and now does not know it", is_contradiction=True)
    if age_s < rules.quarantine_s:
        return Unproven(f"not seen, but it may still appear for {rules.quarantine_s - age_s:.0f} s")
    if not absences:
        return Unproven("not seen once after its quarantine", (observed,))
    if observed - absences[0] < rules.visibility_delay_s:
        return Unproven("not seen after its quarantine", absences)
    sent = iso(order.sent) if order.sent else "never"
    return NeverPlaced(
        f"never arrived: sent {sent}, not among open orders, closed orders and trades after {rules.quarantine_s:g} s"
    )


def _found(order: Order, report: OrderReport, rules: MarketRules) -> Settlement:
    trades = tuple(dict.fromkeys(report.trades))  # the same execution told twice is one
    wrong = _contradiction(order, report, trades)
    if wrong is not None:
        return Unproven(wrong, is_contradiction=True)
    fills = tuple(_fill(order, trade) for trade in trades)
    traded = Sats(sum(fill.quantity for fill in fills))
    claimed = max(report.filled, order.filled)
    if traded != claimed:
        reason = f"{btc_text(claimed)} BTC are said to be filled, trades prove {btc_text(traded)}"
        return Proven(_unfinished(order), fills, report.venue_order_id, reason, is_whole=False)
    odd = _disagreement(order, report, fills, rules)
    if odd is not None:
        return Proven(OrderState.UNKNOWN, fills, report.venue_order_id, odd, is_whole=False, is_break=True)
    return Proven(_state(order, report.state, traded), fills, report.venue_order_id)


def _contradiction(order: Order, report: OrderReport, trades: Sequence[VenueTrade]) -> str | None:
    if order.venue_order_id is not None and report.venue_order_id != order.venue_order_id:
        return f"{order.venue} reports {report.venue_order_id} for the order it named {order.venue_order_id}"
    if report.client_order_id not in (None, order.client_order_id):
        return f"{order.venue} reports an order that carries another client order id"
    if report.quantity != order.quantity:
        return f"{order.venue} reports {btc_text(report.quantity)} BTC for an order of {btc_text(order.quantity)} BTC"
    if len({trade.trade_id for trade in trades}) < len(trades):
        return f"{order.venue} reports one trade with two contents"
    if max(report.filled, sum(trade.quantity for trade in trades)) > order.quantity:
        return f"{order.venue} reports more sold than was ordered"
    if report.state is ReportedState.REFUSED and (report.filled or trades or order.filled):
        return f"{order.venue} reports the order refused, and sold"
    return None


def _disagreement(order: Order, report: OrderReport, fills: Sequence[Fill], rules: MarketRules) -> str | None:
    """Whether the order's own average and its fills tell different proceeds, beyond what rounding can explain.

    That is a tick on the average, and a lot on each fill. A venue that states no average states nothing to compare.
    """
    if report.average is None or not fills:
        return None
    proceeds, filled = exact_sum([fill.cost for fill in fills]), sum(fill.quantity for fill in fills)
    said = notional(filled, report.average)
    rounding = exact_sum([notional(filled, rules.tick), notional(len(fills) * rules.lot, report.average)])
    if abs(exact_sum([proceeds, -said])) <= rounding:
        return None
    return (
        f"{order.venue} says {btc_text(filled)} BTC were sold at {show_money(report.average)} on average, "
        f"{show_money(said)}; its trades make {show_money(proceeds)}"
    )


def _state(order: Order, reported: ReportedState, traded: int) -> OrderState:
    """A full order is filled whatever it is called; a finished one with a remainder was cancelled."""
    if traded == order.quantity:
        return OrderState.FILLED
    match reported:
        case ReportedState.OPEN:
            return OrderState.PART_FILLED if traded else OrderState.OPEN
        case ReportedState.EXPIRED:
            return OrderState.EXPIRED
        case ReportedState.REFUSED if order.state in (OrderState.SENT, OrderState.UNKNOWN):
            return OrderState.REFUSED
        case ReportedState.FILLED:
            return _unfinished(order)
        case _:
            return OrderState.CANCELLED


def _unfinished(order: Order) -> OrderState:
    """Where an order stands whose end is claimed but not proven: where it stood, or unknown."""
    return OrderState.UNKNOWN if order.state is OrderState.SENT else order.state


def _fill(order: Order, trade: VenueTrade) -> Fill:
    return Fill(
        trade_id=trade.trade_id,
        venue=order.venue,
        client_order_id=order.client_order_id,
        sale_id=order.sale_id,
        slice_id=order.slice_id,
        quantity=trade.quantity,
        price=trade.price,
        cost=trade.cost,
        fee=trade.fee,
        fee_currency=trade.fee_currency,
        liquidity=trade.liquidity,
        executed=trade.executed,
    )
