"""Only what the key has signed is acted on, and only once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from desk.paper.config import DEMO_KEY, DEMO_SECRET
from desk.paper.server import PaperExchange

ORDER = {"pair": "XBTUSD", "type": "sell", "ordertype": "limit", "volume": "1", "price": "90000"}
PATH = "/0/private/AddOrder"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def sign(nonce: str, body: str, path: str = PATH, secret: str = DEMO_SECRET) -> str:
    digest = hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(hmac.digest(base64.b64decode(secret), path.encode() + digest, "sha512")).decode()


async def post(
    http: aiohttp.ClientSession, paper: PaperExchange, nonce: str, key: str = DEMO_KEY, signature: str | None = None
) -> Any:
    body = urlencode({"nonce": nonce} | ORDER)
    headers = {"API-Key": key, "API-Sign": sign(nonce, body) if signature is None else signature}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with http.post(paper.url + PATH, data=body, headers=headers) as reply:
        assert reply.status == 200
        return await reply.json()


async def test_a_signed_call_with_a_rising_nonce_is_acted_on(
    http: aiohttp.ClientSession, paper: PaperExchange
) -> None:
    for nonce in ("1000", "1001", "20000"):
        assert (await post(http, paper, nonce))["error"] == []
    assert len(paper.exchange.engine.orders) == 3


@pytest.mark.parametrize("nonce", ["1000", "999", "", "-1", "12.5", "٣٤٥٦٧"])
async def test_a_nonce_that_does_not_rise_is_refused(
    http: aiohttp.ClientSession, paper: PaperExchange, nonce: str
) -> None:
    await post(http, paper, "1000")
    assert (await post(http, paper, nonce))["error"] == ["EAPI:Invalid nonce"]
    assert len(paper.exchange.engine.orders) == 1


async def test_a_wrong_key_is_refused(http: aiohttp.ClientSession, paper: PaperExchange) -> None:
    assert (await post(http, paper, "1000", key="somebody-else"))["error"] == ["EAPI:Invalid key"]


@pytest.mark.parametrize(
    "other", [{"secret": base64.b64encode(b"other").decode()}, {"path": "/0/private/CancelOrder"}]
)
async def test_a_signature_by_another_secret_or_over_another_path_is_refused(
    http: aiohttp.ClientSession, paper: PaperExchange, other: dict[str, str]
) -> None:
    body = urlencode({"nonce": "1000"} | ORDER)
    answer = await post(http, paper, "1000", signature=sign("1000", body, **other))
    assert answer["error"] == ["EAPI:Invalid signature"]
    assert not paper.exchange.engine.orders


async def test_a_body_changed_after_signing_is_refused(http: aiohttp.ClientSession, paper: PaperExchange) -> None:
    signature = sign("1000", urlencode({"nonce": "1000"} | ORDER | {"volume": "2"}))
    assert (await post(http, paper, "1000", signature=signature))["error"] == ["EAPI:Invalid signature"]


async def test_a_refused_call_does_not_use_up_its_nonce(http: aiohttp.ClientSession, paper: PaperExchange) -> None:
    await post(http, paper, "1000", signature="bad")
    assert (await post(http, paper, "1000"))["error"] == []


async def test_a_web_page_elsewhere_cannot_reach_in(http: aiohttp.ClientSession, paper: PaperExchange) -> None:
    async with http.get(paper.url + "/control/state", headers={"Host": "evil.example"}) as reply:
        assert reply.status == 403
    async with http.post(paper.url + "/control/faults", data='{"kind":"refuse"}') as reply:
        assert reply.status == 400
