"""Three ways at each venue: what the ledger recorded, what the venue says it traded, and how its balance moved.

The venue's words are its looks on record. Ledger and trades are compared execution by execution; trades and balance
from the first look on, together with what else came to the venue or left it by the books.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile

from desk.treasury.breaks import Break, BreakKind, break_id
from desk.treasury.cash_records import CashActual
from desk.treasury.coin_records import Explanation
from desk.treasury.coin_stream import fee_sats
from desk.treasury.looks import Look, SeenTrade
from desk.treasury.months import month_of
from desk.treasury.movements import Traded
from desk.treasury.rollforward import Entry, LineKind
from desk.treasury.undelivered import Undelivered, owed_at, unexplained
from desk.treasury.valuation import COIN
from desk.treasury.venue_cash import VenueCash, venue_cash
from desk.units import NOTHING, ZERO, Money, Sats, btc_text, exact_sum

_OF_FILLS = "fill/"
_SETTLING = timedelta(minutes=1)
NO_CASH = VenueCash()


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What the ledger knows of an order at the venue."""

    client_order_id: str
    sale_id: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Executions added up: how many, their coins, their gross proceeds."""

    count: int
    sats: Sats
    cost: Money


@dataclass(frozen=True, slots=True)
class BalanceWay:
    """The balance from the first to the newest look: `moved` is what came and left by the books besides trades."""

    first: datetime
    opening: Sats
    moved: Sats
    sold: Sats
    fees: Sats
    seen: Sats
    owed: Sats = ZERO
    """Of what was seen, what is sold outside the venue and still to be delivered."""

    @property
    def expected(self) -> Sats:
        return Sats(self.opening + self.moved - self.sold - self.fees)

    @property
    def difference(self) -> Sats:
        """Positive: coins left without a word."""
        return unexplained(Sats(self.expected - self.seen), self.owed)


@dataclass(frozen=True, slots=True)
class VenueWays:
    """One venue's three ways. `pending` are trades of live orders that the ledger is about to take in."""

    venue: str
    at: datetime
    since: datetime
    ledger: Totals
    trades: Totals
    agreed: Totals
    pending: Totals
    balance: BalanceWay
    of_trades: tuple[Break, ...]
    of_balance: tuple[Break, ...]
    cash: VenueCash = NO_CASH

    @property
    def breaks(self) -> tuple[Break, ...]:
        return (*self.of_trades, *self.of_balance, *self.cash.breaks)

    @property
    def is_whole(self) -> bool:
        return not any(found.is_open for found in self.breaks)


@dataclass(frozen=True, slots=True)
class LedgerSide:
    """What is on record about venues: fills, orders by (venue, the venue's order id), and the books' entries."""

    fills: Sequence[Traded]
    orders: Mapping[tuple[str, str], KnownOrder]
    entries: Sequence[Entry]
    explanations: Sequence[Explanation] = ()
    deliveries: Sequence[Undelivered] = ()
    actuals: Sequence[CashActual] = ()
    quotes: Mapping[str, str] = field(default_factory=dict)
    """In which currency each sale was made."""


def reconcile(looks: Iterable[Look], record: LedgerSide) -> tuple[VenueWays, ...]:
    """Every venue that was ever looked at. A fill younger than a minute at the look may not be told there yet."""
    by_venue: dict[str, list[Look]] = {}
    for look in sorted(looks, key=lambda one: (one.venue, one.at)):
        by_venue.setdefault(look.venue, []).append(look)
    return tuple(_venue(venue, found, record) for venue, found in by_venue.items())


def _venue(venue: str, looks: Sequence[Look], record: LedgerSide) -> VenueWays:
    first, newest = looks[0], looks[-1]
    told = {trade.trade_id: trade for look in looks for trade in look.trades}
    fills = [one for one in record.fills if one.venue == venue and first.since <= one.executed <= newest.at]
    ours = {fill.trade_id: fill for fill in record.fills if fill.venue == venue}
    settled = [one for one in fills if one.trade_id in told or one.executed <= newest.at - _SETTLING]
    pending, breaks = [], []
    for trade_id, trade in told.items():
        order = record.orders.get((venue, trade.venue_order_id))
        if trade_id in ours:
            breaks += _told_otherwise(venue, ours[trade_id], trade)
        elif order is not None and order.is_live:
            pending.append(trade)
        else:
            breaks.append(_not_on_record(venue, trade, order))
    breaks += [_not_told(venue, fill) for fill in settled if fill.trade_id not in told]
    different = {found.subject for found in breaks}
    agreed = [t for t in told.values() if t.trade_id in ours and _subject(venue, t.trade_id) not in different]
    way, moved = _balance(venue, looks, record)
    return VenueWays(
        venue,
        newest.at,
        first.since,
        _totals(fills),
        _totals(told.values()),
        _totals(agreed),
        _totals(pending),
        way,
        tuple(_explained(found, record.explanations) for found in breaks),
        tuple(_explained(found, record.explanations) for found in moved),
        _cash(venue, looks, told.values(), record),
    )


def _cash(venue: str, looks: Sequence[Look], told: Iterable[SeenTrade], record: LedgerSide) -> VenueCash:
    """The money beside the coins, with the lines about it."""
    sales = {trade.trade_id: record.orders.get((venue, trade.venue_order_id)) for trade in told}
    quote_of = {
        name: record.quotes[one.sale_id] for name, one in sales.items() if one and one.sale_id in record.quotes
    }
    found = venue_cash(venue, looks, record.actuals, quote_of)
    return replace(found, breaks=tuple(_explained(one, record.explanations) for one in found.breaks))


