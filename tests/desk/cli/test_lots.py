"""`desk lots`: what an auditor asks of every lot and of everything that went."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desk.ledger import treasury
from desk.treasury import imports
from desk.treasury.records import Loan, Place

NOW = datetime(2026, 2, 9, tzinfo=UTC)
LOTS = """\
lot_id,kind,place,btc,credited,earned,unit_value_usd,value_source,value_at,cost_usd,counterparty,source_id,source
o1,opening,kraken,2,2026-02-01T00:00:00Z,2025-11-03,,,,210000.50,,,cut-over
o2,opening,vault,3,2026-02-01T00:00:00Z,2025-12-05,,,,250000,,,cut-over
r1,received,kraken,1,2026-02-05T10:00:00Z,,70000.5,kraken mid,2026-02-05T10:00:00Z,,OTC desk,tx1,custody
"""
TRANSFERS = """\
transfer_id,from_place,to_place,btc,fee_btc,sent,arrived,txid,source
t1,vault,collateral,1,0.0001,2026-02-05T10:00:00Z,2026-02-05T11:00:00Z,ab12,custody
t2,vault,kraken,0.5,,2026-02-06T10:00:00Z,,cd34,custody
"""
MARKS = """\
day,pair,price,observed,source
2026-02-05,BTC/USD,70000.5,2026-02-06T00:00:00Z,kraken
2026-02-07,BTC/USD,69000,2026-02-08T00:00:00Z,kraken
"""
LOANS = """\
loan_id,lender,debt,currency,pledged_btc,initial_ltv_percent,call_ltv_percent,liquidation_ltv_percent,as_of,source,maturity
lender-a,lender A,1000,USD,1,65,80,90,2026-02-07T00:00:00Z,contract,2026-12-31
"""
PLACES = """\
kind,place_id,name,btc,as_of,loan,source
pledged,collateral,lender A,1,2026-02-07T00:00:00Z,lender-a,statement
"""


@pytest.fixture
def stocked(desk):
    """Six coins in three lots: at the venue, in the vault, pledged, and on their way."""
    with desk.write() as tx:
        for text in (LOANS, PLACES, LOTS, TRANSFERS, MARKS):
            noun = "loans" if text is LOANS else "holdings"
            known = treasury.current(tx, noun)
            treasury.apply(tx, imports.plan(noun, text.encode(), file="f.csv", now=NOW, current=known))
    return desk


def lots(desk, *words: object) -> dict:
    done = desk.run("lots", "--json", *words)
    assert done.code == 0, done.err
    return done.json


def test_a_lot_says_where_it_is_from_what_it_cost_and_where_its_pieces_lie(stocked):
    document = lots(stocked, "--at", "2026-02-07")
    by_id = {lot["id"]: lot for lot in document["lots"]}
    received = by_id["r1"]
    assert {name: received[name] for name in ("source", "txid", "btc", "unit_value_usd", "price_source")} == {
        "source": "OTC desk",
        "txid": "tx1",
        "btc": "1.00000000",
        "unit_value_usd": "70000.5",
        "price_source": "kraken mid",
    }
    assert (received["cost_usd"], received["fair_value_usd"], received["unrealised_usd"]) == (
        "70000.50",
        "69000.00",
        "-1000.50",
    )
    pieces = {piece["place"]: (piece["btc"], piece["cost_usd"]) for piece in by_id["o2"]["pieces"]}
    assert pieces == {
        "collateral": ("1.00000000", "83333.34"),
        "transit:t2": ("0.50000000", "41666.66"),
        "vault": ("1.49990000", "124991.67"),
    }
    assert [(move["transfer"], move["txid"], move["to"]) for move in by_id["o2"]["moves"]] == [
        ("t1", "ab12", "collateral")
    ]


def test_restricted_coins_say_by_what_to_whom_and_for_how_long(stocked):
    (piece,) = [
        piece
        for lot in lots(stocked, "--at", "2026-02-07")["lots"]
        for piece in lot["pieces"]
        if piece["place"] == "collateral"
    ]
    assert piece["restriction"] == "pledged for loan lender-a to lender A until 2026-12-31"
    assert (piece["restricted_days"], piece["derecognised"]) == (327, False)


def test_coins_a_lender_may_re_use_are_derecognised(stocked):
    with stocked.write() as tx:
        (loan,), (place,) = treasury.loans(tx), treasury.in_force(tx, Place)
        again = {name: getattr(loan, name) for name in Loan.__match_args__} | {"may_reuse": True}
        treasury.state(tx, "loans", [Loan(**again), place])
    document = lots(stocked, "--place", "collateral")
    assert (document["btc"], document["receivable_btc"]) == ("4.99990000", "1.00000000")
    (piece,) = [one for one in document["lots"][0]["pieces"] if one["place"] == "collateral"]
    assert piece["derecognised"] is True
    assert "a receivable" in piece["restriction"]


def test_the_totals_are_cost_value_restricted_and_realised(stocked):
    document = lots(stocked, "--at", "2026-02-07")
    assert {name: document[name] for name in ("btc", "cost_usd", "fair_value_usd", "restricted_btc")} == {
        "btc": "5.99990000",
        "cost_usd": "529992.67",
        "fair_value_usd": "413993.10",
        "restricted_btc": "1.00000000",
    }
    assert (document["realised_losses_usd"], document["problems"]) == ("1.33", [])


def test_without_the_days_mark_there_is_no_fair_value_and_it_says_which_is_missing(stocked):
    document = lots(stocked, "--at", "2026-02-06")
    assert (document["fair_value_usd"], document["missing"]) == (None, "mark BTC/USD of 2026-02-06 missing")


def test_a_trade_shows_its_lots_its_fee_its_gain_and_who_approved_it(stocked):
    sale_id = stocked.staged("4")
    for name in ("alice", "bob"):
        assert stocked.run("sale", "approve", sale_id, "--key", stocked.key(name)).code == 0
    stocked.order(sale_id, stocked.work(sale_id))
    (trade,) = [one for one in lots(stocked, "--disposals")["disposals"] if one["kind"] == "sold"]
    assert (trade["sale"], trade["trade_id"], trade["btc"], trade["price"]) == (
        sale_id,
        "T0",
        "0.25000000",
        "68524.10",
    )
    assert (trade["fee"], trade["fee_currency"]) == ("-1.25", "USD")
    assert (trade["net_usd"], trade["cost_usd"], trade["gain_usd"]) == ("17132.28", "26250.06", "-9117.78")
    assert [(one["lot"], one["btc"]) for one in trade["lots"]] == [("o1", "0.25000000")]
    assert {(one["person"], one["role"]) for one in trade["approvals"]} == {
        ("olga", "stager"),
        ("alice", "approver"),
        ("bob", "approver"),
    }
    assert trade["journal"] == f"{trade['period']}/fill/kraken/T0"


def test_a_place_shows_only_its_lots(stocked):
    assert {lot["id"] for lot in lots(stocked, "--place", "kraken")["lots"]} == {"o1", "r1"}
    assert "o2" not in stocked.run("lots", "--place", "kraken").out


def test_the_table_names_every_piece_and_every_problem(stocked):
    file = stocked.folder / "picks.csv"
    file.write_text("disposal,lot,btc,source\nS-2026-0001,nowhere,1,cfo\n")
    stocked.run("holdings", "import", file)
    said = stocked.run("lots").out
    assert [word for word in ("o1", "transit:t2", "vault", "collateral") if word not in said] == []
    assert "! pick of 1.00000000 BTC of lot nowhere for S-2026-0001: no such lot" in said


def test_a_place_where_no_coins_ever_lay_is_not_found(stocked, refused):
    refused(("lots", "--place", "valt"), "no place 'valt'; coins lie or lay at collateral, kraken", code=3)


def test_a_day_that_is_not_over_or_none_is_refused(stocked, refused):
    refused(("lots", "--at", "2099-01-01"), "--at 2099-01-01: that day is not over")
    refused(("lots", "--at", "tomorrow"), "'tomorrow' is not a day", code=2)


PAYOUT = """\
payout_id,place,btc,paid,payee,purpose,unit_value_usd,source
p1,kraken,0.5,2026-02-06T10:00:00Z,host,hosting,70000,custody
"""


def importing(desk, text: str, *words: object, **given: str):
    file = desk.folder / "import.csv"
    file.write_text(text)
    return desk.run("holdings", "import", file, *words, **given)


@pytest.mark.parametrize(
    "choice",
    ["effective,method,source\n2026-02-01,lifo,memo\n", "disposal,lot,btc,source\npay-out/p1,r1,0.5,memo\n"],
)
def test_a_choice_that_tells_the_past_anew_names_what_changes_and_is_asked_about(stocked, choice):
    assert importing(stocked, PAYOUT).code == 0
    sentence = "pay-out/p1 (2026-02): lots o1 → r1, gain −17,500.13 → −0.25"
    before = stocked.digest()
    assert sentence in importing(stocked, choice, "--dry-run").out
    assert "say --yes" in importing(stocked, choice).err
    assert importing(stocked, choice, stdin="n\n").code == 130
    assert stocked.digest() == before
    assert importing(stocked, choice, "--yes", "--json").json["gains_changed"] == [sentence]
    (event, *_) = [one for one in stocked.run("audit", "export").out.splitlines() if "gains_changed" in one]
    assert "r1" in event


def test_a_choice_that_changes_nothing_that_has_been_is_not_asked_about(stocked):
    assert importing(stocked, PAYOUT).code == 0
    assert importing(stocked, "effective,method,source\n2026-02-07,lifo,memo\n").code == 0


def test_lots_say_whether_their_method_is_on_record_or_only_configured(stocked):
    assert lots(stocked)["method_by"].startswith("config.toml; no rule is on record")
    assert importing(stocked, "effective,method,source\n2026-02-01,hifo,board memo 7\n").code == 0
    found = lots(stocked)
    assert (found["method"], found["method_by"]) == ("hifo", "the rule on record since 2026-02-01 (board memo 7)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("payout_id,place,btc,paid,payee,purpose,source\np1,krakn,0.5,2026-02-06T10:00:00Z,host,hosting,c\n",
         "to look at: pay-out/p1: no lot at krakn covers 0.50000000 BTC"),
        ("disposal,lot,btc,source\nt9,o77,1,memo\n",
         "to look at: pick of 1.00000000 BTC of lot o77 for t9: no such lot"),
    ],
)  # fmt: skip
def test_an_import_says_which_lots_it_lacks(stocked, text, said):
    assert said in importing(stocked, text, "--dry-run").out
    assert importing(stocked, text, "--json").json["problems"] == [said.removeprefix("to look at: ")]
    assert importing(stocked, text, "--json").json["problems"] == [], "it stands there already"


def test_a_choice_cannot_change_a_closed_month(stocked):
    importing(stocked, PAYOUT)
    ids = [one["id"] for one in stocked.run("books", "breaks", "--json").json]
    words = [word for name in ids for word in ("--with-breaks", name)]
    closed = stocked.run("books", "close", "--month", "2026-02", "--without-usd", *words)
    assert closed.code == 0, closed.err
    before = stocked.digest()
    said = importing(stocked, "effective,method,source\n2026-02-01,lifo,memo\n", "--yes")
    assert (said.code, stocked.digest()) == (1, before)
    assert "2026-02 is closed and stays as it was closed" in said.err


def test_a_past_day_has_the_pledges_of_that_day(stocked):
    rows = LOANS.splitlines()[0], "lender-a,lender A,0,USD,0,65,80,90,2026-02-09T10:00:00Z,contract,2026-12-31"
    with stocked.write() as tx:
        free = "kind,place_id,name,btc,as_of,source\nwallet,collateral,Vault 2,1,2026-02-09T10:00:00Z,statement\n"
        for noun, text in (("loans", "\n".join(rows) + "\n"), ("holdings", free)):
            known = treasury.current(tx, noun)
            later = datetime(2026, 2, 10, tzinfo=UTC)
            treasury.apply(tx, imports.plan(noun, text.encode(), file="f.csv", now=later, current=known))
    assert lots(stocked)["restricted_btc"] == "0.00000000"
    assert lots(stocked, "--at", "2026-02-08")["restricted_btc"] == "1.00000000"
    assert lots(stocked, "--at", "2026-02-05")["restricted_btc"] == "0.00000000", "it was stated on the 7th"
