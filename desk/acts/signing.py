"""Signatures people give: on a staged sale, and on the two-person acts (P4).

Sales live in desk time; a request's hour is an hour of people, so it counts in wall time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desk.acts.outcome import NotFound, Refused
from desk.acts.policy import Standing, standing
from desk.canonical import Json
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, ReadTx, WriteTx, control, events, sales
from desk.ledger.records import RecordedRequest
from desk.permission import sshsig
from desk.permission.approvals import Circumstances, Verdict, admit, judge
from desk.permission.key_files import Passphrase, load_private_key
from desk.permission.policy import Policy, signers_of_change
from desk.permission.requests import (
    Act,
    EventHead,
    Request,
    RequestCircumstances,
    RequestVerdict,
    admit_to_request,
    judge_request,
    open_request,
    read_request,
    signatures_required,
)
from desk.permission.roster import Roster
from desk.permission.signatures import Offered
from desk.sale.lifecycle import SaleState
from desk.sale.records import Rejection, Sale, Signature
from desk.sale.terms import Terms
from desk.units import notional


@dataclass(frozen=True, slots=True)
class Given:
    """A signature that was recorded, and what is still missing."""

    person: str
    sentence: str
    is_granted: bool


def who_owns(roster: Roster, key_file: Path, passphrase: Passphrase) -> tuple[str, sshsig.Signer]:
    """The person a key file belongs to, and the key. Raises KeyRefused, or Refused when it is nobody's."""
    key = load_private_key(key_file, passphrase)
    owner = roster.owner(key.public.fingerprint)
    if owner is None:
        raise Refused(
            f"the key {key_file} ({key.public.fingerprint}) belongs to nobody who may sign; desk people list"
        )
    return owner[0].name, key


def required_approvals(policy: Policy, terms: Terms) -> int:
    """How many approvals the terms need: their tier is judged by quantity at the reference price."""
    return policy.required_approvals(notional(terms.quantity, terms.reference_price))


def circumstances_at(desk_id: str, policy: Policy, terms: Terms, now: datetime) -> Circumstances:
    """What a sale's signatures are judged against."""
    return Circumstances(desk_id, policy.digest(), policy.roster, required_approvals(policy, terms), now)


def verdict_of(sale: Sale, signatures: list[Signature], desk_id: str, policy: Policy, now: datetime) -> Verdict:
    """Who counts for a sale, judged from the bytes themselves."""
    given = circumstances_at(desk_id, policy, sale.terms, now)
    return judge(sale.terms.canonical(), sale.terms_digest, signatures, given)


def approve(
    config: Config,
    ledger: Ledger,
    clock: Clock,
    sale_id: str,
    *,
    key_file: Path,
    passphrase: Passphrase = None,
    shown_digest: str | None = None,
) -> Given:
    """Signs a staged sale's terms with a key file and records the signature.

    With `shown_digest` only the terms that were shown are signed. Raises Refused, NotFound, SignatureRefused.
    """
    with ledger.read() as tx:
        policy = standing(config, tx).require()
        sale = _staged(tx, sale_id)
    if shown_digest is not None and shown_digest != sale.terms_digest:
        raise Refused(f"the terms of {sale_id} are not those that were shown; nothing was signed")
    _, key = who_owns(policy.roster, key_file, passphrase)
    return record_approval(config, ledger, clock, sale_id, sshsig.sign(sale.terms.canonical(), sshsig.SALE, key))


def record_approval(config: Config, ledger: Ledger, clock: Clock, sale_id: str, armored: str) -> Given:
    """Records a signature over a staged sale's terms, made here or by ssh-keygen. Raises SignatureRefused."""
    offered = Offered(armored, clock.now())
    with ledger.write(actor="approval", clock=clock) as tx:
        policy = standing(config, tx).require()
        sale = _staged(tx, sale_id)
        recorded = sales.signatures(tx, sale_id)
        given = circumstances_at(ledger.desk.desk_id, policy, sale.terms, clock.now())
        counted = admit(sale.terms.canonical(), sale.terms_digest, recorded, offered, given)
        tx.actor = counted.person
        signature = Signature(sale_id, counted.person, "approver", counted.fingerprint, armored, offered.signed_at)
        sales.add_signature(tx, signature, clock.now())
        verdict = judge(sale.terms.canonical(), sale.terms_digest, [*recorded, signature], given)
    return Given(counted.person, verdict.sentence, verdict.is_granted)


