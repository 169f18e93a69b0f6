"""Forms of a report: the same bytes for the same report, the same figures in each, nothing from outside acts."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from desk.reports.document import Chart, Column, Report, Table, plain, shown
from desk.reports.forms import FORMS

AS_OF = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
HOSTILE = '=HYPERLINK("x")|<script>\x1b[31m'
COLUMNS = (Column("item"), Column("amount", "BTC", places=8), Column("value", "USD", places=2), Column("day"))
REPORT = Report(
    name="monthly",
    title="February 2026",
    desk="Example Mining",
    as_of=AS_OF,
    lines=("Unaudited, estimated.",),
    tables=(
        Table(
            "Roll-forward",
            COLUMNS,
            (
                ("opening", Decimal("7474.6"), Decimal("512345678.905"), date(2026, 2, 1)),
                (HOSTILE, Decimal("-4451"), None, None),
                ("closing", Decimal("3313.4"), Decimal("0.00"), AS_OF),
            ),
            notes=("165.03 BTC are an open break",),
            emphasised=frozenset({2}),
        ),
        Table("Roll-forward", (Column("nothing"),), ()),
    ),
    charts=(Chart("BTC by month", "BTC", (("Jan", Decimal("496.35")), ("Feb", Decimal("-12.5")))),),
    notes=("no estimate: power price missing",),
)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_report_gives_the_same_bytes_whenever_it_is_made(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = FORMS[form](REPORT)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    assert FORMS[form](REPORT) == first


def test_a_workbook_says_that_it_was_made_when_its_report_was() -> None:
    about = load_workbook(io.BytesIO(FORMS["xlsx"](REPORT))).properties
    assert about.created == about.modified == REPORT.as_of.replace(tzinfo=None, second=0, microsecond=0)


@pytest.mark.parametrize("form", ["md", "html"])
def test_what_people_read_has_every_figure_and_note(form: str) -> None:
    text = FORMS[form](REPORT).decode()
    for said in (
        "February 2026",
        "7,474.60000000",
        "512,345,678.90",
        "Unaudited",
        "open break",
        "power price missing",
    ):
        assert said in text
    assert "nothing in this period" in text


def test_csv_and_workbook_have_the_same_plain_figures() -> None:
    rows = list(csv.reader(io.StringIO(FORMS["csv"](REPORT).decode())))
    book = load_workbook(io.BytesIO(FORMS["xlsx"](REPORT)))
    assert book.sheetnames == ["report", "Roll-forward", "Roll-forward 2"]
    assert rows[2] == ["opening", "7474.60000000", "512345678.90", "2026-02-01"]
    assert Decimal(str(book["Roll-forward"]["B2"].value)) == Decimal("7474.6")
    assert book["Roll-forward"]["B2"].number_format == "#,##0.00000000"
    assert book["Roll-forward"]["D4"].value == "2026-02-28T23:59:00Z"


def test_text_from_outside_is_never_a_formula_a_tag_or_a_cell_of_its_own() -> None:
    assert b"\n'=HYPERLINK" in FORMS["csv"](REPORT).replace(b'\n"', b"\n")
    cell = load_workbook(io.BytesIO(FORMS["xlsx"](REPORT)))["Roll-forward"]["A3"]
    assert cell.data_type == "s"
    assert b"<script>" not in FORMS["html"](REPORT)
    assert b"<script>" not in FORMS["md"](REPORT).replace(b"\\<script>", b"")
    assert all(b"\x1b" not in FORMS[form](REPORT) for form in ("md",))


def test_a_figure_longer_than_a_spreadsheet_number_is_kept_as_text() -> None:
    exact = Decimal("20999999.97690000")
    long = Decimal("1234567890123.456789")
    table = Table("t", (Column("a", is_figure=True),), ((exact,), (long,)))
    report = Report("x", "x", "x", AS_OF, (), (table,))
    sheet = load_workbook(io.BytesIO(FORMS["xlsx"](report)))["t"]
    assert (sheet["A2"].data_type, sheet["A3"].data_type) == ("n", "s")
    assert sheet["A3"].value == "1234567890123.456789"


def test_a_day_is_a_date_in_a_workbook_and_what_is_not_known_an_empty_cell() -> None:
    table = Table("t", (Column("a"), Column("b"), Column("c")), ((date(2026, 2, 7), None, AS_OF),))
    sheet = load_workbook(io.BytesIO(FORMS["xlsx"](Report("x", "x", "x", AS_OF, (), (table,)))))["t"]
    assert (sheet["A2"].is_date, sheet["A2"].value.date()) == (True, date(2026, 2, 7))
    assert sheet["B2"].value is None
    assert str(sheet["C2"].value).endswith("Z")


def test_a_workbook_is_of_the_minute_that_it_says() -> None:
    table = Table("t", (Column("a"),), (("x",),))
    reports = [Report("x", "x", "x", AS_OF.replace(second=second), (), (table,)) for second in (1, 59)]
    assert len({FORMS["xlsx"](report) for report in reports}) == 1


def test_rounding_is_half_even_and_zero_has_no_sign() -> None:
    column = Column("x", places=2)
    assert shown(Decimal("1234.565"), column) == "1,234.56"
    assert shown(Decimal("-0.001"), column) == "0.00"
    assert plain(Decimal("1234.575"), column) == "1234.58"
    assert shown(None, column) == "–"
    assert plain(None, column) == ""


def test_a_row_that_does_not_fit_its_columns_is_no_table() -> None:
    with pytest.raises(ValueError, match="not as many cells"):
        Table("t", (Column("a"),), (("x", "y"),))
