"""What the executor reads of the ledger, in one short transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from math import floor

from desk.execution.breaks import HOLDING_ALARMS, OFF_PLAN, UNREADABLE
from desk.execution.orders import Order, OrderState
from desk.execution.permission import Permission
from desk.execution.progress import Progress
from desk.ledger import ReadTx, control, live, orders, sales
from desk.ledger.intents import DayLimit
from desk.ledger.records import Alarm, Balance, Command
from desk.sale.controls import ControlLimits, Used, participation_cap
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale, Slice
from desk.units import Money, Price, Sats

BASE = "BTC"
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SaleView:
    """One sale as it stands, with all that may stop it.

    `alarm`: why it may not send anything. `off_plan`: how its slices differ from its terms, as far as these
    alone tell; `plan_alarm`: what the open alarm about that says; `was_unreadable`: one says that of its terms.
    """

    sale: Sale
    slices: tuple[Slice, ...]
    live: tuple[Order, ...]
    is_granted: bool
    verdict: str
    rejected: str | None
    halt: str | None
    alarm: str | None
    off_plan: str | None = None
    plan_alarm: str | None = None
    was_unreadable: bool = False

    @property
    def progress(self) -> Progress:
        return Progress(self.sale.filled, self.sale.open, self.sale.unknown)

    @property
    def has_unknown(self) -> bool:
        return any(order.state in (OrderState.SENT, OrderState.UNKNOWN) for order in self.live)

    def live_at(self, venue: str) -> Order | None:
        """The one live order there, if any."""
        return next((order for order in self.live if order.venue == venue), None)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a venue said it holds of the coins, at a wall time."""

    total: Sats
    free: Sats
    wall: datetime


@dataclass(frozen=True, slots=True)
class Stock:
    """The coins at a venue as they were observed, by whoever did; `since` is that moment in desk time."""

    venue: str
    seen: Observed
    since: datetime

    def sellable(self, tx: ReadTx) -> Sats:
        """What nobody has reserved or sold since: the same sum when it is checked and when an intent is written.

        A fee taken in coins left the venue like a sale.
        """
        held = orders.committed_open(tx, self.venue).quantity
        sold, fees = orders.gone_since(tx, self.since, self.venue, BASE)
        return Sats(max(0, min(self.seen.free, self.seen.total - held) - sold - max(0, -whole_sats(-fees))))


@dataclass(frozen=True, slots=True)
class Exposure:
    """What counts against the limits of an order at a venue, and the attempt it would be.

    `balance`: the newest on record, if any.
    """

    attempt: int
    committed_here: Sats
    balance: Observed | None
    today: Used
    last_24h: Used
    venue_today: Sats


@dataclass(frozen=True, slots=True)
class DeskView:
    """What the sweep looks at: sales that need somebody, commands, halt.

    `damaged`: what is wrong with orders and commands that cannot be read.
    """

    sale_ids: tuple[str, ...]
    commands: tuple[Command, ...]
    halt: str | None
    damaged: tuple[str, ...] = ()


def desk_view(tx: ReadTx) -> DeskView:
    """Everything that is to be looked at."""
    busy = set(sales.ids(tx, [s for s in SaleState if not s.is_final and s is not SaleState.DRAFT]))
    (live, damaged), (commands, unread) = orders.live_readable(tx), control.pending_readable(tx)
    busy |= {order.sale_id for order in live}
    halt, problems = control.open_halt(tx), tuple(str(problem) for problem in (*damaged, *unread))
    return DeskView(tuple(sorted(busy)), tuple(commands), halt.reason if halt else None, problems)


def sale_view(tx: ReadTx, sale_id: str, permission: Permission, now: datetime) -> SaleView | None:
    """The sale, judged now."""
    sale = sales.get(tx, sale_id)
    if sale is None:
        return None
    verdict = permission.sale(tx, sale, now)
    halt = control.open_halt(tx)
    rejections = sales.rejections(tx, sale_id) if sale.state is SaleState.STAGED else []
    slices, alarms = tuple(sales.slices(tx, sale_id)), control.open_alarms(tx)
    off_plan = _off_plan(sale, slices)
    return SaleView(
        sale=sale,
        slices=slices,
        live=tuple(orders.live(tx, sale_id)),
        is_granted=verdict.is_granted,
        verdict=verdict.sentence,
        rejected=f"rejected by {rejections[0].principal}: {rejections[0].reason}" if rejections else None,
        halt=halt.reason if halt else None,
        alarm=_holding_alarm(tx, alarms, sale_id) or off_plan,
        off_plan=off_plan,
        plan_alarm=next((a.text for a in alarms if (a.kind, a.subject) == (OFF_PLAN, sale_id)), None),
        was_unreadable=any((a.kind, a.subject) == (UNREADABLE, sale_id) for a in alarms),
    )


