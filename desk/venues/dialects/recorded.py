"""What a venue has on record of our orders, whichever venue it is, and the trades that prove it.

Trades that were seen are kept (a trade does not change) and asked for again only while an order's filled quantity is
not backed by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desk.units import Price, Sats, average_price
from desk.venues.answer import NotAnAnswer
from desk.venues.model import OrderRef, OrderReport, ReportedState, VenueTrade

_MOST_ORDERS_KEPT = 2_000
AHEAD = timedelta(hours=1)
"""Venue time by which a record may lie ahead of our clock; further ahead it is nonsense."""


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """One order as a venue tells it. `opened` is the venue's own time; `trade_ids` where it names its trades."""

    venue_order_id: str
    client_order_id: str | None
    state: ReportedState
    quantity: Sats
    filled: Sats
    average: Price | None
    opened: datetime
    trade_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.filled > self.quantity:
            raise NotAnAnswer("an order filled beyond its quantity")

    def is_of(self, ref: OrderRef) -> bool:
        """Whether it is the order asked about, by either id."""
        return self.client_order_id == ref.client_order_id or self.venue_order_id == ref.venue_order_id

    def confirmed(self, ref: OrderRef) -> RecordedOrder:
        """Itself, if nothing in it speaks against being the order asked about."""
        if ref.venue_order_id not in (None, self.venue_order_id):
            raise NotAnAnswer("an answer about another order")
        if self.client_order_id not in (None, ref.client_order_id):
            raise NotAnAnswer("an order of that name with another client order id")
        return self

    def report(self, trades: tuple[VenueTrade, ...]) -> OrderReport:
        """The order with its executions; trades seen after an open order was read count, being the proof."""
        traded = Sats(sum(trade.quantity for trade in trades))
        is_ahead = self.state is ReportedState.OPEN and self.filled < traded <= self.quantity
        filled = traded if is_ahead else self.filled
        average = (
            average_price(sum((trade.cost for trade in trades), Decimal(0)), filled) if is_ahead else self.average
        )
        return OrderReport(
            self.venue_order_id, self.client_order_id, self.state, self.quantity, filled, average, trades
        )


def the_one(orders: Iterable[RecordedOrder], ref: OrderRef) -> RecordedOrder | None:
    """The order asked about. Two of them are a contradiction: at most one was ever sent."""
    found = {order.venue_order_id: order for order in orders if order.is_of(ref)}
    if len(found) > 1:
        raise NotAnAnswer("two orders with one client order id")
    return next(iter(found.values())).confirmed(ref) if found else None


class TradeMemory:
    """Own sells by the venue's order id. `venue_now` is the venue's time, which no record may lie far ahead of."""

    def __init__(self, venue_now: Callable[[], datetime]) -> None:
        self._venue_now = venue_now
        self._trades: dict[str, dict[str, VenueTrade]] = {}
        self._names: dict[str, str | None] = {}

    def keep(self, trades: Iterable[VenueTrade]) -> list[VenueTrade]:
        """Remembers trades and returns them. Raises NotAnAnswer for one of the future."""
        seen = list(trades)
        for trade in seen:
            self.refuse_future(trade.executed, "a trade")
        for trade in seen:
            self._trades.setdefault(trade.venue_order_id, {})[trade.trade_id] = trade
        for forgotten in list(self._trades)[:-_MOST_ORDERS_KEPT]:
            del self._trades[forgotten]
        return seen

    def refuse_future(self, moment: datetime, what: str) -> None:
        """Raises NotAnAnswer for what claims to have happened well after now."""
        if moment > self._venue_now() + AHEAD:
            raise NotAnAnswer(f"{what} of the future ({moment:%Y-%m-%d %H:%M} UTC)")

    def behind(self, trades: Iterable[VenueTrade], ref: OrderRef) -> list[str]:
        """The orders behind trades that may be the one asked about: all but those known to carry another name."""
        found = {trade.venue_order_id for trade in trades}
        ours = ref.client_order_id
        return sorted(one for one in found if one == ref.venue_order_id or self._names.get(one, ours) == ours)

    def name(self, order: RecordedOrder) -> None:
        """Remembers which client order id an order behind a trade carries, or that it carries none."""
        self._names[order.venue_order_id] = order.client_order_id

    def of(self, venue_order_id: str) -> tuple[VenueTrade, ...]:
        """All trades of an order, oldest first."""
        return in_order(self._trades.get(venue_order_id, {}).values())

    def knows(self, venue_order_id: str, trade_id: str) -> bool:
        return trade_id in self._trades.get(venue_order_id, {})

    def unproven(self, orders: Sequence[RecordedOrder]) -> list[RecordedOrder]:
        """Orders of which more is filled than the remembered trades prove."""
        return [o for o in orders if sum(trade.quantity for trade in self.of(o.venue_order_id)) < o.filled]

    def report(self, order: RecordedOrder) -> OrderReport:
        """The order with every trade remembered of it."""
        self.refuse_future(order.opened, "an order")
        return order.report(self.of(order.venue_order_id))


def in_order(trades: Iterable[VenueTrade]) -> tuple[VenueTrade, ...]:
    """Oldest first."""
    return tuple(sorted(trades, key=lambda trade: (trade.executed, trade.trade_id)))
