"""What the daemon does for the treasury beside selling: each duty with the seconds between two of its runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from desk.clock import Clock
from desk.config import Config
from desk.duty.marks import EVERY_S as MARKS_EVERY_S
from desk.duty.marks import MarkTaker
from desk.duty.pools import LOOK_EVERY_S, watches
from desk.duty.proceeds import EVERY_S as PROCEEDS_EVERY_S
from desk.duty.proceeds import ProceedsDuty
from desk.duty.wallets import WalletWatch
from desk.ledger import LedgerThread
from desk.snapshot.cash_settings import cash_rules
from desk.treasury.valuation import policy_of

Duty = tuple[float, Callable[[], Awaitable[None]]]


def treasury_duties(config: Config, ledger: LedgerThread, clock: Clock) -> Iterator[Duty]:
    """Every duty of the treasury that this configuration asks for."""
    for name, wallet in config.settings.wallets.items():
        yield wallet.every_s, WalletWatch(name, wallet, ledger, clock).tick
    for feed in watches(config, ledger, clock):
        yield LOOK_EVERY_S, feed.tick
    yield PROCEEDS_EVERY_S, ProceedsDuty(cash_rules(config.settings.treasury), ledger, clock).tick
    policy = policy_of(config.settings.treasury.valuation)
    venue = config.settings.venues.get(policy.source)
    if venue is not None:
        yield MARKS_EVERY_S, MarkTaker(policy, venue.symbol, ledger, clock).tick
