"""`desk plan`: imported row by row, shown in a table that fits, and turned into a staged sale for what it serves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.acts.planning import planned
from desk.cli.plan_words import table as weeks_table
from desk.clock import LiveClock

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def day(offset: int) -> str:
    return (NOW + offset * DAY).date().isoformat()


def flows() -> str:
    return (
        "flow_id,name,kind,amount,currency,first,every,source\n"
        f"power,power,power,1000000,USD,{day(7)},weekly,budget\n"
        f"ai,AI revenue,ai-revenue,250000,USD,{day(10)},monthly,contract\n"
    )


def actuals() -> str:
    return (
        "actual_id,day,kind,amount,currency,place,flow_id,source\n"
        f"a-1,{day(0)},power,900000,USD,operating account,power,bank\n"
    )


BAD = [
    (flows, "power,power,power", "power,power,powr", "row 2, column kind: 'powr' is not known; did you mean power?"),
    (flows, "1000000", "0", "row 2, column amount: '0' moves nothing"),
    (flows, "1000000", "-5", "row 2, column amount: '-5' is negative"),
    (flows, "weekly", "daily", "row 2, column every: 'daily' is not known"),
    (flows, "flow_id", "flowid", "row 1, column 1: 'flowid' is not a column here; did you mean flow_id?"),
    (flows, "ai,AI", "power,AI", "power is stated twice in this file"),
    (actuals, day(0), day(3), "is in the future; today is"),
    (
        actuals,
        ",power,bank",
        ",payroll-7,bank",
        "column flow_id: 'payroll-7' is no flow, milestone or loan on record",
    ),
    (actuals, "900000", "0", "row 2, column amount: '0' moved nothing"),
]


@pytest.fixture
def planning(desk):
    """A floor of 10 M, 12.4 M in the bank, 19.5 M due in three weeks, power every week."""
    config = desk.folder / "config.toml"
    text = '\n[treasury]\ncash_floor = "10000000"\n[treasury.at_risk]\ndaily_volatility_bps = "300"\npaths = 1000\n'
    config.write_text(config.read_text() + text)
    files = {
        "holdings": "kind,name,currency,amount,as_of,source\n"
        f"cash,operating account,USD,12400000,{(NOW - DAY).isoformat()},bank\n",
        "capex": "milestone_id,commitment_id,commitment,milestone,due,amount,currency,state,source\n"
        f"deposit,site,Georgia phase 1,deposit,{day(21)},4500000,USD,committed,contract\n",
    }
    for noun, content in files.items():
        (desk.folder / f"{noun}.csv").write_text(content)
        done = desk.run(noun, "import", desk.folder / f"{noun}.csv")
        assert done.code == 0, done.err
    return desk


def give(desk, content: str):
    file = desk.folder / "plan.csv"
    file.write_text(content)
    return desk.run("plan", "import", file)


@pytest.mark.parametrize(("table", "old", "new", "said"), BAD)
def test_a_malformed_table_is_refused_whole_with_row_and_column(desk, refused, table, old, new, said):
    file = desk.folder / "plan.csv"
    if table is actuals:
        assert give(desk, flows()).code == 0
    assert old in table()
    file.write_text(table().replace(old, new, 1))
    refused(("plan", "import", file), said)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,x,payroll,in,5,USD,2027-01-01,,,t", "column direction: 'in' does not fit: payroll is money out"),
        ("x,x,other,,5,USD,2027-01-01,,,t", "column direction: '' is missing; other may come or go"),
        (
            "x,x,tax,,5,USD,2027-01-01,once,2027-02-01,t",
            "column last: '2027-02-01' does not fit a flow that comes once",
        ),
        (
            "x,x,tax,,5,USD,2027-01-01,weekly,2026-02-01,t",
            "column last: '2026-02-01' is before the first day, 2027-01-01",
        ),
        ("x,x,tax,,5,EURO,2027-01-01,,,t", "row 2, column currency"),
    ],
)
def test_a_flow_that_contradicts_itself_is_refused(desk, refused, row, said):
    file = desk.folder / "plan.csv"
    file.write_text(f"flow_id,name,kind,direction,amount,currency,first,every,last,source\n{row}\n")
    refused(("plan", "import", file), said)


def test_flows_and_actuals_are_imported_once(planning):
    assert give(planning, flows()).out == "2 new, 0 corrected, 0 unchanged\n"
    assert give(planning, flows()).out == "0 new, 0 corrected, 2 unchanged\n"
    assert give(planning, actuals()).out == "1 new, 0 corrected, 0 unchanged\n"


def test_without_data_it_says_what_is_missing_instead_of_a_number(desk):
    said = desk.run("plan")
    assert said.code == 0, said.err
    assert "no estimate: no USD cash on record, no commitment and no flow on record" in said.out
    told = desk.run("plan", "--json").json
    assert (told["gap"], told["btc_to_close"], told["proposals"]) == (None, "0.00000000", [])
    assert told["at_risk"] is None


def test_the_table_fits_and_names_gap_floor_and_proposals(planning):
    give(planning, flows())
    said = planning.run("plan")
    assert said.code == 0, said.err
    table = said.out.split("\n\n")[0].splitlines()
    assert max(len(line) for line in table) <= 140
    assert [line.split()[0] for line in table[1:]] == ["opening", "ai-revenue", "power", "capex", *_FOOT]
    assert "Georgia phase 1 deposit" in said.out
    assert "floor $10.0 M (treasury.cash_floor) · runway 3 weeks" in said.out
    assert "P-1  sell " in said.out
    assert "assumed: price: daily volatility 3.00%, as configured; no drift" in said.out


_FOOT = ["closing", "least", "above"]


def test_cash_that_is_too_old_is_said_beside_the_gap_and_when_a_sale_is_staged_for_it(planning):
    planning.see(btc="3357.30")
    fresh = planning.run("plan").out
    assert " UTC, 1 day old ·  in the bank" in fresh
    assert "STALE" not in fresh
    old = planning.folder / "old.csv"
    old.write_text(
        f"kind,name,currency,amount,as_of,source\ncash,second account,USD,5,{(NOW - 4 * DAY).isoformat()},bank\n"
    )
    assert planning.run("holdings", "import", old).code == 0
    said = planning.run("plan")
    stale = planning.run("plan", "--json").json["stale"]
    assert stale.startswith("opening cash as of ")
    assert stale.endswith(", 4 days old (USD at second account)")
    (gap,) = [line for line in said.out.splitlines() if line.startswith("gap ")]
    assert gap.endswith(stale)
    assert ", 4 days old  STALE ·  in the bank" in said.out
    staged = planning.run("plan", "--stage", "--over", "2h", "--key", planning.key("olga"), "--json")
    assert staged.code == 0, staged.err
    assert f"P-1 rests on {stale}" in staged.err


def test_every_cell_opens_into_its_entries(planning):
    give(planning, flows())
    told = planning.run("plan", "--json").json
    for week in told["weeks"]:
        for line, amount in week["lines"].items():
            parts = [float(entry["amount"]) for entry in week["entries"] if entry["line"] == line]
            assert sum(parts) == pytest.approx(float(amount))
    entries = planning.run("plan", "--line", "power", "--json").json
    assert {entry["source"] for entry in entries} == {"flow power"}
    assert len(entries) == len(planning.run("plan", "--line", "power").out.splitlines()) - 1
    wrong = planning.run("plan", "--line", "powr")
    assert (wrong.code, wrong.out) == (2, "")


def test_the_same_seed_gives_the_same_futures(planning):
    give(planning, flows())

    def futures(seed: int):
        return planning.run("plan", "--json", "--seed", seed).json["at_risk"]

    one, again, other = futures(4), futures(4), futures(5)
    assert one == again
    assert one["seed"] == 4
    assert one["btc_for_confidence"] != other["btc_for_confidence"]


def test_a_proposal_becomes_a_staged_sale_for_its_need(planning):
    planning.see(btc="3357.30")
    (first, *_) = planning.run("plan", "--json").json["proposals"]
    assert first["for"] == "capex:deposit"
    said = planning.run("plan", "--stage", "P-1", "--over", "2h", "--key", planning.key("olga"), "--json")
    assert said.code == 0, said.err
    assert (said.json["state"], said.json["btc"]) == ("staged", first["btc"])
    terms = planning.terms(said.json["id"])
    assert b'"purpose":{"kind":"capex","ref":"deposit"}' in terms
    assert "has to be sold by" in said.err


def test_the_sale_for_a_confidence_is_proposed_and_staged_as_it_was_proposed(planning):
    """The plan's own proposals meet the floor exactly; this one keeps it in as many futures as were asked for."""
    planning.see(btc="3357.30")
    told = planning.run("plan", "--confidence", "90", "--json").json
    surer, wanted = told["for_confidence"], told["for_confidence"]["proposal"]
    assert told["at_risk"]["confidence"] == surer["confidence"] == "0.9"
    assert wanted["id"] == "P-90"
    assert wanted["btc"] == wanted["wanted_btc"] == told["at_risk"]["btc_for_confidence"]
    assert Decimal(surer["floor_breach_with_it"]) <= Decimal("0.1") < Decimal(surer["floor_breach"])
    assert Decimal(told["at_risk"]["floor_breach_with_proposals"]) > Decimal("0.1")
    assert "--confidence 90 --stage" in planning.run("plan", "--confidence", "90").out
    said = planning.run(
        "plan", "--confidence", "90", "--stage", "--over", "2h", "--key", planning.key("olga"), "--json"
    )
    assert said.code == 0, said.err
    assert (said.json["state"], said.json["btc"]) == ("staged", wanted["btc"])
    assert b'"kind":"general"' in planning.terms(said.json["id"])


