"""The configuration's words on cash, as the pure rooms take them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from desk.config import Settings
from desk.config_treasury import TreasurySection
from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules, NotCounted, StablecoinRule, way_to_bank
from desk.treasury.coin_records import Mark
from desk.treasury.proposing import TIDY, SaleBounds
from desk.units import Sats


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
    )
