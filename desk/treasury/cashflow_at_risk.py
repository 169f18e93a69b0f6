"""Cash-flow-at-risk: the plan's own entries under 20,000 simulated futures of price, difficulty, uptime and delays.

The price follows a geometric Brownian motion without drift, in daily steps; difficulty drifts and uptime varies from
week to week, both correlated with it; milestones come between earliest and latest day (triangular around the due
day). The same seed gives the same numbers. Floats are statistics here and never flow back into an amount (P6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.treasury.forecast.table import Driver
from desk.treasury.risk_factors import RiskFactors
from desk.treasury.risk_inputs import AtRisk, RiskEntry, RiskInputs, RiskLoan

Floats = NDArray[np.float64]
_WEEK = 7
_SHARED = 0.5
"""How much of a milestone's delay all milestones share."""


def cashflow_at_risk(inputs: RiskInputs, factors: RiskFactors) -> AtRisk:
    """Runs the futures. About half a second for 20,000 paths of 13 weeks."""
    rng = np.random.default_rng(inputs.seed)
    n, days = inputs.paths, inputs.days
    shocks = rng.standard_normal((n, days))
    price = _price(inputs.price, factors.daily_volatility, shocks)
    weekly = _weekly(shocks)
    scale = _Scale(
        price / inputs.price,
        _daily(_difficulty(rng, factors, weekly), days),
        _daily(_uptime(rng, factors, weekly), days),
    )
    lateness = _mixed(rng, factors.correlation_slip, shocks.sum(axis=1) / math.sqrt(days))
    cash = _cash(rng, inputs, scale, lateness)
    least = cash.min(axis=1)
    p5, p50 = (float(value) for value in np.percentile(least, (5, 50)))
    floor = _against_floor(cash, price, inputs)
    return AtRisk(
        paths=n,
        seed=inputs.seed,
        p5=p5,
        p50=p50,
        breach=floor.breach,
        breach_with_proposals=floor.breach_with_proposals,
        calls=tuple((loan.id, _called(price, loan)) for loan in inputs.loans),
        btc_for_confidence=floor.btc,
        confidence=inputs.confidence,
        too_late=floor.too_late,
        assumptions=(*factors.assumptions, *_ASSUMPTIONS),
    )


_ASSUMPTIONS = (
    "milestones: between earliest and latest day, triangular around the due day, each with its probability",
    "sales under way bring the simulated price of the day they end on, and nothing where that is below their floor; "
    "proposals sell nothing below the floor of the controls",
    "planned sales of mined coins bring what the simulated price gives",
    "a margin call is counted, not met: no top-up, no sale of collateral",
)


@dataclass(frozen=True, slots=True)
class _Floor:
    """What the paths say of the floor."""

    breach: float | None = None
    breach_with_proposals: float | None = None
    btc: float | None = None
    too_late: float | None = None


