"""A pool's own no, which some write into an answer of HTTP 200."""

from __future__ import annotations

from desk.feeds.wire import FeedRefused, JsonWire


def refused(wire: JsonWire, pool: str, account: str, code: object, message: object) -> FeedRefused:
    """What the pool said, cut, escaped, and without any key."""
    said = wire.clean(str(message or ""))[:200]
    return FeedRefused(f"{pool} refused account {account} (code {str(code)[:20]}): {said!r}")
