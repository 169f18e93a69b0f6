"""What waits because of coins and cash outside the venues: late transfers, proceeds to sweep, broken pegs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from desk.config_treasury import StablecoinSection, TreasurySection
from desk.ledger.feeds import FeedStatus
from desk.snapshot.model import CashView, WaitingItem
from desk.treasury.coin_records import Mark
from desk.treasury.holdings import Column, Holdings
from desk.units import show_btc, show_money


def transit_items(found: Holdings) -> list[WaitingItem]:
    """Transfers that should have arrived, and statements that what moved contradicts."""
    late = [line for line in found.lines if line.column is Column.IN_TRANSIT and line.is_stale and line.sats]
    return [
        WaitingItem("stale", line.place, f"{show_btc(line.sats, 2)} BTC have not arrived", line.why) for line in late
    ]


def sweep_items(cash: Iterable[CashView], venues: Iterable[str], settings: TreasurySection) -> list[WaitingItem]:
    """Proceeds left at a venue beyond the limit: an exchange is no bank."""
    limit, names = settings.max_venue_cash, set(venues)
    if limit is None:
        return []
    return [
        WaitingItem(
            "sweep",
            item.where,
            f"sweep {item.currency} {show_money(item.amount - limit)} from {item.where}",
            f"{item.currency} {show_money(item.amount)} lie there, the limit is {show_money(limit)}",
        )
        for item in cash
        if item.where in names and item.amount > limit
    ]


def statement_items(cash: Iterable[CashView], venues: Iterable[str]) -> list[WaitingItem]:
    """Statements of cash that are too old: the plan rests on them until somebody brings newer ones."""
    names = set(venues)
    old = [item for item in cash if item.is_stale and item.as_of and item.amount and item.where not in names]
    return [
        WaitingItem(
            "stale",
            item.where,
            f"bring a statement of {item.where}",
            f"{item.currency} {show_money(item.amount)} as of {item.as_of:%Y-%m-%d}, on which the plan rests",
        )
        for item in old
    ]


def peg_items(cash: Iterable[CashView], marks: Iterable[Mark], settings: TreasurySection) -> list[WaitingItem]:
    """Stablecoins that are held and whose newest mark is further from one dollar than their limit."""
    held = {item.currency for item in cash if item.amount}
    newest = {mark.pair: mark for mark in sorted(marks, key=lambda one: one.day)}
    items = []
    for currency, rule in settings.stablecoins.items():
        latest = newest.get(f"{currency}/{settings.currency}")
        if currency in held and latest is not None and _is_off(latest.price, rule):
            said = f"{latest.price} on {latest.day} ({latest.source}); not counted as {settings.currency}"
            items.append(WaitingItem("peg", currency, f"{currency} is off its peg", said))
    return items


def _is_off(price: Decimal, rule: StablecoinSection) -> bool:
    return abs(price - 1) * 10_000 > rule.depeg_bps


def feed_items(feeds: Mapping[str, FeedStatus]) -> list[WaitingItem]:
    """Pools, wallets and the network's source that failed the last time they were asked."""
    return [
        WaitingItem("stale", feed.name, f"{feed.name.replace(':', ' ')} could not be read", feed.error)
        for feed in feeds.values()
        if feed.error
    ]
