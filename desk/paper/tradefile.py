"""The exchange's own record: one JSON line for every order accepted, every execution, every order ended.

It is written before the reply goes out and can be read with nothing but a JSON parser: amounts are decimal text,
times are desk time. Lines are numbered, so a missing one shows. A restarted exchange reads its account back from it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from desk.clock import from_micros, iso
from desk.paper.account import Account
from desk.paper.engine import book_trade
from desk.paper.instrument import Instrument
from desk.paper.orders import (
    Accepted,
    Closed,
    Event,
    NewOrder,
    Order,
    OrderKind,
    OwnTrade,
    Side,
    Status,
    TimeInForce,
)
from desk.units import Sats, btc_text, parse_btc, parse_decimal

Line = dict[str, str | int | bool | None]

_ENDINGS = {"filled": Status.CLOSED, "cancelled": Status.CANCELED, "expired": Status.EXPIRED}
_WORDS = {status: word for word, status in _ENDINGS.items()}


class TradeFileDamaged(ValueError):
    """A line is missing, repeated or unreadable; the message says which."""


class TradeFileBusy(RuntimeError):
    """Another exchange is writing this file."""


@dataclass(slots=True)
class History:
    """What a trade file proves: the account with its balances, its orders and trades, the last price traded."""

    account: Account
    orders: dict[str, Order] = field(default_factory=dict)
    trades: list[OwnTrade] = field(default_factory=list)
    last_ticks: int | None = None


class TradeFile:
    """An open trade file: append only, one writer. `is_synced` asks the disk, not only the system, to keep it."""

    def __init__(self, path: Path, instrument: Instrument, is_synced: bool = False) -> None:
        self._instrument = instrument
        self._is_synced = is_synced
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._lines = _whole_lines(self._handle)
        except BlockingIOError as error:
            os.close(self._handle)
            raise TradeFileBusy(f"{path} is being written by another exchange") from error
        except TradeFileDamaged:
            os.close(self._handle)
            raise
        self._seq = len(self._lines)

    def recover(self) -> History | None:
        """What was on record when the file was opened, or None for a new one. Raises TradeFileDamaged."""
        return recover(self._lines, self._instrument)

    def begin(self, account: Account, at: int) -> None:
        """The first line: who trades what, and with how much."""
        rules = self._instrument
        base, quote = btc_text(account.base), rules.money_text(account.quote)
        opening: Line = {"account": account.name, "symbol": rules.symbol, "base": base, "quote": quote}
        self._write([_stamp("opened", opening, at)])

    def append(self, events: Iterable[Event], last_ticks: int | None) -> None:
        """Writes what happened, in one piece, beside the last public price.

        Raises OSError; then nothing may be acknowledged, and nothing is written any more.
        """
        last = None if last_ticks is None else self._instrument.price_text(last_ticks)
        self._write([self._line(event) | {"last": last} for event in events])

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, lines: list[Line]) -> None:
        text = ""
        for line in lines:
            self._seq += 1
            text += json.dumps({"seq": self._seq} | line, separators=(",", ":")) + "\n"
        data = memoryview(text.encode())
        try:
            while data:
                data = data[os.write(self._handle, data) :]
            if self._is_synced:
                os.fsync(self._handle)
        except OSError:
            self.close()
            raise

    def _line(self, event: Event) -> Line:
        match event:
            case Accepted(order):
                return _stamp("accepted", self._accepted(order), order.opened)
            case OwnTrade():
                return _stamp("trade", self._traded(event), event.at)
            case Closed(order):
                line: Line = {
                    "order": order.id,
                    "cl_ord_id": order.asked.cl_ord_id,
                    "filled": btc_text(order.filled),
                    "reason": order.reason,
                }
                return _stamp(_WORDS[order.status], line, order.closed or 0)

    def _accepted(self, order: Order) -> Line:
        asked = order.asked
        return {
            "order": order.id,
            "number": order.number,
            "cl_ord_id": asked.cl_ord_id,
            "userref": asked.userref,
            "side": asked.side.value,
            "type": asked.kind.value,
            "price": None if asked.ticks is None else self._instrument.price_text(asked.ticks),
            "volume": btc_text(asked.volume),
            "post_only": asked.post_only,
            "time_in_force": asked.tif.value,
            "expires_us": asked.expires,
        }

    def _traded(self, trade: OwnTrade) -> Line:
        rules = self._instrument
        return {
            "trade": trade.id,
            "number": trade.number,
            "order": trade.order,
            "cl_ord_id": trade.cl_ord_id,
            "side": trade.side.value,
            "type": trade.kind.value,
            "price": rules.price_text(trade.ticks),
            "volume": btc_text(trade.sats),
            "cost": rules.money_text(trade.cost),
            "fee": rules.money_text(trade.fee),
            "maker": trade.is_maker,
        }


def recover(lines: list[Line], instrument: Instrument) -> History | None:
    """Replays a trade file's lines. Raises TradeFileDamaged where they do not follow from one another."""
    if not lines:
        return None
    try:
        opening = lines[0]
        if opening["kind"] != "opened" or opening["symbol"] != instrument.symbol:
            raise TradeFileDamaged(f"line 1 does not open an account trading {instrument.symbol}")
        base, quote = parse_btc(_text(opening["base"])), instrument.atoms(parse_decimal(_text(opening["quote"])))
        history = History(Account(_text(opening["account"]), base, quote))
        for line in lines[1:]:
            _replay(history, line, instrument)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, TradeFileDamaged):
            raise
        raise TradeFileDamaged(f"a line cannot be understood: {error!r}") from error
    return history


