"""What AddOrder's parameters mean; every refusal is worded as Kraken words it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypeVar

from desk.clock import micros
from desk.paper.auth import Form, KrakenError
from desk.paper.instrument import Instrument, OffGrid
from desk.paper.orders import NewOrder, OrderKind, Refusal, Side, TimeInForce
from desk.units import AmountRefused, Sats, parse_btc, parse_decimal

Choice = TypeVar("Choice", Side, OrderKind)
LONGEST_DEADLINE_US = 60 * 1_000_000
_CLIENT_ID = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[!-~]{1,18}"
)
_FLAGS = frozenset({"post", "fciq", "fcib", "nompp"})
_NOT_HERE = ("price2", "leverage", "displayvol", "starttm", "close[ordertype]", "close", "trigger", "reduce_only")
_UNSET = frozenset({"", "0", "none", "false"})


def parse_add_order(form: Form, rules: Instrument, now: int, wall: int) -> NewOrder:
    """The order a client describes; `now` in desk and `wall` in wall microseconds. Raises KrakenError."""
    if not rules.is_named(form.get("pair", "")):
        raise KrakenError("EQuery:Unknown asset pair")
    for name in _NOT_HERE:
        if form.get(name, "").lower() not in _UNSET:
            raise _invalid(name)
    kind = _one_of(OrderKind, form, "ordertype")
    is_post_only = "post" in _flags(form)
    expires = _expires(form, now)
    tif_text = form.get("timeinforce") or ("GTD" if expires is not None else "GTC")
    if tif_text not in TimeInForce.__members__:
        raise _invalid("timeinforce")
    return NewOrder(
        _one_of(Side, form, "type"),
        kind,
        _volume(form),
        _ticks(form, rules) if kind is OrderKind.LIMIT else None,
        is_post_only,
        TimeInForce(tif_text),
        expires,
        _deadline(form, wall),
        _client_id(form),
        _userref(form),
    )


def _invalid(name: str) -> KrakenError:
    return KrakenError(f"EGeneral:Invalid arguments:{name}")


def _one_of(choices: type[Choice], form: Form, name: str) -> Choice:
    try:
        return choices(form.get(name, ""))
    except ValueError as error:
        raise _invalid(name) from error


def _flags(form: Form) -> frozenset[str]:
    flags = frozenset(flag for flag in form.get("oflags", "").split(",") if flag)
    if "viqc" in flags:
        raise _invalid("viqc")
    if not flags <= _FLAGS:
        raise _invalid("oflags")
    return flags


def _volume(form: Form) -> Sats:
    try:
        return parse_btc(form.get("volume", ""))
    except AmountRefused as error:
        raise _invalid("volume") from error


def _ticks(form: Form, rules: Instrument) -> int:
    try:
        return rules.ticks(parse_decimal(form.get("price", "")))
    except AmountRefused as error:
        raise _invalid("price") from error
    except OffGrid as error:
        raise KrakenError(Refusal.TICK.value) from error


def _expires(form: Form, now: int) -> int | None:
    """`+30` is seconds from now, `0` never, anything else Unix seconds; all in desk time."""
    text = form.get("expiretm", "")
    if text in _UNSET:
        return None
    digits = text.removeprefix("+").partition(".")[0]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 11:
        raise _invalid("expiretm")
    moment = int(digits) * 1_000_000
    return now + moment if text.startswith("+") else moment


def _deadline(form: Form, wall: int) -> int | None:
    """The last wall moment at which the order may arrive; at most a minute ahead."""
    text = form.get("deadline", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _invalid("deadline") from error
    if moment.tzinfo is None or micros(moment) > wall + LONGEST_DEADLINE_US:
        raise _invalid("deadline")
    return micros(moment)


def _client_id(form: Form) -> str | None:
    text = form.get("cl_ord_id", "")
    if not text:
        return None
    if form.get("userref") or not _CLIENT_ID.fullmatch(text):
        raise _invalid("cl_ord_id")
    return text


def _userref(form: Form) -> int | None:
    text = form.get("userref", "")
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,10}", text, re.ASCII):
        raise _invalid("userref")
    return int(text)
