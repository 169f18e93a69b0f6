"""Two sample sales, staged and working, for screens and their tests: pure data, the same on every run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desk.execution.orders import client_order_id
from desk.sale.lifecycle import SaleState
from desk.sale.terms import (
    Limits,
    Purpose,
    PurposeKind,
    Schedule,
    ScheduleKind,
    TacticName,
    Terms,
    VenueShare,
    Window,
)
from desk.snapshot.model import (
    ApprovalView,
    BookView,
    CurvePoint,
    FillView,
    OrderView,
    SaleDetail,
    SaleView,
    SliceView,
)
from desk.snapshot.words import terms_lines
from desk.units import Bps, Money, Price, Sats, notional, parse_btc

NOW = datetime(2026, 2, 7, 14, 32, 8, tzinfo=UTC)
MID = Price(Decimal("68524.10"))
STEP = timedelta(minutes=5)
OPENS = datetime(2026, 2, 7, 8, 30, tzinfo=UTC)
SLICES = 120


def sample_terms(sale_id: str, quantity: str, opens: datetime, *, over_h: int, slices: int, floor: str) -> Terms:
    """Terms as the samples need them: one venue, twap, for the illustrative loan."""
    amount = parse_btc(quantity)
    staged = opens - timedelta(minutes=58)
    return Terms(
        desk_id="sample-desk",
        nonce="0" * 32,
        sale_id=sale_id,
        quantity=amount,
        symbol="BTC/USD",
        quote="USD",
        venues=(VenueShare("kraken", "main", amount),),
        window=Window(opens, opens, timedelta(hours=over_h)),
        schedule=Schedule(ScheduleKind.TWAP, slices, 1500, 1500, 7),
        tactic=TacticName.BALANCED,
        limits=Limits(Price(Decimal(floor)), Bps(Decimal(30)), Bps(Decimal(500)), Bps(Decimal(2000))),
        reference_price=Price(Decimal("68730.00")),
        reference_at=staged,
        purpose=Purpose(PurposeKind.LOAN, "lender-a"),
        stager="olga",
        staged_at=staged,
        approval_expires=datetime(2026, 2, 7, 16, 32, tzinfo=UTC),
        policy_digest="c0ffee" * 10 + "beef",
    )


STAGED_TERMS = sample_terms(
    "S-2026-0007", "445.10", datetime(2026, 2, 7, 15, 0, tzinfo=UTC), over_h=6, slices=36, floor="64000"
)
WORKING_TERMS = sample_terms("S-2026-0006", "1000", OPENS, over_h=10, slices=SLICES, floor="60000")


def staged_sale() -> SaleView:
    """S-2026-0007: 445.10 BTC, one signature of two."""
    return SaleView(
        id="S-2026-0007",
        state=SaleState.STAGED,
        reason="",
        quantity=STAGED_TERMS.quantity,
        filled=Sats(0),
        open=Sats(0),
        unknown=Sats(0),
        quote="USD",
        venue="kraken",
        average=None,
        proceeds=Money(Decimal(0)),
        fees=Money(Decimal(0)),
        slippage_vs_twap=None,
        opens=STAGED_TERMS.window.opens,
        closes=datetime(2026, 2, 7, 21, 0, tzinfo=UTC),
        next_slice_at=None,
        next_slice=None,
        signed=1,
        needed=2,
        approval_expires=STAGED_TERMS.approval_expires,
        planned_now=Sats(0),
        resting=None,
    )


def working_sale() -> SaleView:
    """S-2026-0006: 1,000 BTC, 61 % done, one order resting."""
    filled = parse_btc("610.00")
    average = Price(Decimal("68571.30"))
    return SaleView(
        id="S-2026-0006",
        state=SaleState.WORKING,
        reason="",
        quantity=WORKING_TERMS.quantity,
        filled=filled,
        open=parse_btc("7.918"),
        unknown=Sats(0),
        quote="USD",
        venue="kraken",
        average=average,
        proceeds=notional(filled, average),
        fees=Money(Decimal("4120.00")),
        slippage_vs_twap=Bps(Decimal("1.2")),
        opens=OPENS,
        closes=OPENS + timedelta(hours=10),
        next_slice_at=datetime(2026, 2, 7, 14, 35, 10, tzinfo=UTC),
        next_slice=parse_btc("8.33"),
        signed=2,
        needed=2,
        approval_expires=WORKING_TERMS.approval_expires,
        planned_now=parse_btc("608.33"),
        resting=Price(Decimal("68531.0")),
    )


def staged_detail() -> SaleDetail:
    """What an approver sees of S-2026-0007."""
    opens = datetime(2026, 2, 7, 15, 0, tzinfo=UTC)
    each = STAGED_TERMS.quantity // 36
    dues = [opens + timedelta(minutes=10 * index) for index in range(36)]
    planned = [Sats(each)] * 35 + [Sats(STAGED_TERMS.quantity - 35 * each)]
    return SaleDetail(
        sale=staged_sale(),
        terms_text=STAGED_TERMS.canonical().decode(),
        terms_digest=STAGED_TERMS.digest(),
        lines=terms_lines(STAGED_TERMS, "UTC"),
        since_staging=("price −0.3 %", "floor 6.6 % away", "LTV 72.8 % → 73.0 %"),
        effect=(
            "loan lender A (illustrative): LTV 73.0 % → 61.9 %",
            "funding gap $5.9 M by 19 Mar: unchanged, the proceeds go to the loan",
        ),
        approvals=(
            ApprovalView("olga", "stager", opens - timedelta(minutes=58), False, "the stager never counts"),
            ApprovalView("alice", "approver", opens - timedelta(minutes=40), True),
        ),
        curve=tuple(CurvePoint(due, Sats(each * (index + 1)), None) for index, due in enumerate(dues)),
        slices=tuple(SliceView(index, due, planned[index], Sats(0), "pending") for index, due in enumerate(dues)),
        orders=(),
        fills=(),
        book=sample_book(),
    )


def working_detail() -> SaleDetail:
    """S-2026-0006 at work: curve, slices, orders and fills as they happen."""
    sale = working_sale()
    each = WORKING_TERMS.quantity // SLICES
    now_index = 72
    slices = tuple(
        SliceView(
            index,
            OPENS + STEP * index,
            Sats(each),
            Sats(each if index < now_index else 0),
            "done" if index < now_index else "working" if index == now_index else "pending",
        )
        for index in range(SLICES)
    )
    curve = tuple(
        CurvePoint(
            OPENS + STEP * index,
            Sats(each * index),
            Sats(min(int(sale.filled), each * index + (index % 5) * each // 4)) if index <= now_index else None,
        )
        for index in range(SLICES + 1)
    )
    return SaleDetail(
        sale=sale,
        terms_text=WORKING_TERMS.canonical().decode(),
        terms_digest=WORKING_TERMS.digest(),
        lines=terms_lines(WORKING_TERMS, "UTC"),
        since_staging=("price −0.3 %", "floor 12.4 % away", "LTV 72.8 % → 73.0 %"),
        effect=("loan lender A (illustrative): LTV 73.0 % → 63.2 % when the rest is sold",),
        approvals=(
            ApprovalView("olga", "stager", OPENS - timedelta(minutes=58), False, "the stager never counts"),
            ApprovalView("alice", "approver", OPENS - timedelta(minutes=31), True),
            ApprovalView("bob", "approver", OPENS - timedelta(minutes=12), True),
        ),
        curve=curve,
        slices=slices,
        orders=_orders(now_index),
        fills=_fills(now_index),
        book=sample_book(),
    )


def sample_book() -> BookView:
    """Ten levels a side around the sample mid, one dollar apart."""
    bids = tuple((Price(MID - Decimal("0.60") - step), Sats(40_000_000 + 25_000_000 * step)) for step in range(10))
    asks = tuple((Price(MID + Decimal("0.60") + step), Sats(30_000_000 + 25_000_000 * step)) for step in range(10))
    return BookView(bids, asks, 0.2, False)


def _orders(now_index: int) -> tuple[OrderView, ...]:
    """Newest first: one rests, part filled; one was cancelled after a reprice; the others are done."""
    states = ("part-filled", "cancelled", "filled", "filled", "filled", "refused")
    prices = ("68531.0", "68540.0", "68522.5", "68510.0", "68498.5", "68490.0")
    done = ("0.412", "0", "8.33", "8.33", "8.33", "0")
    made = [NOW - timedelta(seconds=28 + 150 * place) for place in range(len(states))]
    return tuple(
        OrderView(
            client_order_id=client_order_id(WORKING_TERMS.digest(), "kraken", f"S-2026-0006/{now_index}", place + 1),
            venue_order_id=None if states[place] == "refused" else f"O{place}AAAA-BBBBB-CCCCCC",
            sale="S-2026-0006",
            slice=now_index - place // 2,
            attempt=2 - place % 2,
            venue="kraken",
            state=states[place],
            type="post-only" if place != 3 else "ioc",
            limit_price=Price(Decimal(prices[place])),
            quantity=parse_btc("8.33"),
            filled=parse_btc(done[place]),
            created=made[place],
            updated=made[place] + timedelta(seconds=12),
            last_error="EOrder:Post only order" if states[place] == "refused" else "",
        )
        for place in range(len(states))
    )


def _fills(now_index: int) -> tuple[FillView, ...]:
    """Newest first."""
    sizes = ("0.412", "3.1", "5.23", "8.33", "2.2", "6.13")
    prices = ("68531.0", "68522.5", "68522.5", "68510.0", "68498.5", "68498.5")
    return tuple(
        FillView(
            trade_id=f"T{place}AAAA-BBBBB-CCCCCC",
            sale="S-2026-0006",
            slice=now_index - place // 2,
            venue="kraken",
            quantity=parse_btc(sizes[place]),
            price=Price(Decimal(prices[place])),
            fee=Money(
                (parse_btc(sizes[place]) * Decimal(prices[place]) / 10**8 * Decimal("0.0002")).quantize(
                    Decimal("0.0001")
                )
            ),
            fee_currency="USD",
            liquidity="maker" if place != 3 else "taker",
            executed=NOW - timedelta(seconds=16 + 150 * place),
        )
        for place in range(len(sizes))
    )
