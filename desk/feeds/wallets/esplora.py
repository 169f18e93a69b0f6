"""An Esplora-compatible server: unspent outputs of one address at a time, against the chain's height.

`GET /blocks/tip/height` is a bare number; `GET /address/A/utxo` lists {value, status{confirmed, block_height}}.
"""

from __future__ import annotations

from collections.abc import Sequence

from desk.feeds import reading
from desk.feeds.reading import NotRight, Record
from desk.feeds.wallets.model import Coins
from desk.feeds.wire import JsonWire
from desk.units import MAX_SUPPLY, Sats


class Esplora:
    """Asks for the height first and last: where a block came in between, everything is asked anew."""

    async def coins(self, wire: JsonWire, addresses: Sequence[str], confirmations: int) -> Coins:
        for _ in range(3):
            height = await self._height(wire)
            found = [await self._unspent(wire, one) for one in addresses]
            if await self._height(wire) == height:
                return _sum([output for outputs in found for output in outputs], height, confirmations)
        raise NotRight("blocks came in faster than the addresses could be asked; nothing consistent was seen")

    async def _height(self, wire: JsonWire) -> int:
        return reading.whole({"height": await wire.get("/blocks/tip/height")}, "height")

    async def _unspent(self, wire: JsonWire, address: str) -> list[tuple[Sats, int | None]]:
        return reading.rows(await wire.get(f"/address/{address}/utxo"), f"unspent of {address}", _output)


def _output(entry: Record) -> tuple[Sats, int | None]:
    """An output's value and the height it was confirmed at, None before it was."""
    status = reading.record(reading.field(entry, "status"), "status")
    value = reading.whole(entry, "value")
    return Sats(value), reading.whole(status, "block_height") if reading.flag(status, "confirmed") else None


def _sum(outputs: Sequence[tuple[Sats, int | None]], height: int, confirmations: int) -> Coins:
    deep = sum(value for value, at in outputs if is_deep(at, height, confirmations))
    total = sum(value for value, _ in outputs)
    if total > MAX_SUPPLY:
        raise NotRight(f"{total} satoshis are more than will ever exist")
    return Coins(Sats(deep), Sats(total - deep), height)


def is_deep(at: int | None, height: int, confirmations: int) -> bool:
    """Whether an output has its confirmations; its own block is the first. Raises NotRight above the tip."""
    if at is None:
        return confirmations == 0
    if at > height:
        raise NotRight(f"an output is confirmed at {at}, above the chain's height {height}")
    return height - at + 1 >= confirmations
