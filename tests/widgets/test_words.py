"""Values in words, and text from outside made harmless."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from desk.units import Price, parse_btc
from widgets import words
from widgets.layout import columns, cut, fitting, sides
from widgets.words import say


@given(st.text())
def test_nothing_from_outside_can_act_on_a_terminal(text):
    shown = words.plain(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in shown)
    assert say(text).plain == shown


def test_plain_text_stays_as_it_is():
    assert words.plain("Zürich ▲ 0.42 % [red]") == "Zürich ▲ 0.42 % [red]"
    assert words.plain("a\x1b[31m\n\u202e") == "a\\x1b[31m\\n\\u202e"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "never"),
        (0.24, "0.2 s"),
        (34, "34 s"),
        (720, "12 min"),
        (18_000, "5 h"),
        (259_200, "3 d"),
        (-1, "0.0 s"),
    ],
)
def test_ages(seconds, said):
    assert words.age(seconds) == said


@pytest.mark.parametrize(
    ("btc", "said"),
    [("445.10", "445.10"), ("1000", "1,000"), ("7.918", "7.918"), ("0", "0"), ("0.00000001", "0.00000001")],
)
def test_coins_are_exact_without_idle_zeros(btc, said):
    assert words.coins(parse_btc(btc)) == said


def test_a_share_says_100_only_for_all_of_it():
    assert words.share(Decimal("0.9999")) == "99 %"
    assert words.share(Decimal(1)) == "100 %"


def test_a_price_keeps_its_digits():
    assert words.price(Price(Decimal("68531.0"))) == "68,531.00"
    assert words.price(Price(Decimal("68531.125"))) == "68,531.125"
    assert words.price(None) == "—"


def test_until_says_over_when_it_is():
    now = datetime(2026, 2, 7, tzinfo=UTC)
    assert words.until(now + timedelta(hours=2), now) == "2 h"
    assert words.until(now - timedelta(seconds=1), now) == "over"


PARTS = st.lists(st.text("abc ▲é世", max_size=12).map(Content), max_size=5)


@given(PARTS, st.integers(0, 60))
def test_lines_never_exceed_their_width(parts, width):
    assert fitting(parts, width).cell_length <= width
    joined = Content("").join(parts)
    assert cut(joined, width).cell_length <= width
    assert sides(joined, joined, width).cell_length <= width


@given(
    st.lists(st.tuples(*[st.text("abc世", max_size=20).map(Content)] * 3), min_size=1, max_size=4), st.integers(0, 80)
)
def test_columns_never_exceed_their_width(rows, width):
    assert all(line.cell_length <= width for line in columns(rows, "lrl", width))