def _replay(history: History, line: Line, instrument: Instrument) -> None:
    at = _number(line["time_us"])
    if line["last"] is not None:
        history.last_ticks = instrument.ticks(parse_decimal(_text(line["last"])))
    order_id = _text(line["order"])
    if line["kind"] == "accepted":
        history.orders[order_id] = _order(history.account.name, line, instrument)
        return
    order = history.orders.get(order_id)
    if order is None:
        raise TradeFileDamaged(f"line {line['seq']} speaks of order {order_id}, which no line accepts")
    if line["kind"] == "trade":
        trade = _trade(order, line, instrument)
        book_trade(history.account, order, trade)
        history.trades.append(trade)
        return
    order.status = _ENDINGS[_text(line["kind"])]
    order.closed = at
    order.reason = None if line["reason"] is None else _text(line["reason"])
    if order.filled != parse_btc(_text(line["filled"])):
        raise TradeFileDamaged(f"line {line['seq']} ends {order_id} with a filled volume its trades do not add up to")


def _order(account: str, line: Line, instrument: Instrument) -> Order:
    price = line["price"]
    asked = NewOrder(
        Side(_text(line["side"])),
        OrderKind(_text(line["type"])),
        parse_btc(_text(line["volume"])),
        None if price is None else instrument.ticks(parse_decimal(_text(price))),
        bool(line["post_only"]),
        TimeInForce(_text(line["time_in_force"])),
        None if line["expires_us"] is None else _number(line["expires_us"]),
        None,
        None if line["cl_ord_id"] is None else _text(line["cl_ord_id"]),
        None if line["userref"] is None else _number(line["userref"]),
    )
    return Order(_text(line["order"]), _number(line["number"]), account, asked, _number(line["time_us"]))


def _trade(order: Order, line: Line, instrument: Instrument) -> OwnTrade:
    return OwnTrade(
        _text(line["trade"]),
        _number(line["number"]),
        order.id,
        order.asked.cl_ord_id,
        order.account,
        order.asked.side,
        order.asked.kind,
        instrument.ticks(parse_decimal(_text(line["price"]))),
        Sats(parse_btc(_text(line["volume"]))),
        instrument.atoms(parse_decimal(_text(line["cost"]))),
        instrument.atoms(parse_decimal(_text(line["fee"]))),
        bool(line["maker"]),
        _number(line["time_us"]),
    )


def _stamp(kind: str, line: Line, at: int) -> Line:
    return {"kind": kind} | line | {"time": iso(from_micros(at)), "time_us": at}


def _text(value: str | int | bool | None) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be text")
    return value


def _number(value: str | int | bool | None) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} should be a whole number")
    return value


def _whole_lines(handle: int) -> list[Line]:
    """All complete lines. A last line torn by a crash was never acknowledged: it is cut off."""
    size = os.fstat(handle).st_size
    data = os.pread(handle, size, 0)
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.ftruncate(handle, end)
    lines: list[Line] = []
    for place, raw in enumerate(data[:end].splitlines(), start=1):
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise TradeFileDamaged(f"line {place} is not JSON") from error
        if not isinstance(line, dict) or line.get("seq") != place:
            raise TradeFileDamaged(f"line {place} does not carry the number {place}: a line is missing or repeated")
        lines.append(line)
    return lines
