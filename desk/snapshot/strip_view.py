"""What tells whether the numbers can be trusted: price with its age, daemon, halt, venues, audit head."""

from __future__ import annotations

from datetime import datetime

from desk.acts.stopping import read_halt_file
from desk.config import Config
from desk.ledger.records import Heartbeat
from desk.permission.requests import Act
from desk.snapshot.anchor import Anchor
from desk.snapshot.approvals import APPROVER
from desk.snapshot.mids import MidHistory
from desk.snapshot.model import AuditView, DaemonView, HaltView, PriceView, VenueView
from desk.snapshot.reading import Live, Record
from desk.units import Price

ALIVE_S = 3.0
"""A daemon that has not beaten for longer is hung if it holds the lock, else stopped."""
STOPPED = "stopped"


_HEARD_S = 30.0
"""A venue that has said nothing for this long, in wall seconds, is not known to be reachable."""


def price_view(config: Config, live: Live, mids: MidHistory, now: datetime, wall: datetime) -> PriceView:
    """The mid of the first configured venue that has one."""
    names = list(config.settings.venues)
    name = next((one for one in names if one in live.quotes), names[0])
    quote, symbol = live.quotes.get(name), config.settings.venues[name].symbol
    if quote is None:
        return PriceView(symbol, name, None, None, None, None, None, True)
    age_s = age(quote.wall, wall)
    return PriceView(
        symbol=symbol,
        venue=name,
        mid=Price((quote.bid + quote.ask) / 2),
        bid=quote.bid,
        ask=quote.ask,
        change_24h=mids.change_24h(name, now),
        age_s=age_s,
        is_stale=age_s > config.settings.controls.max_price_age_s,
        history=mids.chart(name, now),
    )


def daemon_view(beat: Heartbeat | None, wall: datetime, *, lock_is_held: bool, active: int) -> DaemonView:
    """Running, hung or stopped. `active` counts the sales it has to do with."""
    if beat is None:
        return DaemonView("hung" if lock_is_held else STOPPED, None, None, None, active)
    age_s = age(beat.wall, wall)
    silent = "hung" if lock_is_held else STOPPED
    state = "running" if age_s < ALIVE_S and beat.note != STOPPED else silent
    return DaemonView(state, age_s, beat.pid, beat.epoch, active)


def halt_view(config: Config, record: Record, wall: datetime) -> HaltView | None:
    """The halt that stands: the row, or the file where there is no row yet (P12)."""
    halt = record.halt
    if halt is None:
        note = read_halt_file(config.halt_file)
        return HaltView(note.reason, note.actor, _moment(note.at)) if note else None
    wanted = [r for r in record.requests if r.kind == Act.REARM.value and r.subject == f"halt {halt.id}"]
    given = max((record.signatures[r.id] for r in wanted if r.expires > wall), key=len, default=())
    names = tuple(one.principal for one in given)
    return HaltView(halt.reason, halt.actor, halt.halted, len(names), rearm_signers=names)


def venue_views(config: Config, live: Live, wall: datetime) -> tuple[VenueView, ...]:
    """Every configured venue, whether or not it was ever reached."""
    views = []
    for name, venue in config.settings.venues.items():
        status, quote = live.statuses.get(name), live.quotes.get(name)
        seen = max((balance.wall for balance in live.balances if balance.venue == name), default=None)
        views.append(
            VenueView(
                name=name,
                exchange=venue.exchange,
                symbol=venue.symbol,
                is_reachable=status.is_reachable if status and age(status.wall, wall) < _HEARD_S else None,
                book_age_s=age(quote.wall, wall) if quote else None,
                balance_age_s=age(seen, wall) if seen else None,
                last_error=status.error if status else "",
            )
        )
    return tuple(views)


def audit_view(record: Record, anchor: Anchor | None, wall: datetime) -> AuditView:
    """The chain's head, and how far the newest checkpoint reaches."""
    head = record.head
    if anchor is None:
        return AuditView(head.seq, head.hash, None, None)
    return AuditView(head.seq, head.hash, anchor.seq, age(anchor.at, wall))


def signers(record: Record, sale_id: str) -> set[str]:
    """Who has signed as approver, by the record's own word: for hints, never for counting."""
    return {s.principal for s in record.signatures.get(sale_id, ()) if s.role == APPROVER}


def age(then: datetime, wall: datetime) -> float:
    """Wall seconds since; never negative, clocks being what they are."""
    return max(0.0, (wall - then).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
