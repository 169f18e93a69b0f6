"""Kraken's public calls: time, status, what is traded, book, trades, candles."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime

from desk.clock import from_micros, iso
from desk.paper import kraken
from desk.paper.auth import Form, KrakenError
from desk.paper.exchange import Exchange
from desk.paper.faults import Mode
from desk.paper.kraken import Json
from desk.paper.orders import Side
from desk.paper.tape import DAY
from desk.units import btc_text

INTERVALS = frozenset({1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600})


def server_time(exchange: Exchange, form: Form, mode: Mode) -> Json:
    now = exchange.now()
    return {"unixtime": now // 1_000_000, "rfc1123": format_datetime(from_micros(now))}


def system_status(exchange: Exchange, form: Form, mode: Mode) -> Json:
    return {"status": mode.value, "timestamp": iso(from_micros(exchange.now()).replace(microsecond=0))}


def assets(exchange: Exchange, form: Form, mode: Mode) -> Json:
    return kraken.assets(exchange.instrument)


def asset_pairs(exchange: Exchange, form: Form, mode: Mode) -> Json:
    if form.get("pair"):
        _known_pair(exchange, form)
    return kraken.asset_pairs(exchange.instrument, exchange.config.fees, mode.value)


def ticker(exchange: Exchange, form: Form, mode: Mode) -> Json:
    if form.get("pair"):
        _known_pair(exchange, form)
    rules, now, book = exchange.instrument, exchange.now(), exchange.engine.book
    day = exchange.tape.span(now - DAY)
    today = exchange.tape.span(now - now % DAY) or day
    last = exchange.tape.prints[-1] if exchange.tape.prints else None
    spans = [span for span in (today, day) if span is not None]
    last_ticks = last.ticks if last else (day.close if day else 0)
    return {
        rules.pair_id: {
            "a": _touch(exchange, Side.SELL),
            "b": _touch(exchange, Side.BUY),
            "c": [rules.price_text(last_ticks), btc_text(last.sats if last else 0)],
            "v": [btc_text(span.sats) for span in spans],
            "p": [rules.price_text(span.vwap_ticks) for span in spans],
            "t": [span.count for span in spans],
            "l": [rules.price_text(span.low) for span in spans],
            "h": [rules.price_text(span.high) for span in spans],
            "o": rules.price_text(today.open if today else book.bids.best or 0),
        }
    }


def depth(exchange: Exchange, form: Form, mode: Mode) -> Json:
    _known_pair(exchange, form)
    count = _count(form, "count", 100, 500)
    rules, at = exchange.instrument, exchange.now() // 1_000_000
    book = exchange.engine.book
    sides = {"asks": book.asks.depth(count), "bids": book.bids.depth(count)}
    return {
        rules.pair_id: {
            side: [[rules.price_text(ticks), btc_text(sats), at] for ticks, sats in levels]
            for side, levels in sides.items()
        }
    }


def trades(exchange: Exchange, form: Form, mode: Mode) -> Json:
    _known_pair(exchange, form)
    since = _since(form)
    found = exchange.tape.since(since, _count(form, "count", 1_000, 1_000))
    last = found[-1].at if found else max(since, 0)
    rules = exchange.instrument
    return {rules.pair_id: [kraken.public_trade(done, rules) for done in found], "last": f"{last}000"}


def ohlc(exchange: Exchange, form: Form, mode: Mode) -> Json:
    _known_pair(exchange, form)
    minutes = _count(form, "interval", 1, 21_600)
    if minutes not in INTERVALS:
        raise KrakenError("EGeneral:Invalid arguments:interval")
    rules = exchange.instrument
    found = exchange.tape.candles(minutes, _since(form))
    last = found[-2].start if len(found) > 1 else 0
    return {rules.pair_id: [kraken.candle(one, rules) for one in found], "last": last // 1_000_000}


CALLS: dict[str, Callable[[Exchange, Form, Mode], Json]] = {
    "Time": server_time,
    "SystemStatus": system_status,
    "Assets": assets,
    "AssetPairs": asset_pairs,
    "Ticker": ticker,
    "Depth": depth,
    "Trades": trades,
    "OHLC": ohlc,
}
ALWAYS = frozenset({"Time", "SystemStatus"})


def _touch(exchange: Exchange, side: Side) -> list[str]:
    rules = exchange.instrument
    ticks, sats = next(iter(exchange.engine.book.half(side).depth(1)), (0, 0))
    return [rules.price_text(ticks), str(-(-sats // 10**8)), btc_text(sats)]


def _known_pair(exchange: Exchange, form: Form) -> None:
    if not exchange.instrument.is_named(form.get("pair", "")):
        raise KrakenError("EQuery:Unknown asset pair")


def _count(form: Form, name: str, default: int, most: int) -> int:
    text = form.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or not 1 <= len(text) <= 6 or int(text) < 1:
        raise KrakenError(f"EGeneral:Invalid arguments:{name}")
    return min(int(text), most)


def _since(form: Form) -> int:
    """`since` in desk microseconds; Kraken takes seconds, and nanoseconds as its own `last` gives them."""
    text = form.get("since", "0")
    whole, _, _ = text.partition(".")
    if not (whole.isascii() and whole.isdigit()) or len(whole) > 20:
        raise KrakenError("EGeneral:Invalid arguments:since")
    return int(whole) // 1_000 if len(whole) > 13 else int(whole) * 1_000_000