def earliest_capped(tx: ReadTx, limits: ControlLimits) -> dict[str, datetime]:
    """The venues at which an open sale has a participation cap, with the earliest opening among those."""
    found: dict[str, datetime] = {}
    for sale in sales.listed(tx, [SaleState.WORKING, SaleState.PAUSED]):
        if sale.window is None or participation_cap(sale.terms, limits) is None:
            continue
        for share in sale.terms.venues:
            found[share.venue] = min(sale.window[0], found.get(share.venue, sale.window[0]))
    return found


def exposure(tx: ReadTx, sale: Sale, slice_id: str, venue: str, now: datetime) -> Exposure:
    """What is used of every limit now."""
    held = orders.committed_open(tx)
    held_here = orders.committed_open(tx, venue)

    def used(since: datetime) -> Used:
        sold = orders.sold_since(tx, since)
        return Used(Sats(sold.quantity + held.quantity), Money(sold.money + held.money))

    return Exposure(
        attempt=orders.next_attempt(tx, slice_id, venue),
        committed_here=Sats(orders.totals(tx, sale.id, venue).committed),
        balance=observed(live.balances(tx, venue), BASE),
        today=used(day_start(now)),
        last_24h=used(now - DAY),
        venue_today=Sats(orders.sold_since(tx, day_start(now), venue).quantity + held_here.quantity),
    )


def observed(holdings: Iterable[Balance], base: str) -> Observed | None:
    """The coins among a venue's holdings, cut down to whole satoshis."""
    for held in holdings:
        if held.currency == base:
            return Observed(whole_sats(held.total), whole_sats(held.free), held.wall)
    return None


def whole_sats(amount: Decimal) -> Sats:
    """An amount in whole coins as satoshis, rounded down: never more than is there."""
    return Sats(floor(amount.scaleb(8)))


def day_start(now: datetime) -> datetime:
    """Midnight UTC of the day `now` is in."""
    return datetime.combine(now.astimezone(UTC).date(), time(0), UTC)


def day_limits(limits: ControlLimits, venue: str, now: datetime, price: Price) -> tuple[DayLimit, ...]:
    """The same limits as the controls', for the transaction that writes the intent."""
    found = [
        DayLimit("the day limit", day_start(now), limits.max_day, limits.max_day_value, None, price),
        DayLimit("the 24 h limit", now - DAY, limits.max_day, limits.max_day_value, None, price),
    ]
    if limits.max_venue_day is not None:
        found.append(DayLimit(f"{venue}'s day limit", day_start(now), limits.max_venue_day, None, venue))
    return tuple(found)


def _holding_alarm(tx: ReadTx, alarms: Iterable[Alarm], sale_id: str) -> str | None:
    for alarm in alarms:
        if alarm.kind in HOLDING_ALARMS and _is_about(tx, alarm, sale_id):
            return alarm.text
    return None


def _off_plan(sale: Sale, slices: Sequence[Slice]) -> str | None:
    """Whether the slices are still those of the signed terms, as far as the terms alone tell."""
    if len(slices) != sale.terms.schedule.slices or sum(one.planned for one in slices) != sale.quantity:
        return f"the slices of {sale.id} are not those of its terms"
    if sale.window is not None:
        opened, closes = sale.window
        if any(one.due != opened + one.offset or not opened <= one.due < closes for one in slices):
            return f"the slices of {sale.id} are not due when its terms say"
    return None


def _is_about(tx: ReadTx, alarm: Alarm, sale_id: str) -> bool:
    if alarm.subject == sale_id:
        return True
    order = orders.get(tx, alarm.subject)
    return order is not None and order.sale_id == sale_id