@pytest.mark.parametrize(
    ("btc", "words", "code", "said"),
    [
        ("3357", ("--stage", "P-9"), 3, "the plan has no proposal 'P-9'"),
        ("0", ("--stage", "P-1"), 1, "P-1 asks for "),
    ],
)
def test_what_cannot_be_staged_says_why(planning, refused, btc, words, code, said):
    planning.see(btc=btc)
    refused(("plan", *words, "--over", "2h", "--key", planning.key("olga")), said, code=code)


def test_coins_elsewhere_are_to_be_deposited_first(planning, refused):
    planning.see(btc="10")
    vault = planning.folder / "vault.csv"
    vault.write_text(f"kind,place_id,name,btc,as_of,source\nwallet,vault,Vault,500,{(NOW - DAY).isoformat()},node\n")
    assert planning.run("holdings", "import", vault).code == 0
    (first, *_) = planning.run("plan", "--json").json["proposals"]
    assert float(first["deposit_btc"]) == pytest.approx(float(first["btc"]) - 10)
    refused(
        ("plan", "--stage", "--over", "2h", "--key", planning.key("olga")),
        f"P-1 needs {first['deposit_btc']} BTC more at kraken than are there: deposit them by",
    )


def test_staging_needs_a_key(planning):
    said = planning.run("plan", "--stage")
    assert said.code == 2
    assert "the stager signs too" in said.err


