"""What a pool says of its days, against what is on record: new, restated, or said before. Nothing counts twice.

A pool speaks of coins and hashrate only. What people stated beside it (power price, uptime, hosting …) stays, and a
figure that a person corrected is not put back by a pool that merely repeats itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from desk.treasury.records import MiningDay
from desk.units import Bps, Money, Sats, show_btc


class PullRefused(ValueError):
    """What a pool says cannot go on record beside what is there; nothing of it does (P11)."""


@dataclass(frozen=True, slots=True)
class PoolDay:
    """One complete day of one pool, all of its accounts together. None where the pool does not say."""

    day: date
    pool: str
    site: str
    mined: Sats
    zone: str
    source: str
    source_id: str
    hashrate_ehs: Decimal | None = None
    credited: datetime | None = None
    pool_fee: Bps | None = None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the configuration says about the machines behind a pool account; taken for days that are new."""

    deployed_ehs: Decimal | None = None
    joules_per_th: Decimal | None = None
    power_price: Decimal | None = None
    hosting: Money | None = None
    pool_fee: Bps | None = None


@dataclass(frozen=True, slots=True)
class Restated:
    """A day whose coins are another figure than before; `recorded` is when the new one went on record."""

    day: date
    pool: str
    site: str
    before: Sats
    after: Sats
    source: str
    recorded: datetime | None = None

    @property
    def sentence(self) -> str:
        """'2026-02-05 of luxor: 15.90 BTC instead of 16.01 (−0.11)'."""
        change = self.after - self.before
        said = show_btc(abs(change)).rstrip("0").rstrip(".") or "0"
        sign = "+" if change > 0 else "−"
        where = f"{self.pool} {self.site}".strip()
        return f"{self.day} of {where}: {show_btc(self.after)} BTC instead of {show_btc(self.before)} ({sign}{said})"


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull would write. `restated` are those of `rows` whose coins differ; `notes` say what was left out."""

    new: tuple[MiningDay, ...]
    changed: tuple[MiningDay, ...]
    restated: tuple[Restated, ...]
    unchanged: int
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[MiningDay, ...]:
        return (*self.new, *self.changed)

    @property
    def sentence(self) -> str:
        """'3 new, 1 restated, 27 unchanged'."""
        other = len(self.changed) - len(self.restated)
        more = f", {other} with other details" if other else ""
        return f"{len(self.new)} new, {len(self.restated)} restated{more}, {self.unchanged} unchanged"


def plan_pull(
    answered: Iterable[PoolDay],
    in_force: Iterable[MiningDay],
    said_before: Iterable[MiningDay],
    facts: SiteFacts,
    notes: Sequence[str] = (),
) -> PullPlan:
    """What to write of an answer. `said_before`: the newest version of each day that came from this pool itself.

    Raises PullRefused where a day is on record under another site of the same pool: its coins would count twice.
    """
    known = {(row.day, row.pool, row.site): row for row in in_force}
    last = {(row.day, row.pool, row.site): row for row in said_before}
    new, changed, restated, unchanged = [], [], [], 0
    for one in answered:
        key = (one.day, one.pool, one.site)
        _refuse_twice(one, known.values())
        row = known.get(key)
        if row is None:
            new.append(_first(one, facts))
        elif _says_the_same(one, last.get(key, row)):
            unchanged += 1
        else:
            changed.append(_onto(one, row))
            if row.mined != one.mined:
                restated.append(Restated(one.day, one.pool, one.site, row.mined, one.mined, one.source))
    return PullPlan(tuple(new), tuple(changed), tuple(restated), unchanged, tuple(notes))


def _refuse_twice(one: PoolDay, known: Iterable[MiningDay]) -> None:
    for row in known:
        if (row.day, row.pool) == (one.day, one.pool) and row.site != one.site:
            theirs, ours = (f"site {site!r}" if site else "no site" for site in (row.site, one.site))
            raise PullRefused(
                f"{one.day} of {one.pool} is on record with {theirs} (source {row.source}), and this pull has {ours}:"
                f" the coins would count twice; set the same site in [pools.{one.pool}], or name the pool otherwise"
            )


def _says_the_same(one: PoolDay, row: MiningDay) -> bool:
    """Whether a version of the day holds all that the pool says; what it does not say cannot differ."""
    said = ((one.mined, row.mined), (one.zone, row.zone), (one.source_id, row.source_id))
    may_say = (
        (one.hashrate_ehs, row.hashrate_ehs),
        (one.credited, row.credited),
        (one.pool_fee, row.pool_fee),
    )
    return all(ours == theirs for ours, theirs in said) and all(
        ours is None or ours == theirs for ours, theirs in may_say
    )


def _first(one: PoolDay, facts: SiteFacts) -> MiningDay:
    return MiningDay(
        day=one.day,
        pool=one.pool,
        site=one.site,
        mined=one.mined,
        expected=None,
        hashrate_ehs=one.hashrate_ehs,
        power_price=facts.power_price,
        source=one.source,
        source_id=one.source_id,
        credited=one.credited,
        zone=one.zone,
        deployed_ehs=facts.deployed_ehs,
        joules_per_th=facts.joules_per_th,
        hosting=facts.hosting,
        pool_fee=one.pool_fee if one.pool_fee is not None else facts.pool_fee,
    )


def _onto(one: PoolDay, row: MiningDay) -> MiningDay:
    """The day as it was stated, with what the pool says now."""
    return replace(
        row,
        mined=one.mined,
        zone=one.zone,
        source=one.source,
        source_id=one.source_id,
        hashrate_ehs=one.hashrate_ehs if one.hashrate_ehs is not None else row.hashrate_ehs,
        credited=one.credited if one.credited is not None else row.credited,
        pool_fee=one.pool_fee if one.pool_fee is not None else row.pool_fee,
        is_illustrative=False,
    )
