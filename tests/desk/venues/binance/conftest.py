"""Binance's and binance.us's documents, and venues opened on a server that speaks them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

HOUSES = {"binance": ("BTC/USDT", "BTCUSDT", "USDT"), "binanceus": ("BTC/USD", "BTCUSD", "USD")}


def symbol_info(market: str = "BTCUSDT", quote: str = "USDT", **changes: object) -> dict[str, object]:
    """A symbol of exchangeInfo."""
    return {
        "symbol": market, "status": "TRADING", "baseAsset": "BTC", "baseAssetPrecision": 8, "quoteAsset": quote,
        "quotePrecision": 8, "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"], "isSpotTradingAllowed": True,
        "permissions": ["SPOT"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "maxPrice": "1000000.00000000",
             "tickSize": "0.10000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        ],
        **changes,
    }  # fmt: skip


def commission(market: str = "BTCUSDT", **changes: object) -> dict[str, object]:
    return {
        "symbol": market,
        "standardCommission": {"maker": "0.00060000", "taker": "0.00100000", "buyer": "0.0", "seller": "0.00000000"},
        "taxCommission": {"maker": "0.00000000", "taker": "0.00000000", "buyer": "0.0", "seller": "0.00000000"},
        "discount": {"enabledForAccount": True, "enabledForSymbol": True, "discountAsset": "BNB", "discount": "0.75"},
        **changes,
    }


def order_entry(market: str = "BTCUSDT", **changes: object) -> dict[str, object]:
    """An order as GET order, openOrders and allOrders show it."""
    return {
        "symbol": market, "orderId": 28, "orderListId": -1, "clientOrderId": "a" * 32, "price": "100000.10000000",
        "origQty": "0.50000000", "executedQty": "0.00000000", "cummulativeQuoteQty": "0.00000000", "status": "NEW",
        "timeInForce": "GTC", "type": "LIMIT_MAKER", "side": "SELL", "stopPrice": "0.00000000",
        "time": 1770000000123, "updateTime": 1770000000123, "isWorking": True, **changes,
    }  # fmt: skip


def trade_entry(market: str = "BTCUSDT", **changes: object) -> dict[str, object]:
    return {
        "symbol": market, "id": 7001, "orderId": 28, "price": "100000.10000000", "qty": "0.12345000",
        "quoteQty": "12345.01234500", "commission": "0.01234000", "commissionAsset": "BNB", "time": 1770000001654,
        "isBuyer": False, "isMaker": True, "isBestMatch": True, **changes,
    }  # fmt: skip


def placed(market: str = "BTCUSDT", **changes: object) -> dict[str, object]:
    """What POST order answers, in full."""
    return {**order_entry(market), "transactTime": 1770000000123, "fills": [], **changes}


def cancelled(market: str = "BTCUSDT", **changes: object) -> dict[str, object]:
    """What DELETE order answers: `clientOrderId` is the cancel's own."""
    return {
        **order_entry(market, status="CANCELED", clientOrderId="theirs"), "origClientOrderId": "a" * 32, **changes,
    }  # fmt: skip


@pytest.fixture
def it() -> SimpleNamespace:
    """Binance's documents."""
    return SimpleNamespace(
        info=symbol_info, commission=commission, order=order_entry, trade=trade_entry, placed=placed,
        cancelled=cancelled,
    )  # fmt: skip


@pytest.fixture
def open_house(serve, open_at, say):
    """Opens a venue of one of the two houses on a server of its own; returns both."""

    async def open_one(exchange: str = "binance", **changes: object):
        symbol, market, quote = HOUSES[exchange]
        depth = {
            "lastUpdateId": 7,
            "bids": [["99999.90000000", "1.25000000"], ["99999.00000000", "3.00000000"]],
            "asks": [["100000.10000000", "0.50000000"], ["100000.50000000", "2.00000000"]],
        }
        server = await serve(
            {
                "exchangeInfo": say.says({"symbols": [symbol_info(market, quote)]}),
                "commission": say.says(commission(market)),
                "depth": say.says(depth),
            }
        )
        return server, await open_at(server, exchange, symbol, **changes)

    return open_one


@pytest.fixture
async def opened(open_house):
    return await open_house()


@pytest.fixture
def server(opened):
    return opened[0]


@pytest.fixture
def venue(opened):
    return opened[1]


@pytest.fixture
def refuse(say):
    """An error as Binance words it."""
    return lambda code, words, status=400: say.Reply(json.dumps({"code": code, "msg": words}), status)
