"""A sale before it is staged: what a form asks while somebody types, and what it would do. Nothing is written."""

from __future__ import annotations

from datetime import datetime

from desk.acts.outcome import Refused
from desk.acts.policy import standing
from desk.acts.signing import required_approvals
from desk.acts.staging import Asked, drafted, request_of
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger
from desk.sale import when
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.sale.terms import TacticName
from desk.sale.wish import StageWish
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.words import moment_text, terms_lines
from desk.units import NOTHING, ZERO


def asked_of(wish: StageWish, now: datetime) -> Asked:
    """The wish with its times and counts read. Raises Refused, naming the field."""
    try:
        opens, over = when.opening(wish.start.strip(), now), when.duration(wish.over.strip())
    except when.WhenRefused as problem:
        raise Refused(str(problem)) from None
    if wish.tactic not in set(TacticName):
        raise Refused(f"tactic {wish.tactic!r}: one of {', '.join(TacticName)}")
    return Asked(
        btc=wish.btc.strip(),
        opens=opens,
        over=over,
        is_now=wish.start.strip() == when.NOW,
        slices=_count(wish.slices.strip()),
        tactic=wish.tactic,
        floor=wish.floor.strip() or None,
        venues=(wish.venue.strip(),) if wish.venue.strip() else (),
        purpose=wish.purpose.strip() or None,
    )


def draft_sale(config: Config, ledger: Ledger, clock: Clock, wish: StageWish, stager: str) -> tuple[str, ...]:
    """The terms that staging would put on record now, in words, and what the sale would do. Refuses as staging."""
    with ledger.read() as tx:
        policy = standing(config, tx).require()
        asked = asked_of(wish, clock.now())
        request = request_of(config, asked, stager)
        terms = drafted(config, tx, ledger.desk.desk_id, policy, clock, request, is_now=asked.is_now).terms
        needed = required_approvals(policy, terms)
    zone = config.settings.desk.timezone
    sale = Sale(
        id=terms.sale_id,
        state=SaleState.STAGED,
        terms=terms,
        terms_digest=terms.digest(),
        filled=ZERO,
        open=ZERO,
        unknown=ZERO,
        proceeds=NOTHING,
        fees=NOTHING,
        reason="",
        opened=None,
        closes=None,
        arrival_price=None,
        staged_at=terms.staged_at,
        updated_at=terms.staged_at,
    )
    approvals = f"{needed} {'person has' if needed == 1 else 'people have'} to approve it"
    return (
        *terms_lines(terms, zone),
        f"{approvals} by {moment_text(terms.approval_expires, zone)}, the stager not among them",
        *SnapshotBuilder(config, ledger, clock).effect(sale),
    )


def _count(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise Refused(f"slices {text[:20]!r}: write a whole number, or nothing for one every ten minutes")
    return int(text)
