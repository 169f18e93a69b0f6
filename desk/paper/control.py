"""The loopback control endpoint: faults on command, and a look behind the counter. For tests and demos.

`POST /control/faults` takes one fault or a list as JSON: {"kind": "drop-after", "endpoint": "AddOrder", "count": 1,
"seconds": 2, "error": "EService:Busy", "accept": true, "look_ups": ["OpenOrders"]}, only the kind being required.
{"clear": true} ends all misbehaviour, {"mode": "cancel_only"} sets what the exchange as a whole does.
`POST /control/market` takes {"jump_bps": -50}. `GET /control/faults`, `/control/state` and `/control/requests` show.
"""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal

from desk.clock import from_micros, iso
from desk.paper.exchange import ACCOUNT, Exchange
from desk.paper.faults import AT_ONCE, Fault, FaultKind, FaultRefused, Faults, Mode
from desk.paper.kraken import Json
from desk.paper.market import SyntheticMarket
from desk.units import btc_text, parse_decimal

_NAMES = frozenset(field.name for field in fields(Fault))


def parse_commands(body: bytes) -> list[dict[str, object]]:
    """The JSON objects of a control request. Raises FaultRefused."""
    try:
        parsed = json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise FaultRefused(f"not JSON: {error}") from error
    commands = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(command, dict) for command in commands):
        raise FaultRefused("a command is a JSON object, or a list of them")
    return commands


def parse_fault(command: dict[str, object]) -> Fault:
    """One fault from its JSON. Raises FaultRefused naming what is wrong."""
    unknown = command.keys() - _NAMES
    if unknown:
        raise FaultRefused(f"unknown: {', '.join(sorted(unknown))}; a fault has {', '.join(sorted(_NAMES))}")
    try:
        look_ups = command.get("look_ups")
        given = {name: command[name] for name in ("endpoint", "error", "accept") if name in command}
        if not all(isinstance(value, bool if name == "accept" else str) for name, value in given.items()):
            raise FaultRefused("endpoint and error are text, accept is true or false")
        return Fault(
            FaultKind(str(command.get("kind"))),
            str(given.get("endpoint", "AddOrder")),
            int(str(command.get("count", 1))),
            parse_decimal(str(command.get("seconds", 0))),
            str(given.get("error", "EGeneral:Internal error")),
            bool(given["accept"]) if "accept" in given else None,
            *([frozenset(map(str, look_ups))] if isinstance(look_ups, list) else []),
        )
    except ValueError as error:
        raise FaultRefused(str(error)) from error


def apply(faults: Faults, command: dict[str, object]) -> Fault | None:
    """Carries out one command; a fault that takes effect at once is handed back. Raises FaultRefused."""
    if command.get("clear") is True:
        faults.clear()
        return None
    if "mode" in command:
        try:
            faults.mode = Mode(str(command["mode"]))
        except ValueError as error:
            raise FaultRefused(f"modes are {', '.join(Mode)}") from error
        return None
    fault = parse_fault(command)
    if fault.kind in AT_ONCE:
        return fault
    faults.add(fault)
    return None


def show_faults(faults: Faults) -> Json:
    return {
        "mode": faults.mode.value,
        "pending": [_show(fault) for fault in faults.pending],
        "done": [_show(fault) | {"endpoint": endpoint} for endpoint, fault in faults.done],
    }


def show_state(exchange: Exchange) -> Json:
    """What is true behind the counter right now, whatever the look-ups are made to say."""
    exchange.advance()
    account, rules, book = exchange.account, exchange.instrument, exchange.engine.book
    return {
        "time": iso(from_micros(exchange.now())),
        "bid": None if book.bids.best is None else rules.price_text(book.bids.best),
        "ask": None if book.asks.best is None else rules.price_text(book.asks.best),
        "base": btc_text(account.base),
        "base_held": btc_text(account.base_held),
        "quote": rules.money_text(account.quote),
        "quote_held": rules.money_text(account.quote_held),
        "open": [order.id for order in exchange.engine.open_orders(ACCOUNT)],
        "orders": len(exchange.engine.orders),
        "trades": len(exchange.engine.trades),
    }


def move_market(exchange: Exchange, command: dict[str, object]) -> None:
    """Makes news. Raises FaultRefused where the market cannot be moved."""
    jump = command.get("jump_bps")
    if not isinstance(exchange.market, SyntheticMarket):
        raise FaultRefused("a replayed market cannot be moved")
    if isinstance(jump, bool) or not isinstance(jump, int | Decimal) or not -5_000 <= jump <= 5_000:
        raise FaultRefused("jump_bps is a number between -5000 and 5000")
    exchange.market.jump(float(jump))


def _show(fault: Fault) -> Json:
    return {
        "kind": fault.kind.value,
        "endpoint": fault.endpoint,
        "count": fault.count,
        "seconds": str(fault.seconds),
        "accept": fault.acts,
    }
