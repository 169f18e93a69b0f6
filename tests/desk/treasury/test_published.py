"""Figures that companies published, rolled forward: what adds up closes, what does not is an open break (P9).

Every figure stands here as announced, with the address it was announced at; derived ones say so.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from desk.treasury.breaks import BreakKind
from desk.treasury.coin_records import Explanation
from desk.treasury.months import start_of
from desk.treasury.published import differences, published_breaks, published_rolls
from desk.treasury.records import PublishedMonth
from desk.treasury.rollforward import Amount, Entry, LineKind, roll
from desk.units import Money, Sats, parse_btc

_MARCH = "https://ng.investing.com/news/company-news/cango-reports-increased-bitcoin-production-in-march-93CH-1843174"
_JULY = "https://coinatory.com/cryptocurrency-news/cangos-bitcoin-output-jumps-in-july-fueling-treasury-growth-153743"
_FIRST_QUARTER = "https://markets.ft.com/data/announce/full?dockey=600-202605311800PR_NEWS_USPRX____CN71370-1"
CANGO = [
    # month, produced, announced sold, held at its end, source
    ("2024-11", "363.9", "0", "363.9", "https://binance.com/en-TR/square/post/18498733257401"),
    ("2024-12", "569.9", "0", "933.8", "derived from Q4-24: https://au.advfn.com/stock-market/NYSE/CANG/stock-news/95582918/cango-inc-reports-fourth-quarter-and-full-year-20"),
    ("2025-01", "538.2", "0", "1472.0", "derived from Q1-25: https://www.finanznachrichten.de/nachrichten-2025-05/65409877-cango-inc-reports-first-quarter-2025-unaudited-financial-results-008.htm"),
    ("2025-02", "472.7", "0", "1944.7", "https://coinpulsehq.com/cango-february-bitcoin-mining-dip"),
    ("2025-03", "530.1", "0", "2474.8", _MARCH),
    ("2025-04", "470.0", "0", "2944.8", "https://third-news.com/article/cad5f018-2a62-11f0-8386-9ca3ba0a67df"),
    ("2025-05", "484.5", "0", "3429.3", "https://21bitcoin.xyz/tech-innovation/cangos-bitcoin-mining-boom-100m-in-two-months-after-strategic-shift"),
    ("2025-06", "450.0", "0", "3879.2", "https://www.cangoonline.com/news/detail/435"),
    ("2025-07", "650.5", "0", "4529.7", _JULY),
    ("2025-08", "663.7", "0", "5193.4", "https://www.ainvest.com/news/bitcoin-news-today-cango-rethinks-bitcoin-mining-global-energy-ai-platform-takes-shape-2509"),
    ("2025-09", "616.6", "0", "5810.0", "https://ng.investing.com/news/company-news/cango-reports-6166-bitcoin-mined-in-september-holds-over-5800-btc-93CH-2131650"),
    ("2025-10", "602.6", "0", "6412.6", "https://ng.investing.com/news/company-news/cango-produces-6026-bitcoin-in-october-surpasses-6400-btc-holdings-93CH-2180282"),
    ("2025-11", "546.7", "0", "6959.3", "https://beyondspx.com/quote/CANG/news/cango-inc-reports-november-2025-bitcoin-production-update-highlights-shift-toward-ai-compute-network"),
    ("2025-12", "569.0", "0", "7528.3", "https://www.ainvest.com/news/cango-announces-december-2025-bitcoin-production-mining-operations-update-2601-33"),
    ("2026-01", "496.35", "550.03", "7474.6", "https://grafa.com/pt-BR/news/united-states/cango-bitcoin-mining-update-jan-2026"),
    ("2026-02", "454.83", "4451", "3313.4", "https://www.stocktitan.net/news/CANG/cango-inc-announces-february-2026-computing-and-energy-operations-mbcqgu0fbo5p.html"),
    ("2026-03", "314.82", "2000", "1025.69", f"derived from Q1-26: {_FIRST_QUARTER} ; sold: https://www.htx.com/en-in/news/cango-sells-2000-btc-in-strategic-deleveraging-as-bitcoin-mi-KBRH78Kb/"),
]  # fmt: skip
OPEN = {
    "2025-06": parse_btc("0.1"),
    "2026-01": parse_btc("0.02"),
    "2026-02": parse_btc("165.03"),
    "2026-03": parse_btc("602.53"),
}


def months() -> list[PublishedMonth]:
    return [
        PublishedMonth(
            month, parse_btc(made), parse_btc(sold), parse_btc(held), None, None, "derived" in source, source
        )
        for month, made, sold, held, source in CANGO
    ]


def line(id_: str, month: str, btc: str, text: str = "paid out") -> Explanation:
    return Explanation(id_, month, parse_btc(btc), text, "olga")


def test_four_of_cangos_months_are_open_breaks_and_every_other_one_closes_to_the_satoshi():
    found = {one.month.month: one.open for one in published_rolls(months())}
    assert {month: sats for month, sats in found.items() if sats} == OPEN
    assert len(found) == 16
    assert {one.month: one.sats for one in differences(months())} == OPEN


def test_each_break_has_a_name_a_month_and_an_age():
    breaks = published_breaks(published_rolls(months()))
    assert [one.id for one in breaks] == [f"published-{month}" for month in OPEN]
    (february,) = [one for one in breaks if one.month == "2026-02"]
    assert (february.kind, february.since, february.age_days(date(2026, 3, 10))) == (
        BreakKind.PUBLISHED,
        date(2026, 2, 28),
        10,
    )
    assert february.sentence == "2026-02 as published: 165.03000000 BTC unexplained"


def test_an_explanation_takes_off_exactly_what_it_explains_and_stands_in_the_statement():
    lines = [line("E-1", "2026-02", "100"), line("E-2", "2026-02", "-1.5", "found again")]
    (february,) = [one for one in published_rolls(months(), lines) if one.month.month == "2026-02"]
    assert february.difference == parse_btc("165.03")
    assert february.open == parse_btc("66.53")
    assert [entry.note for entry in february.roll.line(LineKind.EXPLAINED).entries] == ["paid out", "found again"]
    (found,) = published_breaks([february])
    assert (found.sats, found.open) == (parse_btc("165.03"), parse_btc("66.53"))


def test_a_break_explained_to_the_last_satoshi_is_settled_and_its_month_still_shows_the_line():
    rolls = published_rolls(months(), [line("E-1", "2026-02", "165.03")])
    (found,) = [one for one in published_breaks(rolls) if one.month == "2026-02"]
    assert not found.is_open
    assert found.sats == parse_btc("165.03")


def test_an_explanation_of_another_month_or_of_a_place_explains_nothing_here():
    of_a_place = Explanation("E-2", "2026-02", parse_btc("5"), "moved", "olga", None, "vault")
    rolls = published_rolls(months(), [line("E-1", "2026-01", "0.02"), of_a_place])
    assert {one.month.month: one.open for one in rolls if one.open} == {
        month: sats for month, sats in OPEN.items() if month != "2026-01"
    }


def test_a_month_whose_predecessor_was_not_published_is_not_rolled():
    assert published_rolls([one for one in months() if one.month != "2025-12"])[-3].month.month == "2025-11"


_YEAR = "https://www.sec.gov/Archives/edgar/data/1167419/000155837024001550/R13.htm"
_PART = "https://www.sec.gov/Archives/edgar/data/1167419/000155837024014179/R12.htm"
RIOT = [
    # period; opening, mined, change in receivable, sold, paid to employees, closing, each (BTC, thousand dollars);
    # change in fair value; source
    ("FY2022", (4884, 150593), (5554, 156870), (0, 0), (3425, 79529), (39, 1495), (6974, 109420), -117019, _YEAR),
    ("FY2023", (6974, 115414), (6626, 188996), (-21, -878), (6185, 176219), (32, 869), (7362, 311178), 184734, _YEAR),
    ("9M-2024", (7362, 311178), (3312, 194651), (6, -93), (212, 9518), (41, 2099), (10427, 660350), 166231, _PART),
]  # fmt: skip


def amount(pair: tuple[int, int]) -> tuple[Sats, Money]:
    return Sats(pair[0] * 100_000_000), Money(Decimal(pair[1] * 1000))


@pytest.mark.parametrize(
    ("period", "opening", "mined", "receivable", "sold", "paid", "closing", "change", "source"), RIOT
)
def test_riots_years_roll_forward_to_the_bitcoin_and_the_thousand_dollars(
    period, opening, mined, receivable, sold, paid, closing, change, source
):
    at: datetime = start_of(date(2022, 6, 1))
    lines = [(LineKind.MINED, mined, 1), (LineKind.RECEIVABLE, receivable, 1)]
    lines += [(LineKind.SOLD, sold, -1), (LineKind.PAID_OUT, paid, -1)]
    entries = [
        Entry(source, kind, at, "", Sats(sign * amount(pair)[0]), Money(sign * amount(pair)[1]))
        for kind, pair, sign in lines
    ]
    found = roll(period, Amount(*amount(opening)), entries, amount(closing)[1])
    assert found.closing == Amount(*amount(closing))
    assert found.fair_value_change == change * 1000
    assert found.missing == ()
