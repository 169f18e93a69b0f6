"""The daemon's own judgement of signatures: from the signed bytes, the configured policy and the accepted one (P4).

The list of people and the configuration are read again whenever their files change, so that a revoked key stops
counting at once; nothing that a row claims about a signature is believed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from desk.acts.outcome import Refused
from desk.acts.policy import Standing, configured_policy, trusted
from desk.acts.resuming import newest_pause
from desk.acts.signing import circumstances_at, request_verdict
from desk.clock import Clock
from desk.config import Config, ConfigRefused, load
from desk.ledger import ReadTx, control, live, sales
from desk.ledger.records import Command
from desk.permission.approvals import judge
from desk.permission.policy import Policy
from desk.permission.refusals import PeopleRefused, PolicyRefused, RequestRefused
from desk.permission.requests import Act, Request, read_request, signatures_required
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.units import notional

_ACTS = {"resume": Act.RESUME, "rearm": Act.REARM, "resolve": Act.RESOLVE}
_NOT_OPENED = (SaleState.STAGED, SaleState.APPROVED, SaleState.SCHEDULED)
_BELIEVED = Decimal("1.05")
"""How far the market may be above the price a sale was staged on before its tier is judged by the market."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict in the executor's terms."""

    is_granted: bool
    sentence: str


class SignedPermission:
    """Judges sales and signed commands for the executor (`desk.execution.permission.Permission`)."""

    def __init__(self, config: Config, desk_id: str, clock: Clock) -> None:
        self._path = config.path
        self._desk_id = desk_id
        self._clock = clock
        self._config = config
        self._policy = configured_policy(config)
        self._built_from = _built_from(self._policy)
        self._stamps: tuple[object, ...] = ()

    def sale(self, tx: ReadTx, sale: Sale, now: datetime) -> Judged:
        """Whether the sale carries the signatures it needs under the policy in force."""
        now_standing = self._standing(tx)
        if isinstance(now_standing, Judged):
            return now_standing
        given = circumstances_at(self._desk_id, now_standing.configured, sale.terms, now)
        given = replace(given, required=max(given.required, self._required_at_market(tx, sale, now_standing)))
        verdict = judge(sales.terms_bytes(tx, sale.id), sale.terms_digest, sales.signatures(tx, sale.id), given)
        return Judged(verdict.is_granted, verdict.sentence)

    def _required_at_market(self, tx: ReadTx, sale: Sale, standing: Standing) -> int:
        """What the market asks for, where a sale that has not opened was staged on a price far below it.

        The reference price is the stager's word; a tier must not rest on it alone.
        """
        if sale.state not in _NOT_OPENED:
            return 0
        quote = live.quotes(tx).get(sale.terms.venues[0].venue)
        if quote is None:
            return 0
        mid = (quote.bid + quote.ask) / 2
        if mid <= sale.terms.reference_price * _BELIEVED:
            return 0
        return standing.configured.required_approvals(notional(sale.terms.quantity, mid))

    def command(self, tx: ReadTx, command: Command, now: datetime) -> Judged:
        """Whether a resume, rearm or resolve carries its request's signatures for what it names, in wall time."""
        act = _ACTS.get(command.kind)
        standing = self._standing(tx)
        if isinstance(standing, Judged):
            return standing
        if act is None:
            return Judged(False, f"{command.kind} is not an act that signatures allow")
        request = control.get_request(tx, str(command.detail.get("request", "")))
        try:
            is_for_it = request is not None and _is_for(tx, read_request(request.body), act, command)
        except RequestRefused:
            is_for_it = False
        if request is None or not is_for_it:
            return Judged(False, f"{command.kind} names no signed request for it")
        required = signatures_required(act, standing.configured)
        verdict = request_verdict(
            tx, request, self._desk_id, standing.configured.roster, required, self._clock.wall()
        )
        return Judged(verdict.is_granted, verdict.sentence)

    def _standing(self, tx: ReadTx) -> Standing | Judged:
        """The policy in force, or the sentence why nothing is permitted."""
        try:
            self._refresh()
            standing = trusted(self._policy, tx)
            standing.require()
            if _built_from(standing.configured) != self._built_from:
                return Judged(False, "controls or venues changed since this daemon started; restart desk daemon")
        except (ConfigRefused, PeopleRefused, PolicyRefused, Refused, RequestRefused, OSError) as problem:
            return Judged(False, str(problem))
        return standing

    def _refresh(self) -> None:
        stamps = (_stamp(self._path), _stamp(self._config.settings.people.allowed_signers))
        if stamps != self._stamps:
            self._config = load(self._path)
            self._policy = configured_policy(self._config)
            self._stamps = stamps


def _is_for(tx: ReadTx, request: Request, act: Act, command: Command) -> bool:
    """Whether the signed bytes themselves say what the command asks for; columns beside them prove nothing."""
    said = request.payload
    match command.kind:
        case "resume":
            sale = sales.get(tx, command.sale_id or "")
            wanted = (sale.id, sale.terms_digest, newest_pause(tx, sale.id)) if sale else None
            is_it = (said.get("sale"), said.get("terms_digest"), said.get("pause")) == wanted
        case "rearm":
            halt = control.open_halt(tx)
            is_it = halt is not None and said.get("halt") == halt.id
        case _:
            is_it = isinstance(said.get("order"), str) and said.get("order") == command.detail.get("order")
    return is_it and request.act is act


def _built_from(policy: Policy) -> Policy:
    """The part of a policy that a running daemon was built from: its limits and venues; people are read again."""
    return replace(policy, people=())


def _stamp(path: Path) -> tuple[int, int, int, int]:
    """What no edit leaves as it was: the time of a change can be set back to any moment, that of the inode cannot."""
    status = path.stat()
    return status.st_ctime_ns, status.st_mtime_ns, status.st_ino, status.st_size
