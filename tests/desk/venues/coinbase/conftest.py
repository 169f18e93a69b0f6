"""Coinbase's documents, and a venue opened on a server that speaks them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ORDER_ID = "52cfe5e2-0b29-4c19-a245-a6a773de5030"
TRADE_ID = "cdc39e45-bbd3-44ec-bf02-61742dfb16a1"


def product_entry(**changes: object) -> dict[str, object]:
    return {
        "product_id": "BTC-USD", "price": "100000", "volume_24h": "10967.87426597", "base_increment": "0.00000001",
        "quote_increment": "0.01", "quote_min_size": "1", "quote_max_size": "150000000",
        "base_min_size": "0.00001", "base_max_size": "3400", "status": "online", "cancel_only": False,
        "trading_disabled": False, "product_type": "SPOT", "quote_currency_id": "USD", "base_currency_id": "BTC",
        "alias": "", "alias_to": ["BTC-USDC"], "price_increment": "0.01", "product_venue": "CBE", **changes,
    }  # fmt: skip


def order_entry(**changes: object) -> dict[str, object]:
    """An order as the historical routes show it."""
    return {
        "order_id": ORDER_ID, "product_id": "BTC-USD", "user_id": "1111111-1111-1111-1111-111111111111",
        "order_configuration": {
            "limit_limit_gtc": {"base_size": "0.5", "limit_price": "100000.1", "post_only": True}
        },
        "side": "SELL", "client_order_id": "a" * 32, "status": "OPEN", "time_in_force": "GOOD_UNTIL_CANCELLED",
        "created_time": "2026-02-02T02:40:00.123456Z", "completion_percentage": "0", "filled_size": "0",
        "average_filled_price": "0", "fee": "", "number_of_fills": "0", "filled_value": "0", "pending_cancel": False,
        "size_in_quote": False, "total_fees": "0", "order_type": "LIMIT", "settled": False, "product_type": "SPOT",
        "reject_message": "", "cancel_message": "", **changes,
    }  # fmt: skip


def fill_entry(**changes: object) -> dict[str, object]:
    return {
        "entry_id": "b88b82cc89e326a2778874795102cbafd08dd979a2a7a3c69603fc4c23c2e010", "trade_id": TRADE_ID,
        "order_id": ORDER_ID, "trade_time": "2026-02-02T02:40:01.654321987Z", "trade_type": "FILL",
        "price": "100000.10", "size": "0.12345678", "commission": "12.3456789", "product_id": "BTC-USD",
        "sequence_timestamp": "2026-02-02T02:40:01.654321Z", "liquidity_indicator": "MAKER", "size_in_quote": False,
        "user_id": "1111111-1111-1111-1111-111111111111", "side": "SELL", **changes,
    }  # fmt: skip


def placed(**changes: object) -> dict[str, object]:
    """What POST orders answers to an order it took."""
    named = {"order_id": ORDER_ID, "product_id": "BTC-USD", "side": "SELL", "client_order_id": "a" * 32, **changes}
    return {
        "success": True, "failure_reason": "UNKNOWN_FAILURE_REASON", "order_id": named["order_id"],
        "success_response": named, "order_configuration": None,
    }  # fmt: skip


def results(*answers: tuple[str, bool, str]) -> dict[str, object]:
    """What batch_cancel answers: order id, success, reason."""
    return {
        "results": [
            {"success": success, "failure_reason": reason, "order_id": order_id}
            for order_id, success, reason in answers
        ]
    }


SUMMARY = {
    "total_volume": "9.99", "fee_tier": {"pricing_tier": "Advanced 1", "taker_fee_rate": "0.008",
                                         "maker_fee_rate": "0.006"},
}  # fmt: skip


@pytest.fixture
def it() -> SimpleNamespace:
    """Coinbase's documents."""
    return SimpleNamespace(
        product=product_entry, order=order_entry, fill=fill_entry, placed=placed, results=results, id=ORDER_ID,
        trade_id=TRADE_ID, summary=SUMMARY,
    )  # fmt: skip


@pytest.fixture(scope="session")
def pem() -> str:
    """Coinbase signs with an elliptic curve."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
async def server(serve, say):
    return await serve(
        {
            "GET products": say.says({"products": [product_entry()]}),
            "products/": say.says(product_entry()),
            "transaction_summary": say.says(SUMMARY),
        }
    )


@pytest.fixture
def make(server, open_at, pem):
    async def make_one(**changes: object):
        settings = {"symbol": "BTC/USD", "key": "organizations/o/apiKeys/k", "secret": pem, **changes}
        return await open_at(server, "coinbase", **settings)

    return make_one


@pytest.fixture
async def venue(make):
    return await make()
