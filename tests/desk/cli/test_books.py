"""`desk books` and `desk reconcile`: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.ledger import books, treasury
from desk.treasury.coin_records import Mark, Receipt, ReceiptKind
from desk.treasury.looks import Look, SeenTrade, look_record
from desk.treasury.records import Place, PlaceKind, PublishedMonth
from desk.units import Money, Price, Sats, parse_btc

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BREAK, TRADE = "published-2026-02", "venue-kraken-trade-T-1-2026-02"


def published(month: str, produced: str, sold: str, held: str) -> PublishedMonth:
    return PublishedMonth(month, *(parse_btc(one) for one in (produced, sold, held)), None, None, False, "release")


@pytest.fixture
def kept(desk):
    """A desk with ten coins since February, seen as they are, and two announced months that do not add up."""
    days = [FEBRUARY.date() + number * DAY for number in range(-1, 59)]
    with desk.write() as tx:
        treasury.state(tx, "months", [published("2026-01", "0", "0", "10"), published("2026-02", "3", "1.5", "11")])
        opening = Receipt("o-1", ReceiptKind.OPENING, "vault", parse_btc("10"), FEBRUARY, "cut-over")
        seen = Place("vault", PlaceKind.WALLET, "vault", parse_btc("10"), FEBRUARY + 5 * DAY, "node")
        prices = [Mark(day, "BTC/USD", Price(Decimal(70000)), FEBRUARY, "kraken", "policy") for day in days]
        treasury.state(tx, "test", [opening, seen, *prices])
    return desk


def test_a_month_is_shown_with_its_lines_places_and_breaks(kept):
    said = kept.run("books", "roll", "--month", "2026-02")
    assert said.code == 0
    for words in ("cut-over", "10.00000000  700,000.00", "left without a word   0.50000000", BREAK, "nobody"):
        assert words in said.out, said.out


def test_the_document_of_a_month_has_exact_amounts_and_every_entry(kept):
    month = kept.run("books", "roll", "--month", "2026-02", "--json").json
    assert (month["state"], month["closing"]) == ("open", {"btc": "10.00000000", "usd": "700000.00"})
    assert month["fair_value_change_usd"] == "0.00"
    assert [(line["line"], line["btc"], line["entries"][0]["ref"]) for line in month["lines"]] == [
        ("cut-over", "10.00000000", "receipt/o-1")
    ]
    assert month["published"]["open_btc"] == "0.50000000"
    assert [one["id"] for one in month["breaks"]] == [BREAK]
    day = kept.run("books", "roll", "--day", "2026-02-01", "--json").json
    assert (day["period"], day["closing"]["btc"]) == ("2026-02-01", "10.00000000")


def test_places_at_which_nobody_looked_are_named_instead_of_called_in_agreement(kept):
    assert "not looked at" not in kept.run("books", "roll", "--month", "2026-02").out
    said = kept.run("books", "roll", "--month", "2026-03").out
    assert "not looked at in 2026-03: vault; what is there is by the books alone" in said


def test_before_the_books_begin_nothing_agrees_because_nothing_is_known(kept):
    for period in (("--month", "2025-12"), ("--day", "2026-01-31")):
        said = kept.run("books", "roll", *period)
        assert "the books begin on 2026-02-01; nothing is known before" in said.out
        assert "agrees" not in said.out
        assert "closing" not in said.out
        assert kept.run("books", "roll", *period, "--json").json["begins"] == "2026-02-01"
    assert "the books begin" not in kept.run("books", "roll", "--month", "2026-02").out


def test_empty_books_say_that_they_are(desk):
    said = desk.run("books", "roll").out
    assert "the books are empty" in said
    assert "agrees" not in said


def test_a_look_at_the_beginning_of_a_month_says_nothing_about_it(kept):
    with kept.write() as tx:
        place = Place("vault", PlaceKind.WALLET, "vault", parse_btc("10"), datetime(2026, 3, 1, tzinfo=UTC), "node")
        treasury.state(tx, "test", [place])
    assert "not looked at" not in kept.run("books", "roll", "--month", "2026-02").out
    assert "not looked at in 2026-03: vault" in kept.run("books", "roll", "--month", "2026-03").out


def test_what_is_missing_for_dollars_is_said(kept):
    said = kept.run("books", "roll", "--month", "2026-04")
    assert "no dollars: mark BTC/USD of 2026-04-30 missing" in said.out


@pytest.mark.parametrize(
    ("words", "why", "code"),
    [
        (("roll", "--month", "2026-02", "--day", "2026-02-01"), "exclude each other", 2),
        (("roll", "--month", "2026-13"), "'2026-13' is not a month; write it like 2026-02", 1),
        (("roll", "--month", "2999-01"), "is in the future", 2),
        (("roll", "--day", "1/2/26"), "write it like 2026-02-07", 2),
        (("own", "place-attic-2026-02", "--owner", "alice"), "no break 'place-attic-2026-02'", 3),
        (("own", BREAK, "--owner", " "), "--owner is one line", 1),
        (("explain", "--month", "2026-02", "--btc", "a lot", "--text", "x"), "'a lot' is not a number", 1),
        (("explain", "--month", "2026-02", "--btc", "1", "--text", ""), "--text is one line", 1),
        (("explain", "--month", "2026-01", "--btc", "1", "--text", "x"), "no break of 2026-01 is open", 1),
        (("close", "--month", "2026-03"), "the month to close is 2026-02", 1),
        (("close", "--month", "2026-02"), f"2026-02 has open breaks: {BREAK}", 1),
    ],
)
def test_what_the_books_do_not_allow_is_refused_in_words_and_changes_nothing(kept, refused, words, why, code):
    refused(("books", *words), why, code=code)


def test_a_break_gets_an_owner_a_line_and_its_month_is_closed_over_what_is_left(kept):
    assert kept.run("books", "own", BREAK, "--owner", "alice").code == 0
    said = kept.run("books", "explain", "--month", "2026-02", "--btc", "0.6", "--text", "paid to staff", "--json")
    assert (said.json["about"], said.json["left_btc"]) == (BREAK, "-0.10000000")
    back = kept.run("books", "explain", "--month", "2026-02", "--btc", "-0.05", "--text", "one came back")
    assert (
        back.out
        == "E-2026-0002 explains -0.05000000 BTC of published-2026-02; -0.05000000 BTC of it are still open\n"
    )
    (one,) = kept.run("books", "breaks", "--json").json
    assert (one["open_btc"], one["owner"], len(one["explained"])) == ("-0.05000000", "alice", 2)
    shown = kept.run("books", "breaks").out
    assert "explained by" in shown
    assert "paid to staff" in shown
    closed = kept.run("--as", "olga", "books", "close", "--month", "2026-02", "--with-breaks", BREAK, "--json").json
    assert (closed["by"], closed["open_breaks"]) == ("olga", [BREAK])
    month = kept.run("books", "roll", "--month", "2026-02", "--json").json
    assert (month["state"], month["closed"]["digest"]) == ("closed", closed["digest"])
    assert f"closed by olga at {closed['at']}, SHA-256 {closed['digest']}" in (
        kept.run("books", "roll", "--month", "2026-02").out
    )


HEADER = "explanation_id,break,month,btc,text,author,usd,day\n"
LINE = f"note-7,{BREAK},2026-02,0.4,paid to the host in coins,olga,,\n"


def test_explanations_come_as_a_table_once_and_a_correction_is_the_next_version(kept):
    file = kept.folder / "explanations.csv"
    file.write_text(HEADER + LINE)
    before = kept.digest()
    assert "1 new" in kept.run("books", "import", file, "--dry-run").out
    assert kept.digest() == before
    assert "1 new" in kept.run("books", "import", file).out
    (found,) = kept.run("books", "breaks", "--json").json
    assert (found["open_btc"], found["explained"][0]["id"]) == ("0.10000000", "note-7")
    before = kept.digest()
    assert "0 new, 0 corrected, 1 unchanged" in kept.run("books", "import", file).out
    assert kept.digest() == before
    file.write_text(HEADER + LINE.replace("0.4", "0.5"))
    assert "1 corrected" in kept.run("books", "import", file).out
    assert kept.run("books", "breaks", "--json").json == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (BREAK, "published-2026-09", "column break: 'published-2026-09' is no break on record"),
        (
            "2026-02,0.4",
            "2026-01,0.4",
            "column month: '2026-01' does not fit: published-2026-02 is explained in 2026-02",
        ),
        ("2026-02,0.4", "02/2026,0.4", "column month: '02/2026' is not a month"),
        (",0.4,", ",0,", "column btc: '0' does not fit: 0 BTC explain nothing"),
        (",0.4,", ",4.5.1,", "column btc: '4.5.1' cannot be read"),
        (",olga,,", ",olga,-5,", "column usd: '-5' does not fit: BTC and dollars have the same sign"),
        (",olga,,", ",olga,,2026-03-01", "column day: '2026-03-01' does not fit: 2026-03-01 is not a day of 2026-02"),
        ("note-7", "E-2026-0001", "column explanation_id: 'E-2026-0001' is a name that desk books explain gives"),
    ],
)
def test_a_line_that_fits_no_break_is_refused_with_its_row_and_column(kept, refused, old, new, said):
    file = kept.folder / "explanations.csv"
    file.write_text(HEADER + LINE.replace("note-7", "note-6").replace("0.4", "0.1") + LINE.replace(old, new))
    refused(("books", "import", file), f"row 3, {said}")


def test_announced_months_are_taken_by_the_books_too(kept):
    file = kept.folder / "months.csv"
    file.write_text("month,produced_btc,sold_btc,held_btc,source\n2026-02,3,2,11,release\n")
    assert "1 corrected" in kept.run("books", "import", file).out
    assert kept.run("books", "breaks", "--json").json == []


def test_a_place_that_was_explained_stays_on_the_record_and_names_that_no_lot_went(kept):
    with kept.write() as tx:
        place = Place("vault", PlaceKind.WALLET, "vault", parse_btc("9.9"), FEBRUARY + 20 * DAY, "node")
        treasury.state(tx, "test", [place])
    name = "place-vault-2026-02"
    file = kept.folder / "explanations.csv"
    file.write_text(HEADER + f"note-1,{name},2026-02,0.1,lost in a test,olga,,\n")
    assert kept.run("books", "import", file).code == 0
    assert name not in kept.run("books", "breaks").out
    (found,) = [one for one in kept.run("books", "breaks", "--all", "--json").json if one["id"] == name]
    assert (found["btc"], found["open_btc"], found["is_open"]) == ("0.10000000", "0.00000000", False)
    assert "explanation note-1: 0.10000000 BTC left vault and no lot with them" in kept.run("lots").out
    file.write_text(HEADER + f"note-1,{name},2026-02,0.05,lost in a test,olga,,\n")
    assert "1 corrected" in kept.run("books", "import", file).out
    (found,) = [one for one in kept.run("books", "breaks", "--json").json if one["id"] == name]
    assert found["open_btc"] == "0.05000000"


def test_what_a_closed_month_learns_later_is_listed_with_it(kept):
    kept.run("books", "close", "--month", "2026-02", "--with-breaks", BREAK)
    with kept.write() as tx:
        late = Receipt("r-1", ReceiptKind.RECEIVED, "vault", parse_btc("2"), FEBRUARY + 20 * DAY, "customer")
        treasury.state(tx, "test", [late])
    february = kept.run("books", "roll", "--month", "2026-02")
    assert "learned after the close, booked in later months" in february.out
    assert "closing               10.00000000  700,000.00" in february.out
    (entry,) = kept.run("books", "roll", "--month", "2026-02", "--json").json["later_entries"]
    assert (entry["ref"], entry["btc"], entry["at"]) == ("receipt/r-1", "2.00000000", "2026-03-01T00:00:00Z")
    (line,) = kept.run("books", "roll", "--month", "2026-03", "--json").json["lines"]
    assert (line["line"], line["entries"][0]["late_of"]) == ("received", "2026-02")


def test_the_books_are_shown_from_a_database_that_cannot_be_written(kept):
    kept.database.chmod(0o444)
    assert kept.run("books", "roll").code == 0


def look(btc: str, *trades: SeenTrade, at: datetime) -> Look:
    return Look("kraken", at, FEBRUARY, parse_btc(btc), trades, {"BTC": Decimal(btc)})


def trade(btc: str, at: datetime) -> SeenTrade:
    sats = parse_btc(btc)
    price = Price(Decimal(70000))
    return SeenTrade("T-1", "O-1", sats, price, Money(price * sats / 10**8), Money(Decimal("1.5")), "USD", at)


def seen(desk, *looks: Look) -> None:
    for one in looks:
        with desk.write() as tx:
            books.state_look(tx, look_record(one), len(one.trades))


def test_without_any_look_there_is_nothing_to_compare(desk):
    said = desk.run("reconcile")
    assert (said.code, said.out) == (4, "")
    assert "kraken: never looked at; start the daemon" in said.err


def test_ledger_trades_and_balance_that_agree_are_said_to_the_satoshi(desk):
    seen(desk, look("12", at=FEBRUARY), look("12", at=FEBRUARY + DAY))
    said = desk.run("reconcile")
    assert said.code == 0
    assert "agrees to the satoshi" in said.out
    assert "no daemon runs; comparing with what was seen last" in said.err
    (venue,) = desk.run("reconcile", "--no-look", "--json").json["venues"]
    assert (venue["ok"], venue["balance"]["difference_btc"]) == (True, "0.00000000")


def test_what_does_not_agree_is_named_and_the_exit_code_says_so(desk):
    at = FEBRUARY + DAY / 2
    seen(desk, look("12", at=FEBRUARY), look("11.5", trade("0.4", at), at=FEBRUARY + DAY))
    said = desk.run("reconcile", "--no-look")
    assert said.code == 1
    assert (
        "OPEN  venue-kraken-trade-T-1-2026-02: trade T-1 at kraken, of an order that is not this desk's" in said.out
    )
    assert "OPEN  venue-kraken-balance-2026-02" in said.out
    assert "2 breaks open" in said.err
    (venue,) = desk.run("reconcile", "--no-look", "--json").json["venues"]
    assert {one["id"]: one["open_btc"] for one in venue["breaks"]} == {
        TRADE: "0.40000000",
        "venue-kraken-balance-2026-02": "0.10000000",
    }


@pytest.mark.parametrize(("left", "fee", "ids"), [("11.6", "0", 1), ("11.59", "0.01", 1), ("11.5", "0", 2)])
def test_a_trade_that_the_place_agrees_with_is_one_break_with_both_sides(desk, left, fee, ids):
    at = FEBRUARY + DAY / 2
    with desk.write() as tx:
        opening = Receipt("o-1", ReceiptKind.OPENING, "kraken", parse_btc("12"), FEBRUARY, "cut-over")
        treasury.state(tx, "test", [opening])
    foreign = replace(trade("0.4", at), fee=Money(Decimal(fee)), fee_currency="BTC" if Decimal(fee) else "USD")
    seen(desk, look("12", at=FEBRUARY), look(left, foreign, at=FEBRUARY + DAY))
    found = {one["id"]: one for one in desk.run("books", "breaks", "--json").json}
    assert len(found) == ids, found
    assert ("kraken holds as much less" in found[TRADE]["text"]) == (ids == 1)
    if ids == 1:
        explain = (
            "--month",
            "2026-02",
            "--btc",
            found[TRADE]["open_btc"],
            "--text",
            "sold by hand",
            "--break",
            TRADE,
        )
        assert desk.run("books", "explain", *explain).code == 0
        assert desk.run("books", "breaks", "--json").json == []
        (settled,) = desk.run("books", "breaks", "--all", "--json").json
        assert (settled["id"], settled["is_open"]) == (TRADE, False)


def test_money_that_left_a_venue_is_shown_in_its_currency_and_fails_the_reconciliation(desk):
    first, then = (replace(look("12", at=FEBRUARY + n * DAY), balances={"USD": Decimal(1500 - n)}) for n in (0, 1))
    seen(desk, first, then)
    said = desk.run("reconcile", "--no-look")
    assert said.code == 1
    assert "OPEN  venue-kraken-USD-2026-02: USD at kraken: 1500 by its trades" in said.out
    assert re.search(r"USD +1,500 +0 +0 +0 +1,500 +1,499 +1 +OPEN", said.out), said.out
    assert "1 USD  2026-02-02" in desk.run("books", "breaks").out
    explain = ("--month", "2026-02", "--btc", "0", "--text", "wire fee", "--break", "venue-kraken-USD-2026-02")
    assert "explains venue-kraken-USD-2026-02; nothing of it is left" in desk.run("books", "explain", *explain).out
    assert desk.run("reconcile", "--no-look").code == 0


def test_explained_breaks_of_a_venue_do_not_fail_any_more(desk):
    at = FEBRUARY + DAY / 2
    seen(desk, look("12", at=FEBRUARY), look("11.6", trade("0.4", at), at=FEBRUARY + DAY))
    words = (
        "--month",
        "2026-02",
        "--btc",
        "0.4",
        "--text",
        "sold by hand",
        "--break",
        "venue-kraken-trade-T-1-2026-02",
    )
    assert desk.run("books", "explain", *words).code == 0
    said = desk.run("reconcile", "--no-look")
    assert said.code == 0
    assert f"explained  {TRADE}" in said.out


def test_two_looks_that_tell_one_trade_differently_are_compared_by_the_newer(desk):
    at = FEBRUARY + DAY / 2
    first = trade("0.4", at)
    newer = replace(first, quantity=Sats(first.quantity + 1))
    seen(
        desk,
        look("12", at=FEBRUARY),
        look("11.6", first, at=FEBRUARY + DAY),
        look("11.6", newer, at=FEBRUARY + 2 * DAY),
    )
    (found,) = [one for one in desk.run("books", "breaks", "--json").json if one["kind"] == "venue"]
    assert found["open_btc"] == "0.40000001"
    assert found["age_days"] == (datetime.now(UTC).date() - date(2026, 2, 1)).days
