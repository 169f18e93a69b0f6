"""What waits because of the plan: sales that have to be staged soon, or whose money would already come late."""

from __future__ import annotations

from datetime import datetime, timedelta

from desk.snapshot.model import FundingView, WaitingItem
from desk.units import show_btc

SOON = timedelta(days=3)
"""Two people have to sign, and a sale takes a day: so long before its last moment a proposal waits for somebody."""


def plan_items(view: FundingView, now: datetime) -> list[WaitingItem]:
    """Proposals whose last moment to sell is near; a sale that is staged and signed takes them off."""
    items = []
    for one in view.proposals:
        if one.sell_by - now > SOON:
            continue
        late = f", {(one.arrives - one.needed_on).days} days late" if one.is_late else ""
        title = f"sell {show_btc(one.wanted, 2)} BTC by {one.sell_by:%a %-d %b %H:%M} UTC"
        items.append(WaitingItem("plan", one.id, title, f"for {one.purpose}: {one.because}{late}"))
    return items
