"""The exchange's facts in Kraken's shapes: amounts are text with fixed decimals, times Unix seconds of desk time."""

from __future__ import annotations

from desk.paper.instrument import FeeSchedule, FeeTier, Instrument, percent_text
from desk.paper.orders import NewOrder, Order, OrderKind, OwnTrade, Print, Side
from desk.paper.tape import Candle
from desk.units import btc_text

Json = dict[str, object]


def seconds(at: int) -> float:
    """Desk microseconds as Unix seconds; a float holds today's microseconds exactly. Times only, never amounts."""
    return at / 1_000_000


def assets(rules: Instrument) -> Json:
    return {
        rules.base_id: {
            "aclass": "currency",
            "altname": rules.base_altname,
            "decimals": 10,
            "display_decimals": 5,
            "status": "enabled",
        },
        rules.quote_id: {
            "aclass": "currency",
            "altname": rules.quote_altname,
            "decimals": rules.quote_decimals,
            "display_decimals": 2,
            "status": "enabled",
        },
    }


def asset_pairs(rules: Instrument, fees: FeeSchedule, status: str) -> Json:
    return {
        rules.pair_id: {
            "altname": rules.altname,
            "wsname": rules.wsname,
            "aclass_base": "currency",
            "base": rules.base_id,
            "aclass_quote": "currency",
            "quote": rules.quote_id,
            "lot": "unit",
            "cost_decimals": rules.quote_decimals,
            "pair_decimals": rules.price_decimals,
            "lot_decimals": 8,
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": [[tier.from_volume, _percent(tier.taker_ppm)] for tier in fees.tiers],
            "fees_maker": [[tier.from_volume, _percent(tier.maker_ppm)] for tier in fees.tiers],
            "fee_volume_currency": rules.quote_id,
            "margin_call": 80,
            "margin_stop": 40,
            "ordermin": btc_text(rules.order_min).rstrip("0"),
            "costmin": str(rules.cost_min),
            "tick_size": str(rules.tick),
            "status": status,
        }
    }


def order(kept: Order, rules: Instrument, with_trades: bool = False) -> Json:
    """One order as QueryOrders, OpenOrders and ClosedOrders show it."""
    asked = kept.asked
    shown: Json = {
        "refid": None,
        "userref": asked.userref,
        "cl_ord_id": asked.cl_ord_id,
        "status": kept.status.value,
        "reason": kept.reason,
        "opentm": seconds(kept.opened),
        "starttm": 0,
        "expiretm": 0 if asked.expires is None else seconds(asked.expires),
        "descr": {
            "pair": rules.altname,
            "aclass": "forex",
            "type": asked.side.value,
            "ordertype": asked.kind.value,
            "price": "0" if asked.ticks is None else rules.price_text(asked.ticks),
            "price2": "0",
            "leverage": "none",
            "order": describe(asked, rules),
            "close": "",
        },
        "vol": btc_text(asked.volume),
        "vol_exec": btc_text(kept.filled),
        "cost": rules.money_text(kept.cost),
        "fee": rules.money_text(kept.fee),
        "price": rules.average_text(kept.tick_sats, kept.filled),
        "stopprice": rules.money_text(0),
        "limitprice": rules.money_text(0),
        "misc": "",
        "oflags": "fciq,post" if asked.post_only else "fciq",
        "time_in_force": asked.tif.value,
    }
    if asked.cl_ord_id is None:
        del shown["cl_ord_id"]
    if kept.closed is not None:
        shown["closetm"] = seconds(kept.closed)
    if with_trades:
        shown["trades"] = list(kept.trades)
    return shown


def describe(asked: NewOrder, rules: Instrument) -> str:
    """The sentence Kraken answers an order with: sell 0.50000000 XBTUSD @ limit 68524.1."""
    at = "market" if asked.ticks is None else f"limit {rules.price_text(asked.ticks)}"
    return f"{asked.side.value} {btc_text(asked.volume)} {rules.altname} @ {at}"


def trade(done: OwnTrade, rules: Instrument) -> Json:
    """One execution as TradesHistory shows it."""
    return {
        "ordertxid": done.order,
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": rules.pair_id,
        "aclass": "forex",
        "time": seconds(done.at),
        "type": done.side.value,
        "ordertype": done.kind.value,
        "price": rules.price_text(done.ticks),
        "cost": rules.money_text(done.cost),
        "fee": rules.money_text(done.fee),
        "vol": btc_text(done.sats),
        "margin": rules.money_text(0),
        "leverage": "0",
        "misc": "",
        "trade_id": done.number + 1,
        "maker": done.is_maker,
    }


def public_trade(done: Print, rules: Instrument) -> list[object]:
    return [
        rules.price_text(done.ticks),
        btc_text(done.sats),
        seconds(done.at),
        "b" if done.aggressor is Side.BUY else "s",
        "l" if done.kind is OrderKind.LIMIT else "m",
        "",
        done.number,
    ]


def candle(shown: Candle, rules: Instrument) -> list[object]:
    ohlc = [rules.price_text(ticks) for ticks in (shown.open, shown.high, shown.low, shown.close, shown.vwap_ticks)]
    return [shown.start // 1_000_000, *ohlc, btc_text(shown.sats), shown.count]


def fee_info(schedule: FeeSchedule, volume: int, is_maker: bool, rules: Instrument) -> Json:
    """One side of TradeVolume: the rate in force, its bounds, and where the next tier begins. Volume in atoms."""
    money = rules.money(volume)
    now, after = schedule.tier(money), schedule.next_tier(money)
    rates = [_rate(tier, is_maker) for tier in schedule.tiers]
    return {
        "fee": percent_text(_rate(now, is_maker)),
        "minfee": percent_text(min(rates)),
        "maxfee": percent_text(max(rates)),
        "nextfee": None if after is None else percent_text(_rate(after, is_maker)),
        "tiervolume": f"{now.from_volume}.0000",
        "nextvolume": None if after is None else f"{after.from_volume}.0000",
    }


def _rate(tier: FeeTier, is_maker: bool) -> int:
    return tier.maker_ppm if is_maker else tier.taker_ppm


def _percent(ppm: int) -> float:
    """As Kraken lists its schedule: a JSON number, in percent."""
    return ppm / 10_000
