"""The texts of Kraken's WebSocket v2 market data: written digit by digit, for the checksum is over the digits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from zlib import crc32

from desk.clock import from_micros, iso
from desk.paper.exchange import Exchange
from desk.paper.instrument import Instrument
from desk.paper.orders import Side
from desk.paper.tape import DAY
from desk.units import btc_text

Levels = dict[int, int]
"""Ticks to satoshis, best price first."""

HEARTBEAT = '{"channel":"heartbeat"}'


@dataclass(slots=True)
class Picture:
    """The best levels of both sides as subscribers of one depth know them."""

    bids: Levels = field(default_factory=dict)
    asks: Levels = field(default_factory=dict)


def take_picture(exchange: Exchange, depth: int) -> Picture:
    book = exchange.engine.book
    return Picture(dict(book.bids.depth(depth)), dict(book.asks.depth(depth)))


def book_update(rules: Instrument, old: Picture, new: Picture, depth: int, at: int, checksum_slip: int) -> str | None:
    """What turns one picture into the next, or None where nothing changed. A slip spoils the checksum."""
    bids = difference(old.bids, new.bids, depth, Side.BUY)
    asks = difference(old.asks, new.asks, depth, Side.SELL)
    if not bids and not asks:
        return None
    return _book("update", rules, Picture(bids, asks), book_checksum(new, rules) ^ checksum_slip, at)


def book_snapshot(rules: Instrument, picture: Picture, at: int) -> str:
    return _book("snapshot", rules, picture, book_checksum(picture, rules), at)


def difference(old: Levels, new: Levels, depth: int, side: Side) -> Levels:
    """What a subscriber must apply to `old`, keeping the best `depth` levels, to hold `new`. Zero means gone.

    A level that was only pushed out by better ones is not mentioned: the subscriber drops it by itself.
    """
    changed = {ticks: sats for ticks, sats in new.items() if old.get(ticks) != sats}
    worst = (max if side is Side.SELL else min)(new, default=0)
    for ticks in old.keys() - new.keys():
        is_pushed_out = len(new) >= depth and (ticks > worst if side is Side.SELL else ticks < worst)
        if not is_pushed_out:
            changed[ticks] = 0
    return dict(sorted(changed.items(), reverse=side is Side.BUY))


def book_checksum(picture: Picture, rules: Instrument) -> int:
    """Kraken's CRC32 over the digits of the ten best asks, then the ten best bids."""
    text = "".join(
        _digits(rules.price_text(ticks)) + _digits(btc_text(sats))
        for side in (picture.asks, picture.bids)
        for ticks, sats in list(side.items())[:10]
    )
    return crc32(text.encode())


def trades(exchange: Exchange, kind: str, after: int) -> str:
    """The public trades numbered above `after`, at most the last fifty."""
    rules = exchange.instrument
    prints = [done for done in list(exchange.tape.prints)[-50:] if done.number > after]
    data = ",".join(
        f'{{"symbol":"{rules.symbol}","side":"{done.aggressor.value}","price":{rules.price_text(done.ticks)},'
        f'"qty":{btc_text(done.sats)},"ord_type":"{done.kind.value}","trade_id":{done.number},'
        f'"timestamp":"{iso(from_micros(done.at))}"}}'
        for done in prints
    )
    return f'{{"channel":"trade","type":"{kind}","data":[{data}]}}'


def ticker(exchange: Exchange, kind: str) -> str:
    """Touch, last price and the day's figures."""
    rules, book = exchange.instrument, exchange.engine.book
    bid, bid_sats = next(iter(book.bids.depth(1)), (0, 0))
    ask, ask_sats = next(iter(book.asks.depth(1)), (0, 0))
    day = exchange.tape.span(exchange.now() - DAY)
    last = exchange.engine.last_ticks or bid
    shown = {
        "bid": rules.price_text(bid),
        "bid_qty": btc_text(bid_sats),
        "ask": rules.price_text(ask),
        "ask_qty": btc_text(ask_sats),
        "last": rules.price_text(last),
    }
    if day is not None:
        shown |= {
            "volume": btc_text(day.sats),
            "vwap": rules.price_text(day.vwap_ticks),
            "low": rules.price_text(day.low),
            "high": rules.price_text(day.high),
            "change": rules.price_text(last - day.open),
        }
    body = ",".join(f'"{name}":{text}' for name, text in shown.items())
    return f'{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{rules.symbol}",{body}}}]}}'


def status(system: str) -> str:
    data = [{"version": "2.0.10", "system": system, "api_version": "v2", "connection_id": 1}]
    return json.dumps({"channel": "status", "type": "update", "data": data})


def _book(kind: str, rules: Instrument, levels: Picture, checksum: int, at: int) -> str:
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{rules.symbol}",'
        f'"bids":{_levels(levels.bids, rules)},"asks":{_levels(levels.asks, rules)},'
        f'"checksum":{checksum},"timestamp":"{iso(from_micros(at))}"}}]}}'
    )


def _digits(number: str) -> str:
    return number.replace(".", "").lstrip("0")


def _levels(levels: Levels, rules: Instrument) -> str:
    shown = (f'{{"price":{rules.price_text(ticks)},"qty":{btc_text(sats)}}}' for ticks, sats in levels.items())
    return f"[{','.join(shown)}]"
