"""`desk report`: a file or stdout, the same bytes for the same record, and a word where something does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from desk.cli.report import NAMES

MINED = "day,pool,mined_btc,source\n" + "".join(f"2026-02-{day:02d},luxor,0.5,pool\n" for day in range(1, 7))


@pytest.fixture
def mined(desk: Any) -> Any:
    file = desk.folder / "mining.csv"
    file.write_text(MINED)
    assert desk.run("mining", "import", file).code == 0
    return desk


@pytest.mark.parametrize("name", [name for name in NAMES if name != "funding"])
def test_the_same_record_makes_the_same_bytes(mined: Any, name: str) -> None:
    month = () if name in ("execution", "lots") else ("--month", "2026-02")
    first = mined.run("report", name, *month)
    if first.code:
        assert "is not over" in first.err
        return
    assert first.raw == mined.run("report", name, *month).raw
    assert first.out.startswith("# ")


@pytest.mark.parametrize("form", ["md", "csv", "html"])
def test_the_funding_report_comes_in_every_text_form(mined: Any, form: str) -> None:
    said = mined.run("report", "funding", "--format", form)
    assert said.code == 0
    assert "Covenants" in said.out


def test_a_workbook_goes_into_a_file_that_is_not_there_yet(mined: Any, refused: Any) -> None:
    file = mined.folder / "lots.xlsx"
    assert mined.run("report", "lots", "--format", "xlsx", "--out", file).code == 0
    before = file.read_bytes()
    assert before.startswith(b"PK")
    refused(("report", "lots", "--format", "xlsx", "--out", file), "exists; name another file")
    assert file.read_bytes() == before
    refused(("report", "lots", "--format", "xlsx"), "a workbook needs a file: --out FILE", code=2)


def test_months_that_make_no_sense_are_refused(mined: Any, refused: Any) -> None:
    refused(("report", "monthly", "--month", "2999-01"), "has not begun")
    refused(("report", "monthly", "--month", "2026-2"), "2026-2")
    refused(("report", "funding", "--month", "2026-02"), "is of now; leave --month out")
