"""How quantity and price are written, and that ccxt will not write them otherwise (P6).

ccxt truncates amounts and rounds prices to nearest on its way to the wire; what is already on the grid must come out
digit for digit, or nothing is sent.
"""

from __future__ import annotations

from desk.units import btc, btc_text, decimal_text
from desk.venues.fields import number
from desk.venues.model import OrderRequest
from desk.venues.wire import Wire


def spelled(wire: Wire, symbol: str, request: OrderRequest) -> tuple[str, str]:
    """Quantity and price as texts. Raises ValueError if ccxt would put others on the wire."""
    quantity, price = btc_text(request.quantity), decimal_text(request.limit_price)
    written_quantity, written_price = wire.written_quantity(symbol, quantity), wire.written_price(symbol, price)
    if number({"volume": written_quantity}, "volume") != btc(request.quantity):
        raise ValueError(f"{quantity} BTC would be sent as {written_quantity}")
    if number({"price": written_price}, "price") != request.limit_price:
        raise ValueError(f"a price of {price} would be sent as {written_price}")
    return quantity, price
