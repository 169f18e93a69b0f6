"""Sales in one or two lines each, and what a sale says about itself."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from textual.content import Content

from desk.sale.lifecycle import SaleState
from desk.snapshot.model import SaleView
from desk.units import Price, show_btc, show_millions, show_money
from widgets.charts.bar import share_bar
from widgets.layout import cut, fitting, joined, sides
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STRONG, coins, day_hm, hms, price, say, share, versus_twap

EMPTY = say("no sale is working: ", MUTED) + say("s") + say(" in Sales, or ", MUTED) + say("desk sale stage")
ON_TRACK = {SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING}
"""States whose reason is only how the sale came there."""
TROUBLED = {SaleState.PAUSED, SaleState.EXPIRED, SaleState.REJECTED}


def state(picture: Picture, sale: SaleView) -> Content:
    """The state in a word; loud only where somebody has to look. Nothing works on a halted desk."""
    if is_held(picture, sale):
        return say("halted", HARM)
    style = ACCENT if sale.state is SaleState.WORKING else STRONG if sale.state in TROUBLED else ""
    return say(str(sale.state), style)


def is_held(picture: Picture, sale: SaleView) -> bool:
    """Whether the desk's halt keeps this sale from going on."""
    return picture.snapshot.halt is not None and sale.state in ON_TRACK


def next_at(picture: Picture, sale: SaleView) -> datetime | None:
    """When the next slice is due; None where none will be sold before somebody acts."""
    goes_on = sale.state in ON_TRACK and picture.snapshot.halt is None
    return sale.next_slice_at if goes_on else None


def amount(sale: SaleView) -> str:
    """The quantity without the zeros nobody reads."""
    return f"{coins(sale.quantity)} BTC"


def full(picture: Picture, sale: SaleView, width: int) -> Content:
    """Two lines: how far it is; what comes next and what it costs."""
    left = joined([say(sale.id, STRONG), say(amount(sale)), state(picture, sale)], "  ")
    bar = share_bar(sale.done, min(20, max(width - 76, 0)))
    twap = versus_twap(sale.slippage_vs_twap)
    against = say(twap if width >= 60 else twap.removesuffix(" vs TWAP"))
    right = joined([bar, say(share(sale.done), STRONG), against], "  ")
    return sides(left, right, width) + Content("\n") + fitting(_next(picture, sale), width)


def short(picture: Picture, sale: SaleView, width: int) -> Content:
    """One line."""
    bar = share_bar(sale.done, 10 if width >= 50 else 0)
    left = joined([say(sale.id, STRONG), say(amount(sale)), bar, say(share(sale.done), STRONG)], " ")
    says = sale.state is not SaleState.WORKING or is_held(picture, sale)
    rest = [state(picture, sale)] if says else []
    if sale.unknown:
        rest.insert(0, say(f"{coins(sale.unknown)} unknown", HARM))
    if due := next_at(picture, sale):
        rest.append(say(f"next {hms(picture, due)}", MUTED))
    twap = versus_twap(sale.slippage_vs_twap)
    room = width - left.cell_length - 2
    tail = fitting([*rest, say(twap.removesuffix(" vs TWAP"))], room, "  ") if room > 0 else say("")
    return cut(left, width) if not tail else left + say("  ") + tail


def _next(picture: Picture, sale: SaleView) -> list[Content]:
    parts = []
    if sale.unknown:
        parts.append(say(f"{coins(sale.unknown)} BTC unknown", HARM))
    if sale.reason and sale.state not in ON_TRACK:
        parts.append(say(sale.reason))
    if due := next_at(picture, sale):
        what = f" {show_btc(sale.next_slice, 2)} BTC" if sale.next_slice else ""
        parts.append(say(f"next slice {hms(picture, due)}{what}", MUTED))
    if sale.resting is not None:
        parts.append(say(f"resting at {price(sale.resting)}", MUTED))
    if sale.proceeds:
        parts.append(say(f"sold for {show_millions(sale.proceeds)}", MUTED))
    if sale.fees:
        parts.append(say(f"fees {show_money(sale.fees, 0)} {sale.quote}", MUTED))
    return parts


def facts(picture: Picture, sale: SaleView) -> list[tuple[str, Content]]:
    """What the page of one sale says in pairs of label and value, most important first."""
    left = sale.quantity - sale.filled
    found = [
        ("sold", say(f"{coins(sale.filled)} of {coins(sale.quantity)} BTC", STRONG)),
        ("left", say(f"{coins(left)} BTC") + say(f"  open {coins(sale.open)}" if sale.open else "", MUTED)),
    ]
    if sale.average is not None:
        average = say(f"{price(_cents(sale.average))} {sale.quote}")
        found.append(("average", average + say(f"  {versus_twap(sale.slippage_vs_twap)}")))
        found.append(("proceeds", say(show_money(sale.proceeds)) + say(f"  fees {show_money(sale.fees)}", MUTED)))
    if sale.unknown:
        found.insert(1, ("unknown", say(f"{coins(sale.unknown)} BTC: kept aside until the venue proves it", HARM)))
    if sale.opens and sale.closes:
        found.append(("window", say(f"{day_hm(picture, sale.opens)} – {day_hm(picture, sale.closes)}")))
    if due := next_at(picture, sale):
        found.append(("next", say(hms(picture, due)) + say(_slice(sale), MUTED)))
    if sale.state is SaleState.STAGED:
        ends = day_hm(picture, sale.approval_expires)
        found.append(("signed", say(f"{sale.signed} of {sale.needed}, until {ends}", STRONG)))
    if sale.reason and sale.state not in ON_TRACK:
        found.append(("because", say(sale.reason)))
    return found


def _slice(sale: SaleView) -> str:
    return f"  {coins(sale.next_slice)} BTC" if sale.next_slice else ""


def _cents(average: Price | None) -> Decimal | None:
    """An average is a quotient with endless digits; people read two."""
    return None if average is None else average.quantize(Decimal("0.01"))
