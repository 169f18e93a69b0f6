"""`desk mining`: a month or an epoch explained to the satoshi, in words and as one document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.ledger import live
from desk.units import Price

DAYS = "day,pool,mined_btc,hashrate_ehs,deployed_ehs,uptime_percent,joules_per_th,power_usd_per_kwh,hosting_usd,"
DAYS += "pool_fee_percent,source\n"
NETWORK = "day,difficulty,mean_fees_btc,source\n"


@pytest.fixture
def mined(desk):
    """Two days of January 2026 on either side of a change of difficulty."""
    rows = [
        "2026-01-07,north,15.9,37.02,50,97,21.4,0.051,250000,0.3,statement",
        "2026-01-08,north,16.1,37.12,50,97,21.4,0.051,250000,0.3,statement",
    ]
    network = ["2026-01-07,148258433855481,0.02,explorer", "2026-01-08,146472570619930,0.02,explorer"]
    for name, text in (("days", DAYS + "\n".join(rows)), ("network", NETWORK + "\n".join(network))):
        file = desk.folder / f"{name}.csv"
        file.write_text(text + "\n")
        assert desk.run("mining", "import", file).code == 0
    return desk


def test_a_month_is_led_from_what_was_possible_to_what_was_credited(mined):
    told = mined.run("mining", "--month", "2026-01").out
    assert "2026-01  32.00000000 BTC on complete days" in told
    for words in ("all that is deployed, always on", "hashrate below deployed", "pool fee", "luck and unexplained"):
        assert words in told
    assert "37.07 EH/s of 50.00 deployed · uptime 97 % · 21.4 J/TH · 5.10 ¢/kWh · pool fee 0.30 %" in told


def test_the_reasons_of_the_document_add_up_to_the_satoshi(mined):
    period = mined.run("mining", "--month", "2026-01", "--json").json["period"]
    reasons = sum((Decimal(one["btc"]) for one in period["reasons"]), Decimal(0))
    assert reasons == Decimal(period["compared_btc"]) - Decimal(period["full_btc"])
    assert period["cash_per_btc"] is not None


def test_an_epoch_is_that_of_a_day_and_latest_is_the_newest(mined):
    first = mined.run("mining", "--epoch", "2026-01-07", "--json").json["period"]
    assert (first["first"], first["last"], first["difficulty"]) == ("2026-01-07", "2026-01-07", "148258433855481")
    latest = mined.run("mining", "--epoch", "latest", "--json").json["period"]
    assert (latest["first"], latest["difficulty_change_percent"]) == ("2026-01-08", "-1.20")


def test_a_month_without_days_says_that_there_is_no_estimate(mined):
    assert "no estimate: no complete day on record" in mined.run("mining", "--month", "2025-12").out


def test_an_epoch_that_is_not_on_record_is_not_found(mined, refused):
    refused(("mining", "--epoch", "2027-01-01"), "on record: 2026-01-07 to 2026-01-08", code=3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--month", "January"), "is not a month; write it like 2026-01"),
        (("--epoch", "08.01.2026"), "is not a day"),
        (("--month", "2026-01", "--epoch", "latest"), "say one of --month and --epoch"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(mined, refused, words, said):
    refused(("mining", *words), said, code=2)


def test_an_empty_desk_says_what_to_do(desk):
    told = desk.run("mining").out
    assert "desk mining import FILE, or desk mining pull" in told


def imported(desk, name, *lines):
    file = desk.folder / f"{name}.csv"
    file.write_text("\n".join(lines) + "\n")
    assert desk.run("mining" if name in ("costs", "network", "days") else "holdings", "import", file).code == 0


def test_an_old_month_shows_its_own_prices_and_nothing_of_today(mined):
    days = [f"2026-01-0{n},BTC/USD,{price},2026-01-0{n}T16:00:00Z,e" for n, price in ((7, 91000), (8, 92000))]
    imported(mined, "marks", "day,pair,price,observed,source", *days)
    imported(
        mined, "costs", "period,currency,cash_cost,source", "2025-Q4,USD,60000,letter", "2026-Q1,USD,76928,letter"
    )
    told = mined.run("mining", "--month", "2026-01").out
    # a PH/s earns 0.00042673 BTC at 148.26 T and 0.00043194 at 146.47 T, fees in: the mean of $38.83 and $39.74
    assert "hashprice 39.29 $/PH/d" in told
    assert "worth 91,503 at its days' marks" in told
    assert "published cash 76,928 (2026-Q1)" in told
    assert "today" not in told
    document = mined.run("mining", "--month", "2026-01", "--json").json
    assert document["today"] is None
    assert document["period"]["margin"] is not None


def test_a_day_without_a_mark_leaves_no_hashprice_and_is_named(mined):
    told = mined.run("mining", "--month", "2026-01").out
    assert "hashprice: no estimate, mark BTC/USD of 2026-01-07 missing; mark BTC/USD of 2026-01-08 missing" in told
    assert "$/PH/d" not in told
    assert "break-even" in told


def test_what_holds_today_stands_under_today_with_its_time(mined):
    told = mined.run("mining").out
    (today,) = (line for line in told.splitlines() if line.startswith("today"))
    assert "hashprice" in today
    assert "by price 68,524.10 of kraken" in told
    assert "network of 2026-01-08, STALE" in told


def test_a_stale_price_is_named_as_not_used_beside_what_is_left(mined):
    with mined.write() as tx:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        live.set_quote(tx, "kraken", Price(Decimal(70000)), Price(Decimal(70002)), long_ago, long_ago)
    told = mined.run("mining").out
    assert "hashprice: no estimate, price missing" in told
    assert "ago, STALE and not used · network of 2026-01-08, STALE" in told


def test_an_epoch_that_the_record_does_not_reach_back_to_is_marked_as_a_part(mined):
    assert (
        "* 2026-01-07 … 2026-01-07 is part of an epoch: from 7 Jan; begun 7 Jan or before" in mined.run("mining").out
    )
    imported(mined, "network", NETWORK.strip(), "2026-01-05,149000000000000,,e", "2026-01-06,148258433855481,,e")
    assert "part of the epoch: from 7 Jan; begun 6 Jan" in mined.run("mining", "--epoch", "2026-01-07").out
    assert mined.run("mining", "--epoch", "latest", "--json").json["period"]["part"] is None
