"""Entries of several accounts into whole pool days: checked, added up, and nothing that is not complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from desk.feeds.pools.model import Earned, PoolAccess, Span
from desk.feeds.reading import NotRight
from desk.treasury.pool_days import PoolDay
from desk.units import Bps, Sats, exact_sum, parse_btc, ratio

_SATOSHI = Decimal("1e-8")
_MOST_PER_DAY = Decimal(7_500)
"""More than the whole network ever mined in a day."""
_MOST_EHS = Decimal(100_000)
_IDLE_AFTER = timedelta(days=7)
"""An account without an entry for so long is idle; in a shorter span it may just not have been settled."""


@dataclass(frozen=True, slots=True)
class PoolAnswer:
    """The complete days of a pool, oldest first; `notes` say what was left out, and why."""

    pool: str
    days: tuple[PoolDay, ...]
    notes: tuple[str, ...] = ()


def whole_days(
    pool: PoolAccess, by_account: Mapping[str, Sequence[Earned]], span: Span, now: datetime, *, runs_ahead: bool
) -> PoolAnswer:
    """Days that are over in the pool's zone and that every account has. Raises NotRight for what cannot be."""
    today = now.astimezone(span.zone).date()
    newest = today + timedelta(days=1) if runs_ahead else today
    notes: list[str] = []
    per_account: dict[str, dict[date, Earned]] = {}
    for account, entries in by_account.items():
        days = _by_day(entries)
        for day, one in days.items():
            _check(one, account, day, newest)
        per_account[account] = days
    until = min(_complete_until(per_account, span, notes), today - timedelta(days=1))
    listed = sorted({day for days in per_account.values() for day in days})
    late = [day for day in listed if day > until]
    if late:
        notes.append(f"{', '.join(map(str, late))}: not complete yet")
    made = [_day(pool, day, per_account, span) for day in listed if span.first <= day <= min(until, span.last)]
    return PoolAnswer(pool.name, tuple(made), tuple(notes))


def _by_day(entries: Iterable[Earned]) -> dict[date, Earned]:
    grouped: dict[date, list[Earned]] = {}
    for entry in entries:
        grouped.setdefault(entry.day, []).append(entry)
    return {day: _joined(day, parts) for day, parts in grouped.items()}


def _joined(day: date, parts: Sequence[Earned]) -> Earned:
    """The entries of one account and day as one; hashrate and fee only where all that say one say the same."""
    credits = [part.credited for part in parts]
    return Earned(
        day,
        exact_sum([part.btc for part in parts]),
        hashrate_ehs=_only({part.hashrate_ehs for part in parts if part.hashrate_ehs is not None}),
        credited=max((one for one in credits if one is not None), default=None) if None not in credits else None,
        fee=_only({part.fee for part in parts if part.fee is not None}),
    )


def _only(said: set[Decimal] | set[Bps]) -> Bps | None:
    return Bps(next(iter(said))) if len(said) == 1 else None


def _check(one: Earned, account: str, day: date, newest: date) -> None:
    if day > newest:
        raise NotRight(f"account {account}: {day} is in the future; today is {newest}")
    if one.btc > _MOST_PER_DAY:
        raise NotRight(f"account {account}: {one.btc} BTC on {day} is more than the whole network mines in a day")
    if one.hashrate_ehs is not None and one.hashrate_ehs > _MOST_EHS:
        raise NotRight(f"account {account}: {one.hashrate_ehs} EH/s on {day} is more than the whole network has")


def _complete_until(per_account: Mapping[str, Mapping[date, Earned]], span: Span, notes: list[str]) -> date:
    """The last day that every account is settled for; one that is idle for a week does not hold the others up."""
    until = span.last
    for account, days in per_account.items():
        newest = max(days, default=None)
        if newest is not None and newest > span.last - _IDLE_AFTER:
            until = min(until, max(newest, span.first))
        elif span.last - span.first >= _IDLE_AFTER:
            notes.append(f"account {account} has earned nothing since {newest or span.first}")
        else:
            until = min(until, newest or span.first - timedelta(days=1))
    return until


def _day(pool: PoolAccess, day: date, per_account: Mapping[str, Mapping[date, Earned]], span: Span) -> PoolDay:
    parts = [days[day] for days in per_account.values() if day in days]
    rates = [part.hashrate_ehs for part in parts if part.hashrate_ehs is not None]
    credits = [part.credited for part in parts if part.credited is not None]
    return PoolDay(
        day=day,
        pool=pool.name,
        site=pool.site,
        mined=_sats(exact_sum([part.btc for part in parts])),
        zone=span.zone.key,
        source=pool.kind,
        source_id=f"{pool.kind}:{day}:{'+'.join(pool.accounts)}",
        hashrate_ehs=exact_sum(rates) if len(rates) == len(parts) else None,
        credited=max(credits) if len(credits) == len(parts) else None,
        pool_fee=_fee(parts),
    )


def _sats(btc: Decimal) -> Sats:
    """Pools count finer than a satoshi; what is finer than one is not counted."""
    return parse_btc(btc.quantize(_SATOSHI, ROUND_DOWN))


def _fee(parts: Sequence[Earned]) -> Bps | None:
    """The accounts' fees, by what each earned; None unless all are known."""
    known = [(part.fee, part.btc) for part in parts if part.fee is not None]
    total = exact_sum([btc for _, btc in known])
    if len(known) != len(parts) or not total:
        return None
    whole = exact_sum([fee * btc for fee, btc in known])
    return Bps(ratio(whole, total).quantize(Decimal("0.01")))
