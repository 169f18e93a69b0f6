"""The pools that can be asked, by the `kind` of a [pools.NAME]."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from desk.feeds.pools.antpool import Antpool
from desk.feeds.pools.braiins import Braiins
from desk.feeds.pools.f2pool import F2Pool
from desk.feeds.pools.foundry import Foundry
from desk.feeds.pools.luxor import Luxor
from desk.feeds.pools.model import Adapter
from desk.feeds.pools.ocean import Ocean
from desk.feeds.pools.viabtc import ViaBtc
from desk.feeds.wire import FeedRefused

ADAPTERS: Mapping[str, Adapter] = {
    "luxor": Luxor(),
    "foundry": Foundry(),
    "f2pool": F2Pool(),
    "antpool": Antpool(),
    "braiins": Braiins(),
    "viabtc": ViaBtc(),
    "ocean": Ocean(),
}


def adapter_for(kind: str) -> Adapter:
    """Raises FeedRefused for a pool nobody here knows how to ask."""
    if kind not in ADAPTERS:
        close = get_close_matches(kind, ADAPTERS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(ADAPTERS)}"
        raise FeedRefused(f"no pool of kind {kind!r} is known here; {hint}")
    return ADAPTERS[kind]