def test_a_kept_forecast_is_held_against_what_comes(planning):
    give(planning, flows())
    kept = planning.run("plan", "--keep", "--json").json["id"]
    assert kept == f"F-{day(0)}-1"
    assert planning.run("plan", "--keep", "--json").json["id"] == f"F-{day(0)}-2"
    give(planning, actuals())
    told = planning.run("plan", "--against", kept, "--json").json
    assert told["lines"] == [
        {
            "week": 1,
            "first": (NOW - timedelta(days=NOW.weekday())).date().isoformat(),
            "line": "power",
            "forecast": "0",
            "actual": "-900000",
            "difference": "-900000",
        }
    ]
    assert (told["forecast_cash"], told["cash"]) == ("12400000", "11500000")
    unknown = planning.run("plan", "--against", "F-1999-01-01-1")
    assert unknown.code == 3
    assert kept in unknown.err


@pytest.mark.parametrize("width", [80, 133, 134, 140])
def test_a_terminal_gets_a_table_that_fits_it(planning, width):
    give(planning, flows())
    with planning.open() as ledger:
        forecast = planned(planning.config, ledger, LiveClock()).plan.forecast
    lines = list(weeks_table(forecast, width))
    assert max(len(line) for line in lines) <= width
    assert len(lines) == (14 if width < 134 else 8)
    assert "below the floor" in lines[-1] if width < 134 else lines[-1].startswith("above the floor")
