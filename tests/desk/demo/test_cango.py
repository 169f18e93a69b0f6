"""The Cango case: public figures with their addresses, the rest marked invented."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.clock import ManualClock
from desk.demo import cango
from desk.ledger import Ledger, events, treasury
from desk.treasury.cash_records import Allocation, Covenant
from desk.treasury.loans import debt
from desk.treasury.published import differences
from desk.treasury.records import PlaceKind
from desk.units import btc_text, parse_btc


@pytest.fixture
def ledger(tmp_path: Path, new_desk: Path) -> Iterator[Ledger]:
    path = Path(shutil.copy(new_desk, tmp_path / "desk.db"))
    made = Ledger.open(f"sqlite:///{path}")
    clock = ManualClock(cango.START)
    with made.write(actor="demo", clock=clock) as tx:
        cango.seed_demo(tx, clock)
    yield made
    made.close()


def test_places_and_venue_make_the_published_holding(ledger):
    with ledger.read() as tx:
        placed = sum(place.sats for place in treasury.places(tx))
    assert placed + cango.VENUE_BTC == cango.HELD == parse_btc("7474.60")


def test_januarys_days_add_up_to_the_published_month(ledger):
    with ledger.read() as tx:
        days = treasury.mining_days(tx)
    january = [day for day in days if day.day.month == 1]
    assert len(january) == 31
    assert sum(day.mined for day in january) == parse_btc("496.35")


def test_the_published_months_keep_what_does_not_add_up(ledger):
    with ledger.read() as tx:
        found = differences(treasury.published_months(tx))
    said = [(one.month, btc_text(one.sats), one.is_rounding) for one in found]
    assert said == [
        ("2026-01", "0.02000000", True),
        ("2026-02", "165.03000000", False),
        ("2026-03", "602.53000000", False),
    ]


def test_public_rows_name_an_address_and_invented_rows_say_so(ledger):
    with ledger.read() as tx:
        public = [*treasury.published_months(tx), *treasury.cost_figures(tx)]
        invented = [*treasury.loans(tx), *treasury.milestones(tx), *treasury.cash(tx), *treasury.places(tx)]
        invented += [*treasury.in_force(tx, Covenant), *treasury.in_force(tx, Allocation)]
        days = treasury.mining_days(tx)
    assert all("https://" in row.source for row in public)
    assert all(row.is_illustrative for row in (*invented, *days))
    assert all("illustrative" in row.source for row in (*invented, *days))


def test_the_illustrative_loan_is_the_one_of_the_case(ledger):
    with ledger.read() as tx:
        (loan,) = treasury.loans(tx)
        pledged = [place for place in treasury.places(tx) if place.kind is PlaceKind.PLEDGED]
        referable = {one.id for one in treasury.milestones(tx)}
    assert (loan.id, debt(loan), loan.pledged) == (cango.LOAN, 200_000_000, parse_btc("4000"))
    assert (loan.call_ltv, loan.liquidation_ltv) == (8000, 9000)
    assert [(place.loan, place.sats) for place in pledged] == [(cango.LOAN, loan.pledged)]
    assert cango.CAPEX in referable


def test_seeding_twice_writes_nothing_the_second_time(ledger):
    clock = ManualClock(cango.START)
    with ledger.read() as tx:
        before = events.head(tx)
    with ledger.write(actor="demo", clock=clock) as tx:
        cango.seed_demo(tx, clock)
    with ledger.read() as tx:
        assert events.head(tx) == before
