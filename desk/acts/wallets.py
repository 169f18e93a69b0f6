"""Reading the watched wallets now: asked outside of any transaction, stated where something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desk.acts.outcome import NotFound
from desk.clock import Clock
from desk.config import Config
from desk.feeds.wallets.model import WalletReading
from desk.feeds.wallets.read import access, is_news, read_wallet, statement
from desk.feeds.wire import FeedRefused, FeedUnavailable
from desk.ledger import Ledger, WriteTx, treasury
from desk.ledger.feeds import set_feed_status
from desk.secrets import SecretRefused
from desk.treasury.records import Place


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of asking for one wallet: a reading and whether it was news, or why there is none."""

    name: str
    reading: WalletReading | None
    is_new: bool = False
    error: str = ""
    is_unavailable: bool = False


def pull_wallets(
    config: Config, ledger: Ledger, clock: Clock, *, actor: str, names: Sequence[str] = (), write: bool = True
) -> Iterator[Pulled]:
    """Each wallet whole or not at all; one that fails does not keep the next. Raises NotFound for an unknown name."""
    wallets = config.settings.wallets
    for name in names:
        if name not in wallets:
            known = f"configured are {', '.join(wallets)}" if wallets else "none is configured: [wallets.NAME]"
            raise NotFound(f"there is no wallet {name!r}; {known}")
    for name in names or wallets:
        try:
            wallet = access(name, wallets[name])
            seen = asyncio.run(read_wallet(wallet, clock))
        except (FeedRefused, FeedUnavailable, SecretRefused) as problem:
            yield Pulled(name, None, error=str(problem), is_unavailable=isinstance(problem, FeedUnavailable))
            continue
        place = statement(wallet, seen)
        if write:
            with ledger.write(actor=actor, clock=clock) as tx:
                yield Pulled(name, seen, state_wallet(tx, place, clock))
        else:
            with ledger.read() as reading:
                yield Pulled(name, seen, is_news(_on_record(treasury.places(reading), place.id), place))


def state_wallet(tx: WriteTx, place: Place, clock: Clock) -> bool:
    """Puts a reading on record where it says something new; whether it did."""
    set_feed_status(tx, f"wallet:{place.id}", clock.wall())
    is_new = is_news(_on_record(treasury.places(tx), place.id), place)
    if is_new:
        treasury.state(tx, "holdings", [place], {"feed": place.id})
    return is_new


def _on_record(places: Sequence[Place], place_id: str) -> Place | None:
    return next((one for one in places if one.id == place_id), None)
