"""The venue's own dead-man's switch, opt-in: should this machine fall silent, the venue takes every order off itself.

It covers what nothing here can: a host that lost its power or its line while an order rests. When it strikes, the
venue cancels *all* orders of the API key's account, of other people and markets too, so nobody winds it unasked.
"""

from __future__ import annotations

import structlog

from desk.clock import Clock
from desk.ledger import LedgerThread, ReadTx, WriteTx, control, orders, sales
from desk.sale.lifecycle import SaleState
from desk.venues.gateway import CcxtVenue
from desk.venues.model import Unavailable

ACTOR = "daemon"
_AGAIN = 3
"""It is wound anew after a third of its time: two answers may be lost before it strikes a daemon that lives."""

log = structlog.get_logger()


class DeadMan:
    """Keeps one venue's switch wound while orders of this desk may rest there. `tick` it about once a second.

    A daemon that died may have left it wound; whether it did is not known to the next one, which lifts it.
    """

    def __init__(self, venue: CcxtVenue, ledger: LedgerThread, clock: Clock, seconds: int) -> None:
        self._venue, self._ledger, self._clock = venue, ledger, clock
        self._seconds = seconds
        self._asked: float | None = None
        self._is_lifted = False
        self._said = ""

    async def tick(self) -> None:
        """Winds it, or lifts it where nothing may rest any more; a failure is told once and tried again."""
        if await self._ledger.read(lambda tx: _may_rest(tx, self._venue.name)):
            if self._asked is None or self._clock.monotonic() - self._asked >= self._seconds / _AGAIN:
                await self._wind()
        elif not self._is_lifted:
            await self._lift("no order rests")

    async def let_go(self, *, leaves_orders: bool) -> None:
        """At a clean stop: lifted where orders are to rest on, or none does; else it strikes what may still rest."""
        live = await self._ledger.read(lambda tx: orders.live(tx, venue=self._venue.name))
        if leaves_orders or not live:
            await self._lift("the daemon stops")

    async def _wind(self) -> None:
        asked = self._clock.monotonic()
        try:
            await self._venue.arm_dead_man(self._seconds)
        except Unavailable as problem:
            await self._say("failed", str(problem))
            return
        self._asked, self._is_lifted = asked, False
        await self._say("wound", f"every order of the account is cancelled after {self._seconds} s of silence")

    async def _lift(self, why: str) -> None:
        try:
            await self._venue.disarm_dead_man()
        except Unavailable as problem:
            await self._say("failed", str(problem))
            return
        self._asked, self._is_lifted = None, True
        await self._say("lifted", why)

    async def _say(self, what: str, words: str) -> None:
        """On record where it is something new (P5); winding it again and again is not."""
        if what == self._said:
            return
        self._said = what
        tell = log.warning if what == "failed" else log.info
        tell(f"dead-man's switch {what}", venue=self._venue.name, why=words)

        def put(tx: WriteTx) -> None:
            tx.event(f"switch.{what}", self._venue.name, {"reason": words[:500], "seconds": self._seconds})

        await self._ledger.write(put, actor=ACTOR)


def _may_rest(tx: ReadTx, venue: str) -> bool:
    """Whether an order lives there, or a sale at work may send one."""
    if orders.live(tx, venue=venue):
        return True
    if control.open_halt(tx) is not None:
        return False
    return any(share.venue == venue for sale in sales.listed(tx, [SaleState.WORKING]) for share in sale.terms.venues)
