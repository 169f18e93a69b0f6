"""Simulated futures for pictures: worked out beside the tick that draws them, and kept until the plan changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from desk.snapshot.model import AtRiskView
from desk.treasury.proposing import TIDY
from desk.treasury.risk_factors import RiskFactors
from desk.treasury.risk_inputs import AtRisk, RiskInputs
from desk.units import Money, Sats

AGAIN_AFTER_S = 30.0
"""A plan that changes all the time (price, fills) is not simulated more often than this."""
_Question = tuple[RiskInputs, RiskFactors]


class Futures:
    """Answers with the newest figures there are and starts a run where the question has changed; never waits."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started: float | None = None
        self._thread: threading.Thread | None = None
        self._answer: tuple[_Question, AtRiskView | str] | None = None

    def ask(self, question: _Question, now: datetime) -> AtRiskView | str | None:
        """The newest figures, perhaps of a moment ago (`taken` says when), or why there are none; None: not yet."""
        answer = self._answer
        if answer is None or answer[0] != question:
            self._start(question, now)
        return answer[1] if answer else None

    def wait(self, seconds: float) -> None:
        """Until the run under way is over: for whoever needs its figures now."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _start(self, question: _Question, now: datetime) -> None:
        is_running = self._thread is not None and self._thread.is_alive()
        is_early = self._started is not None and self._monotonic() - self._started < AGAIN_AFTER_S
        if is_running or is_early:
            return
        self._started = self._monotonic()
        self._thread = threading.Thread(target=self._run, args=(question, now), name="futures", daemon=True)
        self._thread.start()

    def _run(self, question: _Question, now: datetime) -> None:
        from desk.treasury.cashflow_at_risk import cashflow_at_risk  # numpy takes a moment

        try:
            self._answer = (question, at_risk_view(cashflow_at_risk(*question), now))
        except Exception as problem:  # a thread's top: the screen goes on without these figures, and says so
            self._answer = (question, f"the simulation failed: {problem}")


def at_risk_view(found: AtRisk, now: datetime) -> AtRiskView:
    """The statistics in figures to be shown: money to the dollar, coins rounded up, shares to a hundredth percent."""
    sats = None
    if found.btc_for_confidence is not None:
        steps = (Decimal(found.btc_for_confidence) * 10**8 / TIDY).to_integral_value(ROUND_CEILING)
        sats = Sats(int(steps) * TIDY)
    return AtRiskView(
        taken=now,
        p5=Money(Decimal(round(found.p5))),
        p50=Money(Decimal(round(found.p50))),
        breach=_share(found.breach),
        breach_with_proposals=_share(found.breach_with_proposals),
        calls=tuple((loan, _exactly(share)) for loan, share in found.calls),
        sats_for_confidence=sats,
        confidence=_exactly(found.confidence),
        paths=found.paths,
        seed=found.seed,
        assumptions=found.assumptions,
    )


def _share(value: float | None) -> Decimal | None:
    return None if value is None else _exactly(value)


def _exactly(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))
