"""Lots as of now or of a day that is over, with who approved what was sold: read from the record, judged here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from desk.acts import blocks
from desk.acts.outcome import Refused
from desk.acts.policy import configured_policy, policy_for
from desk.acts.signing import verdict_of
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, ReadTx, control, sales, treasury
from desk.ledger.books import relief
from desk.ledger.coins import coin_statements
from desk.ledger.copied import copied
from desk.permission.approvals import Verdict
from desk.sale.records import Signature
from desk.treasury.coin_records import Explanation
from desk.treasury.coin_stream import stream
from desk.treasury.lot_book import lot_book
from desk.treasury.lot_statement import Approval, LotStatement
from desk.treasury.months import last_day
from desk.treasury.records import Loan, Place
from desk.treasury.restrictions import restrictions, stated_by
from desk.treasury.valuation import Marks, policy_of
from desk.units import btc_text


def lot_statement(config: Config, ledger: Ledger, clock: Clock, day: date | None = None) -> LotStatement:
    """The lots after everything of `day` (UTC), valued by its mark; without a day after everything there is so far.

    Then they are valued by the newest mark that is due. What is pledged is what was stated by then. Raises Refused
    for a day that is not over.
    """
    now = clock.now()
    policy = policy_of(config.settings.treasury.valuation)
    until = None if day is None else datetime.combine(day, time(0), UTC) + timedelta(days=1)
    if until is not None and until > now:
        raise Refused(f"--at {day}: that day is not over; leave it out for now")
    with copied(ledger) as still, still.read() as tx:
        given = coin_statements(tx)
        rules = relief(tx, config.settings.treasury.relief)
        places, loans = treasury.places(tx), treasury.loans(tx)
        if until is not None:
            places = stated_by(treasury.every_version(tx, Place), until)
            loans = stated_by(treasury.every_version(tx, Loan), until)
        lines = treasury.in_force(tx, Explanation)
        signed = blocks.listed(config, tx, ledger.desk.desk_id)
        approvals = _approvals(config, tx, ledger.desk.desk_id, signed)
    marks = Marks(given.marks)
    valued, on = day or policy.newest_due(now), day or now.astimezone(UTC).date()
    return LotStatement(
        day=valued,
        as_of=until or now,
        book=lot_book(stream(given), rules, marks, until),
        marks=marks,
        policy=policy,
        method=rules.method_on(on),
        method_by=rules.said_by(on),
        restrictions=restrictions(places, loans),
        approvals=approvals,
        explained=tuple(_without_lot(one) for one in lines if _moved_by(one, until)),
        unsigned=tuple(f"block sale {one.block.id}: {one.problem}" for one in signed if one.problem),
    )


def _moved_by(line: Explanation, until: datetime | None) -> bool:
    """Whether an explanation moved coins at a place of the books before `until`."""
    day = line.day or last_day(line.month)
    return bool(line.place and line.sats) and (until is None or day < until.date())


def _without_lot(line: Explanation) -> str:
    coins = f"{btc_text(abs(line.sats))} BTC {'left' if line.sats > 0 else 'came to'} {line.place}"
    remedy = "a pay-out" if line.sats > 0 else "a lot"
    return f"explanation {line.id}: {coins} and no lot with them; once you know what it was, state it as {remedy}"


def _approvals(
    config: Config, tx: ReadTx, desk_id: str, signed: Sequence[blocks.RecordedBlock]
) -> dict[str, tuple[Approval, ...]]:
    """Whose signatures counted, by sale and block sale: judged from the bytes, as of the last signature."""
    configured, history = configured_policy(config), control.policies(tx)
    found: dict[str, tuple[Approval, ...]] = {}
    for sale in sales.listed(tx):
        signatures = sales.signatures(tx, sale.id)
        if not sale.filled or not signatures:
            continue
        policy, last = policy_for(sale, history, configured), max(one.signed_at for one in signatures)
        found[sale.id] = _counted(verdict_of(sale, signatures, desk_id, policy, last), signatures)
    for one in signed:
        if one.signed_at is not None:
            found[one.block.id] = (Approval(one.signer, blocks.ROLE, one.signed_at),)
    return found


def _counted(verdict: Verdict, signatures: Sequence[Signature]) -> tuple[Approval, ...]:
    staged = () if verdict.staged is None else (Approval(verdict.staged.person, "stager", verdict.staged.signed_at),)
    approved = tuple(Approval(one.person, "approver", one.signed_at) for one in verdict.approvals)
    return (*staged, *approved)
