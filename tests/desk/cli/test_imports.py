"""`desk mining|capex|loans|holdings import`: a whole file or nothing, the row and the column named."""

import hashlib

import pytest

GOOD = {
    "mining": "day,pool,mined_btc,source\n2026-02-01,luxor,1.5,pool\n2026-02-02,luxor,1.25,pool\n",
    "capex": (
        "milestone_id,commitment_id,commitment,milestone,due,amount,currency,state,source\n"
        "deposit,site,Site,deposit,2027-01-05,100.50,USD,committed,contract\n"
        "delivery,site,Site,delivery,2027-02-05,200,USD,planned,contract\n"
    ),
    "loans": (
        "loan_id,lender,debt,currency,pledged_btc,initial_ltv_percent,call_ltv_percent,liquidation_ltv_percent,"
        "as_of,source\nlender-a,Lender A,1000,USD,4,65,80,90,2026-02-07T00:00:00Z,contract\n"
    ),
    "holdings": (
        "kind,place_id,name,btc,as_of,source\n"
        "wallet,vault,Vault,12.5,2026-02-07T00:00:00Z,node\nwallet,till,Till,1,2026-02-07T00:00:00Z,node\n"
    ),
}
BAD = [
    ("mining", "1.25,pool", "1.25.1,pool", "row 3, column mined_btc: '1.25.1' is not a number"),
    ("mining", "2026-02-02", "02/02/2026", "row 3, column day: '02/02/2026' is not a day; write it like 2026-02-07"),
    ("mining", "2026-02-02", "2026-02-01", "2026-02-01 luxor is stated twice in this file"),
    ("mining", "mined_btc", "mind_btc", "row 1, column 3: 'mind_btc' is not a column here; did you mean mined_btc?"),
    ("mining", "1.25,pool", "1.25", "row 3: 3 cells under 4 columns"),
    ("mining", "1.25,pool", "1.25,\x1b[31mpool", "row 3, column source: '\\x1b[31mpool' has control characters"),
    ("capex", "200,USD", "-200,USD", "row 3, column amount: '-200' is negative"),
    ("capex", "planned", "planed", "row 3, column state: 'planed' is not known; did you mean planned?"),
    ("loans", "65,80,90", "65,95,90", "row 2, column call_ltv_percent: '95' does not fit"),
    ("loans", ",4,65", ",0.000000001,65", "row 2, column pledged_btc: 0.000000001 BTC is finer than one satoshi"),
    ("holdings", "wallet,till", "wallett,till", "row 3, column kind: 'wallett' is not known; did you mean wallet?"),
    ("holdings", "Till,1,2026-02-07T00:00:00Z", "Till,1,2026-02-07T00:00:00", "row 3, column as_of:"),
]


@pytest.mark.parametrize(("noun", "old", "new", "said"), BAD)
def test_a_malformed_file_is_refused_whole_with_row_and_column(desk, refused, noun, old, new, said):
    assert old in GOOD[noun]
    file = desk.folder / "file.csv"
    file.write_text(GOOD[noun].replace(old, new, 1))
    refused((noun, "import", file), said)


@pytest.mark.parametrize("noun", GOOD)
def test_a_file_is_imported_once_and_a_dry_run_writes_nothing(desk, noun):
    file = desk.folder / "file.csv"
    file.write_text(GOOD[noun])
    before = desk.digest()
    dry = desk.run(noun, "import", file, "--dry-run")
    assert (dry.code, desk.digest()) == (0, before)
    assert "(dry run, nothing written)" in dry.out
    real = desk.run(noun, "import", file)
    assert (real.code, real.out) == (0, dry.out.replace(" (dry run, nothing written)", ""))
    assert real.out.split()[1] == "new,"
    assert desk.digest() != before
    before = desk.digest()
    again = desk.run(noun, "import", file)
    assert again.out.startswith("0 new, 0 corrected")
    assert desk.digest() == before, "importing the same again changed the database"
    assert desk.run(noun, "--json").code == 0


