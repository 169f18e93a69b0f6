"""What happens in one simulated world, drawn from its seed alone: sales, market, faults, deaths, stalls, commands."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal

from desk.sale.terms import TacticName
from desk.units import Bps, Money, Sats, parse_btc
from desk.venues.model import MarketRules

MID_TICKS = 685_000
OPEN_WITHIN_S = 60
"""By when a window that opens with the last signature has to open."""
FULL_EVERY = 20
"""One seed in so many keeps its ledger in a file and syncs every commit."""


@dataclass(frozen=True, slots=True)
class Weather:
    """From when to when (true seconds) a venue's market or service is not what it should be."""

    begins: float
    ends: float
    kind: str


@dataclass(frozen=True, slots=True)
class VenuePlan:
    """One exchange. `rates` are chances per request of each fault, `takes` that a second brings a taker."""

    name: str
    rules: MarketRules
    coins: Sats
    expires_orders: bool
    is_streaming: bool
    depth: int
    takes: float
    vanishing: float
    rates: dict[str, float]
    weather: tuple[Weather, ...]
    withdrawals: tuple[tuple[float, Sats], ...]


@dataclass(frozen=True, slots=True)
class SalePlan:
    quantity: Sats
    slices: int
    opens_in_s: int
    over_s: int
    venues: tuple[str, ...]
    tactic: TacticName
    floor_ticks: int
    jitter_bps: int
    is_on_approval: bool


@dataclass(frozen=True, slots=True)
class Act:
    """What a person does at a time; `sale` is an index, `is_signed` whether the signatures suffice."""

    at_s: float
    kind: str
    sale: int = 0
    is_signed: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    venues: tuple[VenuePlan, ...]
    sales: tuple[SalePlan, ...]
    acts: tuple[Act, ...] = ()
    deaths: tuple[int, ...] = ()
    stalls: dict[int, float] = field(default_factory=dict)
    overtakings: tuple[int, ...] = ()
    """Points at which the process stands still while another takes its place, and goes on later."""
    skew_s: float = 0.0
    corrections: tuple[tuple[float, float], ...] = ()
    pace_s: float = 2.0
    yields: float = 0.0
    busy: float = 0.0
    is_calm: bool = False

    @property
    def is_synced(self) -> bool:
        return self.seed % FULL_EVERY == 0

    @property
    def ends_s(self) -> float:
        return max((OPEN_WITHIN_S if sale.is_on_approval else sale.opens_in_s) + sale.over_s for sale in self.sales)

    @property
    def approved(self) -> int:
        return sum(sale.quantity for sale in self.sales)


def plan(seed: int) -> Plan:
    """The world of a seed."""
    draws = random.Random(f"world {seed}")
    is_calm = draws.random() < 0.15
    names = ("kraken", "other") if draws.random() < 0.35 else draws.choice((("kraken",), ("other",)))
    count = draws.choices((1, 2, 3), (5, 3, 2))[0]
    sales = tuple(_sale(draws, names) for _ in range(count))
    ends = max(sale.opens_in_s + sale.over_s for sale in sales)
    hostility = 0.0 if is_calm else draws.choice((0.3, 0.7, 1.0, 1.0))
    venues = tuple(_venue(draws, name, sales, ends, hostility) for name in names)
    if is_calm:
        return Plan(seed, venues, sales, pace_s=1.0, is_calm=True)
    deaths = sorted(draws.sample(range(5, 60 * count + 60), draws.choice((0, 0, 1, 1, 2, 3, 5))))
    points = range(5, 80 * count + 60)
    stalls = {
        at: draws.choice((0.7, 2.0, 4.0, 6.0, 12.0, 25.0)) for at in draws.sample(points, draws.choice((0, 0, 1, 2)))
    }
    skew = round(draws.uniform(-1.5, 1.5), 2) if draws.random() < 0.4 else 0.0
    return Plan(
        seed,
        venues,
        sales,
        acts=_acts(draws, count, ends),
        deaths=tuple(deaths),
        stalls=stalls,
        overtakings=tuple(draws.sample(points, 1)) if draws.random() < 0.1 else (),
        skew_s=skew,
        corrections=((draws.uniform(5, ends), -skew),) if skew and draws.random() < 0.5 else (),
        pace_s=draws.choice((0.8, 2.0, 3.0, 4.0)),
        yields=draws.choice((0.0, 0.2, 0.5)),
        busy=draws.choice((0.0, 0.0, 0.01, 0.03)),
    )


