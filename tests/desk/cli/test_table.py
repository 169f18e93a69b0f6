"""Tables for people: headings as words, and nothing cut off where a terminal is narrow."""

from desk.cli.table import label, show_facts, show_table

ROWS = [
    {"lot": "mined-2026-01", "place": "vault", "cost_usd": "1,234.50", "restriction": "loan lender-a"},
    {"lot": "m-2", "place": "kraken", "cost_usd": "9.00", "restriction": ""},
]


def test_fields_are_called_as_people_call_them(capsys):
    assert label("fair_value_usd") == "fair value USD"
    show_facts({"as_of": "today", "btc": "1"})
    assert capsys.readouterr().out == "as of  today\nBTC    1\n"


def test_a_table_that_fits_stands_in_lines(capsys):
    show_table(ROWS, empty="", width=80)
    assert capsys.readouterr().out.splitlines() == [
        "lot            place   cost USD  restriction",
        "mined-2026-01  vault   1,234.50  loan lender-a",
        "m-2            kraken      9.00",
    ]


def test_what_does_not_fit_goes_on_below_and_is_never_cut(capsys):
    show_table(ROWS, empty="", width=33)
    assert capsys.readouterr().out.splitlines() == [
        "lot            place   cost USD",
        "    restriction",
        "mined-2026-01  vault   1,234.50",
        "    loan lender-a",
        "m-2            kraken      9.00",
    ]