def _told_otherwise(venue: str, fill: Traded, trade: SeenTrade) -> list[Break]:
    """One execution that the venue tells with other figures than are on record."""
    sats = Sats(trade.quantity - fill.quantity)
    net_there, net_here = _net(trade.cost, trade), _net(fill.cost, fill)
    other_fee = (trade.fee, trade.fee_currency) != (fill.fee, fill.fee_currency)
    if not sats and trade.cost == fill.cost and trade.price == fill.price and not other_fee:
        return []
    words = f"trade {trade.trade_id} at {venue}: {_words(fill)} on record, {_words(trade)} there"
    money = Money(net_there - net_here)
    if not sats and not money:
        money = Money(trade.fee - fill.fee) or Money(trade.price - fill.price) or trade.fee
    return [_break(venue, trade.trade_id, sats, trade.executed, words, money, trade.fee_currency)]


def _not_on_record(venue: str, trade: SeenTrade, order: KnownOrder | None) -> Break:
    whose = f"of {order.sale_id}" if order is not None else "of an order that is not this desk's"
    words = f"trade {trade.trade_id} at {venue}, {whose}, is not on record: {_words(trade)}"
    return _break(venue, trade.trade_id, _gone(trade), trade.executed, words)


def _not_told(venue: str, fill: Traded) -> Break:
    words = f"trade {fill.trade_id} of {fill.sale_id} is on record and {venue} does not tell it: {_words(fill)}"
    return _break(venue, fill.trade_id, Sats(-_gone(fill)), fill.executed, words)


def _gone(trade: SeenTrade | Traded) -> Sats:
    """The coins that an execution takes: what was sold, and a fee in coins."""
    return Sats(trade.quantity + (fee_sats(trade.fee) if trade.fee_currency == COIN else 0))


def _break(
    venue: str, trade_id: str, sats: Sats, at: datetime, words: str, money: Money = NOTHING, currency: str = ""
) -> Break:
    subject = _subject(venue, trade_id)
    made = Break(BreakKind.VENUE, subject, month_of(at), sats, at.date(), words, place=venue)
    return replace(made, money=money, currency=currency)


def _balance(venue: str, looks: Sequence[Look], record: LedgerSide) -> tuple[BalanceWay, list[Break]]:
    """How the balance moved since the first look, and the break where that is not what was traded and moved."""
    moves = sorted(_moves(venue, record.entries, looks[0].at), key=_when)
    ways = [
        replace(way, owed=owed_at(record.deliveries, venue, look.at))
        for look, way in zip(looks, _ways(looks, moves), strict=True)
    ]
    newest = ways[-1]
    if not newest.difference:
        return newest, []
    run = list(takewhile(lambda pair: pair[1].difference, zip(reversed(looks), reversed(ways), strict=True)))
    since, subject = run[-1][0].at, _balance_of(venue)
    words = f"the balance of {venue} moved otherwise than its trades and the books' transfers say"
    found = Break(BreakKind.VENUE, subject, month_of(since), newest.difference, since.date(), words, place=venue)
    return newest, [found]


def _ways(looks: Sequence[Look], moves: Sequence[Entry]) -> Iterator[BalanceWay]:
    """What each look ought to have found, given the first one."""
    known = {trade.trade_id for trade in looks[0].trades}
    moved = sold = fees = past = 0
    for look in looks:
        while past < len(moves) and _when(moves[past]) <= look.at:
            moved += moves[past].sats
            past += 1
        for trade in look.trades:
            if trade.trade_id not in known:
                known.add(trade.trade_id)
                sold += trade.quantity
                fees += fee_sats(trade.fee) if trade.fee_currency == COIN else 0
        yield BalanceWay(looks[0].at, looks[0].sats, Sats(moved), Sats(sold), Sats(fees), look.sats)


def _moves(venue: str, entries: Iterable[Entry], after: datetime) -> Iterator[Entry]:
    """What came to the venue or left it by the books, trades apart: those are the venue's to tell."""
    for entry in entries:
        is_trade = entry.ref.startswith(_OF_FILLS) or entry.kind in (LineKind.CUT_OVER, LineKind.EXPLAINED)
        if entry.place == venue and not is_trade and _when(entry) > after:
            yield entry


def _when(entry: Entry) -> datetime:
    return entry.happened or entry.at


def _explained(found: Break, lines: Sequence[Explanation]) -> Break:
    """With the lines about it; what explains the venue as a place of the books explains its balance, too."""
    place = break_id(BreakKind.PLACE, found.place, "") if found.subject == _balance_of(found.place) else None
    mine = tuple(line for line in lines if line.about == found.id or (place and line.about.startswith(f"{place}-")))
    return replace(found, explained=mine)


def _balance_of(venue: str) -> str:
    return f"{venue} balance"


def _subject(venue: str, trade_id: str) -> str:
    return f"{venue} trade {trade_id}"


def _net(cost: Decimal, trade: SeenTrade | Traded) -> Decimal:
    return cost if trade.fee_currency == COIN else cost - trade.fee


def _totals(trades: Iterable[SeenTrade | Traded]) -> Totals:
    found = list(trades)
    sats = sum(trade.quantity for trade in found) if found else ZERO
    return Totals(len(found), Sats(sats), exact_sum(tuple(trade.cost for trade in found)))


def _words(trade: SeenTrade | Traded) -> str:
    fee = f"fee {trade.fee.normalize():f} {trade.fee_currency}"
    return f"{btc_text(trade.quantity)} BTC at {trade.price.normalize():f} for {trade.cost.normalize():f}, {fee}"