def _sale(draws: random.Random, names: tuple[str, ...]) -> SalePlan:
    slices = draws.choice((1, 1, 1, 2, 2, 3, 5, 6))
    wide = len(names) == 1 or draws.random() < 0.6
    return SalePlan(
        quantity=Sats(draws.randrange(10**6, 3 * 10**8, 10**4)),
        slices=slices,
        opens_in_s=draws.choice((0, 0, 3, 10)),
        over_s=draws.choice((22, 30, 45)) + 6 * slices,
        venues=names if wide else (draws.choice(names),),
        tactic=draws.choice((TacticName.BALANCED, TacticName.BALANCED, TacticName.URGENT, TacticName.PASSIVE)),
        floor_ticks=MID_TICKS - draws.choice((1_000, 4_000, 50_000)),
        jitter_bps=draws.choice((0, 1_500)),
        is_on_approval=draws.random() < 0.15,
    )


def _venue(draws: random.Random, name: str, sales: tuple[SalePlan, ...], ends: float, hostility: float) -> VenuePlan:
    wanted = sum(sale.quantity for sale in sales)
    is_bounded = name == "kraken"
    rules = MarketRules(
        symbol="BTC/USD",
        base="BTC",
        quote="USD",
        tick=Decimal("0.1"),
        lot=Sats(1) if is_bounded else Sats(1_000),
        min_quantity=parse_btc("0.0001"),
        min_cost=Money(Decimal("0.5")),
        maker_fee=Bps(Decimal(25)),
        taker_fee=Bps(Decimal(40)),
        in_flight_bound_s=5.0 if is_bounded else 15.0,
        visibility_delay_s=draws.choice((2.0, 5.0)),
        enforces_deadline=is_bounded,
    )
    is_short = hostility > 0 and draws.random() < 0.12
    return VenuePlan(
        name=name,
        rules=rules,
        coins=Sats(wanted // 2 if is_short else wanted * 2),
        expires_orders=is_bounded,
        is_streaming=draws.random() < 0.4,
        depth=draws.choice((10**8, 10**9, 5 * 10**9)) if hostility else 5 * 10**9,
        takes=draws.choice((0.0, 0.05, 0.3)),
        vanishing=hostility * draws.choice((0.0, 0.3)),
        rates={fault: hostility * rate for fault, rate in RATES.items()},
        weather=_weather(draws, ends, hostility),
        withdrawals=((draws.uniform(1, ends), Sats(wanted)),) if is_short and draws.random() < 0.3 else (),
    )


RATES = {
    "request lost": 0.06,
    "reply lost": 0.08,
    "booked late": 0.08,
    "not connected": 0.03,
    "html 403": 0.03,
    "refused": 0.04,
    "slow": 0.08,
    "cancel not found": 0.08,
    "cancel late": 0.06,
    "fill at cancel": 0.10,
    "look-up fails": 0.06,
    "lags": 0.30,
    "trades late": 0.20,
    "trade twice": 0.10,
    "read fails": 0.04,
}
KINDS = ("maintenance", "down", "below floor", "thin", "crossed", "no bids", "frozen", "falling")


def _weather(draws: random.Random, ends: float, hostility: float) -> tuple[Weather, ...]:
    if draws.random() >= 0.5 * hostility:
        return ()
    found = []
    for _ in range(draws.choice((1, 1, 2))):
        begins = draws.uniform(0, ends)
        found.append(Weather(begins, begins + draws.choice((3.0, 8.0, 15.0, 60.0)), draws.choice(KINDS)))
    return tuple(found)


def _acts(draws: random.Random, count: int, ends: float) -> tuple[Act, ...]:
    acts: list[Act] = []
    if draws.random() < 0.25:
        sale, at = draws.randrange(count), draws.uniform(0, ends)
        acts.append(Act(at, "pause", sale))
        if draws.random() < 0.3:
            acts.append(Act(at + 2, "resume", sale, is_signed=False))
        if draws.random() < 0.8:
            acts.append(Act(at + draws.uniform(3, 20), "resume", sale))
    if draws.random() < 0.10:
        acts.append(Act(draws.uniform(0, ends), "cancel", draws.randrange(count)))
    if draws.random() < 0.15:
        at = draws.uniform(0, ends)
        acts.append(Act(at, draws.choice(("halt", "halt", "halt by file", "halt by command"))))
        if draws.random() < 0.3:
            acts.append(Act(at + 2, "rearm", is_signed=False))
        if draws.random() < 0.7:
            again = at + draws.uniform(3, 20)
            acts.append(Act(again, "rearm"))
            acts += [Act(again + 2 + n, "resume", n) for n in range(count) if draws.random() < 0.8]
    if draws.random() < 0.04:
        acts.append(Act(draws.uniform(0, ends), "revoke"))
    return tuple(sorted(acts, key=lambda act: act.at_s))
