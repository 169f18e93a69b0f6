"""The roll-forward of a month and the fair-value disclosures that go with it (ASC 350-60, ASU 2023-08).

Name, units, cost basis and fair value at the end; additions, dispositions, gains and losses in between; cumulative
realised gains and losses; what is restricted, why and for how long. Nothing is evened out: breaks stand as breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from desk.reports.document import Cell, Column, Report, Table
from desk.treasury.books import Books
from desk.treasury.breaks import Break
from desk.treasury.lot_statement import LotStatement
from desk.treasury.lots import Piece, realised, total
from desk.treasury.months import days_of, end_of, last_day
from desk.treasury.rollforward import LineKind, Roll
from desk.units import Sats, btc, btc_text, exact_sum

_NAMES = {
    LineKind.CUT_OVER: "opening lots taken over",
    LineKind.MINED: "mined (credited)",
    LineKind.RECEIVED: "received from third parties",
    LineKind.SOLD: "sold",
    LineKind.FEES: "fees in BTC",
    LineKind.PAID_OUT: "paid out",
    LineKind.RECEIVABLE: "to and from lenders who may re-use coins",
    LineKind.EXPLAINED: "explained differences",
    LineKind.MOVED: "moved between own places",
}
_PROBLEMS = 3
_BTC, _USD = Column("BTC", places=8), Column("USD", places=2)


@dataclass(frozen=True, slots=True)
class RollForwardFigures:
    """What the report is made from. `statement` is the lots at the end of the period, or of what there is of it."""

    desk: str
    month: str
    as_of: datetime
    books: Books
    statement: LotStatement


def rollforward_report(given: RollForwardFigures) -> Report:
    """The month's statement, its days, its places, its breaks, and the disclosures at its end."""
    until = min(end_of(last_day(given.month)), given.as_of)
    last = (until - timedelta(microseconds=1)).date()
    rolled = given.books.month(given.month, last)
    closed = given.books.closed.get(given.month)
    state = f"Closed by {closed.closed_by} on {closed.closed_at:%Y-%m-%d}, SHA-256 {closed.digest}." if closed else ""
    running = "" if closed else "Not closed: what is learned later may change it."
    breaks = given.books.breaks(until)
    return Report(
        name="rollforward",
        title=f"Roll-forward {given.month}",
        desk=given.desk,
        as_of=given.as_of,
        lines=tuple(filter(None, (state, running, f"Valuation: {given.statement.policy.text}."))),
        tables=(
            _statement(rolled),
            _disclosure(given.statement, last, rolled.closing.sats),
            _realised(given.statement, given.month),
            _restricted(given.statement),
            _days(given.books, given.month, last),
            _places(given.books, until),
            _breaks(breaks, last),
            _later(given.books, given.month),
        ),
        notes=tuple(f"no estimate: {text}" for text in rolled.missing),
    )


def _statement(rolled: Roll) -> Table:
    rows: list[tuple[Cell, ...]] = [("opening", btc(rolled.opening.sats), rolled.opening.usd)]
    rows += [(_NAMES[line.kind], btc(line.sats), line.usd) for line in rolled.lines]
    rows.append(("change in fair value", None, rolled.fair_value_change))
    rows.append(("closing", btc(rolled.closing.sats), rolled.closing.usd))
    return Table(
        "Roll-forward",
        (Column("line"), _BTC, _USD),
        tuple(rows),
        notes=("Change in fair value = closing − opening − additions + dispositions; realised gains are inside it.",),
        emphasised=frozenset({0, len(rows) - 1}),
    )


def _disclosure(statement: LotStatement, last: date, closing: Sats) -> Table:
    """The holding by its lots; coins that a lender may re-use are a receivable and none of it (ASC 350-60)."""
    lying = [piece for lot in statement.book.lots for piece in lot.pieces]
    pieces = [piece for piece in lying if not statement.is_lent(piece.place)]
    held = Sats(sum(piece.sats for piece in pieces))
    row = ("Bitcoin", btc(held), total([piece.cost for piece in pieces]), statement.worth(held))
    columns = (
        Column("crypto asset"),
        Column("units", places=8),
        Column("cost basis", "USD", 2),
        Column("fair value", "USD", 2),
    )
    method = f"Cost method: {statement.method}, by place; costs are fair value at recognition."
    notes = (method, *_apart(held, closing), *_first_of(statement.problems))
    return Table(f"Holding on {last}", columns, (row,), notes=notes)


