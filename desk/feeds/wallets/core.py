"""A Bitcoin Core node: `scantxoutset` over the addresses; needs no wallet there, sees confirmed coins alone."""

from __future__ import annotations

from collections.abc import Sequence

from desk.feeds import reading
from desk.feeds.reading import NotRight, Record
from desk.feeds.wallets.esplora import is_deep
from desk.feeds.wallets.model import Coins
from desk.feeds.wire import FeedUnavailable, JsonWire
from desk.units import AmountRefused, Sats, decimal_text, parse_btc


class Core:
    """One scan of the whole set; a node does one at a time, and says so where another is under way."""

    async def coins(self, wire: JsonWire, addresses: Sequence[str], confirmations: int) -> Coins:
        wanted = [f"addr({one})" for one in addresses]
        answer = reading.record(
            await wire.post(
                "/", {"jsonrpc": "1.0", "id": "desk", "method": "scantxoutset", "params": ["start", wanted]}
            )
        )
        if answer.get("error") is not None:
            words = reading.text(reading.record(answer["error"], "error"), "message")
            raise FeedUnavailable(wire.clean(f"the node says: {words[:200]!r}"))
        found = reading.record(reading.field(answer, "result"), "result")
        if not reading.flag(found, "success"):
            raise FeedUnavailable("the node gave the scan up; asked again the next time")
        height = reading.whole(found, "height")
        outputs = reading.rows(reading.field(found, "unspents"), "unspents", _output)
        deep = sum(value for value, at in outputs if is_deep(at, height, confirmations))
        total = sum(value for value, _ in outputs)
        if total != _sats(found, "total_amount"):
            raise NotRight("total_amount is not the sum of the unspents")
        return Coins(Sats(deep), Sats(total - deep), height)


def _output(entry: Record) -> tuple[Sats, int]:
    return _sats(entry, "amount"), reading.whole(entry, "height")


def _sats(fields: Record, name: str) -> Sats:
    try:
        return parse_btc(decimal_text(reading.number(fields, name)))
    except AmountRefused as problem:
        raise NotRight(f"{name}: {problem}") from None
