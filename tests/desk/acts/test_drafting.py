"""A sale before it is staged: the form's words are those of the terms, its refusals those of staging."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk import config
from desk.acts.desk import Desk
from desk.acts.drafting import asked_of
from desk.acts.outcome import Refused
from desk.clock import LiveClock
from desk.ledger import Ledger, live, markets, sales
from desk.ledger.markets import MarketFacts
from desk.sale.terms import TermsRefused
from desk.sale.wish import StageWish
from desk.units import Bps, Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 7, 14, tzinfo=UTC)
WISH = StageWish(btc="2", floor="60000")


@pytest.fixture
def seen(founded, tmp_path):
    """A desk that knows its venue's market and its 100 BTC there."""
    folder = shutil.copytree(founded, tmp_path / "desk")
    found = config.load(folder / "config.toml")
    ledger = Ledger.open(found.settings.desk.database)
    clock = LiveClock(ledger.desk.line)
    now = clock.now()
    facts = ("kraken", "BTC/USD", "BTC", "USD", Decimal("0.1"), Sats(1), Sats(5_000), Money(Decimal("0.5")))
    fees = (Bps(Decimal(16)), Bps(Decimal(26)))
    with ledger.write(actor="daemon", clock=clock) as tx:
        markets.set_market(tx, MarketFacts(*facts, *fees, None, None, None, now))
        live.set_quote(tx, "kraken", Price(Decimal(68524)), Price(Decimal(68525)), clock.wall(), now)
        live.set_balances(tx, "kraken", [("BTC", Decimal(100), Decimal(100))], clock.wall())
    desk = Desk(found, read_only=False, actor="screen", keys=(folder / "keys/olga",))
    yield desk, ledger, folder / "keys/olga"
    desk.close()
    ledger.close()


def test_a_draft_says_the_terms_and_writes_nothing_and_staging_puts_the_same_on_record(seen):
    desk, ledger, key = seen
    lines = desk.draft(WISH, "olga")
    with ledger.read() as tx:
        assert sales.listed(tx) == []
    assert lines[0] == "Sell 2.00000000 BTC for USD at kraken (account main)"
    assert any("never below 60,000.00" in line for line in lines)
    assert any("staged by olga" in line for line in lines)
    assert any("1 person has to approve it by" in line for line in lines)

    assert "0001 staged by olga; needs 1 approval by" in desk.stage(WISH, key, None)
    with ledger.read() as tx:
        (sale,) = sales.listed(tx)
    assert (sale.quantity, sale.terms.limits.floor) == (parse_btc("2"), Price(Decimal(60000)))


def test_a_draft_refuses_as_staging_does(seen):
    desk, _ledger, key = seen
    for wish in (StageWish(btc="101"), StageWish(btc="2", purpose="loan:nobody"), StageWish(btc="2", floor="90000")):
        with pytest.raises((TermsRefused, Refused)) as drafted:
            desk.draft(wish, "olga")
        with pytest.raises(type(drafted.value)) as staged:
            desk.stage(wish, key, None)
        assert str(drafted.value) == str(staged.value)


def test_a_form_is_read_field_by_field():
    asked = asked_of(StageWish(btc=" 2 ", start="+2h", over="1h30m", slices="12", venue=" kraken "), NOW)
    assert (asked.btc, asked.opens, asked.over) == ("2", NOW + timedelta(hours=2), timedelta(minutes=90))
    assert (asked.slices, asked.venues, asked.floor) == (12, ("kraken",), None)
    assert asked_of(StageWish(btc="2", start="now"), NOW).is_now


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (StageWish(btc="2", over="soon"), "'soon' is not a duration; write 90s, 45m, 6h or 3d"),
        (StageWish(btc="2", start="2026-02-07 15:00"), "has no zone"),
        (StageWish(btc="2", start="+999999d+"), "is not a duration"),
        (StageWish(btc="2", start="+9999999h"), "is not a duration"),
        (StageWish(btc="2", start="9999-12-31T23:59-05:00"), "beyond any calendar"),
        (StageWish(btc="2", slices="a few"), "slices 'a few': write a whole number"),
        (StageWish(btc="2", tactic="brave"), "tactic 'brave': one of passive, balanced, urgent"),
    ],
)
def test_what_makes_no_sense_is_named(wish, said):
    with pytest.raises(Refused, match=said):
        asked_of(wish, NOW)
