"""Exact amounts: what is refused, and that nothing is lost on the way through."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.units import (
    MAX_SUPPLY,
    AmountRefused,
    average_price,
    bps_between,
    btc_text,
    decimal_text,
    exact_sum,
    floor_to_step,
    notional,
    parse_btc,
    parse_decimal,
    show_millions,
)

sats = st.integers(min_value=0, max_value=MAX_SUPPLY)
prices = st.decimals(min_value=0, max_value=10_000_000, places=8, allow_nan=False, allow_infinity=False)


@given(sats)
def test_satoshis_survive_their_text(amount: int) -> None:
    assert parse_btc(btc_text(amount)) == amount


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=12))
def test_a_decimal_survives_its_text_digit_for_digit(value: Decimal) -> None:
    again = parse_decimal(decimal_text(value))
    assert again == value
    assert again.as_tuple().exponent == value.as_tuple().exponent


@given(sats, sats, prices)
def test_notional_is_additive_to_the_last_digit(one: int, other: int, price: Decimal) -> None:
    assert exact_sum((notional(one, price), notional(other, price))) == notional(one + other, price)


@given(st.text(max_size=20))
def test_prose_is_refused_or_is_a_finite_number(text: str) -> None:
    with contextlib.suppress(AmountRefused):
        assert parse_decimal(text).is_finite()


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), True, None, "NaN", "Infinity", "1,5", "1e999", "", "٣", "0x10", "1 2"]
)
def test_what_is_not_an_exact_number_is_refused(value: object) -> None:
    with pytest.raises(AmountRefused):
        parse_decimal(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["0.000000001", "21000001", "1e-9"])
def test_bitcoin_has_eight_decimals_and_an_end(value: str) -> None:
    with pytest.raises(AmountRefused):
        parse_btc(value)


def test_thousands_may_be_grouped_as_people_write_them() -> None:
    assert parse_btc("7,474.60") == 747_460_000_000
    assert parse_decimal("1_000_000.5") == Decimal("1000000.5")


def test_the_reference_sale_has_its_published_average() -> None:
    proceeds = notional(parse_btc("4451"), Decimal("68524"))
    assert average_price(proceeds, parse_btc("4451")) == Decimal("68524")
    assert show_millions(proceeds) == "$305.0 M"


def test_basis_points_are_positive_when_a_seller_did_better() -> None:
    assert bps_between(Decimal("101"), Decimal("100")) == Decimal("100")


@given(sats, st.integers(min_value=1, max_value=10**8))
def test_flooring_never_gives_more(amount: int, step: int) -> None:
    floored = floor_to_step(amount, step)
    assert floored <= amount < floored + step
    assert floored % step == 0
