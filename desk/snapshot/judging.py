"""A sale's signatures judged for showing: by the accepted policy, and whether the configuration agrees with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desk.acts.outcome import Refused
from desk.acts.policy import configured_policy, policy_for
from desk.acts.signing import required_approvals, verdict_of
from desk.config import Config
from desk.ledger.records import AcceptedPolicy
from desk.permission.approvals import Verdict
from desk.permission.policy import Policy, read_policy
from desk.permission.refusals import PeopleRefused, PolicyRefused
from desk.sale.records import Sale, Signature

_LOOK_EVERY_S = 2.0


class Judge:
    """The accepted policy, read once for each of its versions; the configured one, looked at every two seconds."""

    def __init__(self, config: Config, desk_id: str) -> None:
        self._config = config
        self._desk_id = desk_id
        self._history: tuple[AcceptedPolicy, ...] | None = None
        self._policy: Policy | None = None
        self._looked: float | None = None
        self._configured: str | None = None
        self._problem = ""

    def refresh(self, history: tuple[AcceptedPolicy, ...], monotonic: float) -> None:
        """Takes in the accepted policy and, now and then, the configuration and the list of people."""
        if history != self._history:
            self._history = history
            self._policy = _readable(history[-1].document) if history else None
        if self._looked is None or monotonic - self._looked > _LOOK_EVERY_S:
            self._looked = monotonic
            self._look()

    def _look(self) -> None:
        try:
            self._configured, self._problem = configured_policy(self._config).digest(), ""
        except (Refused, PeopleRefused, PolicyRefused) as problem:
            self._configured, self._problem = None, str(problem)

    @property
    def problem(self) -> str:
        """Why nothing may be signed or sold now, or an empty text."""
        if self._problem:
            return self._problem
        if self._policy is None:
            return "no policy is accepted yet: desk init"
        if self._policy.digest() != self._configured:
            return "the configuration is not the accepted policy: desk policy diff"
        return ""

    def required(self, sale: Sale) -> int:
        """How many approvals the sale needs by its size; 0 without a policy."""
        return required_approvals(self._policy, sale.terms) if self._policy else 0

    def verdict(self, sale: Sale, signatures: Sequence[Signature], now: datetime) -> Verdict | None:
        """Who counts for the sale now; None without a policy."""
        if self._policy is None:
            return None
        policy = policy_for(sale, self._history or (), self._policy)
        return verdict_of(sale, list(signatures), self._desk_id, policy, now)


def _readable(raw: bytes) -> Policy | None:
    try:
        return read_policy(raw)
    except PolicyRefused:
        return None
