"""Where the coins went that a period's machines could have made: line by line, exact to the satoshi.

Full output is what the deployed hashrate earns at full uptime, before the pool's fee: H·86400/(D·2³²) × (subsidy +
mean fees). From there the lines lead down to what was credited: uptime, hashrate below what was deployed, the pool's
fee, and what is left, which is luck and whatever nobody stated: it is called unexplained. A hashrate measured over
the day has its downtime in it, so its line is what it lacks beyond uptime.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from desk.treasury.mining import expected_btc_per_day
from desk.treasury.records import MiningDay, NetworkDay
from desk.units import Sats, parse_btc

UPTIME, HASHRATE, FEE, UNEXPLAINED = "uptime", "hashrate", "pool fee", "unexplained"
_ALL = Decimal(10_000)
_SATOSHI = Decimal("1e-8")
_FIRST, _NEXT_HALVING = date(2024, 4, 20), date(2028, 3, 1)
"""Days on which a block surely brings the subsidy below."""
_SUBSIDY = Decimal("3.125")


@dataclass(frozen=True, slots=True)
class Line:
    """Coins lost (negative) or won for one reason; None where nobody stated what it takes to tell."""

    name: str
    sats: Sats | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The lines lead from `full` to `actual`; `expected` is what the hashrate that ran should bring after the fee.

    `left_out` names the days that no estimate was possible for; neither their coins nor their hashrate is in here.
    """

    full: Sats
    expected: Sats
    actual: Sats
    lines: tuple[Line, ...]
    days: int
    left_out: tuple[str, ...] = ()

    @property
    def difference(self) -> Sats:
        """Always the sum of the lines that are known."""
        return Sats(self.actual - self.full)

    def line(self, name: str) -> Sats | None:
        return next((one.sats for one in self.lines if one.name == name), None)


@dataclass(frozen=True, slots=True)
class RowShortfall:
    """The levels of one row, each not above what the machines could do without the reason before it."""

    row: MiningDay
    full: Sats
    after_uptime: Sats | None
    at_hashrate: Sats | None
    after_fee: Sats | None

    @property
    def expected(self) -> Sats:
        """The lowest level that is known."""
        known = (self.after_fee, self.at_hashrate, self.after_uptime)
        return next((level for level in known if level is not None), self.full)


def subsidy_on(day: date) -> Decimal | None:
    """BTC a block brings besides fees; None for days on which it is not sure."""
    return _SUBSIDY if _FIRST <= day < _NEXT_HALVING else None


def explain_row(row: MiningDay, network: NetworkDay | None) -> RowShortfall | str:
    """The levels of one row, or what is missing for an estimate of it."""
    if network is None:
        return f"network day {row.day} missing"
    subsidy = subsidy_on(row.day)
    if subsidy is None:
        return f"subsidy of {row.day} missing"
    top = row.deployed_ehs if row.deployed_ehs is not None else row.hashrate_ehs
    if top is None:
        return f"hashrate of {row.day} at {row.pool} missing"

    def earned(hashrate_ehs: Decimal) -> Decimal:
        fees = network.mean_fees if network.mean_fees is not None else Decimal(0)
        return expected_btc_per_day(hashrate_ehs, network.difficulty, subsidy=subsidy, mean_fees=fees)

    after_uptime = at_hashrate = after_fee = None
    level = earned(top)
    full = _sats(level)
    if row.deployed_ehs is not None and row.uptime is not None:
        level = earned(row.deployed_ehs * row.uptime / _ALL)
        after_uptime = _sats(level)
    if row.deployed_ehs is not None and row.hashrate_ehs is not None:
        level = earned(row.hashrate_ehs)
        at_hashrate = _sats(level)
    if row.pool_fee is not None:
        after_fee = _sats(level * (1 - row.pool_fee / _ALL))
    return RowShortfall(row, full, after_uptime, at_hashrate, after_fee)


def explain(rows: Iterable[MiningDay], network: Mapping[date, NetworkDay]) -> Shortfall | None:
    """The shortfall of a period, its rows added up; None where no row allows an estimate (see `missing_of`)."""
    found, left_out = [], []
    for row in rows:
        made = explain_row(row, network.get(row.day))
        if isinstance(made, str):
            left_out.append(made)
        else:
            found.append(made)
    if not found:
        return None
    actual = Sats(sum(one.row.mined for one in found))
    lines = (*_known_lines(found), _rest(found, network))
    return Shortfall(
        full=Sats(sum(one.full for one in found)),
        expected=Sats(sum(one.expected for one in found)),
        actual=actual,
        lines=lines,
        days=len({one.row.day for one in found}),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def missing_of(rows: Iterable[MiningDay], network: Mapping[date, NetworkDay]) -> tuple[str, ...]:
    """What is missing for an estimate of these rows, each thing once."""
    made = (explain_row(row, network.get(row.day)) for row in rows)
    return tuple(dict.fromkeys(one for one in made if isinstance(one, str)))


def _known_lines(found: list[RowShortfall]) -> list[Line]:
    losses: dict[str, list[int | None]] = {UPTIME: [], HASHRATE: [], FEE: []}
    for one in found:
        level = one.full
        for name, after in ((UPTIME, one.after_uptime), (HASHRATE, one.at_hashrate), (FEE, one.after_fee)):
            losses[name].append(None if after is None else after - level)
            level = level if after is None else after
    return [_line(name, parts, found) for name, parts in losses.items()]


def _line(name: str, parts: list[int | None], found: list[RowShortfall]) -> Line:
    known = [part for part in parts if part is not None]
    if len(known) == len(parts):
        return Line(name, Sats(sum(known)))
    why = _WHY[name](found)
    if not known:
        return Line(name, None, f"not known: {why}")
    return Line(name, Sats(sum(known)), f"not known in {len(parts) - len(known)} of {len(parts)} rows: {why}")


def _why_uptime(found: list[RowShortfall]) -> str:
    if all(one.row.deployed_ehs is None for one in found):
        return "deployed hashrate missing; what ran is the measure"
    return "uptime missing; what it cost is in the hashrate's line"


def _why_hashrate(found: list[RowShortfall]) -> str:
    if all(one.row.deployed_ehs is None for one in found):
        return "deployed hashrate missing; what ran is the measure"
    return "hashrate missing; what it cost is unexplained"


def _why_fee(_: list[RowShortfall]) -> str:
    return "pool fee missing; what it cost is unexplained"


_WHY = {UPTIME: _why_uptime, HASHRATE: _why_hashrate, FEE: _why_fee}


def _rest(found: list[RowShortfall], network: Mapping[date, NetworkDay]) -> Line:
    rest = sum(one.row.mined - one.expected for one in found)
    bare = [one.row.day for one in found if network[one.row.day].mean_fees is None]
    note = f"block fees missing on {len(set(bare))} days; what they brought is in here" if bare else ""
    return Line(UNEXPLAINED, Sats(rest), note)


def _sats(btc: Decimal) -> Sats:
    return parse_btc(btc.quantize(_SATOSHI, ROUND_HALF_EVEN))
