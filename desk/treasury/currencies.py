"""The currencies a statement may be in. A stablecoin is a currency of its own; a misspelt code would hide money."""

from __future__ import annotations

from difflib import get_close_matches

_CODES = (
    "AED ARS AUD BHD BRL CAD CHF CLP CNH CNY COP CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW KWD KZT MXN MYR NOK"
    " NZD OMR PEN PHP PLN PYG QAR RON SAR SEK SGD THB TRY TWD UAH USD UYU VND ZAR"
)
BANK_MONEY = frozenset(_CODES.split())
STABLECOINS = frozenset({"USDT", "USDC", "PYUSD", "FDUSD", "DAI"})
COINS = frozenset({"BTC"})
KNOWN = BANK_MONEY | STABLECOINS | COINS


def close_to(code: str) -> str:
    """What was probably meant, as a remedy: 'did you mean USDT?'."""
    close = get_close_matches(code.upper(), sorted(KNOWN), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else "write the code of bank money or a stablecoin, like USD, USDT"
