"""The treasury's keys of config.toml: valuation, forecast, cash rules, pools, wallets and the network's source."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import Field, PlainValidator

from desk.config_values import Amount, BpsAmount, Correlation, FilePath, Seconds, Secret, Section, Url, Zone, default


def _hour(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value, re.ASCII):
        raise ValueError('must be a time of day, like "16:00"')
    return value


Hour = Annotated[str, PlainValidator(_hour)]


class ValuationSection(Section):
    """Which price values coins: whose, taken at which hour in which zone."""

    source: str = Field("kraken", min_length=1, max_length=60)
    """A venue's name here (its mid), or a name for marks that are imported."""
    hour: Hour = "00:00"
    zone: Zone = "UTC"


class StablecoinSection(Section):
    """How a stablecoin becomes bank money: it is another thing than dollars until it did."""

    off_ramp_days: int = Field(1, ge=0, le=30)
    off_ramp_cost_bps: BpsAmount = default("5")
    depeg_bps: BpsAmount = default("50")
    """Further from one dollar than this it is not counted as dollars, and a warning waits."""


class AtRiskSection(Section):
    """What a simulation of cash assumes. A volatility that is not given is estimated from what is on record."""

    daily_volatility_bps: BpsAmount | None = None
    """Of the price, one standard deviation of a day's log return: "300" is 3 %."""
    difficulty_volatility_bps: BpsAmount | None = None
    """One standard deviation of a week's log change."""
    uptime_volatility_bps: BpsAmount | None = None
    """One standard deviation of a week's uptime."""
    correlation_difficulty: Correlation = default("0.3")
    """Of difficulty with the price."""
    correlation_uptime: Correlation = default("0.2")
    """Of uptime with the price: low prices switch machines off."""
    correlation_slip: Correlation = default("-0.2")
    """Of milestones coming late with the price."""
    paths: int = Field(20_000, ge=1_000, le=200_000)
    seed: int = Field(1, ge=0)


class TreasurySection(Section):
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    cash_floor: Amount | None = None
    """The least cash the forecast may fall to; without it there is a forecast but no gap."""
    relief: str = Field("fifo", pattern="^(fifo|hifo|lifo|specific)$")
    """Which lots a disposal takes, until a rule on record says otherwise."""
    settlement_days: int = Field(1, ge=0, le=30)
    """Business days from a sale to money in the bank."""
    bank_cutoff: Hour = "16:00"
    bank_zone: Zone = "America/New_York"
    bank_holidays: tuple[date, ...] = Field((), strict=False)
    """Days besides weekends on which the bank books nothing; none are guessed."""
    haircut_bps: BpsAmount = default("1000")
    """How much lower than now the price is assumed when a plan sells coins."""
    sale_cost_bps: BpsAmount = default("50")
    """Slippage and fees of a planned sale together."""
    max_venue_cash: Amount | None = None
    """Proceeds left at one venue beyond this ask to be swept."""
    deposit_confirmations: int = Field(3, ge=1, le=144)
    """Confirmations a venue asks for before deposited coins can be sold."""
    transfer_hours: int = Field(6, ge=1, le=240)
    """A transfer that has not arrived after this waits for somebody."""
    max_statement_age_hours: int = Field(36, ge=1, le=720)
    """A statement of cash or coins that is older than this is shown, and told of by the plan, as stale."""
    confidence: int = Field(95, ge=50, le=99)
    """Percent of simulated futures in which the plan keeps cash above the floor."""
    at_risk: AtRiskSection = AtRiskSection()
    valuation: ValuationSection = ValuationSection()
    stablecoins: dict[str, StablecoinSection] = Field(default_factory=dict)
    accounts: dict[str, str] = Field(default_factory=dict)
    """Account numbers of the journal export, by line."""


class PoolSection(Section):
    """One account at a mining pool; `kind` is luxor, foundry, f2pool, or one of the others the adapters know."""

    kind: str = Field(pattern="^[a-z0-9]+$")
    url: Url
    key: Secret | None = None
    secret: Secret | None = None
    accounts: tuple[str, ...] = Field(min_length=1, strict=False)
    site: str = ""
    zone: Zone = "UTC"
    """The pool's day, where its reports do not say it."""
    pool_fee_bps: BpsAmount | None = None
    timeout_s: Seconds = 20.0
    every_s: Seconds = 3600.0
    """How often the daemon asks."""
    deployed_ehs: Amount | None = None
    """What is installed behind these accounts; it and the three below are stated with every new day."""
    joules_per_th: Amount | None = None
    power_usd_per_kwh: Amount | None = None
    hosting_usd_per_day: Amount | None = None


class WalletSection(Section):
    """A watch-only list of addresses, looked up at an Esplora-compatible server or a Bitcoin Core node."""

    kind: str = Field("esplora", pattern="^(esplora|core)$")
    url: Url
    addresses: FilePath
    """One address per line; # begins a comment."""
    user: Secret | None = None
    password: Secret | None = None
    confirmations: int = Field(1, ge=0, le=144)
    every_s: Seconds = 600.0
    timeout_s: Seconds = 20.0


class NetworkSection(Section):
    """Where difficulty and hashrate come from: a mempool.space-compatible address or a Bitcoin Core node."""

    kind: str = Field("mempool", pattern="^(mempool|core)$")
    url: Url | None = None
    user: Secret | None = None
    password: Secret | None = None
    timeout_s: Seconds = 20.0
    every_s: Seconds = 3600.0
    """How often the daemon asks."""
