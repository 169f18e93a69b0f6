"""Equal values have equal bytes, and nothing with two spellings gets in."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.canonical import CanonicalRefused, canonical_bytes, digest, read_canonical

PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_and_nothing_is_escaped_or_spaced() -> None:
    assert canonical_bytes({"b": [1, True, None], "a": "€\n"}) == '{"a":"€\\n","b":[1,true,null]}'.encode()


def test_a_digest_is_the_sha256_of_the_bytes() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        math.nan,
        math.inf,
        {1: "a"},
        {None: 1},
        Decimal(1),
        b"x",
        {1, 2},
        datetime(2026, 1, 1, tzinfo=UTC),
        "\ud800",
    ],
)
def test_a_value_without_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(CanonicalRefused):
        canonical_bytes({"field": value})  # type: ignore[dict-item]


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(CanonicalRefused, match=r"\$\.venues\[1\]\.cap is 0\.1 \(float\)"):
        canonical_bytes({"venues": [{"cap": "1"}, {"cap": 0.1}]})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b"1e3",
        b"NaN",
        b'"\\u0041"',
        b"",
        b"\xff",
        b"[1]\n",
        b"[" * 5000,
    ],
)
def test_bytes_in_any_other_spelling_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalRefused):
        read_canonical(data)


@given(VALUES)
def test_reading_gives_back_what_was_written(value: object) -> None:
    assert read_canonical(canonical_bytes(value)) == value  # type: ignore[arg-type]


@given(st.dictionaries(PLAIN_TEXT, st.integers(), max_size=6))
def test_the_order_of_insertion_does_not_show(value: dict[str, int]) -> None:
    assert canonical_bytes(dict(reversed(value.items()))) == canonical_bytes(value)
