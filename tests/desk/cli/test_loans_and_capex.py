"""`desk loans` and `desk capex`: what a treasurer reads, and the documents a program reads."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources

import pytest

LOANS = (
    "loan_id,lender,debt,currency,pledged_btc,initial_ltv_percent,call_ltv_percent,liquidation_ltv_percent,"
    "release_ltv_percent,as_of,source\n"
    "lender-a,Lender A,200000000,USD,4000,65,80,90,60,2026-02-07T00:00:00Z,contract\n"
)
COVENANTS = (
    "covenant_id,loan_id,kind,level,source\nltv,lender-a,max-ltv,78,agreement\ncoins,lender-a,min-btc,60,agreement\n"
)


@pytest.fixture
def lent(desk):
    """A desk with the loan of the case, two covenants, and a price just seen."""
    bring(desk, "loans", LOANS)
    bring(desk, "loans", COVENANTS)
    desk.see()
    return desk


@pytest.fixture
def building(desk):
    """A desk with the commitments of the demo."""
    for name in ("capex", "allocations"):
        bring(desk, "capex", (resources.files("desk.demo") / "data" / f"{name}.csv").read_text())
    return desk


def bring(desk, noun, text):
    file = desk.folder / "file.csv"
    file.write_text(text)
    said = desk.run(noun, "import", file)
    assert said.code == 0, said.err


def line(text, word):
    return next(one for one in text.splitlines() if one.startswith(word))


def test_loans_shows_limits_ways_back_and_covenants(lent):
    said = lent.run("loans")
    assert said.code == 0
    assert "lender-a  Lender A, collateral not re-usable, as of 2026-02-07" in said.out
    assert line(said.out, "LTV").split() == ["LTV", "72.97", "%"]
    assert "62,500.00 (−8.8 %)" in line(said.out, "call below")
    assert "55,555.56 (−18.9 %)" in line(said.out, "liquidation below")
    assert "490.27" in line(said.out, "BTC to pledge for 65 %")
    assert "near" in line(said.out, "ltv")
    assert "no estimate of interest since 2026-02-07: rate missing" in said.out
    assert "after" not in said.out


def test_loans_shows_what_a_staged_sale_for_it_would_do(lent):
    sale = lent.stage("50", "--for", "loan:lender-a", "--json").json["id"]
    lent.see()
    said = lent.run("loans")
    assert f"after {sale}" in said.out
    (loan,) = lent.run("loans", "--json").json["loans"]
    assert loan["planned"] == [sale]
    assert Decimal(loan["after"]["debt"]) == 200_000_000 - Decimal(loan["repayment"])
    assert Decimal(loan["after"]["ltv_bps"]) < Decimal(loan["now"]["ltv_bps"]) == Decimal(loan["ltv_bps"])


def test_the_ladder_has_today_and_six_falls(lent):
    said = lent.run("loans", "ladder", "lender-a")
    rows = [one.split() for one in said.out.splitlines() if "%" in one]
    assert [row[0] for row in rows] == ["now", "−10", "−20", "−30", "−40", "−50", "−60"]
    assert rows[1][2:6] == ["61,671.69", "81.1", "%", "call"]
    (loan,) = lent.run("loans", "ladder", "--json").json["loans"]
    assert [rung["fall_bps"] for rung in loan["ladder"]] == [f"-{step}000.00" for step in range(1, 7)]
    assert loan["ladder"][1]["now"]["zone"] == "liquidation"
    assert loan["ladder"][0]["now"]["top_up_btc"].startswith("989.19857")


def test_a_repayment_is_tried_out_and_changes_nothing(lent):
    before = lent.digest()
    said = lent.run("loans", "repay-what-if", "lender-a", "--usd", "100000000")
    assert line(said.out, "released by it").split()[-1].startswith("1,567.765")
    document = lent.run("loans", "repay-what-if", "lender-a", "--amount", "100000000", "--json").json
    assert document["after"]["debt"] == "100000000.00"
    assert document["released_btc"].startswith("1567.765")
    assert document["interest_saved_per_year"] is None
    assert lent.digest() == before


def test_the_worked_sale_to_50_percent_is_told_to_its_printed_digits(desk):
    config = desk.folder / "config.toml"
    config.write_text(config.read_text() + '\n[treasury]\nsale_cost_bps = "30"\n')
    bring(desk, "loans", LOANS.replace("200000000,USD,4000", "100000000,USD,2000"))
    desk.see(mid="70000")
    said = desk.run("loans", "to-target", "lender-a", "--ltv", "50")
    assert f"{Decimal(line(said.out, 'pledged BTC to sell for 50 %').split()[-1]):.2f}" == "862.32"
    document = desk.run("loans", "to-target", "lender-a", "--ltv", "50", "--json").json
    assert f"{Decimal(document['sell_pledged_btc']):.2f}" == "862.32"
    assert (document["repay"], document["target_ltv_bps"]) == ("30000000.00", "5000")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("to-target", "lender-a", "--ltv", "100"), 1, "an LTV of 100 % cannot be aimed at"),
        (("to-target", "lender-a", "--ltv", "0"), 1, "write 50 for 50 %"),
        (("ladder", "lender-b"), 3, "no open loan 'lender-b'; open are lender-a"),
        (("repay-what-if", "lender-b", "--usd", "1"), 3, "no open loan 'lender-b'"),
        (("repay-what-if", "lender-a", "--usd", "200000001"), 1, "a repayment is at most that"),
        (("repay-what-if", "lender-a", "--usd", "0"), 1, "has to be above zero"),
        (("repay-what-if", "lender-a", "--usd", "1e9999"), 1, "is not a number"),
        (("repay-what-if", "lender-a"), 2, "say how much, once"),
        (("repay-what-if", "lender-a", "--usd", "1", "--amount", "1"), 2, "say how much, once"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_in_words(lent, refused, words, code, said):
    refused(("loans", *words), said, code=code)


def test_dollars_are_only_for_a_loan_in_dollars(desk, refused):
    bring(desk, "loans", LOANS.replace("USD", "USDT"))
    refused(("loans", "repay-what-if", "lender-a", "--usd", "5"), "lender-a is owed in USDT; say --amount N")


def test_without_loans_or_commitments_it_says_what_to_do(desk):
    assert "no open loan on record: desk loans import FILE" in desk.run("loans").out
    assert desk.run("loans", "ladder").out == "no open loan on record: desk loans import FILE\n"
    assert "no commitment on record: desk capex import FILE" in desk.run("capex").out
    assert desk.run("loans", "--json").json == {"loans": []}
    assert desk.run("capex", "--json").json["projects"] == []


def test_capex_shows_projects_commitments_milestones_and_totals_by_currency(building):
    said = building.run("capex").out
    assert "AI compute [ai-compute] (illustrative), Georgia, 50 MW, 2,048 GPUs" in said
    assert "  Georgia phase 1 [georgia-1], site developer, G1-SITE" in said
    deposit = line(said, "    deposit [georgia-1-deposit]")
    assert deposit.split()[-4:] == ["15,990,000.00", "3,510,000.00", "82", "%"]
    assert line(said, "EUR").split()[1:3] == ["4,200,000.00", "0.00"]
    assert line(said, "USD").split()[1:5] == ["52,300,000.00", "60,500,000.00", "2,200,000.00", "115,000,000.00"]


def test_capex_as_a_document_adds_up(building):
    document = building.run("capex", "--json").json
    for total in document["totals"]:
        figures = {name: Decimal(value) for name, value in total.items() if name not in ("currency", "funded_bps")}
        assert figures["total"] == figures["planned"] + figures["committed"] + figures["paid"]
        assert figures["planned"] + figures["committed"] == figures["set_aside"] + figures["to_fund"]
    assert [one["milestone"] for one in document["milestones"]][:2] == ["gpu-deposit", "georgia-1-deposit"]
    assert len(document["allocations"]) == 3
    assert document["breaks"] == []


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("ai-compute", "GPU containers [gpu-containers]"),
        ("georgia-1", "contract G1-SITE, signed 2026-01-12, total 65,000,000.00 USD"),
        ("transformers", "not signed"),
        ("georgia-1-deposit", "82 % (0 % as stated, the rest allocated)"),
    ],
)
def test_capex_shows_one_thing_by_its_id(building, identity, words):
    assert words in building.run("capex", "show", identity).out
    assert building.run("capex", "show", identity, "--json").json["is_illustrative"] is True


def test_a_milestone_shows_what_funds_it(building):
    document = building.run("capex", "show", "georgia-1-deposit", "--json").json
    assert [one["by"] for one in document["allocations"]] == ["cash", "equity"]
    assert document["funded_by"] == {"equity": "5990000", "cash": "10000000"}
    assert "at-the-market programme" in building.run("capex", "show", "georgia-1-deposit").out


def test_an_unknown_id_is_not_found(building, refused):
    refused(("capex", "show", "georgia-2"), "projects are ai-compute", code=3)


def test_an_over_allocation_is_a_break_that_everybody_sees(building):
    bring(
        building,
        "capex",
        "allocation_id,need,by,ref,amount,currency,day,source\n"
        "more,georgia-1-deposit,cash,bank,4000000,USD,2026-02-05,memo\n",
    )
    assert "break: georgia-1-deposit is over-allocated by 490,000.00 USD" in building.run("capex").out
    assert any(item["kind"] == "allocation" for item in building.run("status", "--json").json["waiting"])


def test_a_milestone_before_its_contract_changes_nothing(building, refused):
    file = building.folder / "bad.csv"
    good = (resources.files("desk.demo") / "data" / "capex.csv").read_text()
    file.write_text(good.replace("2026-02-12,2026-02-11", "2026-01-11,2026-01-10", 1))
    refused(
        ("capex", "import", file), "row 2, column due: '2026-01-11' is before its contract was signed on 2026-01-12"
    )
    refused(("capex", "import", file, "--dry-run"), "row 2, column due")
