"""Mining as a document: what `desk mining --json` prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.snapshot.model import DeskSnapshot, MiningPeriodView, MiningView
from desk.units import Bps, btc_text, decimal_text

Document = dict[str, Any]
_CENT = Decimal("0.01")


def mining_json(desk: DeskSnapshot, period: MiningPeriodView | None = None) -> Document:
    """Days newest last, the month (or the period that was asked for) explained, epochs, pools; unknown is null.

    `today` is not there beside a period that was asked for: its figures are of another time.
    """
    mining = desk.mining
    shown = period or mining.month
    return {
        "month_to_date_btc": btc_text(mining.month_to_date),
        "is_stale": mining.is_stale,
        "today": None if period else _today(desk),
        "missing": mining.missing,
        "notes": list(mining.notes),
        "period": period_json(shown) if shown else None,
        "epochs": [period_json(epoch) for epoch in mining.epochs],
        "days": _days(mining),
        "restated": list(mining.restated),
        "pools": _pools(mining),
    }


def period_json(view: MiningPeriodView) -> Document:
    """One period; `reasons` add up to compared − full wherever they are known."""
    return {
        "name": view.name,
        "first": view.first.isoformat(),
        "last": view.last.isoformat(),
        "btc": btc_text(view.mined),
        "full_btc": _btc(view.full),
        "expected_btc": _btc(view.expected),
        "compared_btc": _btc(view.compared),
        "reasons": [{"name": one.name, "btc": _btc(one.sats), "note": one.note} for one in view.reasons],
        "operating_ehs": _rounded(view.operating_ehs, "0.001"),
        "deployed_ehs": _rounded(view.deployed_ehs, "0.001"),
        "uptime_percent": _percent(view.uptime),
        "joules_per_th": _rounded(view.joules_per_th, "0.01"),
        "power_usd_per_kwh": _rounded(view.power_price, "0.00001"),
        "pool_fee_percent": _percent(view.pool_fee),
        "power_per_btc": _cents(view.power_per_btc),
        "cash_per_btc": _cents(view.cash_per_btc),
        "difficulty": _text(view.difficulty),
        "difficulty_change_percent": _percent(view.change),
        "price": _cents(view.price),
        "hashprice": _cents(view.hashprice),
        "break_even": _cents(view.break_even),
        "margin": _cents(view.margin),
        "part": view.part or None,
        "missing": [*view.missing, *view.no_prices],
    }


def _today(desk: DeskSnapshot) -> Document:
    """What holds now and for no earlier period: the newest price and network; costs are those published last."""
    mining, price = desk.mining, desk.price
    return {
        "at": iso(desk.taken),
        "price": _text(price.mid),
        "price_age_s": price.age_s,
        "price_is_stale": price.is_stale,
        "cash_cost": _text(mining.cash_cost),
        "cash_cost_period": mining.cost_period or None,
        "all_in_cost": _text(mining.all_in_cost),
        "margin": _cents(mining.margin),
        "hashprice": _cents(mining.hashprice),
        "break_even": _cents(mining.break_even),
        "difficulty": _text(mining.difficulty),
        "network_day": mining.network_day.isoformat() if mining.network_day else None,
        "network_is_stale": mining.network_is_stale,
    }


def _days(mining: MiningView) -> list[Document]:
    return [
        {
            "day": day.day.isoformat(),
            "btc": btc_text(day.sats),
            "expected_btc": _btc(day.expected),
            "hashrate_ehs": _text(day.hashrate_ehs),
        }
        for day in mining.days
    ]


def _pools(mining: MiningView) -> list[Document]:
    return [
        {
            "name": pool.name,
            "kind": pool.kind,
            "newest": pool.newest.isoformat() if pool.newest else None,
            "btc": _btc(pool.sats),
            "is_stale": pool.is_stale,
            "error": pool.error,
        }
        for pool in mining.pools
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def _cents(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value.quantize(_CENT))


def _rounded(value: Decimal | None, step: str) -> str | None:
    return None if value is None else decimal_text(value.quantize(Decimal(step)))


def _percent(value: Bps | None) -> str | None:
    return None if value is None else decimal_text((value / 100).quantize(_CENT))


def _btc(value: int | None) -> str | None:
    return None if value is None else btc_text(value)
