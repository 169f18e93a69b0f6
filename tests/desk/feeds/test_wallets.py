"""Watched wallets over real sockets: what lies there, or a refusal; never a guess, never a secret."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from desk.clock import ManualClock
from desk.feeds.wallets.addresses import is_address, read_addresses
from desk.feeds.wallets.model import WalletAccess
from desk.feeds.wallets.read import is_news, read_wallet, statement
from desk.feeds.wire import FeedRefused, FeedUnavailable

FIRST = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
LATER = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
OLD = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SCRIPT = "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"
HEIGHT = 900_000


def output(value: Any, at: int | None = HEIGHT) -> dict[str, Any]:
    status = {"confirmed": at is not None, **({"block_height": at} if at is not None else {})}
    return {"txid": "00" * 32, "vout": 0, "value": value, "status": status}


@dataclass
class Node:
    """A server that speaks both dialects and says what it is told to."""

    unspent: dict[str, Any] = field(default_factory=dict)
    heights: list[Any] = field(default_factory=lambda: [HEIGHT])
    scan: Any = None
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def height(self, request: web.Request) -> web.Response:
        return web.json_response(self.heights.pop(0) if len(self.heights) > 1 else self.heights[0])

    async def utxo(self, request: web.Request) -> web.Response:
        found = self.unspent.get(request.match_info["address"], [])
        return found if isinstance(found, web.Response) else web.json_response(found)

    async def rpc(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        self.bodies.append(await request.json())
        return web.json_response(self.scan)


@pytest.fixture
def serving(unused_tcp_port: int) -> Callable[[Node], Any]:
    @asynccontextmanager
    async def serve(node: Node) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/blocks/tip/height", node.height)
        app.router.add_get("/address/{address}/utxo", node.utxo)
        app.router.add_post("/", node.rpc)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
        try:
            yield f"http://127.0.0.1:{unused_tcp_port}"
        finally:
            await runner.cleanup()

    return serve


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 2, 7, 14, 0, tzinfo=UTC))


def wallet(url: str, kind: str = "esplora", confirmations: int = 3) -> WalletAccess:
    return WalletAccess("vault", kind, url, (FIRST, OLD), confirmations, 5.0, "reader", "s3cret-word")


async def test_coins_without_their_confirmations_are_not_counted(serving: Any, clock: ManualClock) -> None:
    node = Node({FIRST: [output(150_000_000, HEIGHT - 2), output(7, HEIGHT - 1)], OLD: [output(5, None)]})
    async with serving(node) as url:
        access = wallet(url)
        seen = await read_wallet(access, clock)
    assert (seen.coins.confirmed, seen.coins.waiting, seen.coins.height) == (150_000_000, 12, HEIGHT)
    place = statement(access, seen)
    assert (place.sats, place.as_of) == (150_000_000, clock.now())
    assert place.note == "2 addresses watched, 0.00000012 BTC still without confirmations"


async def test_a_block_in_between_is_asked_over_until_the_view_is_one(serving: Any, clock: ManualClock) -> None:
    node = Node({FIRST: [output(1)]}, heights=[HEIGHT, HEIGHT + 1, HEIGHT + 1])
    async with serving(node) as url:
        seen = await read_wallet(wallet(url, confirmations=2), clock)
    assert (seen.coins.confirmed, seen.coins.height) == (1, HEIGHT + 1)


BAD = {
    "negative": [output(-1)],
    "a fraction": [output(0.5)],
    "text": [output("many")],
    "more than there is": [output(21_000_001 * 10**8)],
    "above the tip": [output(1, HEIGHT + 1)],
    "no status": [{"value": 1}],
    "no list": {"utxo": []},
    "no object": [1],
}


@pytest.mark.parametrize("name", BAD)
async def test_an_answer_that_makes_no_sense_is_refused_whole(serving: Any, clock: ManualClock, name: str) -> None:
    async with serving(Node({FIRST: [output(1)], OLD: BAD[name]})) as url:
        with pytest.raises(FeedRefused, match="vault answered what cannot be used, nothing of it was taken"):
            await read_wallet(wallet(url), clock)


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"{", b"\xff\xfe"], ids=["html", "cut", "not text"])
async def test_an_answer_that_is_no_json_is_refused(serving: Any, clock: ManualClock, body: bytes) -> None:
    async with serving(Node({FIRST: web.Response(body=body)})) as url:
        with pytest.raises(FeedRefused, match="did not answer with JSON"):
            await read_wallet(wallet(url), clock)


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int, clock: ManualClock) -> None:
    with pytest.raises(FeedUnavailable) as caught:
        await read_wallet(wallet(f"http://127.0.0.1:{unused_tcp_port}"), clock)
    assert "s3cret-word" not in str(caught.value)


def scanned(**changed: Any) -> dict[str, Any]:
    unspents = [{"amount": 1.5, "height": HEIGHT - 9}, {"amount": 0.00000012, "height": HEIGHT}]
    result = {"success": True, "height": HEIGHT, "unspents": unspents, "total_amount": 1.50000012, **changed}
    return {"result": result, "error": None, "id": "desk"}


async def test_a_node_scans_for_every_address_and_is_asked_with_its_login(serving: Any, clock: ManualClock) -> None:
    node = Node(scan=scanned())
    async with serving(node) as url:
        seen = await read_wallet(wallet(url, "core"), clock)
    assert (seen.coins.confirmed, seen.coins.waiting) == (150_000_000, 12)
    assert node.bodies[0]["method"] == "scantxoutset"
    assert node.bodies[0]["params"] == ["start", [f"addr({FIRST})", f"addr({OLD})"]]
    login = base64.b64decode(node.seen[0].headers["authorization"].removeprefix("Basic ")).decode()
    assert login == "reader:s3cret-word"


async def test_a_node_whose_parts_do_not_add_up_is_refused(serving: Any, clock: ManualClock) -> None:
    async with serving(Node(scan=scanned(total_amount=1.5))) as url:
        with pytest.raises(FeedRefused, match="total_amount is not the sum"):
            await read_wallet(wallet(url, "core"), clock)


async def test_a_busy_node_is_asked_again_later(serving: Any, clock: ManualClock) -> None:
    busy = {"result": None, "error": {"code": -8, "message": "Scan already in progress, s3cret-word"}, "id": "desk"}
    async with serving(Node(scan=busy)) as url:
        with pytest.raises(FeedUnavailable, match="Scan already in progress") as caught:
            await read_wallet(wallet(url, "core"), clock)
    assert "s3cret-word" not in str(caught.value)


@pytest.mark.parametrize("address", [FIRST, FIRST.upper(), LATER, OLD, SCRIPT])
def test_addresses_of_every_kind_are_known(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        FIRST[:-1] + "5",
        FIRST.replace("q", "p", 1),
        LATER[:-1] + "1",
        OLD[:-1] + "b",
        "bc1",
        "hello",
        FIRST[:9] + FIRST[9:].upper(),
    ],
    ids=["sum", "version", "later sum", "legacy sum", "short", "word", "mixed case"],
)
def test_a_typing_error_in_an_address_is_noticed(address: str) -> None:
    assert not is_address(address)


def test_the_list_takes_comments_and_refuses_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "addresses"
    file.write_text(f"# cold\n{FIRST}  # first\n\n{OLD}\n")
    assert read_addresses(file) == (FIRST, OLD)
    file.write_text(f"{FIRST}\n{FIRST}\n")
    with pytest.raises(FeedRefused, match="line 2: the address is in line 1 already"):
        read_addresses(file)
    file.write_text(f"{FIRST}\n{OLD[:-1]}\n")
    with pytest.raises(FeedRefused, match=r"line 2: .* is no bitcoin address"):
        read_addresses(file)
    file.write_text("# nothing\n")
    with pytest.raises(FeedRefused, match="has 0 addresses"):
        read_addresses(file)


async def test_the_same_amount_is_stated_again_only_after_a_day(serving: Any, clock: ManualClock) -> None:
    async with serving(Node({FIRST: [output(1, HEIGHT - 9)]})) as url:
        access = wallet(url)
        said = statement(access, await read_wallet(access, clock))
        clock.advance(timedelta(hours=1).total_seconds())
        later = statement(access, await read_wallet(access, clock))
    assert is_news(None, said)
    assert not is_news(said, later)
