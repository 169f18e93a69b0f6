"""What the machines could have made and where the rest went: to the printed digits, and exact in the sum."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.epochs import epoch_of, epochs
from desk.treasury.records import MiningDay, NetworkDay
from desk.treasury.shortfall import FEE, HASHRATE, UNEXPLAINED, UPTIME, explain, explain_row, missing_of
from desk.units import Bps, Sats, btc, parse_btc

D = Decimal("125.86e12")
DAY = date(2026, 2, 8)


def mined(day: date = DAY, coins: str = "17", **more: object) -> MiningDay:
    stated = {"expected": None, "hashrate_ehs": Decimal("34.55"), "power_price": None, "source": "test", **more}
    return MiningDay(day=day, pool="p", site="", mined=parse_btc(coins), **stated)


def network(day: date = DAY, difficulty: Decimal = D, fees: str | None = "0.025") -> NetworkDay:
    return NetworkDay(day, difficulty, None, Decimal(fees) if fees else None, "test")


FULL = {
    "deployed_ehs": Decimal(50),
    "uptime": Bps(Decimal(9760)),
    "pool_fee": Bps(Decimal(100)),
}


def lines_of(found) -> dict[str, str | None]:
    return {one.name: None if one.sats is None else f"{btc(one.sats):.4f}" for one in found.lines}


def test_34_55_ehs_at_125_86_t_is_17_26_a_day_before_fees():
    made = explain_row(mined(), network(fees=None))
    assert not isinstance(made, str)
    assert f"{btc(made.full):.2f}" == "17.26"


def test_every_known_reason_has_its_line_and_they_lead_from_full_to_actual():
    found = explain([mined(**FULL)], {DAY: network()})
    assert found is not None
    # 50 EH/s: 50e18·86400/(125.86e12·2³²) = 7.991645 blocks × 3.15 = 25.1737 BTC
    assert f"{btc(found.full):.4f}" == "25.1737"
    assert lines_of(found) == {UPTIME: "-0.6042", HASHRATE: "-7.1745", FEE: "-0.1740", UNEXPLAINED: "-0.2211"}
    assert f"{btc(found.expected):.4f}" == "17.2211"
    assert sum(one.sats for one in found.lines) == found.difference == found.actual - found.full


def test_what_nobody_stated_is_said_and_never_assumed():
    found = explain([mined(deployed_ehs=Decimal(50))], {DAY: network()})
    assert found is not None
    assert lines_of(found)[UPTIME] is None
    assert lines_of(found)[FEE] is None
    notes = {one.name: one.note for one in found.lines}
    assert notes[UPTIME] == "not known: uptime missing; what it cost is in the hashrate's line"
    assert notes[FEE] == "not known: pool fee missing; what it cost is unexplained"
    assert sum(one.sats for one in found.lines if one.sats is not None) == found.difference


def test_without_the_deployed_hashrate_what_ran_is_the_measure():
    found = explain([mined(pool_fee=Bps(Decimal(0)))], {DAY: network()})
    assert found is not None
    assert f"{btc(found.full):.4f}" == "17.3950"
    assert lines_of(found) == {UPTIME: None, HASHRATE: None, FEE: "0.0000", UNEXPLAINED: "-0.3950"}
    assert found.line(FEE) == 0, "a pool without a fee is known to have none"


def test_more_than_was_deployed_is_a_gain_not_a_clipped_zero():
    found = explain([mined(hashrate_ehs=Decimal(51), **FULL)], {DAY: network()})
    assert found is not None
    assert found.line(HASHRATE) > 0


def test_days_without_an_estimate_are_left_out_whole_and_named():
    other = DAY + timedelta(days=1)
    rows = [mined(**FULL), mined(other, "16", **FULL)]
    found = explain(rows, {DAY: network()})
    assert found is not None
    assert found.actual == parse_btc("17")
    assert found.left_out == ("network day 2026-02-09 missing",)
    assert missing_of([mined(hashrate_ehs=None)], {DAY: network()}) == ("hashrate of 2026-02-08 at p missing",)
    assert explain([mined(other)], {}) is None


def test_fees_of_blocks_that_nobody_stated_are_said_where_they_fall():
    found = explain([mined(**FULL)], {DAY: network(fees=None)})
    assert found is not None
    assert found.lines[-1].note == "block fees missing on 1 days; what they brought is in here"


def test_a_day_after_the_next_halving_has_no_estimate():
    later = date(2028, 6, 1)
    assert explain_row(mined(later), network(later)) == "subsidy of 2028-06-01 missing"


some = st.decimals(min_value=0, max_value=60, places=3)
maybe = st.one_of(st.none(), some)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30 * 10**8),
            maybe,
            maybe,
            st.one_of(st.none(), st.integers(0, 10_000)),
            st.one_of(st.none(), st.integers(0, 500)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_known_lines_always_add_up_to_the_difference_to_the_satoshi(stated):
    rows = [
        MiningDay(
            DAY, "p", str(place), Sats(sats), None, rate, None, "t", deployed_ehs=deployed,
            uptime=None if uptime is None else Bps(Decimal(uptime)),
            pool_fee=None if fee is None else Bps(Decimal(fee)),
        )
        for place, (sats, rate, deployed, uptime, fee) in enumerate(stated)
    ]  # fmt: skip
    found = explain(rows, {DAY: network()})
    if found is None:
        assert all(row.hashrate_ehs is None and row.deployed_ehs is None for row in rows)
    else:
        assert sum(one.sats for one in found.lines if one.sats is not None) == found.actual - found.full


OLD, MIXED = Decimal("141668107417558"), Decimal("134813570054183")


def chain(*difficulties: Decimal | str, first: date = date(2026, 2, 4)) -> list[NetworkDay]:
    return [network(first + timedelta(days=place), Decimal(one)) for place, one in enumerate(difficulties)]


def test_the_day_of_a_change_begins_the_next_epoch():
    before, after = epochs(chain(OLD, OLD + 1, OLD, MIXED, D, D))
    assert (before.first, before.last) == (date(2026, 2, 4), date(2026, 2, 6))
    assert (after.first, after.last, after.difficulty) == (date(2026, 2, 7), date(2026, 2, 9), D)
    assert before.change is None
    assert f"{after.change:.0f}" == "-1116"


def test_a_change_at_midnight_has_no_day_of_two_difficulties():
    assert [one.first.day for one in epochs(chain(OLD, OLD, D, D))] == [4, 6]


def test_a_gap_in_the_record_does_not_part_an_epoch():
    days = chain(OLD, OLD, OLD)
    (only,) = epochs([days[0], days[2]])
    assert only.holds(days[1].day)
    assert epoch_of([only], date(2026, 3, 1)) is None


@pytest.mark.parametrize("days", [[], chain(OLD)])
def test_little_data_makes_few_epochs(days):
    assert len(epochs(days)) == len(days)
