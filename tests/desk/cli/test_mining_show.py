"""`desk mining`: a month or an epoch explained to the satoshi, in words and as one document."""

from __future__ import annotations

from decimal import Decimal

import pytest

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
