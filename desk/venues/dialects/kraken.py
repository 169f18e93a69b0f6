"""Kraken: what is said on the wire, and how an order is found again.

- The client order id goes out as `cl_ord_id` and is unique among *open* orders only: a blind resend after a fast fill
  would sell twice.
- `deadline` makes the matching engine refuse an order that arrives late, which bounds how long an unknown one can
  still appear. It is Kraken's clock that judges it, so where this machine's is ahead, that much is taken off.
- `expiretm` takes a resting order off the book before the window's end, whatever has become of this process.
- ccxt's `fetch_order` by client order id asks for a `userref` and finds nothing, so an order is looked for among the
  open ones, then the closed ones, then behind the account's own trades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from desk.clock import Clock, micros
from desk.execution.orders import OrderType
from desk.venues import fields
from desk.venues.answer import Answer, Declined, Failure, NotAnAnswer
from desk.venues.dialects import kraken_shapes as shapes
from desk.venues.dialects.dialect import LOOK_BACK, BookStream, Bounds, ToVenueTime
from desk.venues.dialects.kraken_book import KrakenBook, subscription
from desk.venues.dialects.kraken_evidence import envelope, read_cancel, read_cancel_all, read_create
from desk.venues.dialects.kraken_history import KrakenHistory
from desk.venues.dialects.recorded import RecordedOrder
from desk.venues.dialects.spelling import spelled
from desk.venues.evidence import judge_cancel, judge_create
from desk.venues.model import (
    Absent,
    Book,
    CancelOutcome,
    CreateOutcome,
    Found,
    Holding,
    LookUp,
    MarketDay,
    MarketRules,
    MarketTrades,
    OrderRef,
    OrderReport,
    OrderRequest,
    Unknown,
    VenueTrade,
)
from desk.venues.queue import Priority
from desk.venues.wire import Wire

IN_FLIGHT_BOUND_S = 5.0
"""Enforced by `deadline`."""
STREAM_URL = "wss://ws.kraken.com/v2"
BOOK_DEPTH = 100
TRADES_PAGE = 1_000


class Kraken:
    """One market of one Kraken account, behind `Dialect`."""

    def __init__(
        self,
        wire: Wire,
        symbol: str,
        *,
        clock: Clock,
        bounds: Bounds,
        to_venue_time: ToVenueTime,
        url: str | None,
        halt_wire: Wire | None = None,
    ) -> None:
        self._wire = wire
        self._halt_wire = halt_wire or wire
        self._symbol = symbol
        self._clock = clock
        self._bounds = bounds
        self._to_venue_time = to_venue_time
        self._url = url
        self._pair: shapes.Pair | None = None
        self._history: KrakenHistory | None = None

    async def load(self) -> MarketRules:
        """Assets, AssetPairs and the account's own TradeVolume. Later calls ask for this one pair only."""
        pair = await self._first_pair() if self._pair is None else await self._pair_now(self._pair)
        told = await self._ask("privatePostTradeVolume", {"pair": pair.id, "fee-info": "true"}, Priority.READ)
        taker = shapes.fee_of(told.get("fees"), pair)
        maker = shapes.fee_of(told["fees_maker"], pair) if told.get("fees_maker") else taker
        self._pair = pair
        self._history = self._history or KrakenHistory(self._ask, pair, self._venue_now)
        own_bound = self._bounds.in_flight_bound_s
        return MarketRules(
            self._symbol, pair.base, pair.quote, pair.tick, pair.lot, pair.min_quantity, pair.min_cost, maker, taker,
            max(IN_FLIGHT_BOUND_S, own_bound or 0.0), self._bounds.visibility_delay_s,
            enforces_deadline=True,
        )  # fmt: skip

    async def _first_pair(self, *, reload: bool = False) -> shapes.Pair:
        loaded = await self._wire.call("load_markets", reload, priority=Priority.READ, is_private=False)
        market = self._wire.market(self._symbol)
        if market is None or (reload and loaded.error):
            raise NotAnAnswer(loaded.described() if loaded.error else f"Kraken has no market {self._symbol}")
        return shapes.pair_of(self._symbol, market)

    async def _pair_now(self, known: shapes.Pair) -> shapes.Pair:
        """The pair as it is now; ccxt has to load all markets again only if its grid has changed."""
        asked = {"pair": known.id}
        answer = await self._wire.call("publicGetAssetPairs", asked, priority=Priority.READ, is_private=False)
        market = {**(self._wire.market(self._symbol) or {}), "info": _result(answer).get(known.id)}
        now = shapes.pair_of(self._symbol, market)
        return now if now.has_grid_of(known) else await self._first_pair(reload=True)

    async def book(self) -> Book:
        """By REST; true at some moment after it was asked for, so that is what its age counts from."""
        pair = self._loaded
        asked = self._clock.monotonic()
        answer = await self._wire.call(
            "publicGetDepth", {"pair": pair.id, "count": BOOK_DEPTH}, priority=Priority.READ, is_private=False
        )
        result = _result(answer)
        named = [depth for name, depth in result.items() if name in pair.names]
        if len(named) != 1:
            raise NotAnAnswer(f"no book of {self._symbol}")
        return shapes.book_of(named[0], answer.sent if answer.sent is not None else asked, self._clock.wall())

    async def day(self) -> MarketDay:
        """From the ticker: its second figure each is the last 24 hours."""
        pair = self._loaded
        answer = await self._wire.call("publicGetTicker", {"pair": pair.id}, priority=Priority.READ, is_private=False)
        named = [ticker for name, ticker in _result(answer).items() if name in pair.names]
        if len(named) != 1:
            raise NotAnAnswer(f"no ticker of {self._symbol}")
        return shapes.day_of(named[0])

    async def market_trades(self, since: datetime, cursor: str | None) -> MarketTrades:
        """A page of public trades; Kraken's `since` is exclusive, and its own `last` is where the next begins."""
        pair = self._loaded
        start = cursor or str(micros(self._to_venue_time(since)) * 1_000)
        asked = {"pair": pair.id, "since": start, "count": TRADES_PAGE}
        answer = await self._wire.call("publicGetTrades", asked, priority=Priority.READ, is_private=False)
        return shapes.market_trades_of(_result(answer), pair, TRADES_PAGE, self._venue_now())

    async def balances(self) -> tuple[Holding, ...]:
        """What the account holds, free being what no order of the account holds back."""
        holdings = []
        for name, entry in (await self._ask("privatePostBalanceEx", {}, Priority.READ)).items():
            held_here = fields.record(entry)
            total = fields.number(held_here, "balance")
            held = fields.not_negative(held_here, "hold_trade") if held_here.get("hold_trade") is not None else 0
            holdings.append(Holding(self._wire.currency(name), total, total - held))
        return tuple(holdings)

    async def create(self, request: OrderRequest) -> CreateOutcome:
        """One limit sell. Raises ValueError if ccxt would put another price or quantity on the wire."""
        quantity, price = spelled(self._wire, self._symbol, request)
        parameters: dict[str, object] = {"clientOrderId": request.client_order_id}
        if request.type is OrderType.POST_ONLY:
            parameters["postOnly"] = True
            if request.expires is not None:
                parameters |= {"timeInForce": "GTD", "expiretm": self._venue_second(request.expires)}
        else:
            parameters["timeInForce"] = "IOC"
        if request.deadline is not None:
            parameters["deadline"] = _rfc3339(request.deadline - self._wire.clock_ahead)
        answer = await self._wire.call(
            "create_order", self._symbol, "limit", "sell", quantity, price, parameters,
            priority=Priority.CREATE, why_not=request.why_not,
        )  # fmt: skip
        return judge_create(answer, read_create)

    async def cancel(self, ref: OrderRef) -> CancelOutcome:
        """By the venue's id where it is known, else by ours.

        The endpoint itself and not ccxt's cancel_order, which wants markets loaded first: a stop needs no markets.
        """
        named = {"txid": ref.venue_order_id} if ref.venue_order_id else {"cl_ord_id": ref.client_order_id}
        answer = await self._halt_wire.call("privatePostCancelOrder", named, priority=Priority.CANCEL)
        return judge_cancel(answer, read_cancel)

    async def cancel_all(self) -> CancelOutcome:
        """Every open order of the *account*, other markets included: Kraken has no narrower one."""
        answer = await self._halt_wire.call("privatePostCancelAll", priority=Priority.HALT)
        return judge_cancel(answer, read_cancel_all)

    async def dead_man(self, seconds: int) -> datetime | None:
        """CancelAllOrdersAfter: Kraken counts from when it arrives; saying it again starts anew, 0 lifts it."""
        answer = await self._halt_wire.call(
            "privatePostCancelAllOrdersAfter", {"timeout": seconds}, priority=Priority.CANCEL
        )
        strikes = _result(answer)
        return None if strikes.get("triggerTime") == "0" else fields.rfc3339(strikes, "triggerTime")

    async def look_up(self, ref: OrderRef) -> LookUp:
        """Found; or Absent when open orders, closed orders and own trades agree; or Unknown when one failed."""
        began = self._clock.monotonic()
        try:
            order = await self._recorded.find(ref, self._to_venue_time(ref.sent - LOOK_BACK))
            return Absent(began) if order is None else Found((await self._recorded.reports([order]))[0])
        except NotAnAnswer as error:
            return Unknown(f"the look-up failed: {error}")

    async def look_up_many(self, refs: Sequence[OrderRef]) -> dict[str, LookUp]:
        """The same of several orders, by client order id, with one reading of Kraken's records for all of them."""
        began = self._clock.monotonic()
        try:
            since = self._to_venue_time(min(ref.sent for ref in refs) - LOOK_BACK)
            findings = await self._recorded.find_many(refs, since)
            orders = {cid: order for cid, order in findings.items() if isinstance(order, RecordedOrder)}
            reports = dict(zip(orders, await self._recorded.reports(list(orders.values())), strict=True))
        except NotAnAnswer as error:
            return {ref.client_order_id: Unknown(f"the look-up failed: {error}") for ref in refs}
        return {
            cid: Found(reports[cid])
            if cid in reports
            else Absent(began)
            if finding is None
            else Unknown(f"the look-up failed: {finding}")
            for cid, finding in findings.items()
        }

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """All open sells in this market, whoever placed them."""
        return tuple(await self._recorded.reports(await self._recorded.open_sells()))

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """The account's own sells in this market since a wall time, oldest first."""
        return await self._recorded.trades_since(self._to_venue_time(since))

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        """The client order id that each of these orders carries, asked for by its venue id and no other."""
        return await self._recorded.owners(venue_order_ids)

    def stream(self) -> BookStream:
        pair = self._loaded
        url = STREAM_URL if self._url is None else _stream_url(self._url)
        return BookStream(url, subscription(self._symbol, BOOK_DEPTH), lambda: KrakenBook(pair, BOOK_DEPTH))

    def _venue_now(self) -> datetime:
        return self._to_venue_time(self._clock.wall())

    @property
    def _loaded(self) -> shapes.Pair:
        if self._pair is None:
            raise NotAnAnswer("markets are not loaded yet")
        return self._pair

    @property
    def _recorded(self) -> KrakenHistory:
        if self._history is None:
            raise NotAnAnswer("markets are not loaded yet")
        return self._history

    def _venue_second(self, wall: datetime) -> str:
        """The whole second by Kraken's clock that a wall time is not before."""
        return str(micros(self._to_venue_time(wall - self._wire.clock_ahead)) // 1_000_000)

    async def _ask(self, method: str, parameters: Mapping[str, object], priority: Priority) -> fields.Record:
        return _result(await self._wire.call(method, dict(parameters), priority=priority))


def _result(answer: Answer) -> fields.Record:
    """What a read brought, or NotAnAnswer with the reason."""
    if answer.failure is not Failure.NONE or answer.status != 200:
        raise NotAnAnswer(answer.described())
    errors, result = envelope(answer.document())
    if errors:
        raise Declined("Kraken", errors)
    return result


def _rfc3339(moment: datetime) -> str:
    """UTC to the millisecond, which is as fine as Kraken reads it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stream_url(url: str) -> str:
    """http://host:port/… becomes ws://host:port/v2: the stream of another address is /v2 of the same host."""
    scheme, _, rest = url.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest.split('/')[0]}/v2"
