"""What makes stopping certain at a venue: a key of its own for cancels, and the dead-man's switch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from desk.clock import LiveClock
from desk.paper.config import DEMO_KEY, DEMO_SECRET, PaperConfig
from desk.paper.server import PaperExchange
from desk.units import Price
from desk.venues.model import CancelAccepted, Found, Placed, Refused, ReportedState, Unavailable
from desk.venues.registry import VenueSettings, build_venue

HALT = {"halt_key": "halt-key", "halt_secret": "aGFsdA=="}


def private(server) -> list[tuple[str, str]]:
    return [(sent.endpoint, sent.headers["API-Key"]) for sent in server.received if "/private/" in sent.path]


async def test_a_stop_does_not_wait_behind_creates_that_hang(kraken, make_venue, say) -> None:
    """Twenty creates: sixteen have left and hang, four wait for their turn; the halt key knows nothing of them."""
    venue = await make_venue(timeout_s=20.0, **HALT)
    kraken.answers |= {"AddOrder": say.Reply(how="hang"), "CancelAll": say.ok({"count": 1})}
    hung = [asyncio.create_task(venue.create(say.request(f"{number:032x}"))) for number in range(20)]
    await say.until(lambda: len(kraken.of("AddOrder")) == 16)
    async with asyncio.timeout(15):
        assert await venue.cancel_all() == CancelAccepted()
    assert private(kraken)[-1] == ("CancelAll", "halt-key")
    for task in hung:
        task.cancel()
    await asyncio.gather(*hung, return_exceptions=True)


async def test_each_key_counts_nonces_of_its_own(kraken, make_venue, say) -> None:
    venue = await make_venue(**HALT)
    kraken.answers |= {"AddOrder": say.ok({"txid": ["OAAAAA-AAAAA-AAAAAA"]}), "CancelOrder": say.ok({"count": 1})}
    await asyncio.gather(
        *(venue.create(say.request(f"{number:032x}")) for number in range(6)),
        *(venue.cancel(say.ref(f"{number:032x}")) for number in range(6)),
    )
    for key, count in (("key", 7), ("halt-key", 6)):
        nonces = [
            int(sent.fields["nonce"])
            for sent in kraken.received
            if "/private/" in sent.path and sent.headers["API-Key"] == key
        ]
        assert len(nonces) == len(set(nonces)) == count


async def test_the_dead_mans_switch_says_how_long(kraken, make_venue, say) -> None:
    venue = await make_venue(**HALT)
    kraken.answers["CancelAllOrdersAfter"] = [
        say.ok({"currentTime": "2026-02-07T12:00:00Z", "triggerTime": "2026-02-07T12:01:00Z"}),
        say.ok({"currentTime": "2026-02-07T12:00:30Z", "triggerTime": "0"}),
    ]
    assert await venue.arm_dead_man(60) == datetime(2026, 2, 7, 12, 1, tzinfo=UTC)
    await venue.disarm_dead_man()
    armed, lifted = kraken.of("CancelAllOrdersAfter")
    assert {name: value for name, value in armed.fields.items() if name != "nonce"} == {"timeout": "60"}
    assert lifted.fields["timeout"] == "0"
    assert armed.headers["API-Key"] == "halt-key"


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
async def test_a_switch_for_no_time_or_for_ever_is_a_defect(kraken, venue, seconds) -> None:
    with pytest.raises(ValueError, match="dead-man"):
        await venue.arm_dead_man(seconds)
    assert not kraken.of("CancelAllOrdersAfter")


async def test_a_switch_that_is_not_certainly_set_is_unavailable(kraken, venue, say) -> None:
    for answer in (
        say.no("EGeneral:Permission denied"), say.html(502), say.ok({}), say.ok({"triggerTime": "0"}),
        say.ok({"triggerTime": 7}), say.ok({"triggerTime": "soon"}),
    ):  # fmt: skip
        kraken.answers["CancelAllOrdersAfter"] = answer
        with pytest.raises(Unavailable, match="kraken"):
            await venue.arm_dead_man(60)
    kraken.answers["CancelAllOrdersAfter"] = say.ok({"triggerTime": "2026-02-07T12:01:00Z"})
    with pytest.raises(Unavailable, match="still has its dead-man's switch armed"):
        await venue.disarm_dead_man()


@pytest.mark.parametrize(("exchange", "symbol"), [("binance", "BTC/USDT"), ("coinbase", "BTC/USD")])
async def test_a_venue_without_a_switch_says_so(exchange, symbol) -> None:
    venue = build_venue("v", VenueSettings(exchange, symbol, "k", "s", "http://127.0.0.1:9"), LiveClock())
    with pytest.raises(Unavailable, match=r"v did not tell whether its dead-man's switch is armed: .* has none"):
        await venue.arm_dead_man(60)
    await venue.close()


async def test_the_switch_strikes_on_the_paper_exchange(say) -> None:
    clock = LiveClock()
    async with PaperExchange(PaperConfig(seed=7, clock=clock)) as paper:
        settings = VenueSettings("kraken", "BTC/USD", DEMO_KEY, DEMO_SECRET, paper.url, rate_limit_ms=1)
        venue = build_venue("kraken", settings, clock)
        await venue.open()
        price = Price((await venue.book()).ask + 5_000)
        assert isinstance(await venue.create(say.request("1" * 32, limit_price=price)), Placed)
        strikes = await venue.arm_dead_man(1)
        assert timedelta(0) < strikes - datetime.now(UTC) + timedelta(seconds=1) < timedelta(seconds=3)

        async def struck() -> bool:
            found = await venue.look_up(say.ref("1" * 32))
            return isinstance(found, Found) and found.report.state is ReportedState.CANCELLED

        await say.until_async(struck)
        assert isinstance(await venue.create(say.request("2" * 32, limit_price=price)), Placed)
        await venue.disarm_dead_man()
        await venue.close()


class Held:
    """What stands against a request, from some moment on."""

    def __init__(self) -> None:
        self.why: str | None = None

    def __call__(self) -> str | None:
        return self.why


async def test_a_create_that_waits_for_its_turn_does_not_leave_after_a_halt(kraken, make_venue, say) -> None:
    """Sixteen have left and hang; the seventeenth was allowed before the halt, and its turn comes after it."""
    venue, halt = await make_venue(timeout_s=20.0), Held()
    kraken.answers["AddOrder"] = say.Reply(how="hang")
    hung = [asyncio.create_task(venue.create(say.request(f"{number:032x}"))) for number in range(16)]
    await say.until(lambda: len(kraken.of("AddOrder")) == 16)
    waiting = asyncio.create_task(venue.create(say.request("f" * 32, why_not=halt)))
    await asyncio.sleep(0)
    halt.why = "the desk was halted"
    hung[0].cancel()
    async with asyncio.timeout(15):
        assert await waiting == Refused("nothing was sent: the desk was halted", is_temporary=True)
    for task in hung:
        task.cancel()
    await asyncio.gather(*hung, return_exceptions=True)
    assert len(kraken.of("AddOrder")) == 16


async def test_a_halt_while_the_connection_comes_about_is_seen(kraken, venue, kept_back) -> None:
    await kept_back(venue, kraken)