def test_an_import_is_one_document_too(desk):
    file = desk.folder / "file.csv"
    file.write_text(GOOD["mining"])
    dry = desk.run("mining", "import", file, "--dry-run", "--json").json
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert dry == {
        "file": "file.csv",
        "sha256": digest,
        "dry_run": True,
        "new": 2,
        "corrected": 0,
        "unchanged": 0,
        "restated": [],
        "gains_changed": [],
        "problems": [],
        "late": [],
    }
    assert desk.run("mining", "import", file, "--json").json == dry | {"dry_run": False}


def test_a_correction_says_what_it_restates_before_and_after_it_is_written(desk):
    file = desk.folder / "file.csv"
    file.write_text(GOOD["mining"])
    desk.run("mining", "import", file)
    file.write_text(GOOD["mining"].replace("1.25", "1.5"))
    dry = desk.run("mining", "import", file, "--dry-run").out.splitlines()
    said = "  2026-02-02 luxor: mined was 1.25000000 BTC, is now 1.50000000 BTC"
    assert dry == ["0 new, 1 corrected, 1 unchanged (dry run, nothing written)", said]
    (change,) = desk.run("mining", "import", file, "--json").json["restated"]
    assert (change["about"], change["field"], change["after"]) == ("2026-02-02 luxor", "mined", "1.50000000 BTC")


def test_several_kinds_of_statement_are_counted_each(desk):
    file = desk.folder / "file.csv"
    file.write_text(GOOD["capex"])
    said = desk.run("capex", "import", file).out.splitlines()
    assert said == [
        "4 new, 0 corrected, 0 unchanged",
        "  projects: 1 new, 0 corrected",
        "  commitments: 1 new, 0 corrected",
        "  milestones: 2 new, 0 corrected",
    ]


def test_one_table_can_be_had_as_csv_and_is_named_like_it(desk, refused):
    file = desk.folder / "lots.csv"
    assert f"then desk holdings import {file} --dry-run" in desk.run("holdings", "template", file).out
    assert file.read_text().startswith("lot_id,kind,place,btc,credited,source,")
    refused(("holdings", "template", desk.folder / "lot.csv"), "a CSV is called like its table: days.csv")
    refused(("holdings", "template", desk.folder / "lots.ods"), "call it NAME.xlsx")


def test_an_import_names_its_file_and_digest_on_the_record(desk):
    file = desk.folder / "february.csv"
    file.write_text(GOOD["mining"])
    desk.run("--as", "olga", "mining", "import", file)
    last = desk.run("audit", "export").out.splitlines()[-1]
    assert '"kind":"mining.imported"' in last
    assert '"actor":"olga"' in last
    assert "february.csv" in last
    assert hashlib.sha256(file.read_bytes()).hexdigest() in last


def test_the_template_is_written_once_and_never_over_a_filled_one(desk, refused):
    file = desk.folder / "cut-over.xlsx"
    assert desk.run("holdings", "template", file).code == 0
    before = file.read_bytes()
    refused(("holdings", "template", file), "exists; name another file")
    assert file.read_bytes() == before


def test_an_older_statement_that_comes_again_or_late_does_not_replace_a_newer_one(desk):
    def said(btc, day):
        file = desk.folder / "balances.csv"
        row = f"wallet,vault,Vault,{btc},2026-02-{day:02d}T00:00:00Z,node\n"
        file.write_text("kind,place_id,name,btc,as_of,source\n" + row)
        return desk.run("holdings", "import", file).out

    said("12.5", 1), said("13", 5)
    assert said("12.5", 1).startswith("0 new, 0 corrected, 1 unchanged")
    late = "vault: of 2026-02-03 00:00 UTC, before what is known; kept, and the later one holds"
    assert late in said("12.7", 3)
    before = desk.digest()
    assert said("12.7", 3).startswith("0 new, 0 corrected, 1 unchanged")
    assert desk.digest() == before
    (place,) = [one for one in desk.run("holdings", "--json").json["places"] if one["name"] == "Vault"]
    assert place["btc"] == "13.00000000"
    assert said("13.5", 5).startswith("0 new, 1 corrected"), "a correction of the same moment"
    assert said("13", 5).startswith("0 new, 1 corrected"), "and back"
