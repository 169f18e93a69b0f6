"""Misbehaviour on command, as ccxt's real class meets it. What matters each time: was the order placed or not?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from desk.clock import ManualClock
from desk.paper.config import PaperConfig
from desk.paper.faults import LOOK_UPS, Fault, FaultKind, FaultPlan, FaultRefused, Faults, Mode
from desk.paper.orders import Side
from desk.paper.server import PaperExchange

SYMBOL = "BTC/USD"
K = FaultKind


@pytest.fixture
async def control(paper: PaperExchange) -> AsyncIterator[Callable[..., Any]]:
    """Talks to the control endpoint like any other process would."""
    async with aiohttp.ClientSession(paper.url) as http:

        async def send(name: str, command: object = None, expect: int = 200) -> Any:
            made = http.get(f"/control/{name}") if command is None else http.post(f"/control/{name}", json=command)
            async with made as reply:
                assert reply.status == expect, await reply.text()
                return await reply.json() if expect == 200 else await reply.text()

        yield send


async def sell(kraken: Any, price: str = "90000", **params: Any) -> Any:
    return await kraken.create_order(SYMBOL, "limit", "sell", "1", price, params)


def placed(paper: PaperExchange) -> int:
    return len(paper.exchange.engine.orders)


@pytest.mark.parametrize(
    ("kind", "error", "count"),
    [
        (K.DROP_BEFORE, ccxt.ExchangeNotAvailable, 0),
        (K.DROP_AFTER, ccxt.ExchangeNotAvailable, 1),
        (K.TRUNCATE, ccxt.ExchangeError, 1),
        (K.BAD_GATEWAY, ccxt.ExchangeNotAvailable, 1),
    ],
)
async def test_an_answer_lost_on_the_way_says_nothing_about_the_order(
    kraken: Any, paper: PaperExchange, kind: FaultKind, error: type[Exception], count: int
) -> None:
    await kraken.load_markets()
    await paper.inflict(Fault(kind))
    with pytest.raises(error):
        await sell(kraken)
    assert placed(paper) == count
    assert [seen.endpoint for seen in paper.requests] == ["AddOrder"]
    await sell(kraken)
    assert placed(paper) == count + 1


async def test_a_page_of_html_comes_back_as_an_order_without_an_id(kraken: Any, paper: PaperExchange) -> None:
    await kraken.load_markets()
    await paper.inflict(Fault(K.HTML))
    assert (await sell(kraken))["id"] is None
    assert placed(paper) == 1


@pytest.mark.parametrize("kind", [K.TRUNCATE, K.BAD_GATEWAY, K.HTML, K.DROP_AFTER])
async def test_whether_the_order_was_placed_can_be_chosen(kraken: Any, paper: PaperExchange, kind: FaultKind) -> None:
    await kraken.load_markets()
    await paper.inflict(Fault(kind, accept=False))
    with contextlib.suppress(ccxt.BaseError):
        await sell(kraken)
    assert placed(paper) == 0


async def test_a_request_that_arrives_late_misses_its_deadline(kraken: Any, paper: PaperExchange) -> None:
    await paper.inflict(Fault(K.DELAY, seconds=Decimal(6)))
    with pytest.raises(ccxt.ExchangeError, match="Deadline elapsed"):
        await sell(kraken, deadline="2026-02-07T18:00:05Z")
    assert placed(paper) == 0
    await paper.inflict(Fault(K.DELAY, seconds=Decimal(4)))
    await sell(kraken, deadline="2026-02-07T18:00:11Z")
    assert placed(paper) == 1


async def test_an_order_is_placed_although_nobody_waited_for_the_late_reply(
    config: PaperConfig, connect: Callable[..., Any]
) -> None:
    async with PaperExchange(replace(config, clock=_Stuck(config.clock.now()))) as paper:
        kraken = connect(paper.url, timeout=100)
        await kraken.load_markets()
        await paper.inflict(Fault(K.DELAY_REPLY, seconds=Decimal(60)))
        with pytest.raises(ccxt.RequestTimeout):
            await sell(kraken)
        assert placed(paper) == 1


async def test_an_error_of_choice(kraken: Any, paper: PaperExchange) -> None:
    await paper.inflict(Fault(K.ERROR, error="EAPI:Rate limit exceeded"))
    with pytest.raises(ccxt.DDoSProtection):
        await sell(kraken)
    assert placed(paper) == 0
    await paper.inflict(Fault(K.ERROR, error="EService:Timeout", accept=True))
    with pytest.raises(ccxt.ExchangeError, match="EService:Timeout"):
        await sell(kraken)
    assert placed(paper) == 1


async def test_a_reply_sent_twice_places_one_order_and_the_next_call_gets_its_own_answer(
    kraken: Any, paper: PaperExchange
) -> None:
    await kraken.load_markets()
    await paper.inflict(Fault(K.DUPLICATE_REPLY))
    first = await sell(kraken)
    assert first["id"] in paper.exchange.engine.orders
    assert placed(paper) == 1
    try:
        balance = await kraken.fetch_balance()
    except ccxt.NetworkError:
        balance = await kraken.fetch_balance()
    assert Decimal(balance["BTC"]["used"]) == 1


async def test_a_refused_connection_names_its_cause_and_ends(
    paper: PaperExchange, connect: Callable[..., Any]
) -> None:
    kraken = connect(paper.url)
    holding = _Holding(paper)
    await paper.inflict(Fault(K.REFUSE, seconds=Decimal(2)))
    with pytest.raises(ccxt.ExchangeNotAvailable) as caught:
        await sell(kraken)
    assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)
    assert placed(paper) == 0
    await holding.let_go()
    await sell(kraken)
    assert placed(paper) == 1


async def test_whoever_commands_a_refusal_still_gets_an_answer(
    paper: PaperExchange, control: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    holding = _Holding(paper)
    await control("faults", {"kind": "refuse", "seconds": 1})
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await connect(paper.url).fetch_time()
    assert (await control("state"))["orders"] == 0
    await holding.let_go()


@pytest.mark.parametrize("look_up", sorted(LOOK_UPS))
async def test_an_order_can_stay_invisible_for_a_while(
    kraken: Any, paper: PaperExchange, clock: ManualClock, look_up: str
) -> None:
    price = "90000" if look_up == "OpenOrders" else "60000"
    await paper.inflict(Fault(K.HIDE, seconds=Decimal(5), look_ups=frozenset({look_up})))
    order_id = (await sell(kraken, price))["id"]
    assert placed(paper) == 1

    async def is_shown() -> bool:
        match look_up:
            case "OpenOrders":
                return bool(await kraken.fetch_open_orders(SYMBOL))
            case "ClosedOrders":
                return bool(await kraken.fetch_closed_orders(SYMBOL))
            case "TradesHistory":
                return bool(await kraken.fetch_my_trades(SYMBOL))
        try:
            return bool(await kraken.fetch_order(order_id))
        except ccxt.InvalidOrder:
            return False

    assert not await is_shown()
    clock.advance(4)
    assert not await is_shown()
    clock.advance(1)
    assert await is_shown()


async def test_a_hidden_order_shows_in_the_look_ups_not_named(kraken: Any, paper: PaperExchange) -> None:
    await paper.inflict(Fault(K.HIDE, seconds=Decimal(5), look_ups=frozenset({"OpenOrders"})))
    order_id = (await sell(kraken))["id"]
    assert await kraken.fetch_open_orders(SYMBOL) == []
    assert (await kraken.fetch_order(order_id))["status"] == "open"


async def test_trades_of_a_hidden_order_are_hidden_from_when_they_happen(
    quiet_paper: PaperExchange, connect: Callable[..., Any], clock: ManualClock
) -> None:
    paper, kraken = quiet_paper, connect(quiet_paper.url)
    engine, rules = paper.exchange.engine, paper.exchange.instrument
    await paper.inflict(Fault(K.HIDE, seconds=Decimal(5), look_ups=frozenset({"TradesHistory"})))
    await sell(kraken, rules.price_text((engine.book.bids.best or 0) + 1))
    clock.advance(60)
    engine.street_take(Side.BUY, 10**9, None, paper.exchange.now())
    assert (await kraken.fetch_closed_orders(SYMBOL))[0]["status"] == "closed"
    assert await kraken.fetch_my_trades(SYMBOL) == []
    clock.advance(5)
    assert len(await kraken.fetch_my_trades(SYMBOL)) == 1


async def test_maintenance_refuses_everything_but_time_and_status(kraken: Any, control: Callable[..., Any]) -> None:
    await kraken.load_markets()
    await control("faults", {"mode": "maintenance"})
    assert (await kraken.fetch_status())["status"] == "maintenance"
    await kraken.fetch_time()
    for call in (kraken.fetch_balance(), kraken.fetch_ticker(SYMBOL), sell(kraken)):
        with pytest.raises(ccxt.ExchangeNotAvailable, match="EService:Unavailable"):
            await call
    await control("faults", {"clear": True})
    await sell(kraken)


async def test_in_cancel_only_mode_orders_go_but_do_not_come(kraken: Any, paper: PaperExchange) -> None:
    order_id = (await sell(kraken))["id"]
    paper.faults.mode = Mode.CANCEL_ONLY
    with pytest.raises(ccxt.OnMaintenance, match="cancel_only"):
        await sell(kraken)
    await kraken.cancel_order(order_id)
    paper.faults.mode = Mode.POST_ONLY
    with pytest.raises(ccxt.OnMaintenance, match="post_only"):
        await sell(kraken)
    await sell(kraken, postOnly=True)


async def test_faults_hit_the_named_endpoint_as_often_as_asked(
    kraken: Any, paper: PaperExchange, control: Callable[..., Any]
) -> None:
    await kraken.load_markets()
    await control("faults", {"kind": "502", "endpoint": "BalanceEx", "count": 2})
    await sell(kraken)
    for _ in range(2):
        with pytest.raises(ccxt.ExchangeNotAvailable):
            await kraken.fetch_balance()
    await kraken.fetch_balance()
    shown = await control("faults")
    assert shown["pending"] == []
    assert [fault["endpoint"] for fault in shown["done"]] == ["BalanceEx", "BalanceEx"]


async def test_public_calls_can_fail_too(kraken: Any, paper: PaperExchange) -> None:
    await kraken.load_markets()
    await paper.inflict(Fault(K.BAD_GATEWAY, endpoint="Depth"))
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await kraken.fetch_order_book(SYMBOL)
    assert (await kraken.fetch_order_book(SYMBOL))["bids"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"kind": "explode"}, "explode"),
        ({"kind": "502", "cuont": 3}, "unknown: cuont"),
        ({"kind": "502", "count": 0}, "count of at least 1"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "hide", "look_ups": ["Everywhere"]}, "look-ups are"),
        ({"kind": "error", "error": 5}, "text"),
        ({"mode": "sulking"}, "modes are"),
        ("502", "JSON object"),
    ],
)
async def test_a_fault_nobody_can_carry_out_is_refused(
    paper: PaperExchange, control: Callable[..., Any], command: object, words: str
) -> None:
    assert words in await control("faults", command, expect=400)
    assert paper.faults.pending == []


async def test_the_control_endpoint_shows_what_is_true_and_what_was_asked(
    kraken: Any, paper: PaperExchange, control: Callable[..., Any]
) -> None:
    await sell(kraken, clientOrderId="S-1")
    state = await control("state")
    assert (state["base_held"], len(state["open"])) == ("1.00000000", 1)
    (request,) = await control("requests")
    assert (request["endpoint"], request["form"]["cl_ord_id"]) == ("AddOrder", "S-1")
    assert "nonce" not in request["form"]


async def test_the_market_can_be_moved(paper: PaperExchange, clock: ManualClock, control: Callable[..., Any]) -> None:
    before = Decimal((await control("state"))["bid"])
    await control("market", {"jump_bps": -200})
    clock.advance(1)
    assert Decimal((await control("state"))["bid"]) / before == pytest.approx(Decimal("0.98"), abs=Decimal("0.002"))
    await control("market", {"jump_bps": "down"}, expect=400)


def test_planned_faults_follow_their_seed() -> None:
    def draw(seed: int) -> list[FaultKind | None]:
        faults = Faults(FaultPlan(seed, 0.5))
        return [fault.kind if (fault := faults.take("AddOrder")) else None for _ in range(50)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert 10 < sum(kind is not None for kind in draw(1)) < 40
    assert Faults(FaultPlan(1, 1.0)).take("Depth") is None


@pytest.mark.parametrize("bad", [{"count": 0}, {"seconds": Decimal(-1)}, {"look_ups": frozenset({"Depth"})}])
def test_a_fault_says_what_is_wrong_with_it(bad: dict[str, Any]) -> None:
    with pytest.raises(FaultRefused):
        Fault(K.HIDE, **bad)


class _Stuck(ManualClock):
    """A clock on which a pause never ends."""

    async def sleep(self, wall_s: float) -> None:
        await asyncio.Event().wait()


class _Holding:
    """Keeps the exchange's own clock from passing a pause until the test lets go."""

    def __init__(self, paper: PaperExchange) -> None:
        self._gate = asyncio.Event()
        self._paper = paper
        clock = paper.config.clock
        assert isinstance(clock, ManualClock)
        clock.sleep = self._sleep  # type: ignore[method-assign]

    async def _sleep(self, wall_s: float) -> None:
        await self._gate.wait()

    async def let_go(self) -> None:
        self._gate.set()
        async with asyncio.timeout(30), aiohttp.ClientSession() as http:
            while True:
                try:
                    await (await http.get(self._paper.url + "/0/public/Time")).read()
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0)
                else:
                    return
