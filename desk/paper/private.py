"""Kraken's private calls: balances, fees, orders in, evidence out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from secrets import token_urlsafe

from desk.clock import from_micros, iso, micros
from desk.paper import kraken
from desk.paper.addorder import parse_add_order
from desk.paper.auth import Form, KrakenError
from desk.paper.exchange import ACCOUNT, Exchange
from desk.paper.faults import Fault, FaultKind, Mode
from desk.paper.kraken import Json
from desk.paper.orders import Order, OrderRefused
from desk.units import AmountRefused, btc_text, parse_decimal

PAGE = 50
_TRUE = frozenset({"true", "True", "1"})
_FAR = 10**18


def balance(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    account, rules = exchange.account, exchange.instrument
    return {rules.base_id: btc_text(account.base), rules.quote_id: rules.money_text(account.quote)}


def balance_ex(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    account, rules = exchange.account, exchange.instrument
    return {
        rules.base_id: {"balance": btc_text(account.base), "hold_trade": btc_text(account.base_held)},
        rules.quote_id: {
            "balance": rules.money_text(account.quote),
            "hold_trade": rules.money_text(account.quote_held),
        },
    }


def trade_volume(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    rules, fees = exchange.instrument, exchange.config.fees
    volume = exchange.account.volume(exchange.now())
    shown: Json = {"currency": rules.quote_id, "volume": rules.money_text(volume)}
    if form.get("pair"):
        shown["fees"] = {rules.pair_id: kraken.fee_info(fees, volume, False, rules)}
        shown["fees_maker"] = {rules.pair_id: kraken.fee_info(fees, volume, True, rules)}
    return shown


def add_order(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    asked = parse_add_order(form, exchange.instrument, exchange.now(), micros(exchange.clock.wall()))
    if mode is Mode.CANCEL_ONLY or (mode is Mode.POST_ONLY and not asked.post_only):
        raise KrakenError(f"EService:Market in {mode.value} mode")
    described = {"order": kraken.describe(asked, exchange.instrument)}
    if form.get("validate") in _TRUE:
        exchange.check(asked)
        return {"descr": described}
    if fault is not None and fault.kind is FaultKind.HIDE:
        order = exchange.submit(asked, fault.seconds, fault.look_ups)
    else:
        order = exchange.submit(asked)
    return {"descr": described, "txid": [order.id]}


def cancel_order(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    key = form.get("cl_ord_id") or form.get("txid")
    if not key:
        raise KrakenError("EGeneral:Invalid arguments:txid")
    exchange.cancel(key)
    return {"count": 1}


def cancel_all(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    return {"count": exchange.cancel_all()}


def cancel_all_after(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    text = form.get("timeout", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or int(text) > 86_400:
        raise KrakenError("EGeneral:Invalid arguments:timeout")
    exchange.cancel_all_after(int(text))
    now = exchange.now()
    trigger = now + int(text) * 1_000_000 * exchange.clock.speed
    return {"currentTime": _second(now), "triggerTime": _second(trigger) if int(text) else "0"}


def query_orders(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    ids = [text for text in form.get("txid", "").split(",") if text]
    if not 1 <= len(ids) <= PAGE:
        raise KrakenError("EGeneral:Invalid arguments:txid")
    found = [exchange.engine.orders.get(order_id) for order_id in ids]
    shown = [order for order in found if order is not None and exchange.is_shown("QueryOrders", order.id)]
    if len(shown) < len(ids):
        raise KrakenError("EOrder:Unknown order")
    return {order.id: kraken.order(order, exchange.instrument, form.get("trades") in _TRUE) for order in shown}


def open_orders(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    mine = exchange.engine.open_orders(ACCOUNT)
    shown = [order for order in mine if _is_meant(order, form) and exchange.is_shown("OpenOrders", order.id)]
    with_trades = form.get("trades") in _TRUE
    return {"open": {order.id: kraken.order(order, exchange.instrument, with_trades) for order in reversed(shown)}}


def closed_orders(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    start, end = _span(form)
    found: list[tuple[int, Order]] = []
    for order in exchange.engine.orders.values():
        if order.closed is None or order.closed <= start or order.opened > end:
            continue
        if _is_meant(order, form) and exchange.is_shown("ClosedOrders", order.id):
            found.append((order.closed, order))
    found.sort(key=lambda pair: (pair[0], pair[1].number), reverse=True)
    page = found[_offset(form) :][:PAGE]
    with_trades = form.get("trades") in _TRUE
    closed = {order.id: kraken.order(order, exchange.instrument, with_trades) for _, order in page}
    return {"closed": closed, "count": len(found)}


def trades_history(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    start, end = _span(form)
    found = [
        trade
        for trade in reversed(exchange.engine.trades.values())
        if start < trade.at <= end and exchange.is_shown("TradesHistory", trade.order, trade.id)
    ]
    page = found[_offset(form) :][:PAGE]
    return {"trades": {trade.id: kraken.trade(trade, exchange.instrument) for trade in page}, "count": len(found)}


def query_trades(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    found = [exchange.engine.trades.get(trade_id) for trade_id in form.get("txid", "").split(",")]
    shown = [trade for trade in found if trade is not None]
    if len(shown) < len(found):
        raise KrakenError("EQuery:Invalid transaction")
    return {trade.id: kraken.trade(trade, exchange.instrument) for trade in shown}


def websockets_token(exchange: Exchange, form: Form, mode: Mode, fault: Fault | None) -> Json:
    return {"token": token_urlsafe(32), "expires": 900}


CALLS: dict[str, Callable[[Exchange, Form, Mode, Fault | None], Json]] = {
    "Balance": balance,
    "BalanceEx": balance_ex,
    "TradeVolume": trade_volume,
    "AddOrder": add_order,
    "CancelOrder": cancel_order,
    "CancelAll": cancel_all,
    "CancelAllOrdersAfter": cancel_all_after,
    "QueryOrders": query_orders,
    "OpenOrders": open_orders,
    "ClosedOrders": closed_orders,
    "TradesHistory": trades_history,
    "QueryTrades": query_trades,
    "GetWebSocketsToken": websockets_token,
}


def call(exchange: Exchange, name: str, form: Form, mode: Mode, fault: Fault | None = None) -> Json:
    """Does one private call with the market brought up to now. Raises KrakenError with the words for the client."""
    handler = CALLS.get(name)
    if handler is None:
        raise KrakenError("EGeneral:Unknown method")
    if mode is Mode.MAINTENANCE:
        raise KrakenError("EService:Unavailable")
    exchange.advance()
    try:
        return handler(exchange, form, mode, fault)
    except OrderRefused as refused:
        raise KrakenError(refused.reason.value) from refused


def _is_meant(order: Order, form: Form) -> bool:
    cl_ord_id, userref = form.get("cl_ord_id"), form.get("userref")
    if cl_ord_id and order.asked.cl_ord_id != cl_ord_id:
        return False
    return not userref or str(order.asked.userref) == userref


def _span(form: Form) -> tuple[int, int]:
    """Start (exclusive) and end (inclusive) in desk microseconds."""
    return _moment(form, "start", 0), _moment(form, "end", _FAR)


def _moment(form: Form, name: str, default: int) -> int:
    text = form.get(name)
    if not text:
        return default
    try:
        number = parse_decimal(text)
    except AmountRefused as error:
        raise KrakenError(f"EGeneral:Invalid arguments:{name}") from error
    return int(number.scaleb(6)) if abs(number) < Decimal(10) ** 12 else default


def _offset(form: Form) -> int:
    text = form.get("ofs", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise KrakenError("EGeneral:Invalid arguments:ofs")
    return int(text)


def _second(at: int) -> str:
    return iso(from_micros(at).replace(microsecond=0))
