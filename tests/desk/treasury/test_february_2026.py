"""The weekend of 7 and 8 February 2026 replayed: 4,451 BTC of 7,474.60, all of it to the loan, and what is left.

Published: 7,474.60 BTC at the end of January
(https://grafa.com/pt-BR/news/united-states/cango-bitcoin-mining-update-jan-2026), 454.83 BTC made in February and
3,313.40 held at its end
(https://www.stocktitan.net/news/CANG/cango-inc-announces-february-2026-computing-and-energy-operations-mbcqgu0fbo5p.html),
4,451 BTC for about $305M in USDT (https://aped.ai/news/cango-dumps-4451-btc-for-dollar305m-to-slash-debt-and-finance-its-ai-pivot),
long-term debt of $30.6M at the end of March
(https://markets.ft.com/data/announce/full?dockey=600-202605311800PR_NEWS_USPRX____CN71370-1). Illustrative: that the
loan was what is left plus what was paid, that all coins secured it, its LTVs, the marks, the fine grain of the days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.sale.controls import ControlLimits
from desk.sale.market import Grid
from desk.sale.staging import StageContext, StageRequest, VenueFacts, check_stage, draft_terms
from desk.sale.terms import Purpose, PurposeKind, TermsRefused
from desk.treasury.books import BookRecord, Books, books_of
from desk.treasury.coin_records import BlockSale, Mark, Receipt, ReceiptKind, Transfer
from desk.treasury.ladder import Zone, ladder, standing
from desk.treasury.movements import CoinStatements
from desk.treasury.records import MiningDay, Place, PlaceKind
from desk.treasury.rollforward import LineKind
from desk.units import Bps, Money, Price, Sats, parse_btc, ratio

OPENING, SOLD, MADE, HELD = (parse_btc(one) for one in ("7474.60", "4451", "454.83", "3313.40"))
AVERAGE = Price(Decimal(68524))
PROCEEDS = Money(Decimal(305_000_324))
LEFT = Money(Decimal(30_600_000))
SATURDAY = datetime(2026, 2, 7, 14, tzinfo=UTC)
PRICED = (date(2026, 1, 31), date(2026, 2, 27), date(2026, 2, 28))
START, END = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)

SHIPPED = ControlLimits(
    Price(Decimal(50_000)), Bps(Decimal(50)), parse_btc("5"), parse_btc("2000"), Money(Decimal(150_000_000))
)
ITS_OWN = replace(
    SHIPPED, max_order=parse_btc("25"), max_day=parse_btc("3200"), max_day_value=Money(Decimal(220_000_000))
)
REQUEST = StageRequest(
    quantity=SOLD, opens=SATURDAY, over=timedelta(hours=34), stager="olga", slices=204, venues=("kraken",),
    purpose=Purpose(PurposeKind.LOAN, "lender-a"),
)  # fmt: skip


def context(limits: ControlLimits) -> StageContext:
    grid = Grid(Decimal("0.1"), Sats(1), parse_btc("0.0001"), Money(Decimal("0.5")))
    return StageContext(
        now=SATURDAY - timedelta(hours=1), desk_id="desk", nonce="n", sale_id="S-2026-0001", policy_digest="p",
        limits=limits, venues={"kraken": VenueFacts("main", "BTC/USDT", "USDT", grid, OPENING)},
        purposes=frozenset({(PurposeKind.LOAN, "lender-a")}), reference_price=AVERAGE, reference_at=SATURDAY,
    )  # fmt: skip


def february() -> Books:
    """The month by its own figures: what was there, made and sold, and what was seen at its end."""
    coins = CoinStatements(
        receipts=[Receipt("o-1", ReceiptKind.OPENING, "kraken", OPENING, START, "published", unit_value=AVERAGE)],
        mining=[MiningDay(date(2026, 2, 27), "pool", "", MADE, None, None, None, "published")],
        transfers=[Transfer("t-1", "pool:pool", "kraken", MADE, Sats(0), END - timedelta(hours=2), "node", END)],
        blocks=[
            BlockSale(
                "weekend", "kraken", SOLD, AVERAGE, "USDT", Money(Decimal(0)), "USDT", SATURDAY + timedelta(days=1),
                "open market", "published",
            )
        ],
        marks=[
            *(mark(day, "BTC/USD", str(AVERAGE)) for day in PRICED),
            mark(date(2026, 2, 8), "USDT/USD", "0.9998"),
        ],
    )  # fmt: skip
    seen = Place("kraken", PlaceKind.WALLET, "kraken", HELD, END, "published")
    return books_of(BookRecord(coins, places=[seen]))


def mark(day: date, pair: str, price: str) -> Mark:
    return Mark(day, pair, Price(Decimal(price)), END, "illustrative", "illustrative")


def percent(ltv: Bps | None) -> str:
    assert ltv is not None
    return f"{ltv / 100:.2f}"


def test_the_weekend_is_beyond_the_shipped_limits_and_within_its_own():
    with pytest.raises(TermsRefused, match=r"3141\.88235295 BTC in a day is beyond the day limit of 2000"):
        check_stage(REQUEST, context(SHIPPED))
    draft = draft_terms(REQUEST, context(ITS_OWN))
    assert sum(one.planned for one in draft.slices) == SOLD
    assert max(one.planned for one in draft.slices) < ITS_OWN.max_order * 2


def test_its_proceeds_are_the_published_average_and_dollars_only_by_the_mark_of_the_day():
    line = february().month("2026-02").line(LineKind.SOLD)
    assert line.sats == -SOLD
    assert line.usd == -Decimal("304939323.94")
    assert line.entries[0].note == "USDT/USD 0.9998 of 2026-02-08"
    assert abs(PROCEEDS - 305_000_000) < 1_000
    assert ratio(PROCEEDS, 4451) == AVERAGE


def test_the_month_leaves_the_published_break_open_to_the_satoshi():
    books = february()
    found = books.month("2026-02")
    assert (found.line(LineKind.CUT_OVER).sats, found.line(LineKind.MINED).sats) == (OPENING, MADE)
    assert found.closing.sats == parse_btc("3478.43")
    (left,) = books.breaks(END)
    assert (left.id, left.open) == ("place-kraken-2026-02", parse_btc("165.03"))


def test_the_dollars_of_the_month_close_and_hold_the_loss_on_the_tether():
    found = february().month("2026-02")
    assert found.missing == ()
    assert found.closing.usd == Decimal("238355937.32")  # 3,478.43 BTC at 68,524
    assert found.fair_value_change == -Decimal("61000.06")  # two hundredths of a percent of 305,000,324, in cents


BEFORE = ("72.80", "81.90", "93.60", "109.20", "131.05", "163.81")
AFTER = ("16.41", "18.46", "21.10", "24.62", "29.54", "36.92")
ZONES = [Zone.SAFE, Zone.CALL, *[Zone.LIQUIDATION] * 4]
"""At −10 % … −60 %, with a call at 80 % and liquidation at 90 %."""


def test_the_ladder_before_stands_on_a_call_at_twenty_percent_and_after_nowhere(loan):
    before = replace(loan, debt=Money(PROCEEDS + LEFT), pledged=OPENING)
    after = replace(loan, debt=LEFT, pledged=Sats(OPENING - SOLD))
    common = {"target": before.initial_ltv, "cost": Bps(Decimal(0))}
    now, then = standing(before, before.debt, AVERAGE, **common), standing(after, LEFT, AVERAGE, **common)
    assert (percent(now.ltv), percent(then.ltv)) == ("65.52", "14.77")
    assert (f"{now.call_price:.2f}", f"{now.liquidation_price:.2f}") == ("56123.46", "49887.52")
    assert (f"{then.call_price:.2f}", f"{then.liquidation_price:.2f}") == ("12650.48", "11244.87")
    rungs = ladder(before, before.debt, None, AVERAGE, **common)
    assert tuple(percent(rung.now.ltv) for rung in rungs) == BEFORE
    assert [rung.now.zone for rung in rungs] == ZONES
    rungs = ladder(after, LEFT, None, AVERAGE, **common)
    assert tuple(percent(rung.now.ltv) for rung in rungs) == AFTER
    assert {rung.now.zone for rung in rungs} == {Zone.SAFE}
