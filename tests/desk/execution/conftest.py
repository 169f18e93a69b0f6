"""A venue that misbehaves on command, a real ledger, and a desk around them whose time moves only when told to."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from desk.clock import Clock, ManualClock
from desk.execution.executor import Executor
from desk.execution.orders import Liquidity, OrderType
from desk.execution.settings import ExecutionSettings
from desk.ledger import Ledger, LedgerThread, ReadTx, WriteTx, control, orders, sales
from desk.ledger.records import Command
from desk.sale.controls import ControlLimits
from desk.sale.market import Grid
from desk.sale.records import Sale, Signature
from desk.sale.staging import StageContext, StageRequest, VenueFacts, draft_terms
from desk.sale.terms import Purpose, PurposeKind
from desk.units import Bps, Money, Price, Sats, notional, parse_btc
from desk.venues.model import (
    Absent,
    Book,
    CancelAccepted,
    CancelOutcome,
    CancelRefused,
    CreateOutcome,
    Found,
    Holding,
    Level,
    LookUp,
    MarketRules,
    OrderRef,
    OrderReport,
    OrderRequest,
    Placed,
    Refused,
    ReportedState,
    Unavailable,
    Unknown,
    Venue,
    VenueTrade,
)

T = TypeVar("T")
START = datetime(2026, 2, 7, 15, tzinfo=UTC)
TICK = Decimal("0.1")
COINS = parse_btc("1000")
RULES = MarketRules(
    symbol="BTC/USD",
    base="BTC",
    quote="USD",
    tick=TICK,
    lot=Sats(1),
    min_quantity=parse_btc("0.0001"),
    min_cost=Money(Decimal("0.5")),
    maker_fee=Bps(Decimal(25)),
    taker_fee=Bps(Decimal(40)),
    in_flight_bound_s=5.0,
    visibility_delay_s=2.0,
    enforces_deadline=True,
)


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Booked:
    """An order at the fake venue."""

    request: OrderRequest
    venue_id: str
    seen_from: float
    state: ReportedState = ReportedState.OPEN
    trades: list[VenueTrade] = field(default_factory=list)

    @property
    def filled(self) -> int:
        return sum(trade.quantity for trade in self.trades)

    @property
    def left(self) -> int:
        return self.request.quantity - self.filled


class FakeVenue:
    """Kraken's manners without its sockets. `faults` names what happens to the next creates, cancels, look-ups."""

    def __init__(self, clock: ManualClock, name: str = "kraken", rules: MarketRules = RULES) -> None:
        self.name = name
        self.rules = rules
        self.clock = clock
        self.bid = Decimal("68499.9")
        self.ask = Decimal("68500.1")
        self.depth = parse_btc("50")
        self.coins = COINS
        self.book_age_s = 0.0
        self.clock_is_behind_s = 0.0
        self.is_down = False
        self.tells_no_book = False
        self.book_is_stuck: Book | None = None
        self.create_faults: list[str] = []
        self.cancel_faults: list[str] = []
        self.look_up_faults: list[str] = []
        self.ioc_takes = 1.0
        self.visibility_s = 0.0
        self.fee_currency = "USD"
        self.fees_in_coins = 0
        self.average: Callable[[Booked], Price | None] = lambda _: None
        self.retold: dict[str, dict[str, object]] = {}
        self.booked: dict[str, Booked] = {}
        self.coming: list[tuple[float, OrderRequest]] = []
        self.creates: list[OrderRequest] = []
        self.cancels: list[str] = []
        self.look_ups = 0
        self.owners_asked = 0
        self.violations: list[str] = []
        self.point: Callable[[str], None] = lambda _: None

    async def open(self) -> MarketRules:
        return self.rules

    async def close(self) -> None:
        return None

    async def book(self) -> Book:
        if self.is_down or self.tells_no_book:
            raise Unavailable(f"{self.name} is down")
        return self.latest_book()

    def latest_book(self) -> Book:
        if self.book_is_stuck is not None:
            return self.book_is_stuck
        bids = tuple(Level(Price(self.bid - i * TICK), Sats(self.depth)) for i in range(5))
        asks = tuple(Level(Price(self.ask + i * TICK), Sats(self.depth)) for i in range(5))
        return Book(bids, asks, self.clock.monotonic() - self.book_age_s, self.clock.wall())

    async def balances(self) -> tuple[Holding, ...]:
        if self.is_down:
            raise Unavailable(f"{self.name} is down")
        total = Decimal(self.coins - self.sold - self.fees_in_coins).scaleb(-8)
        held = Decimal(sum(b.left for b in self.booked.values() if b.state is ReportedState.OPEN)).scaleb(-8)
        return (Holding("BTC", total, total - held),)

    async def create(self, request: OrderRequest) -> CreateOutcome:
        self.point("create: before it leaves")
        self.creates.append(request)
        if sum(1 for other in self.creates if other.client_order_id == request.client_order_id) > 1:
            self.violations.append(f"{request.client_order_id} was sent twice")
        fault = self.create_faults.pop(0) if self.create_faults else "ok"
        if self.is_down or fault == "lose request":
            return Unknown("time-out")
        if fault == "refuse":
            return Refused("EOrder:Insufficient funds")
        if fault.startswith("late"):
            self.coming.append((self.clock.monotonic() + float(fault.split()[1]), request))
            return Unknown("time-out")
        outcome = self._book(request)
        self.point("create: booked, no answer yet")
        return Unknown("connection closed") if fault == "lose reply" else outcome

    async def cancel(self, ref: OrderRef) -> CancelOutcome:
        self.point("cancel: before it leaves")
        self.cancels.append(ref.client_order_id)
        fault = self.cancel_faults.pop(0) if self.cancel_faults else "ok"
        if self.is_down or fault == "lose request":
            return Unknown("time-out")
        if fault == "not found":
            return CancelRefused("EOrder:Unknown order")
        found = self._of(ref)
        if found is None or found.state is not ReportedState.OPEN:
            return CancelRefused("EOrder:Unknown order")
        if fault.startswith("fill"):
            self._fill(found, int(found.left * float(fault.split()[1])), Liquidity.MAKER)
        if found.state is ReportedState.OPEN:
            found.state = ReportedState.CANCELLED
        self.point("cancel: done, no answer yet")
        return Unknown("time-out") if fault == "lose reply" else CancelAccepted()

    async def cancel_all(self) -> CancelOutcome:
        return CancelAccepted()

    async def look_up(self, ref: OrderRef) -> LookUp:
        self.point("look-up")
        self.look_ups += 1
        fault = self.look_up_faults.pop(0) if self.look_up_faults else "ok"
        if self.is_down or fault == "fail":
            return Unknown("the look-up failed")
        found = self._of(ref)
        if found is None or self.clock.monotonic() < found.seen_from:
            return Absent(self.clock.monotonic())
        report = self._report(found)
        if fault == "no trades":
            report = replace(report, trades=())
        return Found(report)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        return tuple(self._report(b) for b in self.booked.values() if b.state is ReportedState.OPEN)

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        if self.is_down:
            raise Unavailable(f"{self.name} is down")
        return tuple(t for b in self.booked.values() for t in b.trades if t.executed >= since)

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        self.owners_asked += len(venue_order_ids)
        if self.is_down:
            raise Unavailable(f"{self.name} is down")
        told = {b.venue_id: b.request.client_order_id for b in self.booked.values()}
        return {one: told[one] for one in venue_order_ids if one in told}

    @property
    def sold(self) -> int:
        return sum(b.filled for b in self.booked.values())

    @property
    def live(self) -> list[Booked]:
        return [b for b in self.booked.values() if b.state is ReportedState.OPEN]

    def tick(self) -> None:
        """What was on its way arrives."""
        now = self.clock.monotonic()
        for moment, request in [item for item in self.coming if item[0] <= now]:
            self.coming.remove((moment, request))
            self._book(request)

    def trade(self, share: float = 1.0) -> None:
        """Somebody buys: every resting order fills by `share` of what is left."""
        for booked in self.live:
            self._fill(booked, max(1, int(booked.left * share)), Liquidity.MAKER)

    def freeze_book(self) -> None:
        """From now on the book is what it is now, and ages."""
        self.tells_no_book, self.book_is_stuck = True, self.latest_book()

    def thaw_book(self) -> None:
        self.tells_no_book, self.book_is_stuck = False, None

    def _of(self, ref: OrderRef) -> Booked | None:
        if ref.client_order_id in self.booked:
            return self.booked[ref.client_order_id]
        return next((b for b in self.booked.values() if b.venue_id == ref.venue_order_id), None)

    def _book(self, request: OrderRequest) -> CreateOutcome:
        if request.deadline is not None and self.clock.wall() > request.deadline:
            return Refused("EService:Deadline elapsed", is_temporary=True)
        if request.type is OrderType.POST_ONLY and request.limit_price <= self.bid:
            return Refused("EOrder:Post only order", is_temporary=True)
        if self.live:
            self.violations.append("two live orders at once")
        if request.quantity > self.coins - self.sold - self.fees_in_coins - sum(b.left for b in self.live):
            self.violations.append("more was offered than is there")
        number = f"O{len(self.booked) + 1:05d}"
        booked = Booked(request, number, self.clock.monotonic() + self.visibility_s)
        self.booked[request.client_order_id] = booked
        if request.type is OrderType.IOC:
            if request.limit_price <= self.bid:
                self._fill(booked, int(request.quantity * self.ioc_takes), Liquidity.TAKER)
            if booked.state is ReportedState.OPEN:
                booked.state = ReportedState.CANCELLED
        return Placed(number)

    def _fill(self, booked: Booked, quantity: int, liquidity: Liquidity) -> None:
        if quantity <= 0:
            return
        price = booked.request.limit_price if liquidity is Liquidity.MAKER else Price(self.bid)
        cost = notional(quantity, price)
        number = f"T{sum(len(b.trades) for b in self.booked.values()) + 1:05d}"
        fee = Money(cost * Decimal("0.0025"))
        if self.fee_currency == "BTC":
            self.fees_in_coins += quantity // 400
            fee = Money(Decimal(quantity // 400).scaleb(-8))
        booked.trades.append(
            VenueTrade(
                number,
                booked.venue_id,
                Sats(quantity),
                price,
                cost,
                fee,
                self.fee_currency,
                liquidity,
                self.clock.now() - timedelta(seconds=self.clock_is_behind_s),
            )
        )
        if booked.left == 0:
            booked.state = ReportedState.FILLED

    def _report(self, booked: Booked) -> OrderReport:
        return OrderReport(
            booked.venue_id,
            booked.request.client_order_id,
            booked.state,
            booked.request.quantity,
            Sats(booked.filled),
            self.average(booked),
            tuple(replace(trade, **self.retold.get(trade.trade_id, {})) for trade in booked.trades),  # type: ignore[arg-type]
        )


class TogetherVenue(FakeVenue):
    """The same, where the records of several orders are read at once."""

    def __init__(self, clock: ManualClock, name: str = "kraken", rules: MarketRules = RULES) -> None:
        super().__init__(clock, name, rules)
        self.rounds: list[set[str]] = []
        self.while_asked: Callable[[], Awaitable[None]] | None = None

    async def look_up_many(self, refs: Sequence[OrderRef]) -> dict[str, LookUp]:
        self.rounds.append({ref.client_order_id for ref in refs})
        answers = {ref.client_order_id: await super(TogetherVenue, self).look_up(ref) for ref in refs}
        if self.while_asked is not None:
            await self.while_asked()
        return answers

    async def look_up(self, ref: OrderRef) -> LookUp:
        raise AssertionError("asked alone although it can be asked together")


@dataclass
class Judged:
    is_granted: bool
    sentence: str


class Signatures:
    """Says yes or no as told; what real signatures prove is tested where they live."""

    def __init__(self) -> None:
        self.sale_is_granted = True
        self.command_is_granted = True

    def sale(self, tx: ReadTx, sale: Sale, now: datetime) -> Judged:
        return Judged(self.sale_is_granted, "2 of 2 approvals" if self.sale_is_granted else "1 of 2 approvals")

    def command(self, tx: ReadTx, command: Command, now: datetime) -> Judged:
        return Judged(self.command_is_granted, "signed" if self.command_is_granted else "0 of 1 signatures")


class FaultyLedger(LedgerThread):
    """A ledger whose transactions are places to die at: before they begin, and after they are durable.

    They run where they are asked for: nothing here is about threads, and changing between them takes half the time.
    """

    point: Callable[[str], None] = staticmethod(lambda _: None)

    async def write(self, fn: Callable[[WriteTx], T], *, actor: str) -> T:
        await asyncio.sleep(0)
        self.point("before a commit")
        with self.ledger.write(actor=actor, clock=self._clock) as tx:
            value = fn(tx)
        self.point("after a commit")
        return value

    async def read(self, fn: Callable[[ReadTx], T]) -> T:
        await asyncio.sleep(0)
        with self.ledger.read() as tx:
            return fn(tx)


class Desk:
    """One desk: ledger, venues, clock, and an executor that can die and come back."""

    def __init__(
        self,
        folder: Path,
        new_desk: Path,
        speed: int = 1,
        *,
        clock: Clock | None = None,
        venues: dict[str, Venue] | None = None,
    ) -> None:
        manual = ManualClock(START, speed)
        self.clock: Any = clock or manual
        self.folder = folder
        self.ledger = Ledger.open(f"sqlite:///{shutil.copy(new_desk, folder / 'desk.db')}")
        self.thread = FaultyLedger(self.ledger, self.clock)
        self.venue = FakeVenue(manual)
        self.venues: dict[str, Any] = {"kraken": self.venue} if venues is None else dict(venues)
        self.signatures = Signatures()
        self.limits = ControlLimits(
            Price(Decimal(50_000)),
            Bps(Decimal(50)),
            parse_btc("5"),
            parse_btc("2000"),
            Money(Decimal(150_000_000)),
        )
        self.settings = ExecutionSettings()
        self.halt_file = folder / "HALT"
        self.epoch = 0
        self.executor: Executor
        self.start()

    def start(self, **how: Any) -> Executor:
        """A new process: the next epoch, an executor that remembers nothing."""
        self.epoch = self.write(lambda tx: control.take_epoch(tx, 1, "host", self.clock.now()))
        self.executor = Executor(
            self.thread,
            self.venues,
            self.clock,
            self.limits,
            permission=self.signatures,
            halt_file=self.halt_file,
            epoch=self.epoch,
            settings=self.settings,
            **how,
        )
        return self.executor

    def stage(self, quantity: str = "1", *, slices: int = 4, over_s: int = 240, **wishes: object) -> str:
        """A sale of so many slices; its window opens now unless told otherwise. Returns its id."""
        request = StageRequest(
            quantity=parse_btc(quantity),
            opens=self.clock.now(),
            over=timedelta(seconds=over_s),
            stager="olga",
            slices=slices,
            venues=tuple(self.venues),
            floor=Price(Decimal(60_000)),
            size_jitter_bps=0,
            time_jitter_bps=0,
            purpose=Purpose(PurposeKind.GENERAL),
        )
        request = replace(request, **wishes)  # type: ignore[arg-type]
        sale_id = self.read(lambda tx: sales.next_sale_id(tx, 2026))
        grid = Grid(TICK, Sats(1), RULES.min_quantity, RULES.min_cost)
        facts = {name: VenueFacts("main", "BTC/USD", "USD", grid, COINS) for name in self.venues}
        context = StageContext(
            knows_volume=True,
            now=self.clock.now(),
            desk_id=self.ledger.desk.desk_id,
            nonce=sale_id,
            sale_id=sale_id,
            policy_digest="p",
            limits=self.limits,
            venues=facts,
            purposes=frozenset(),
            reference_price=Price(Decimal(68_500)),
            reference_at=self.clock.now(),
        )
        draft = draft_terms(request, context)
        signature = Signature(sale_id, "olga", "stager", "SHA256:o", "armored", self.clock.now())
        self.write(lambda tx: sales.stage(tx, draft.terms, draft.slices, signature, self.clock.now()))
        return sale_id

    def command(self, kind: str, sale_id: str | None = None, **detail: object) -> int:
        return self.write(
            lambda tx: control.command(tx, kind, sale_id, "olga", "because", detail, self.clock.now())  # type: ignore[arg-type]
        )

    def sale(self, sale_id: str) -> Sale:
        found = self.read(lambda tx: sales.get(tx, sale_id))
        assert found is not None
        return found

    def orders(self, sale_id: str | None = None) -> list[orders.Order]:  # type: ignore[name-defined]
        return self.read(lambda tx: orders.listed(tx, sale_id))

    def read(self, fn: Callable[[ReadTx], T]) -> T:
        with self.ledger.read() as tx:
            return fn(tx)

    def write(self, fn: Callable[[WriteTx], T]) -> T:
        with self.ledger.write(actor="test", clock=self.clock) as tx:
            return fn(tx)

    async def run(
        self,
        wall_s: float,
        *,
        every_s: float = 5.0,
        until: Callable[[], bool] | None = None,
        each: Callable[[], None] | None = None,
    ) -> bool:
        """Sweeps when the executor wants to be woken, at least `every_s`, for so long; True once `until` holds."""
        end = self.clock.monotonic() + wall_s
        while True:
            await self.executor.sweep()
            if until is not None and until():
                return True
            left = end - self.clock.monotonic()
            if left <= 0:
                return False
            self.clock.advance(min(left, every_s, max(0.25, await self._next_wake_s())))
            for venue in self.venues.values():
                venue.tick()
            if each is not None:
                each()

    async def _next_wake_s(self) -> float:
        dues = [due for _, due in await self.executor.next_dues()]
        soonest = min(dues, default=self.clock.now() + timedelta(days=1))
        return (soonest - self.clock.now()).total_seconds() / self.clock.speed

    def is_final(self, sale_id: str) -> Callable[[], bool]:
        return lambda: self.sale(sale_id).state.is_final

    def close(self) -> None:
        self.thread.close()
        self.ledger.close()


@pytest.fixture
def desk(tmp_path: Path, new_desk: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, new_desk)
    yield made
    made.close()


@pytest.fixture
def make_desk(tmp_path: Path, new_desk: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(**how: object) -> Desk:
        folder = tmp_path / f"desk{len(made)}"
        folder.mkdir()
        made.append(Desk(folder, new_desk, **how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def crash() -> type[Crash]:
    return Crash


@pytest.fixture
def together(desk: Desk) -> TogetherVenue:
    """The desk's venue, which reads several orders at once."""
    desk.venue = desk.venues["kraken"] = TogetherVenue(desk.clock)
    desk.start()
    return desk.venue


@pytest.fixture
def second_venue() -> Callable[[Desk], FakeVenue]:
    def add(desk: Desk) -> FakeVenue:
        desk.venues["other"] = FakeVenue(desk.clock, "other")
        desk.start()
        return desk.venues["other"]

    return add


@pytest.fixture
def draws() -> Callable[[int], random.Random]:
    return random.Random
