"""Statements on record: corrected by a next version, never changed, each explained by an event (P5)."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal

import pytest

from desk.ledger import LedgerError, events, treasury
from desk.treasury import imports
from desk.treasury.csv_table import ImportRefused
from desk.treasury.records import MiningDay
from desk.units import parse_btc

HEAD = "day,pool,mined_btc,source\n"


def bring(world, text: str) -> int:
    with world.write() as tx:
        known = treasury.current(tx, "mining")
        plan = imports.plan("mining", text.encode(), file="days.csv", now=world.now, current=known)
        return treasury.apply(tx, plan)


def head(world) -> int:
    with world.ledger.read() as tx:
        return events.head(tx).seq


def test_an_import_is_one_event_with_its_file_and_the_rows(world):
    assert bring(world, HEAD + "2026-02-05,p,1,s\n2026-02-06,p,2,s\n") == 2
    with world.ledger.read() as tx:
        newest = events.listed(tx, limit=1, newest_first=True)[0]
        assert [day.mined for day in treasury.mining_days(tx)] == [parse_btc("1"), parse_btc("2")]
    assert (newest.kind, newest.detail["file"], newest.detail["rows"]) == ("mining.imported", "days.csv", 2)


def test_the_same_file_again_writes_nothing(world):
    text = HEAD + "2026-02-05,p,1,s\n"
    bring(world, text)
    before = head(world)
    assert bring(world, text) == 0
    assert head(world) == before


def test_a_correction_is_the_next_version_and_the_first_stays_readable(world):
    bring(world, HEAD + "2026-02-05,p,1,s\n")
    bring(world, HEAD + "2026-02-05,p,3,corrected\n")
    with world.ledger.read() as tx:
        (day,) = treasury.mining_days(tx)
        assert [one.mined for one in treasury.versions(tx, day)] == [parse_btc("1"), parse_btc("3")]
    assert day.source == "corrected"


def test_days_before_the_asked_one_are_left_out(world):
    bring(world, HEAD + "2026-02-05,p,1,s\n2026-02-06,p,2,s\n")
    with world.ledger.read() as tx:
        assert [day.day.day for day in treasury.mining_days(tx, date(2026, 2, 6))] == [6]


def test_a_refused_file_leaves_the_ledger_byte_for_byte_as_it_was(world):
    bring(world, HEAD + "2026-02-05,p,1,s\n")
    before = world.ledger.path.read_bytes()
    with pytest.raises(ImportRefused):
        bring(world, HEAD + "2026-02-06,p,1,s\n2026-02-06,p,1,s\n")
    assert world.ledger.path.read_bytes() == before


def test_statements_are_neither_changed_nor_removed_through_sqlite(world):
    bring(world, HEAD + "2026-02-05,p,1,s\n")
    with sqlite3.connect(world.ledger.path) as database:
        for statement in ("UPDATE mining_days SET mined = 2", "DELETE FROM mining_days"):
            with pytest.raises(sqlite3.DatabaseError):
                database.execute(statement)
    database.close()


REST = "'s','',0,NULL,'UTC',NULL,NULL,NULL,NULL,NULL,1"
"""What is right of a mining day: source to the end."""


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO mining_days VALUES ('2026-2-5','p','',1,1,NULL,NULL,NULL,{REST})",
        f"INSERT INTO mining_days VALUES ('2026-02-05','p','',1,-1,NULL,NULL,NULL,{REST})",
        f"INSERT INTO mining_days VALUES ('2026-02-05','p','',1,1,NULL,'1e3',NULL,{REST})",
        "INSERT INTO places VALUES ('x',1,'vault','x',1,1,'s',NULL,'',0,1)",
        "INSERT INTO places VALUES ('x',1,'pledged','x',1,1,'s',NULL,'',0,1)",
        "INSERT INTO cost_figures VALUES ('2026-Q1',1,'-5',NULL,'USD','s',1)",
    ],
)
def test_the_schema_itself_refuses_what_makes_no_sense(world, statement):
    with sqlite3.connect(world.ledger.path) as database, pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.execute(statement)
    database.close()


def test_a_float_cannot_be_put_on_record(world):
    day = MiningDay(date(2026, 2, 5), "p", "", parse_btc("1"), None, 34.5, None, "s")  # type: ignore[arg-type]

    def put() -> None:
        with world.write() as tx:
            treasury.state(tx, "mining", [day])

    with pytest.raises(LedgerError, match="not a decimal"):
        put()
    with world.ledger.read() as tx:
        assert treasury.mining_days(tx) == []


def test_digits_of_money_are_kept_as_stated(world):
    text = "kind,name,currency,amount,as_of,source\ncash,bank,USD,12400000.00,2026-02-07T00:00:00Z,s\n"
    with world.write() as tx:
        plan = imports.plan("holdings", text.encode(), file="h.csv", now=world.now, current=())
        treasury.apply(tx, plan)
    with world.ledger.read() as tx:
        (cash,) = treasury.cash(tx)
    assert str(cash.amount) == "12400000.00"
    assert cash.amount == Decimal(12_400_000)
