"""Terms in people's words: every limit that can stop the sale is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from desk.snapshot.samples_sale import STAGED_TERMS
from desk.snapshot.words import away_text, clock_text, length_text, percent, signed_percent, terms_lines
from desk.units import Price, parse_btc


def test_the_terms_are_said_as_an_approver_reads_them():
    assert terms_lines(STAGED_TERMS, "UTC") == (
        "Sell 445.10000000 BTC for USD at kraken (account main)",
        "between Sat 7 Feb 15:00 and 21:00 UTC, 36 slices, twap ±15 %",
        "never below 64,000.00 · slippage ≤ 30 bps · ≤ 5 % of volume · ≤ 20 % of visible depth",
        "for loan: lender-a · staged by olga 14:02 · approval ends Sat 7 Feb 16:32 UTC",
        "reference 68,730.00 at 14:02 · tactic balanced",
    )


def test_times_are_shown_in_the_zone_of_the_desk():
    lines = terms_lines(STAGED_TERMS, "America/New_York")
    assert lines[1].startswith("between Sat 7 Feb 10:00 and 16:00 EST")


def test_a_window_that_opens_on_approval_says_until_when():
    window = replace(STAGED_TERMS.window, opens=None)
    assert terms_lines(replace(STAGED_TERMS, window=window), "UTC")[1].startswith(
        "from the last signature (by Sat 7 Feb 15:00 UTC) for 6 h"
    )


def test_no_participation_cap_is_said_and_a_second_venue_shows_its_cap():
    free = replace(STAGED_TERMS.limits, max_participation=None)
    assert "no cap on share of volume" in terms_lines(replace(STAGED_TERMS, limits=free), "UTC")[2]
    other = replace(STAGED_TERMS.venues[0], venue="binance", cap=parse_btc("100"))
    two = replace(STAGED_TERMS, venues=(STAGED_TERMS.venues[0], other))
    assert "binance (account main, at most 100.00000000)" in terms_lines(two, "UTC")[0]


def test_figures_are_rounded_for_people():
    assert percent(Decimal(500)) == "5 %"
    assert percent(Decimal("7297")) == "73.0 %"
    assert signed_percent(Decimal(-879)) == "−8.8 %"
    assert length_text(timedelta(hours=1, minutes=30)) == "1 h 30 min"
    assert length_text(timedelta(0)) == "0 s"
    assert away_text(Price(Decimal(100)), Price(Decimal(90))) == "10 % away"
    assert away_text(Price(Decimal(90)), Price(Decimal(100))).startswith("reached")
    assert clock_text(STAGED_TERMS.staged_at, "UTC") == "14:02"