def reject(ledger: Ledger, clock: Clock, sale_id: str, actor: str, reason: str) -> None:
    """Says no to a staged sale, for everybody to see."""
    if not reason.strip():
        raise Refused("say why, in a few words: --reason")
    with ledger.write(actor=actor, clock=clock) as tx:
        _staged(tx, sale_id)
        sales.reject(tx, Rejection(sale_id, actor, reason, clock.now()), clock.now())


def _staged(tx: ReadTx, sale_id: str) -> Sale:
    sale = sales.get(tx, sale_id)
    if sale is None:
        raise NotFound(f"no sale {sale_id!r}; desk sale list shows them")
    if sale.state is not SaleState.STAGED:
        raise Refused(f"{sale_id} is {sale.state}; only a staged sale can be signed or rejected")
    return sale


def sign_request(
    config: Config,
    ledger: Ledger,
    clock: Clock,
    act: Act,
    subject: str,
    payload: Mapping[str, Json],
    *,
    key_file: Path,
    passphrase: Passphrase = None,
) -> tuple[Given, str]:
    """Opens a request for `act` on `subject`, or joins the open one, and signs it. Gives also its id."""
    with ledger.read() as tx:
        now = standing(config, tx)
    signers = _signers(act, now)
    person, key = who_owns(signers, key_file, passphrase)
    with ledger.write(actor=person, clock=clock) as tx:
        request, request_id = _open_or_join(tx, ledger, clock, act, subject, payload, person)
        given = request_circumstances(tx, ledger.desk.desk_id, signers, _required(act, now), request, clock.wall())
        armored = sshsig.sign(request.raw, act.namespace, key)
        offered = Offered(armored, clock.wall())
        earlier = sales.signatures(tx, request_id)
        before = judge_request(request, earlier, given)
        if before.is_granted:  # signed in full, but what it allows was not done: nobody has to sign twice for that
            return Given(person, before.sentence, True), request_id
        counted = admit_to_request(request, earlier, offered, given)
        signature = Signature(request_id, counted.person, act.value, counted.fingerprint, armored, offered.signed_at)
        sales.add_signature(tx, signature, clock.now())
        verdict = judge_request(request, [*earlier, signature], given)
    return Given(counted.person, verdict.sentence, verdict.is_granted), request_id


def request_verdict(
    tx: ReadTx, recorded: RecordedRequest, desk_id: str, signers: Roster, required: int, now: datetime
) -> RequestVerdict:
    """Whose signatures count for a recorded request."""
    request = read_request(recorded.body)
    given = request_circumstances(tx, desk_id, signers, required, request, now)
    return judge_request(request, sales.signatures(tx, recorded.id), given)


def request_circumstances(
    tx: ReadTx, desk_id: str, signers: Roster, required: int, request: Request, now: datetime
) -> RequestCircumstances:
    """What a request is judged against: the chain as it stands, the newest halt, whether it was used."""
    at_head = next(iter(events.listed(tx, after=request.head.seq - 1, limit=1)), None)
    spent = any(
        other.nonce == request.nonce and other.closed is not None
        for other in control.requests(tx, request.act.value, open_only=False)
    )
    return RequestCircumstances(
        desk_id,
        signers,
        required,
        now,
        at_head.hash if at_head else None,
        control.newest_halt(tx),
        spent,
    )


def _open_or_join(
    tx: WriteTx, ledger: Ledger, clock: Clock, act: Act, subject: str, payload: Mapping[str, Json], person: str
) -> tuple[Request, str]:
    """The open request for the same thing that still counts, or a new one; with its id."""
    newest = control.newest_halt(tx)
    for recorded in control.requests(tx, act.value):
        request = read_request(recorded.body)
        is_void = clock.wall() > request.expires_at or (newest is not None and newest > request.head.seq)
        if recorded.subject == subject and not is_void and dict(request.payload) == dict(payload):
            return request, recorded.id
    head = events.head(tx)
    request = open_request(
        act,
        payload,
        desk_id=ledger.desk.desk_id,
        nonce=secrets.token_hex(16),
        head=EventHead(head.seq, head.hash),
        opened_at=clock.wall(),
    )
    return request, control.open_request(tx, request, subject, person)


def _signers(act: Act, now: Standing) -> Roster:
    if act is Act.POLICY:
        if now.accepted is None or not now.accepted.people:
            return now.configured.roster
        return signers_of_change(now.accepted, now.configured)
    return now.require().roster


def _required(act: Act, now: Standing) -> int:
    if act is Act.POLICY:
        return (now.accepted or now.configured).required_for_change()
    return signatures_required(act, now.configured)