def _against_floor(cash: Floats, price: Floats, inputs: RiskInputs) -> _Floor:
    if inputs.required is None:
        return _Floor()
    needed = _needed(cash, price, inputs, inputs.required)
    return _Floor(
        _share(cash.min(axis=1) < inputs.required),
        _share(_with(cash, price, inputs) < inputs.required),
        _quantile(needed, inputs.confidence),
        _share(np.isinf(needed)),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Factors by path and day: of the price, of difficulty, of uptime."""

    price: Floats
    difficulty: Floats
    uptime: Floats

    def of(self, driver: Driver, day: int) -> Floats | float:
        if driver is Driver.PRICE:
            return self.price[:, day]
        if driver is Driver.UPTIME:
            return self.uptime[:, day]
        if driver is Driver.PRODUCTION:
            made: Floats = self.price[:, day] * self.uptime[:, day] / self.difficulty[:, day]
            return made
        return 1.0


def _price(start: float, volatility: float, shocks: Floats) -> Floats:
    """Daily prices; today's is the present one."""
    steps = volatility * shocks - volatility**2 / 2
    steps[:, 0] = 0.0
    path: Floats = start * np.exp(np.cumsum(steps, axis=1))
    return path


def _weekly(shocks: Floats) -> Floats:
    """The price's shocks by week, standard normal again; a part of a week at the end counts as one."""
    starts = np.arange(0, shocks.shape[1], _WEEK)
    sizes = np.diff(np.append(starts, shocks.shape[1]))
    made: Floats = np.add.reduceat(shocks, starts, axis=1) / np.sqrt(sizes)
    return made


def _daily(weekly: Floats, days: int) -> Floats:
    return np.repeat(weekly, _WEEK, axis=1)[:, :days]


def _mixed(rng: np.random.Generator, correlation: float, base: Floats) -> Floats:
    """Standard normals with this correlation to `base`."""
    made: Floats = correlation * base + math.sqrt(1 - correlation**2) * rng.standard_normal(base.shape)
    return made


def _difficulty(rng: np.random.Generator, factors: RiskFactors, weekly: Floats) -> Floats:
    """A random walk of its logarithm, by week."""
    shocks = _mixed(rng, factors.correlation_difficulty, weekly)
    made: Floats = np.exp(factors.difficulty_volatility * np.cumsum(shocks, axis=1))
    return made


def _uptime(rng: np.random.Generator, factors: RiskFactors, weekly: Floats) -> Floats:
    """Around what it is on average, by week; never below nothing, nor above all of it where its mean is known."""
    shocks = _mixed(rng, factors.correlation_uptime, weekly)
    most = 1 / factors.uptime_mean if factors.uptime_mean else math.inf
    made: Floats = np.clip(1 + factors.uptime_volatility * shocks, 0, most)
    return made


def _cash(rng: np.random.Generator, inputs: RiskInputs, scale: _Scale, lateness: Floats) -> Floats:
    """Cash at the end of every day of every path."""
    net = np.zeros((inputs.paths, inputs.days))
    rows = np.arange(inputs.paths)
    for entry in inputs.entries:
        if entry.is_certain:
            if entry.day < inputs.days:
                net[:, entry.day] += entry.amount
            continue
        if entry.driver is not Driver.NOTHING:
            if entry.day < inputs.days:
                net[:, entry.day] += entry.amount * _scaled(entry, scale, inputs)
            continue
        when = _days_of(rng, entry, lateness)
        happens = (rng.random(inputs.paths) < entry.probability) & (when < inputs.days)
        net[rows[happens], when[happens]] += entry.amount
    made: Floats = inputs.cash + np.cumsum(net, axis=1)
    return made


def _scaled(entry: RiskEntry, scale: _Scale, inputs: RiskInputs) -> Floats:
    """What the world makes of an entry; a sale whose price is below its floor on its last day brings nothing."""
    factor = scale.of(entry.driver, entry.day if entry.sold is None else min(entry.sold, inputs.days - 1))
    made: Floats = factor * np.greater_equal(factor * inputs.price, entry.floor)
    return made


def _days_of(rng: np.random.Generator, entry: RiskEntry, lateness: Floats) -> NDArray[np.int64]:
    """The day of a milestone on each path: the later the more `lateness` there is."""
    own = math.sqrt(_SHARED) * lateness + math.sqrt(1 - _SHARED) * rng.standard_normal(lateness.shape)
    ranks = np.empty(len(own))
    ranks[np.argsort(own, kind="stable")] = (np.arange(len(own)) + 0.5) / len(own)
    early = min(entry.day, entry.day if entry.earliest is None else entry.earliest)
    late = max(entry.day, entry.day if entry.latest is None else entry.latest)
    if early == late:
        return np.full(len(own), entry.day)
    split = (entry.day - early) / (late - early)
    rising = early + np.sqrt(ranks * (late - early) * (entry.day - early))
    falling = late - np.sqrt((1 - ranks) * (late - early) * (late - entry.day))
    return np.maximum(0, np.rint(np.where(ranks < split, rising, falling))).astype(np.int64)


def _needed(cash: Floats, price: Floats, inputs: RiskInputs, required: float) -> Floats:
    """BTC that each path wants sold now; infinite where cash is short before a sale could pay."""
    sale = inputs.soonest
    early = cash[:, : sale.arrives].min(axis=1, initial=math.inf)
    later = cash[:, sale.arrives :].min(axis=1, initial=math.inf)
    at = price[:, min(sale.sold, inputs.days - 1)]
    wanted = np.maximum(0.0, required - later) / (at * inputs.net)
    return np.where((early < required) | ((at < inputs.least_price) & (wanted > 0)), math.inf, wanted)


def _with(cash: Floats, price: Floats, inputs: RiskInputs) -> Floats:
    """The least cash of each path once the plan's proposals are sold as they say."""
    made = cash.copy()
    for sale in inputs.proposed:
        if sale.arrives < inputs.days:
            at = price[:, min(sale.sold, inputs.days - 1)]
            sold = at * (at >= inputs.least_price) * (sale.btc * inputs.net)
            made[:, sale.arrives :] += sold[:, np.newaxis]
    least: Floats = made.min(axis=1)
    return least


def _called(price: Floats, loan: RiskLoan) -> float:
    levels = np.asarray(loan.call_prices)
    if loan.at_stake:
        levels = np.repeat(levels[np.newaxis, :], len(price), axis=0)
        for one in loan.at_stake:
            levels[:, one.day :] += one.by * (price[:, [min(one.sold, price.shape[1] - 1)]] < one.floor)
    below: NDArray[np.bool_] = price <= levels
    return _share(below.any(axis=1))


def _quantile(needed: Floats, confidence: float) -> float | None:
    """The least amount with which that share of the paths stays above the floor: every path's own need is monotone in
    what is sold, so this is an order statistic of theirs."""
    found = float(np.sort(needed)[max(0, math.ceil(confidence * len(needed)) - 1)])
    return None if math.isinf(found) else found


def _share(marked: NDArray[np.bool_] | np.bool_) -> float:
    return float(np.mean(marked))
