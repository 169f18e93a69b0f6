"""What the whole market traded, page by page: exact, of this market alone, and refused where it is nonsense."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desk.clock import from_micros
from desk.venues.dialects.binance import Binance
from desk.venues.dialects.coinbase import Coinbase
from desk.venues.dialects.kraken import TRADES_PAGE, Kraken
from desk.venues.model import MEASURED, TellsTrades, Unavailable
from desk.venues.registry import PROVEN

SINCE = datetime(2026, 2, 7, 15, tzinfo=UTC)
TRADE = ["68500.10000", "0.12345678", 1770476400.123456, "s", "l", "", 1]


def page(say, *trades: object, last: object = "1770476400123456789", name: str = "XXBTZUSD"):
    return say.ok({name: list(trades), "last": last})


async def test_trades_are_read_from_a_moment_on(kraken, venue, say) -> None:
    kraken.answers["Trades"] = page(say, TRADE, [*TRADE[:1], "1", 1770476401, "b", "m", "", 2])
    found = await venue.market_trades(SINCE, None)
    assert found.trades == (
        (from_micros(1_770_476_400_123_456), 12_345_678),
        (from_micros(1_770_476_401_000_000), 10**8),
    )
    assert (found.cursor, found.is_last) == ("1770476400123456789", True)
    (asked,) = kraken.of("Trades")
    assert asked.fields | {"pair": "XXBTZUSD", "since": "1770476400000000000", "count": "1000"} == asked.fields


async def test_the_next_page_begins_where_the_last_one_ended(kraken, venue, say) -> None:
    kraken.answers["Trades"] = page(say, *[TRADE] * TRADES_PAGE)
    assert not (await venue.market_trades(SINCE, None)).is_last
    await venue.market_trades(SINCE, "1770476400123456789")
    assert kraken.of("Trades")[1].fields["since"] == "1770476400123456789"


@pytest.mark.parametrize(
    "answer",
    [
        {"trades": ["odd"]}, {"trades": [["1", "2"]]}, {"trades": [["1", "-2", 1770476400]]},
        {"trades": [["1", "NaN", 1770476400]]}, {"trades": [["1", "0.123456789", 1770476400]]},
        {"trades": [["1", "1", "soon"]]}, {"trades": [["1", "1", 1e12]]}, {"last": None}, {"last": "next"},
        {"last": "9" * 40}, {"name": "XETHZUSD"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_no_list_of_this_markets_trades_is_refused(kraken, venue, say, answer) -> None:
    named = {key: value for key, value in answer.items() if key != "trades"}
    kraken.answers["Trades"] = page(say, *answer.get("trades", [TRADE]), **named)
    with pytest.raises(Unavailable, match="did not tell what its market trades"):
        await venue.market_trades(SINCE, None)


async def test_an_exchange_that_refuses_is_unavailable(kraken, venue, say) -> None:
    kraken.answers["Trades"] = say.no("EService:Unavailable")
    with pytest.raises(Unavailable):
        await venue.market_trades(SINCE, None)


def test_a_cap_is_accepted_exactly_where_the_dialect_tells_trades() -> None:
    dialects = {"kraken": Kraken, "coinbase": Coinbase, "binance": Binance, "binanceus": Binance}
    assert set(dialects) == set(PROVEN)
    assert {name for name, dialect in dialects.items() if issubclass(dialect, TellsTrades)} == MEASURED
