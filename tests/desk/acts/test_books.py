"""Breaks get owners and explanations, months are closed, and a closed month changes only by an entry (P9)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.acts import books as acts
from desk.acts.outcome import NotFound, Refused
from desk.ledger import LedgerReadOnly, events, schema, treasury
from desk.ledger.copied import copied
from desk.treasury.closing import BooksRefused
from desk.treasury.coin_records import Mark, MonthClose, PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.months import MonthRefused
from desk.treasury.records import MiningDay, Place, PlaceKind, PublishedMonth
from desk.treasury.rollforward import LineKind
from desk.units import AmountRefused, Money, Price, parse_btc

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
COST = Money(Decimal("650000.00"))
FEB, MAR, APR = "2026-02", "2026-03", "2026-04"


class House:
    """A desk whose books begin in February with 10 BTC, in the middle of April."""

    def __init__(self, world) -> None:
        self.world = world
        self.ledger, self.clock = world.ledger, world.clock
        self.clock.advance((datetime(2026, 4, 15, tzinfo=UTC) - self.clock.now()).total_seconds())
        opening = Receipt("o-1", ReceiptKind.OPENING, "vault", parse_btc("10"), FEBRUARY, "cut-over", cost=COST)
        days = [date(2026, 1, 31) + number * DAY for number in range(90)]
        self.say(opening, self.mined(3, "0.5"), *(self.mark(day) for day in days))

    def say(self, *records: object) -> None:
        with self.world.write() as tx:
            treasury.state(tx, "test", records)

    def mined(self, day: int, btc: str) -> MiningDay:
        return MiningDay(date(2026, 2, day), "luxor", "georgia", parse_btc(btc), None, None, None, "luxor")

    def mark(self, day: date, price: str = "70000") -> Mark:
        return Mark(day, "BTC/USD", Price(Decimal(price)), datetime(2026, 4, 15, tzinfo=UTC), "kraken", "policy")

    def seen(self, btc: str, day: int = 10, place: str = "vault") -> Place:
        at = FEBRUARY + (day - 1) * DAY + DAY / 2
        return Place(place, PlaceKind.WALLET, place, parse_btc(btc), at, "node")

    def published(self, month: str, produced: str, sold: str, held: str) -> PublishedMonth:
        amounts = [parse_btc(one) for one in (produced, sold, held)]
        return PublishedMonth(month, *amounts, None, None, False, "press release")

    @property
    def books(self):
        return acts.load_books(self.ledger)

    def explain(self, btc: str = "1", month: str = FEB, text: str = "lost key", **more: object):
        return acts.explain(self.ledger, self.clock, "olga", month, btc, text, **more)

    def close(self, month: str = FEB, *named: str) -> MonthClose:
        return acts.close(self.ledger, self.clock, "alice", month, named)

    def head(self) -> int:
        with self.ledger.read() as tx:
            return events.head(tx).seq


@pytest.fixture
def house(world) -> House:
    return House(world)


def sats(house: House, month: str, kind: LineKind) -> int:
    return house.books.month(month).line(kind).sats


def test_a_line_explains_the_only_break_there_is_and_says_what_is_left(house):
    house.say(house.seen("9"))
    line, left = house.explain("0.25")
    assert (line.about, line.place, line.day) == ("place-vault-2026-02", "vault", date(2026, 2, 10))
    assert left == parse_btc("0.75")
    (found,) = house.books.breaks(house.clock.now())
    assert (found.open, [one.id for one in found.explained]) == (parse_btc("0.75"), ["E-2026-0001"])
    house.explain("0.75", text="and the rest of it")
    assert [one.is_open for one in house.books.breaks(house.clock.now())] == [False]
    assert sats(house, FEB, LineKind.EXPLAINED) == -parse_btc("1")


def test_the_value_of_explained_coins_is_what_is_said_or_that_days_mark(house):
    house.say(house.seen("8"))
    house.explain("1", usd="123.45")
    house.explain("1")
    values = [entry.usd for entry in house.books.month(FEB).line(LineKind.EXPLAINED).entries]
    assert values == [Decimal("-123.45"), Decimal("-70000.00")]


def test_with_several_breaks_the_line_says_which(house):
    house.say(house.seen("9"), house.seen("1", place="till"))
    with pytest.raises(Refused, match="say which: --break place-till-2026-02, place-vault-2026-02"):
        house.explain()
    line, left = house.explain("-1", break_id="place-till-2026-02")
    assert (line.place, left) == ("till", 0)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"month": "2026-13"}, "is not a month"),
        ({"month": "2026-05"}, "has not begun"),
        ({"month": "2026-01", "break_id": "place-vault-2026-02"}, "a line of 2026-01 cannot explain it"),
        ({"btc": "0"}, "0 BTC explain nothing"),
        ({"btc": "1e-9"}, "finer than one satoshi"),
        ({"text": " "}, "--text is one line"),
        ({"text": "a\x1b[2J"}, "--text is one line"),
        ({"usd": "-5"}, "the same sign"),
        ({"day": date(2026, 3, 1)}, "is not a day of 2026-02"),
        ({"break_id": "place-attic-2026-02"}, "no break 'place-attic-2026-02'"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_and_nothing_is_written(house, said, why):
    house.say(house.seen("9"))
    before = house.head()
    with pytest.raises((Refused, NotFound, MonthRefused, AmountRefused), match=why):
        house.explain(**said)
    assert house.head() == before


def test_a_month_without_a_break_has_nothing_to_explain(house):
    with pytest.raises(Refused, match="no break of 2026-02 is open"):
        house.explain()


def test_a_break_has_an_owner_from_when_it_was_first_given_one(house):
    house.say(house.seen("9"))
    acts.own(house.ledger, house.clock, "olga", "place-vault-2026-02", "alice")
    house.clock.advance(86_400)
    acts.own(house.ledger, house.clock, "olga", "place-vault-2026-02", "bob", "alice is away")
    (found,) = house.books.breaks(house.clock.now())
    assert (found.owner, found.owner_note, found.age_days(date(2026, 4, 16))) == ("bob", "alice is away", 65)
    assert house.books.owners[0].opened == datetime(2026, 4, 15, tzinfo=UTC)
    with pytest.raises(NotFound):
        acts.own(house.ledger, house.clock, "olga", "place-attic-2026-02", "alice")


def test_a_close_freezes_figures_entries_prices_and_lots_under_a_digest(house):
    made = house.close()
    document = json.loads(made.document)
    assert document["closing"] == {"sats": parse_btc("10.5"), "usd": "735000.00", "missing": ""}
    assert [entry["ref"] for entry in document["entries"]] == ["receipt/o-1", "mined/2026-02-03/luxor/georgia"]
    assert {lot["lot"]: lot["pieces"] for lot in document["lots"]} == {
        "o-1": [["vault", parse_btc("10"), "650000.00"]],
        "mined/2026-02-03/luxor/georgia": [["pool:luxor", parse_btc("0.5"), "35000.00"]],
    }
    assert document["prices"]["2026-02-28"] == "70000"
    with house.ledger.read() as tx:
        (newest,) = events.listed(tx, limit=1, newest_first=True)
    assert (newest.detail["act"], newest.detail["digest"], newest.actor) == ("closed 2026-02", made.digest, "alice")


@pytest.mark.parametrize(
    ("month", "why"),
    [
        ("2026-01", "before the books begin; the month to close is 2026-02"),
        (MAR, "is not next; the month to close is 2026-02"),
        ("2026-2", "is not a month"),
    ],
)
def test_months_are_closed_in_their_order(house, month, why):
    with pytest.raises((BooksRefused, MonthRefused), match=why):
        house.close(month)


def test_a_month_that_runs_cannot_be_closed_and_none_is_closed_twice(house):
    house.close(FEB)
    with pytest.raises(BooksRefused, match="2026-02 is closed"):
        house.close(FEB)
    house.close(MAR)
    with pytest.raises(BooksRefused, match="2026-04 is not over; it can be closed from 2026-05-01 on"):
        house.close(APR)


def test_a_month_without_dollars_is_not_closed_by_accident(house):
    may = "2026-05"
    house.clock.advance(50 * 86_400)
    for month in (FEB, MAR, APR):
        house.close(month)
    with pytest.raises(BooksRefused, match="2026-05 has no dollars yet: mark BTC/USD of 2026-05-31 missing; import"):
        house.close(may)
    acts.close(house.ledger, house.clock, "alice", may, without_usd=True)
    assert may in house.books.closed


def test_a_month_with_open_breaks_is_closed_only_by_naming_each_of_them(house):
    house.say(house.seen("9"), house.published("2026-01", "0", "0", "10"), house.published(FEB, "0.5", "0", "10.4"))
    with pytest.raises(BooksRefused, match="open breaks: place-vault-2026-02, published-2026-02"):
        house.close(FEB)
    with pytest.raises(BooksRefused, match="has open breaks: published-2026-02"):
        house.close(FEB, "place-vault-2026-02")
    with pytest.raises(BooksRefused, match="no open break of 2026-02 is called place-till-2026-02"):
        house.close(FEB, "place-vault-2026-02", "published-2026-02", "place-till-2026-02")
    document = json.loads(house.close(FEB, "place-vault-2026-02", "published-2026-02").document)
    assert {one["id"]: one["open"] for one in document["open_breaks"]} == {
        "place-vault-2026-02": parse_btc("1"),
        "published-2026-02": parse_btc("0.1"),
    }


def test_what_was_left_open_is_named_again_only_while_it_still_shows(house):
    announced = [house.published("2026-01", "0", "0", "10"), house.published(FEB, "0.5", "0", "10.4")]
    house.say(house.seen("9"), *announced, house.published(MAR, "0", "0", "10.4"))
    house.close(FEB, "place-vault-2026-02", "published-2026-02")
    with pytest.raises(BooksRefused, match="has open breaks: place-vault-2026-02; explain"):
        house.close(MAR)
    document = json.loads(house.close(MAR, "place-vault-2026-02").document)
    assert [one["id"] for one in document["open_breaks"]] == ["place-vault-2026-02"]


def test_what_comes_late_is_a_named_entry_of_the_first_open_month(house):
    house.close()
    closed = house.books.month(FEB)
    house.say(PayOut("p-1", "vault", parse_btc("1"), FEBRUARY + 5 * DAY, "vendor", "hosting", "bill"))
    assert house.books.month(FEB) == closed
    (entry,) = house.books.later_entries(FEB)
    assert (entry.ref, entry.sats, entry.late_of) == ("pay-out/p-1", -parse_btc("1"), FEB)
    assert entry.at == datetime(2026, 3, 1, tzinfo=UTC)
    assert sats(house, MAR, LineKind.PAID_OUT) == -parse_btc("1")
    house.close(MAR)
    assert sats(house, MAR, LineKind.PAID_OUT) == -parse_btc("1")
    assert house.books.later_entries(FEB) == (entry,)
    assert house.books.month(APR).opening.sats == parse_btc("9.5")


def test_the_lots_of_a_later_close_take_what_came_late_when_it_was_learned(house):
    house.say(PayOut("p-1", "vault", parse_btc("1"), FEBRUARY + 20 * DAY, "vendor", "hosting", "bill"))
    last_in_first_out = {"relief": "lifo"}
    acts.close(house.ledger, house.clock, "alice", FEB, **last_in_first_out)
    late = Receipt("r-1", ReceiptKind.RECEIVED, "vault", parse_btc("1"), FEBRUARY + DAY, "x", cost=COST)
    house.say(late)
    march = acts.close(house.ledger, house.clock, "alice", MAR, **last_in_first_out)
    left = {lot["lot"]: lot["pieces"][0][1] for lot in json.loads(march.document)["lots"]}
    assert (left["o-1"], left["r-1"]) == (parse_btc("9"), parse_btc("1"))


def test_a_restated_day_of_a_closed_month_is_its_difference_in_the_first_open_one(house):
    house.close()
    house.say(house.mined(3, "0.4"))
    (entry,) = house.books.later_entries(FEB)
    assert (entry.sats, entry.usd, entry.note) == (
        -parse_btc("0.1"),
        Decimal("-7000.00"),
        "corrects mined/2026-02-03/luxor/georgia",
    )
    house.close(MAR)
    house.say(house.mined(3, "0.5"))
    assert [one.sats for one in house.books.later_entries(FEB)] == [-parse_btc("0.1"), parse_btc("0.1")]
    assert house.books.month(APR).closing.sats == parse_btc("10.5")


def test_a_transfer_that_turns_out_to_have_gone_elsewhere_is_moved_by_entries(house):
    moved = Transfer("t-1", "vault", "till", parse_btc("2"), parse_btc("0"), FEBRUARY + DAY, "node", FEBRUARY + DAY)
    house.say(moved)
    house.close()
    house.say(replace(moved, to_place="attic"))
    later = {entry.place: entry.sats for entry in house.books.later_entries(FEB)}
    assert later == {"till": -parse_btc("2"), "attic": parse_btc("2")}
    assert house.books.held(FEBRUARY + 60 * DAY) == {
        "attic": parse_btc("2"),
        "pool:luxor": parse_btc("0.5"),
        "vault": parse_btc("8"),
    }


def test_another_mark_for_a_closed_day_changes_no_closed_figure(house):
    house.close()
    before = house.books.month(FEB)
    house.say(house.mark(date(2026, 2, 28), "1"))
    assert house.books.month(FEB) == before
    assert house.books.month(MAR).opening == before.closing


def test_an_explanation_of_a_closed_month_is_an_entry_of_the_next(house):
    house.say(house.seen("9"))
    house.close(FEB, "place-vault-2026-02")
    house.explain("1")
    assert [one.is_open for one in house.books.breaks(house.clock.now())] == [False]
    assert sats(house, FEB, LineKind.EXPLAINED) == 0
    assert [entry.ref for entry in house.books.later_entries(FEB)] == ["E-2026-0001"]
    assert sats(house, MAR, LineKind.EXPLAINED) == -parse_btc("1")


def test_a_late_statement_settles_the_break_that_it_explains(house):
    house.say(house.seen("9"))
    house.close(FEB, "place-vault-2026-02")
    house.say(PayOut("p-1", "vault", parse_btc("1"), FEBRUARY + 5 * DAY, "vendor", "hosting", "bill"))
    assert house.books.breaks(house.clock.now()) == ()


def test_a_close_whose_document_was_changed_is_refused(house):
    made = house.close()
    forged = replace(made, month="2026-03", document=made.document.replace("735000.00", "835000.00"))
    house.say(forged)
    with pytest.raises(BooksRefused, match="the close of 2026-03 is not what was closed"):
        assert house.books


def test_the_books_are_read_from_a_copy_and_never_hold_the_ledger_in_use(house, monkeypatch):
    """What takes every fill there ever was takes longer than a writer may be kept waiting."""

    def held() -> None:
        raise AssertionError("the ledger in use was held")

    before = house.books.held(datetime(2026, 4, 1, tzinfo=UTC))
    monkeypatch.setattr(house.ledger, "read", held)
    assert house.books.held(datetime(2026, 4, 1, tzinfo=UTC)) == before


def test_a_copy_is_of_one_moment_and_leaves_nothing_behind(house):
    with copied(house.ledger) as still:
        house.say(house.mined(5, "0.25"))
        with still.read() as tx:
            assert [one.day.day for one in treasury.mining_days(tx)] == [3]
        with pytest.raises(LedgerReadOnly), still.write(actor="x", clock=house.clock):
            pass
        path = still.path
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()
    with house.ledger.read() as tx:
        assert [one.day.day for one in treasury.mining_days(tx)] == [3, 5]


def test_a_ledger_that_is_written_to_all_the_time_is_copied_all_the_same(house, monkeypatch):
    """A writer between any two steps begins the copy anew; then it is made at once."""
    monkeypatch.setattr("desk.ledger.copied._PAGES", 5)
    before, steps = schema.copy_unchecked, []

    def disturbed(path, to, pages=-1, progress=None):
        def stepped(status: int, left: int, total: int) -> None:
            house.say(house.mark(date(2026, 2, 5), str(70_000 + left)))
            progress(status, left, total)

        steps.append(pages)
        before(path, to, pages, stepped if progress else None)

    monkeypatch.setattr(schema, "copy_unchecked", disturbed)
    with copied(house.ledger) as still, still.read() as tx:
        assert len(treasury.mining_days(tx)) == 1
    assert steps == [5, -1]
