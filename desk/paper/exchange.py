"""One running exchange without its sockets: engine, market, tape and trade file, moved along by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from desk.clock import micros
from desk.paper.account import Account
from desk.paper.config import MarketKind, PaperConfig
from desk.paper.engine import Engine
from desk.paper.market import Market, SyntheticMarket
from desk.paper.orders import Closed, NewOrder, Order, OwnTrade
from desk.paper.tape import Tape
from desk.paper.tradefile import History, TradeFile

ACCOUNT = "desk"
_PATIENCE_US = 6 * 3_600 * 1_000_000
"""A longer standstill than this (desk time: a machine asleep) is a trading pause, not hours to be caught up with."""


@dataclass(frozen=True, slots=True)
class Hiding:
    """An order that look-ups do not show yet. `until` and `seconds` on the monotonic wall clock."""

    until: float
    seconds: float
    look_ups: frozenset[str]


class Exchange:
    """What requests act on. Every method first lets the market live up to now, and records before it returns."""

    def __init__(self, config: PaperConfig) -> None:
        self.config = config
        self.clock = config.clock
        self.instrument = config.instrument
        self.tape = Tape()
        self._hidden: dict[str, Hiding] = {}
        self._file = None
        self._next = 0
        self._last = micros(self.clock.now())
        history = None
        if config.trade_file is not None:
            self._file = TradeFile(config.trade_file, config.instrument, config.is_synced)
            history = self._file.recover()
        account = history.account if history else self._open_account()
        self.engine = Engine(config.instrument, config.fees, [account], config.seed)
        self.market = self._make_market(history)
        self._begin(history)

    @property
    def account(self) -> Account:
        return self.engine.accounts[ACCOUNT]

    def now(self) -> int:
        """Desk time in microseconds; it never goes back."""
        self._last = max(self._last, micros(self.clock.now()))
        return self._last

    def advance(self) -> None:
        """Lets the market live up to now, and records what that did to the account."""
        now, wall = self.now(), micros(self.clock.wall())
        if now - self._next > _PATIENCE_US:
            self._next = now - now % self.market.step_us
        while self._next <= now:
            self.engine.tick(self._next, wall)
            self.market.step(self.engine, self._next)
            self._next += self.market.step_us
            if self.engine.events:
                self._record()
        self.engine.tick(now, wall)
        self._record()

    def check(self, asked: NewOrder) -> None:
        """Raises OrderRefused where `submit` would; changes nothing."""
        self.advance()
        self.engine.check(ACCOUNT, asked, micros(self.clock.wall()))

    def submit(self, asked: NewOrder, hide_s: Decimal | None = None, look_ups: frozenset[str] = frozenset()) -> Order:
        """Accepts an order and matches it; with `hide_s` look-ups do not show it at first. Raises OrderRefused."""
        self.advance()
        order = self.engine.submit(ACCOUNT, asked, self.now(), micros(self.clock.wall()))
        if hide_s is not None:
            self._hidden[order.id] = Hiding(self.clock.monotonic() + float(hide_s), float(hide_s), look_ups)
        self._record()
        return order

    def cancel(self, key: str) -> Order:
        """Cancels by order id or client order id. Raises OrderRefused where nothing is open under it."""
        self.advance()
        order = self.engine.cancel(ACCOUNT, key, self.now())
        self._record()
        return order

    def cancel_all(self) -> int:
        """Cancels everything open; how many orders that were."""
        self.advance()
        count = self.engine.cancel_all(ACCOUNT, self.now())
        self._record()
        return count

    def cancel_all_after(self, seconds: int) -> None:
        """The dead-man's switch: everything is cancelled in `seconds` of wall time unless asked again; 0 lifts it."""
        self.advance()
        wall = micros(self.clock.wall())
        self.engine.set_dead_man(ACCOUNT, wall + seconds * 1_000_000 if seconds else None)

    def is_shown(self, look_up: str, order_id: str, trade_id: str | None = None) -> bool:
        """Whether a look-up already shows this order, or this trade of it."""
        hiding = self._hidden.get(trade_id or order_id)
        return hiding is None or look_up not in hiding.look_ups or self.clock.monotonic() >= hiding.until

    def close(self) -> None:
        """Gives the trade file back; nothing more is recorded."""
        if self._file is not None:
            self._file.close()

    def _open_account(self) -> Account:
        config = self.config
        return Account(ACCOUNT, int(config.btc), config.instrument.atoms(config.usd))

    def _make_market(self, history: History | None) -> Market:
        config = self.config
        if config.market is MarketKind.REPLAY:
            from desk.paper.replay import ReplayMarket

            assert config.replay is not None
            return ReplayMarket(config.replay, config.instrument, config.step_ms * 1_000)
        ticks = round(config.start_price / config.instrument.tick)
        if history is not None and history.last_ticks is not None:
            ticks = history.last_ticks
        return SyntheticMarket(config.shape, ticks, config.seed, config.step_ms * 1_000)

    def _begin(self, history: History | None) -> None:
        config, engine = self.config, self.engine
        now = self._opening(is_new=history is None)
        self._next = now + self.market.step_us
        if config.volume_30d:
            self.account.traded(now, config.instrument.atoms(config.volume_30d))
        if history is not None:
            engine.restore(history.orders.values(), history.trades)
        elif self._file is not None:
            self._file.begin(self.account, now)
        self.market.start(engine, now)
        best = engine.book.bids.best
        if best is not None and config.market is MarketKind.SYNTHETIC:
            self.tape.invent_past(now, best, config.seed, config.shape.volatility, config.shape.btc_per_minute)
        self._record()

    def _opening(self, is_new: bool) -> int:
        """When the market begins, on its grid of steps: now, or earlier for a new exchange that is to catch up."""
        now, opens = self.now(), self.config.opens
        if is_new and opens is not None and 0 <= now - micros(opens) <= _PATIENCE_US:
            now = micros(opens)
        return now - now % self.market.step_us

    def _record(self) -> None:
        engine = self.engine
        if engine.prints:
            self.tape.absorb(engine.prints)
            engine.prints.clear()
        if not engine.events:
            return
        events, engine.events = engine.events, []
        for event in events:
            if isinstance(event, OwnTrade):
                self.market.felt(event)
                self._hide_trade(event)
            elif isinstance(event, Closed):
                self._forget_shown()
        if self._file is not None:
            self._file.append(events, engine.last_ticks)

    def _hide_trade(self, trade: OwnTrade) -> None:
        hiding = self._hidden.get(trade.order)
        if hiding is not None:
            until = self.clock.monotonic() + hiding.seconds
            self._hidden[trade.id] = Hiding(until, hiding.seconds, hiding.look_ups)

    def _forget_shown(self) -> None:
        """Drops what has long been visible of closed orders, so that the list of the hidden stays short."""
        now = self.clock.monotonic()
        self._hidden = {
            key: hiding
            for key, hiding in self._hidden.items()
            if hiding.until > now or (key in self.engine.orders and self.engine.orders[key].is_open)
        }
