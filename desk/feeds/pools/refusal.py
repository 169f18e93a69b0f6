"""A pool's own no, which some write into an answer of HTTP 200."""

from __future__ import annotations

from desk.feeds.reading import Record
from desk.feeds.wire import FeedRefused, JsonWire


def refuse_code(wire: JsonWire, pool: str, account: str, answer: Record) -> None:
    """Raises FeedRefused where `code` is there and not 0: with what the pool said, and without any key."""
    code = answer.get("code", 0)
    if code in (0, "0"):
        return
    said = wire.clean(str(answer.get("msg") or answer.get("message") or ""))[:200]
    raise FeedRefused(f"{pool} refused account {account} (code {wire.clean(str(code))[:20]!r}): {said!r}")
