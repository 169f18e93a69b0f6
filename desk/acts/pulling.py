"""Taking what pools and the network say: asked outside of any transaction, written as one import would be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from desk.acts.outcome import NotFound
from desk.config import Config
from desk.config_treasury import NetworkSection, PoolSection
from desk.feeds.network import NetworkAccess
from desk.feeds.pools.days import PoolAnswer
from desk.feeds.pools.model import PoolAccess
from desk.ledger import ReadTx, WriteTx, mining, treasury
from desk.treasury.pool_days import PullPlan, SiteFacts, plan_pull
from desk.treasury.records import MiningDay, NetworkDay

_BESIDE = timedelta(days=1)


def pool_section(config: Config, name: str) -> PoolSection:
    """The settings of one pool. Raises NotFound, naming those there are."""
    pools = config.settings.pools
    if name not in pools:
        known = f"configured are {', '.join(pools)}" if pools else "none is configured: [pools.NAME] in config.toml"
        raise NotFound(f"there is no pool {name!r}; {known}")
    return pools[name]


def pool_access(name: str, pool: PoolSection) -> PoolAccess:
    """How to ask the pool. Raises SecretRefused: keys are read only now."""
    return PoolAccess(
        name=name,
        kind=pool.kind,
        url=pool.url,
        accounts=pool.accounts,
        zone=pool.zone,
        site=pool.site,
        key=pool.key.read() if pool.key else "",
        secret=pool.secret.read() if pool.secret else "",
        timeout_s=pool.timeout_s,
    )


def planned(tx: ReadTx, pool: PoolSection, answer: PoolAnswer) -> PullPlan:
    """What the answer would change. Raises PullRefused."""
    facts = SiteFacts(
        pool.deployed_ehs, pool.joules_per_th, pool.power_usd_per_kwh, pool.hosting_usd_per_day, pool.pool_fee_bps
    )
    if not answer.days:
        return PullPlan((), (), (), 0, answer.notes)
    versions = mining.versions_since(tx, answer.days[0].day - _BESIDE, answer.pool)
    said = mining.said_by(versions, pool.kind)
    return plan_pull(answer.days, mining.in_force(versions), said, facts, answer.notes)


def recorded(tx: WriteTx, pool: PoolSection, answer: PoolAnswer) -> PullPlan:
    """Writes what the answer changes, as one event that names every restated day; nothing new, no event."""
    plan = planned(tx, pool, answer)
    treasury.state(tx, "mining", plan.rows, _told(answer.pool, plan))
    return plan


def network_access(network: NetworkSection) -> NetworkAccess:
    """How to ask for the network's figures. Raises NotFound where no address is configured, SecretRefused."""
    if network.url is None:
        raise NotFound("no address for the network's figures; set url in [network] of config.toml")
    return NetworkAccess(
        kind=network.kind,
        url=network.url,
        user=network.user.read() if network.user else "",
        password=network.password.read() if network.password else "",
        timeout_s=network.timeout_s,
    )


def new_network_days(tx: ReadTx, days: Sequence[NetworkDay]) -> list[NetworkDay]:
    """Those that say something else than the record."""
    if not days:
        return []
    known = {one.day: one for one in mining.network_days(tx, days[0].day)}
    return [one for one in days if known.get(one.day) != one]


def record_network(tx: WriteTx, days: Sequence[NetworkDay]) -> int:
    """Writes the days that are new or differ, as one event; returns how many."""
    rows = new_network_days(tx, days)
    return treasury.state(tx, "network", rows, {"source": rows[0].source, "days": _days(rows)} if rows else None)


def _told(pool: str, plan: PullPlan) -> dict[str, str]:
    told = {"pool": pool, "days": _days(plan.rows)}
    if plan.restated:
        told["restated"] = "; ".join(one.sentence for one in plan.restated)
    return told


def _days(rows: Iterable[MiningDay | NetworkDay]) -> str:
    days: list[date] = sorted(row.day for row in rows)
    return f"{days[0]} to {days[-1]}" if days else ""
