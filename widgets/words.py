"""Values in words: ages, times, shares, and text from outside made harmless.

Everything on the screen went through `say`: it is never markup, and control characters are shown, not obeyed.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal

from textual.content import Content

from desk.units import Bps, Price, show_btc, show_money
from widgets.picture import Picture

MUTED = "$quiet"
TRACK = "$track"
STRONG = "bold"
ACCENT = "$accent"
HARM = "bold $text-error"
STALE = "dim"

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain(text: str) -> str:
    """`text` with every control, format and unassigned character written out, so that none can act on a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def _visible(char: str) -> str:
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def say(text: str, style: str = "") -> Content:
    """Text as it stands, in one style; the only way words get onto the screen."""
    return Content.styled(plain(text), style) if style else Content(plain(text))


def age(seconds: float | None) -> str:
    """An age for a glance: 0.2 s, 34 s, 12 min, 5 h, 3 d; `never` where nothing was ever seen."""
    if seconds is None:
        return "never"
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    for limit, unit, size in ((90, "s", 1), (5400, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def until(due: datetime, now: datetime) -> str:
    """How long until `due`: `2 h`, or `over` when it has passed."""
    left = (due - now).total_seconds()
    return "over" if left <= 0 else age(left) if left >= 10 else f"{left:.0f} s"


def hms(picture: Picture, moment: datetime) -> str:
    return f"{picture.local(moment):%H:%M:%S}"


def day(picture: Picture, moment: datetime) -> str:
    """`12 Feb`."""
    local = picture.local(moment)
    return f"{local.day} {local:%b}"


def day_hm(picture: Picture, moment: datetime) -> str:
    """`7 Feb 14:32`."""
    return f"{day(picture, moment)} {picture.local(moment):%H:%M}"


def percent(value: Bps | Decimal, places: int = 1) -> str:
    """Basis points as a percentage: 73.0 %."""
    return f"{value / 100:,.{places}f} %"


def share(value: Decimal) -> str:
    """A share 0 … 1 as a whole percentage, rounded down so that 100 % means all of it."""
    return f"{int(value * 100)} %"


def arrow(value: Decimal) -> str:
    """▲ above zero, ▼ below, nothing at zero: direction without colour."""
    return "▲" if value > 0 else "▼" if value < 0 else "·"


def versus_twap(value: Bps | None) -> str:
    return "" if value is None else f"{arrow(value)} {abs(value):.1f} bps vs TWAP"


def coins(sats: int) -> str:
    """BTC for reading, exact: no idle zeros, but never one decimal alone: 445.10, 1,000, 7.918."""
    whole, _, part = show_btc(sats).partition(".")
    kept = part.rstrip("0")
    return f"{whole}.{kept:0<2}" if kept else whole


def price(value: Price | Decimal | None) -> str:
    """A price with its own digits, at least two; `—` where there is none."""
    if value is None:
        return "—"
    digits = -int(value.as_tuple().exponent)
    return show_money(value, min(max(digits, 2), 8) if digits < 12 else 2)
