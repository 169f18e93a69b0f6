"""The matching engine: accounts and the street meet in one price-time book. Pure: time is handed in.

Desk time orders the market; wall time bounds an order's arrival (`deadline`) and the dead-man's switch. Both
are integer microseconds. Whatever happens to an account's orders is appended to `events`, every public trade to
`prints`; whoever drives the engine drains both.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable

from desk.paper.account import Account
from desk.paper.book import Book, Resting
from desk.paper.instrument import FeeSchedule, Instrument, fee_atoms
from desk.paper.orders import (
    Accepted,
    Closed,
    Event,
    NewOrder,
    Order,
    OrderKind,
    OrderRefused,
    OwnTrade,
    Print,
    Refusal,
    Side,
    Status,
    TimeInForce,
)

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Engine:
    """One instrument, its book and everybody's money."""

    def __init__(self, instrument: Instrument, fees: FeeSchedule, accounts: Iterable[Account], seed: int = 0) -> None:
        self.instrument = instrument
        self.fees = fees
        self.accounts = {account.name: account for account in accounts}
        self.book = Book()
        self.orders: dict[str, Order] = {}
        self.trades: dict[str, OwnTrade] = {}
        self.events: list[Event] = []
        self.prints: list[Print] = []
        self.last_ticks: int | None = None
        self._seed = seed
        self._print_count = 0
        self._resting: dict[str, Resting] = {}
        self._live_ids: dict[tuple[str, str], str] = {}
        self._expiries: list[tuple[int, str]] = []
        self._dead_man: dict[str, int] = {}

    # -- accounts' orders -------------------------------------------------------------------------------------

    def check(self, account: str, asked: NewOrder, wall: int) -> None:
        """Raises OrderRefused where this order would not be accepted now; changes nothing."""
        if asked.deadline is not None and wall > asked.deadline:
            raise OrderRefused(Refusal.DEADLINE)
        self._check_form(asked)
        if asked.cl_ord_id is not None and (account, asked.cl_ord_id) in self._live_ids:
            raise OrderRefused(Refusal.DUPLICATE)
        funds = self.accounts[account]
        base, quote = self._needed(asked)
        if base > funds.base_free or quote > funds.quote_free:
            raise OrderRefused(Refusal.FUNDS)
        if asked.post_only and asked.ticks is not None and self.book.would_cross(asked.side, asked.ticks):
            raise OrderRefused(Refusal.POST_ONLY)

    def submit(self, account: str, asked: NewOrder, now: int, wall: int) -> Order:
        """Accepts an order, matches it, rests or closes what is left. Raises OrderRefused, then nothing changed."""
        self.check(account, asked, wall)
        if asked.expires is not None and asked.expires <= now:
            raise OrderRefused(Refusal.EXPIRY)
        order = Order(self._id("O", len(self.orders)), len(self.orders), account, asked, now)
        self.orders[order.id] = order
        self._open(order)
        self.events.append(Accepted(order))
        if asked.tif is TimeInForce.FOK and not self._can_fill(order):
            self._close(order, Status.CANCELED, "Fill or kill not possible", now)
            return order
        _, met_itself = self._cross(order, asked.side, asked.volume, asked.ticks, now)
        if not order.is_open:
            return order
        if met_itself:
            self._close(order, Status.CANCELED, "Self trade prevented", now)
        elif asked.kind is OrderKind.MARKET or asked.tif in {TimeInForce.IOC, TimeInForce.FOK}:
            self._close(order, Status.CANCELED, "Immediate or cancel", now)
        else:
            self._rest(order)
        return order

    def cancel(self, account: str, key: str, now: int) -> Order:
        """Takes an open order off the book, by its id or its client order id. Raises OrderRefused if none is open."""
        order = self.orders.get(self._live_ids.get((account, key), key))
        if order is None or order.account != account or not order.is_open:
            raise OrderRefused(Refusal.UNKNOWN)
        self._close(order, Status.CANCELED, "User requested", now)
        return order

    def cancel_all(self, account: str, now: int, reason: str = "User requested") -> int:
        """Takes all of an account's orders off the book; how many there were."""
        mine = self.open_orders(account)
        for order in mine:
            self._close(order, Status.CANCELED, reason, now)
        return len(mine)

    def set_dead_man(self, account: str, trigger: int | None) -> None:
        """Cancels everything of the account once wall time reaches `trigger`, unless set anew or lifted with None."""
        if trigger is None:
            self._dead_man.pop(account, None)
        else:
            self._dead_man[account] = trigger

    def tick(self, now: int, wall: int) -> None:
        """Lets time pass: expires what is due and lets overdue dead-man's switches go off."""
        while self._expiries and self._expiries[0][0] <= now:
            due, order_id = heapq.heappop(self._expiries)
            order = self.orders[order_id]
            if order.is_open:
                self._close(order, Status.EXPIRED, "Order expired", due)
        for account in [name for name, trigger in self._dead_man.items() if trigger <= wall]:
            del self._dead_man[account]
            self.cancel_all(account, now, "Cancel all orders after timeout")

    def open_orders(self, account: str) -> list[Order]:
        """An account's open orders, oldest first."""
        mine = (self.orders[order_id] for order_id in self._resting)
        return sorted((order for order in mine if order.account == account), key=lambda order: order.number)

    def queue_ahead(self, order_id: str) -> int:
        """Satoshis that trade before this resting order at its own price."""
        resting = self._resting[order_id]
        return self.book.half(resting.side).ahead(resting)

    def restore(self, orders: Iterable[Order], trades: Iterable[OwnTrade]) -> None:
        """Puts back what a trade file proves: history, and open orders at their price in their order of arrival."""
        for order in sorted(orders, key=lambda order: order.number):
            self.orders[order.id] = order
            if order.is_open:
                self._open(order)
                self._rest(order)
        self.trades.update((trade.id, trade) for trade in trades)

    # -- the street -------------------------------------------------------------------------------------------

    def street_rest(self, side: Side, ticks: int, sats: int) -> Resting:
        """Street quantity joins the queue at a price. It must not cross: ask `street_take` first."""
        assert not self.book.would_cross(side, ticks), "street quantity would cross"
        resting = Resting(side, ticks, sats)
        self.book.half(side).add(resting)
        return resting

    def street_withdraw(self, resting: Resting, sats: int | None = None) -> None:
        """Street quantity leaves without trading: all of it, or `sats`."""
        if resting.left:
            self.book.half(resting.side).reduce(resting, min(resting.left, sats or resting.left))

    def street_take(self, side: Side, sats: int, ticks: int | None, now: int) -> int:
        """The street trades against the book up to `sats` and to the price `ticks`; what was taken."""
        return self._cross(None, side, sats, ticks, now)[0]

    def street_print(self, side: Side, ticks: int, sats: int, now: int) -> None:
        """A public trade that met nothing in this book: it is only reported."""
        self._print_count += 1
        self.last_ticks = ticks
        self.prints.append(Print(self._print_count, now, ticks, sats, side, OrderKind.LIMIT))

    # -- inside -----------------------------------------------------------------------------------------------

    def _check_form(self, asked: NewOrder) -> None:
        rules = self.instrument
        if asked.volume <= 0 or asked.volume % rules.lot:
            raise OrderRefused(Refusal.VOLUME)
        if asked.volume < rules.order_min:
            raise OrderRefused(Refusal.VOLUME_MIN)
        if asked.kind is OrderKind.LIMIT:
            if asked.ticks is None or asked.ticks <= 0:
                raise OrderRefused(Refusal.PRICE)
            if rules.cost(asked.ticks, asked.volume) < rules.cost_min_atoms:
                raise OrderRefused(Refusal.COST_MIN)
        elif asked.post_only:
            raise OrderRefused(Refusal.FLAGS)
        if asked.post_only and asked.tif in {TimeInForce.IOC, TimeInForce.FOK}:
            raise OrderRefused(Refusal.FLAGS)
        if (asked.tif is TimeInForce.GTD) != (asked.expires is not None):
            raise OrderRefused(Refusal.EXPIRY)

    def _needed(self, asked: NewOrder) -> tuple[int, int]:
        """What an order must find free: satoshis to sell, or atoms to buy with."""
        if asked.side is Side.SELL:
            return asked.volume, 0
        ppm = self.fees.highest_ppm
        if asked.ticks is not None:
            return 0, self.instrument.hold(asked.ticks, asked.volume, ppm)
        parts = self.book.asks.reachable(asked.volume)
        return 0, sum(self.instrument.hold(ticks, sats, ppm) for ticks, sats in parts)

    def _can_fill(self, order: Order) -> bool:
        """Whether the whole order would trade at once, without meeting its own account."""
        half = self.book.half(order.asked.side.other)
        left: int = order.asked.volume
        for resting in half.entries():
            is_beyond = order.asked.ticks is not None and resting.ticks * half.sign > order.asked.ticks * half.sign
            if is_beyond or (resting.order is not None and resting.order.account == order.account):
                return False
            left -= resting.left
            if left <= 0:
                return True
        return False

    def _open(self, order: Order) -> None:
        asked = order.asked
        if asked.cl_ord_id is not None:
            self._live_ids[order.account, asked.cl_ord_id] = order.id
        if asked.expires is not None:
            heapq.heappush(self._expiries, (asked.expires, order.id))
        self._hold(order)

    def _rest(self, order: Order) -> None:
        assert order.asked.ticks is not None
        resting = Resting(order.asked.side, order.asked.ticks, order.remaining, order)
        self._resting[order.id] = resting
        self.book.half(order.asked.side).add(resting)

    def _hold(self, order: Order) -> None:
        """Makes the account keep exactly what the open rest of an order may still need."""
        base, quote = 0, 0
        if order.is_open and order.asked.side is Side.SELL:
            base = order.remaining
        elif order.is_open and order.asked.ticks is not None:
            quote = self.instrument.hold(order.asked.ticks, order.remaining, self.fees.highest_ppm)
        account = self.accounts[order.account]
        account.base_held += base - order.base_held
        account.quote_held += quote - order.quote_held
        order.base_held, order.quote_held = base, quote

    def _close(self, order: Order, status: Status, reason: str | None, now: int) -> None:
        order.status, order.reason, order.closed = status, reason, now
        resting = self._resting.pop(order.id, None)
        if resting is not None and resting.left:
            self.book.half(resting.side).reduce(resting, resting.left)
        if order.asked.cl_ord_id is not None:
            self._live_ids.pop((order.account, order.asked.cl_ord_id), None)
        self._hold(order)
        self.events.append(Closed(order))

    def _cross(self, taker: Order | None, side: Side, wanted: int, limit: int | None, now: int) -> tuple[int, bool]:
        """Trades against the other side, best price and oldest first; what was taken, and whether it met itself."""
        half = self.book.half(side.other)
        kind = OrderKind.MARKET if limit is None else OrderKind.LIMIT
        edge = None if limit is None else limit * half.sign
        left = wanted
        while left and half.keys and (edge is None or half.keys[0] <= edge):
            head = half.head()
            assert head is not None
            if taker is not None and head.order is not None and head.order.account == taker.account:
                return wanted - left, True
            sats = min(left, head.left)
            half.reduce(head, sats)
            left -= sats
            self._print_count += 1
            self.last_ticks = head.ticks
            self.prints.append(Print(self._print_count, now, head.ticks, sats, side, kind))
            if head.order is not None:
                self._book_trade(head.order, head.ticks, sats, True, now)
            if taker is not None:
                self._book_trade(taker, head.ticks, sats, False, now)
        return wanted - left, False

    def _book_trade(self, order: Order, ticks: int, sats: int, is_maker: bool, now: int) -> None:
        account = self.accounts[order.account]
        cost = self.instrument.cost(ticks, sats)
        tier = self.fees.tier(self.instrument.money(account.volume(now)))
        fee = fee_atoms(cost, tier.maker_ppm if is_maker else tier.taker_ppm)
        number = len(self.trades)
        trade = OwnTrade(
            self._id("T", number), number, order.id, order.asked.cl_ord_id, order.account, order.asked.side,
            order.asked.kind, ticks, sats, cost, fee, is_maker, now,
        )  # fmt: skip
        book_trade(account, order, trade)
        self.trades[trade.id] = trade
        self._hold(order)
        self.events.append(trade)
        if order.remaining == 0:
            self._close(order, Status.CLOSED, None, now)

    def _id(self, prefix: str, number: int) -> str:
        """An id in Kraken's shape, the same for the same seed and number."""
        digest = hashlib.sha256(f"{self._seed} {prefix} {number}".encode()).digest()
        text = prefix + "".join(_ALPHABET[byte % 32] for byte in digest[:16])
        return f"{text[:6]}-{text[6:11]}-{text[11:]}"


def book_trade(account: Account, order: Order, trade: OwnTrade) -> None:
    """Moves the money of one trade and writes it into its order; used live and when a trade file is read back."""
    sign = 1 if trade.side is Side.BUY else -1
    account.base += sign * trade.sats
    account.quote -= sign * trade.cost + trade.fee
    account.traded(trade.at, trade.cost)
    order.filled += trade.sats
    order.tick_sats += trade.ticks * trade.sats
    order.cost += trade.cost
    order.fee += trade.fee
    order.trades.append(trade.id)
