"""The configuration's words on cash, as the pure rooms take them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from desk.config import Settings
from desk.config_treasury import AtRiskSection, TreasurySection
from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules, NotCounted, StablecoinRule, way_to_bank
from desk.treasury.coin_records import Mark
from desk.treasury.proposing import TIDY, SaleBounds
from desk.treasury.risk_factors import Given
from desk.units import Bps, Price, Sats


def cash_rules(treasury: TreasurySection) -> CashRules:
    """How money becomes dollars in the bank, and how cautious the plan is."""
    calendar = BankCalendar(
        ZoneInfo(treasury.bank_zone), time.fromisoformat(treasury.bank_cutoff), frozenset(treasury.bank_holidays)
    )
    return CashRules(
        currency=treasury.currency,
        floor=treasury.cash_floor,
        settlement_days=treasury.settlement_days,
        calendar=calendar,
        haircut=treasury.haircut_bps,
        sale_cost=treasury.sale_cost_bps,
        stablecoins={
            name: StablecoinRule(coin.off_ramp_days, coin.off_ramp_cost_bps, coin.depeg_bps)
            for name, coin in treasury.stablecoins.items()
        },
        stale_after=timedelta(hours=treasury.max_statement_age_hours),
    )


def sale_bounds(
    settings: Settings, quote: str, lot: Sats | None, rules: CashRules, marks: Iterable[Mark], today: date
) -> SaleBounds | NotCounted:
    """What a sale of the plan has to keep to, where sales bring `quote`; or why its proceeds cannot be counted."""
    way = way_to_bank(quote, rules, marks, today)
    if isinstance(way, NotCounted):
        return way
    is_stablecoin = quote in rules.stablecoins
    return SaleBounds(
        settles_in=way.days if is_stablecoin else rules.settlement_days,
        lot=lot or TIDY,
        max_day=settings.controls.max_day_btc,
        max_day_value=settings.controls.max_day_usd,
        transfer=timedelta(hours=settings.treasury.transfer_hours),
        factor=way.factor,
        floor=Price(settings.controls.floor_usd),
    )


def given_factors(assumed: AtRiskSection) -> Given:
    """What the configuration says of price, difficulty, uptime and delays, as shares."""
    return Given(
        daily_volatility=_share(assumed.daily_volatility_bps),
        difficulty_volatility=_share(assumed.difficulty_volatility_bps),
        uptime_volatility=_share(assumed.uptime_volatility_bps),
        correlation_difficulty=float(assumed.correlation_difficulty),
        correlation_uptime=float(assumed.correlation_uptime),
        correlation_slip=float(assumed.correlation_slip),
    )


def _share(value: Bps | None) -> float | None:
    return None if value is None else float(value) / 10_000