def _apart(held: Sats, closing: Sats) -> tuple[str, ...]:
    """That the lots are not what the roll-forward closes with; what they lack or have too much is in the problems."""
    if held == closing:
        return ()
    more = "more" if held > closing else "less"
    return (f"The lots are {btc_text(abs(held - closing))} BTC {more} than the roll-forward closes with:",)


def _first_of(problems: Sequence[str]) -> tuple[str, ...]:
    """The first few; all of them stand in the report of lots."""
    more = len(problems) - _PROBLEMS
    return (*problems[:_PROBLEMS], f"and {more} more: desk report lots") if more > 0 else tuple(problems)


def _realised(statement: LotStatement, month: str) -> Table:
    within = [one for one in statement.book.disposals if one.period == month]
    so_far = [one for one in statement.book.disposals if one.period <= month]
    rows = []
    for name, found in ((month, within), ("cumulative", so_far)):
        sums = realised(found)
        sold = btc(sum(one.sats for one in found))
        rows.append((name, sold, sums.gains, sums.losses, sums.net, str(sums.unknown)))
    columns = (
        Column("period"),
        Column("disposed of", "BTC", 8),
        Column("gains", "USD", 2),
        Column("losses", "USD", 2),
        Column("net", "USD", 2),
        Column("disposals without a figure", is_figure=True),
    )
    return Table("Realised gains and losses", columns, tuple(rows))


def _restricted(statement: LotStatement) -> Table:
    held: dict[str, list[Piece]] = {}
    for lot in statement.book.lots:
        for piece in lot.pieces:
            if piece.place in statement.restrictions:
                held.setdefault(piece.place, []).append(piece)
    rows: list[tuple[Cell, ...]] = []
    for place, pieces in sorted(held.items()):
        found = statement.restrictions[place]
        sats, left = Sats(sum(piece.sats for piece in pieces)), found.days_left(statement.day)
        rows.append((place, found.text, btc(sats), statement.worth(sats), None if left is None else str(left)))
    columns = (
        Column("place"),
        Column("nature of the restriction"),
        _BTC,
        Column("fair value", "USD", 2),
        Column("remaining days", is_figure=True),
    )
    return Table("Restricted holdings", columns, tuple(rows), empty="nothing is restricted")


def _days(books: Books, month: str, last: date) -> Table:
    kinds = (LineKind.MINED, LineKind.RECEIVED, LineKind.SOLD, LineKind.FEES, LineKind.PAID_OUT)
    rows: list[tuple[Cell, ...]] = []
    for day in days_of(month):
        if day > last:
            break
        rolled = books.day(day)
        if not rolled.lines and not rolled.opening.sats:
            continue
        other = exact_sum([btc(line.sats) for line in rolled.lines if line.kind not in kinds])
        figures = [btc(rolled.line(kind).sats) for kind in kinds]
        rows.append((day, btc(rolled.opening.sats), *figures, other, btc(rolled.closing.sats)))
    names = ("opening", "mined", "received", "sold", "fees", "paid out", "other", "closing")
    return Table("By day, in BTC", (Column("day"), *(Column(name, places=8) for name in names)), tuple(rows))


def _places(books: Books, until: datetime) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for state in books.states(until):
        seen = state.seen
        rows.append(
            (
                state.place,
                btc(state.sats),
                None if seen is None else btc(seen.sats),
                None if seen is None else seen.at,
                None if seen is None else btc(state.difference),
            )
        )
    columns = (
        Column("place"),
        Column("by the books", "BTC", 8),
        Column("seen", "BTC", 8),
        Column("when"),
        Column("difference", "BTC", 8),
    )
    return Table("By place", columns, tuple(rows), empty="no coins at any place")


def _breaks(found: Sequence[Break], today: date) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.id, one.sentence, btc(one.sats), btc(one.open), str(one.age_days(today)), one.owner or "nobody")
        for one in found
    ]
    columns = (
        Column("break"),
        Column("what"),
        _BTC,
        Column("still open", "BTC", 8),
        Column("days", is_figure=True),
        Column("owner"),
    )
    return Table("What does not agree", columns, tuple(rows), empty="everything agrees")


def _later(books: Books, month: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.at, one.ref, _NAMES[one.kind], one.place, btc(one.sats), one.usd) for one in books.later_entries(month)
    ]
    columns = (Column("booked"), Column("what"), Column("line"), Column("place"), _BTC, _USD)
    return Table("Booked after the close", columns, tuple(rows))
