"""The daemon's own judgement of signatures: from the signed bytes, the configured policy and the accepted one (P4).

The list of people and the configuration are read again whenever their files change, so that a revoked key stops
counting at once; nothing that a row claims about a signature is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desk.acts.outcome import Refused
from desk.acts.policy import Standing, trusted
from desk.acts.signing import circumstances_at, request_verdict
from desk.clock import Clock
from desk.config import Config, ConfigRefused, load
from desk.ledger import ReadTx, control, sales
from desk.ledger.records import Command
from desk.permission.approvals import judge
from desk.permission.refusals import PeopleRefused, PolicyRefused, RequestRefused
from desk.permission.requests import Act, Request, read_request, signatures_required
from desk.sale.records import Sale

_ACTS = {"resume": Act.RESUME, "rearm": Act.REARM, "resolve": Act.RESOLVE}


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
        self._stamps: tuple[object, ...] = ()

    def sale(self, tx: ReadTx, sale: Sale, now: datetime) -> Judged:
        """Whether the sale carries the signatures it needs under the policy in force."""
        now_standing = self._standing(tx)
        if isinstance(now_standing, Judged):
            return now_standing
        given = circumstances_at(self._desk_id, now_standing.configured, sale.terms, now)
        verdict = judge(sales.terms_bytes(tx, sale.id), sale.terms_digest, sales.signatures(tx, sale.id), given)
        return Judged(verdict.is_granted, verdict.sentence)

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
            standing = trusted(self._config, tx)
            standing.require()
        except (ConfigRefused, PeopleRefused, PolicyRefused, Refused, RequestRefused, OSError) as problem:
            return Judged(False, str(problem))
        return standing

    def _refresh(self) -> None:
        stamps = (_stamp(self._path), _stamp(self._config.settings.people.allowed_signers))
        if stamps != self._stamps:
            self._config = load(self._path)
            self._stamps = stamps


def _is_for(tx: ReadTx, request: Request, act: Act, command: Command) -> bool:
    """Whether the signed bytes themselves say what the command asks for; columns beside them prove nothing."""
    said = request.payload
    match command.kind:
        case "resume":
            sale = sales.get(tx, command.sale_id or "")
            is_it = sale is not None and (said.get("sale"), said.get("terms_digest")) == (sale.id, sale.terms_digest)
        case "rearm":
            halt = control.open_halt(tx)
            is_it = halt is not None and said.get("halt") == halt.id
        case _:
            is_it = isinstance(said.get("order"), str) and said.get("order") == command.detail.get("order")
    return is_it and request.act is act


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size
