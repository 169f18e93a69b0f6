"""Sample pictures of the desk, deterministic and without a ledger: what screens are drawn from in tests and docs.

The figures are those of the sketches: the Cango case on Saturday 7 February 2026. Loan, commitments, cash and sales
are invented and marked so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from desk.snapshot.model import (
    AuditView,
    CashView,
    DaemonView,
    DeskSnapshot,
    EventView,
    FundingView,
    HaltView,
    HoldingsView,
    MiningDayView,
    MiningView,
    PlaceView,
    PriceView,
    VenueView,
    WaitingItem,
)
from desk.snapshot.samples_funding import funding_sample
from desk.snapshot.samples_loan import sample_loan, without_price
from desk.snapshot.samples_mining import mining_sample
from desk.snapshot.samples_sale import MID, NOW, sample_book, staged_detail, staged_sale, working_detail, working_sale
from desk.units import Bps, Money, Price, Sats, notional, parse_btc

TOTAL = parse_btc("7474.60")
_WAVE = (0, 3, 7, 4, -2, -6, -3, 2, 8, 11, 6, 1, -4, -9, -5, 0)


def sample_snapshot(focus: str | None = None) -> DeskSnapshot:
    """The busy desk: one sale working, one staged, a margin call near. `focus`: a sale id or None."""
    details = {"S-2026-0006": working_detail, "S-2026-0007": staged_detail}
    return DeskSnapshot(
        taken=NOW,
        wall=NOW,
        zone="UTC",
        desk_name="Cango Inc.",
        is_demo=True,
        speed=1,
        me="bob",
        price=_price(),
        daemon=DaemonView("running", 0.4, 4242, 3, 1),
        halt=None,
        waiting=_waiting(),
        holdings=_holdings(),
        mining=_mining(),
        funding=funding_sample(NOW),
        loans=(sample_loan(MID, Money(Decimal("30347576.52"))),),
        sales=(staged_sale(), working_sale()),
        events=_events(),
        venues=(VenueView("kraken", "kraken", "BTC/USD", True, 0.2, 12.0, ""),),
        audit=AuditView(1841, "9f3c0a71" * 8, 1830, 41.0),
        focus=details[focus]() if focus else None,
    )


def halted_snapshot() -> DeskSnapshot:
    """The same desk, halted, one signature of two for rearming."""
    halt = HaltView("unexpected balance at kraken", "olga", NOW - timedelta(minutes=3), 1, 2)
    item = WaitingItem("halt", "halt", "unexpected balance at kraken (by olga)", "1 of 2 signatures to rearm")
    calm = sample_snapshot()
    return replace(calm, halt=halt, waiting=(item, *calm.waiting))


def stale_snapshot() -> DeskSnapshot:
    """The same desk with its feed and daemon gone: every live figure has passed its limit (P8)."""
    calm = sample_snapshot()
    places = tuple(replace(place, age_s=(place.age_s or 0) + 90_000, is_stale=True) for place in calm.holdings.places)
    book = sample_book()
    return replace(
        calm,
        price=replace(calm.price, age_s=94.0, is_stale=True),
        daemon=DaemonView("hung", 94.0, 4242, 3, 1),
        holdings=replace(calm.holdings, places=places, is_stale=True),
        mining=replace(calm.mining, is_stale=True),
        loans=tuple(without_price(loan) for loan in calm.loans),
        venues=(VenueView("kraken", "kraken", "BTC/USD", False, 94.0, 131.0, "connection refused"),),
        focus=replace(working_detail(), book=replace(book, age_s=94.0, is_stale=True)),
        problems=("kraken: connection refused",),
    )


def empty_snapshot() -> DeskSnapshot:
    """A desk right after `desk init`: nothing known yet, nothing staged."""
    nothing = Sats(0)
    return DeskSnapshot(
        taken=NOW,
        wall=NOW,
        zone="UTC",
        desk_name="Example Mining",
        is_demo=False,
        speed=1,
        me=None,
        price=PriceView("BTC/USD", "kraken", None, None, None, None, None, True),
        daemon=DaemonView("stopped", None, None, None),
        halt=None,
        waiting=(),
        holdings=HoldingsView(nothing, nothing, nothing, nothing, nothing, nothing, (), (), None, True),
        mining=MiningView(None, nothing, (), None, None, "no mining day imported"),
        funding=FundingView((), None, None, None, "no estimate: no commitment and no cash on record"),
        loans=(),
        sales=(),
        events=(),
        venues=(VenueView("kraken", "kraken", "BTC/USD", None, None, None, ""),),
        audit=AuditView(0, "", None, None),
    )


def _price() -> PriceView:
    history = tuple(
        (NOW - timedelta(minutes=15 * (96 - step)), Price(MID + 30 * _WAVE[step % len(_WAVE)] + step - 96))
        for step in range(97)
    )
    half = Decimal("0.60")
    return PriceView(
        "BTC/USD", "kraken", MID, Price(MID - half), Price(MID + half), Bps(Decimal(42)), 0.2, False, history
    )


def _waiting() -> tuple[WaitingItem, ...]:
    return (
        WaitingItem(
            "sale",
            "S-2026-0007",
            "sell 445.10 BTC over 6 h",
            "needs 1 more signature",
            due=NOW.replace(hour=16, minute=32, second=0),
        ),
        WaitingItem("break", "2026-02", "Feb-26", "165.03 BTC unexplained"),
        WaitingItem("margin", "lender-a", "call at −8.8 %", "lender A (illustrative), below 62,500"),
    )


def _holdings() -> HoldingsView:
    reserved = parse_btc("835.10")
    pledged, transit = parse_btc("4000"), parse_btc("117.30")
    sellable = Sats(TOTAL - reserved - pledged - transit)
    at_venue = Sats(sellable + reserved)
    day = timedelta(hours=14)
    return HoldingsView(
        total=TOTAL,
        sellable=sellable,
        reserved=reserved,
        pledged=pledged,
        in_transit=transit,
        elsewhere=Sats(0),
        places=(
            PlaceView("venue", "kraken", at_venue, NOW - timedelta(seconds=12), 12.0, False),
            PlaceView("pledged", "lender A", pledged, NOW - day, 50_400.0, False, "secures the illustrative loan"),
            PlaceView("in-transit", "pool to kraken", transit, NOW - timedelta(hours=2), 7_200.0, False),
        ),
        cash=(
            CashView("USD", Money(Decimal("12400000.00")), "operating account", NOW - day, False),
            CashView("USDT", Money(Decimal("31000000.00")), "kraken 29.8 M, sweep due", NOW - day, False),
        ),
        value=notional(TOTAL, MID),
        is_stale=False,
    )


def _mining() -> MiningView:
    first = date(2026, 1, 9)
    days = tuple(
        MiningDayView(
            first + timedelta(days=step),
            parse_btc(f"{Decimal('16.01') + Decimal(_WAVE[step % len(_WAVE)]) / 10:.2f}"),
            parse_btc("16.90"),
            Decimal("34.6"),
        )
        for step in range(29)
    )
    today = MiningDayView(date(2026, 2, 7), parse_btc("9.81"), parse_btc("16.90"), Decimal("34.6"))
    return replace(mining_sample(MID), latest=today, days=(*days, today))


def _events() -> tuple[EventView, ...]:
    """Newest first, as the log shows them."""
    said: tuple[tuple[int, str, str, str, str], ...] = (
        (16, "order.filled", "S-2026-0006", "daemon", "S-2026-0006/72  0.41200000 @ 68,531.0  maker  kraken"),
        (28, "slice.due", "S-2026-0006", "daemon", "slice 72 due, 8.33 BTC"),
        (66, "venue.up", "kraken", "daemon", "price stream reconnected"),
        (720, "sale.signed", "S-2026-0007", "alice", "S-2026-0007 signed by alice"),
        (1808, "sale.staged", "S-2026-0007", "olga", "S-2026-0007 staged by olga: 445.10 BTC"),
    )
    return tuple(
        EventView(1841 - place, _before(seconds), kind, subject, actor, text)
        for place, (seconds, kind, subject, actor, text) in enumerate(said)
    )


def _before(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)
