"""The page for treasurers names every table and column that can be imported: nobody has to read code to begin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desk.treasury.imports import FORMATS

PAGE = Path(__file__).parents[3] / "docs" / "treasury.md"
SAID_ONCE = {"source", "illustrative"}
AS_IN_DAYS = "operations"
"""Its columns are those of `days`, and the page says so."""


@pytest.mark.parametrize(("noun", "table"), [(noun, table) for noun, tables in FORMATS.items() for table in tables])
def test_every_table_has_its_line_with_every_column_and_the_needed_ones_in_bold(noun: str, table: str):
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| {noun} · ")]
    (line,) = [one for one in lines if f"`{table}`" in one.split("|")[1]]
    layout, words = FORMATS[noun][table].layout, set(re.findall(r"\w+", line))
    columns = set(layout.required if table == AS_IN_DAYS else layout.all) - SAID_ONCE
    assert columns <= words, columns - words
    assert all(f"**{name}**" in line for name in set(layout.required) - SAID_ONCE)
