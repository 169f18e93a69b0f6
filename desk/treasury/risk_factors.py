"""What a simulation of cash needs to know of the world, given or estimated from what is on record.

Statistics are floats; nothing here flows back into an amount (P6). A gap in the record is a gap: returns are taken
only between days that follow each other.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from desk.treasury.coin_records import Mark
from desk.treasury.records import MiningDay, NetworkDay

LEAST_RETURNS = 20
LEAST_WEEKS = 6
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_FULL = 10_000


@dataclass(frozen=True, slots=True)
class Given:
    """What the configuration says. Volatilities in shares (0.03); None: estimated, or held where that cannot be."""

    daily_volatility: float | None
    difficulty_volatility: float | None
    uptime_volatility: float | None
    correlation_difficulty: float
    correlation_uptime: float
    correlation_slip: float


@dataclass(frozen=True, slots=True)
class RiskFactors:
    """Standard deviations: of a day's log return, of a week's log change of difficulty, of a week's uptime as a share
    of its mean, which is `uptime_mean` where known. Correlations are with the price."""

    daily_volatility: float
    difficulty_volatility: float
    uptime_volatility: float
    uptime_mean: float | None
    correlation_difficulty: float
    correlation_uptime: float
    correlation_slip: float
    assumptions: tuple[str, ...]


def risk_factors(
    given: Given, marks: Iterable[Mark], network: Iterable[NetworkDay], mined: Iterable[MiningDay], pair: str
) -> RiskFactors | str:
    """The factors with where each comes from, or what is missing for any estimate: the volatility of the price."""
    said: list[str] = []
    returns = _returns({mark.day: float(mark.price) for mark in marks if mark.pair == pair and mark.price > 0})
    price = given.daily_volatility
    if price is not None:
        said.append(f"price: daily volatility {price:.2%}, as configured; no drift")
    elif len(returns) >= LEAST_RETURNS:
        price = statistics.stdev(returns)
        said.append(f"price: daily volatility {price:.2%}, estimated from {len(returns)} daily marks; no drift")
    else:
        return (
            f"volatility of {pair} missing: {len(returns)} daily returns on record, {LEAST_RETURNS} are needed, "
            "or treasury.at_risk.daily_volatility_bps"
        )
    difficulty = _difficulty(given, list(network), said)
    uptime, mean = _uptime(given, list(mined), said)
    said.append(
        f"correlations with the price: difficulty {given.correlation_difficulty:+.2f}, "
        f"uptime {given.correlation_uptime:+.2f}, late milestones {given.correlation_slip:+.2f}"
    )
    return RiskFactors(
        price,
        difficulty,
        uptime,
        mean,
        given.correlation_difficulty,
        given.correlation_uptime,
        given.correlation_slip,
        tuple(said),
    )


def _returns(prices: Mapping[date, float]) -> list[float]:
    """Log returns between days that follow each other."""
    return [math.log(prices[day + _DAY] / price) for day, price in sorted(prices.items()) if day + _DAY in prices]


def _difficulty(given: Given, network: Sequence[NetworkDay], said: list[str]) -> float:
    if given.difficulty_volatility is not None:
        said.append(f"difficulty: {given.difficulty_volatility:.2%} a week, as configured")
        return given.difficulty_volatility
    by_day = {one.day: float(one.difficulty) for one in network if one.difficulty > 0}
    newest = max(by_day, default=None)
    changes = []
    while newest is not None and newest - _WEEK in by_day:
        changes.append(math.log(by_day[newest] / by_day[newest - _WEEK]))
        newest -= _WEEK
    if len(changes) < LEAST_WEEKS:
        said.append(f"difficulty: held as it is, only {len(changes)} weeks on record")
        return 0.0
    found = statistics.stdev(changes)
    said.append(f"difficulty: {found:.2%} a week, estimated from {len(changes)} weeks")
    return found


def _uptime(given: Given, mined: Sequence[MiningDay], said: list[str]) -> tuple[float, float | None]:
    """The spread of weekly means around their mean, as a share of it; and the mean."""
    weeks: dict[date, list[float]] = {}
    for one in mined:
        if one.uptime is not None:
            monday = one.day - timedelta(days=one.day.weekday())
            weeks.setdefault(monday, []).append(float(one.uptime) / _FULL)
    means = [statistics.fmean(values) for values in weeks.values()]
    mean = statistics.fmean(means) if means else None
    if given.uptime_volatility is not None:
        said.append(f"uptime: {given.uptime_volatility:.2%} a week, as configured")
        return given.uptime_volatility, mean
    if len(means) < LEAST_WEEKS or not mean:
        said.append(f"uptime: held as it is, only {len(means)} weeks on record")
        return 0.0, mean
    found = statistics.stdev(means) / mean
    said.append(f"uptime: {found:.2%} a week around {mean:.1%}, estimated from {len(means)} weeks")
    return found, mean
