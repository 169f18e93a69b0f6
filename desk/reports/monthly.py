"""The monthly production and treasury update in the layout miners publish: the month, the one before, a year ago.

A figure comes from the desk's own record where that covers the whole month, else from what was published for it, and
says which. What neither has stays open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from desk.reports.document import Cell, Chart, Column, Report, Table
from desk.treasury.books import BookColumn, Books
from desk.treasury.lot_statement import LotStatement
from desk.treasury.lots import total
from desk.treasury.mining_costs import fleet_of
from desk.treasury.months import days_of, end_of, first_day, last_day, month_before
from desk.treasury.movements import MovementKind
from desk.treasury.records import MiningDay, PublishedMonth
from desk.treasury.rollforward import LineKind
from desk.units import Money, Sats, btc, ratio

_HUNDRED = Decimal(100)
_CENTS_PER_DOLLAR = Decimal(100)
OWN, PUBLISHED = "own record", "published"


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month; None is not known. `days` are the calendar days that production is averaged over."""

    month: str
    source: str = ""
    produced: Sats | None = None
    days: int = 0
    held: Sats | None = None
    restricted: Sats | None = None
    sold: Sats | None = None
    net: Money | None = None
    deployed_ehs: Decimal | None = None
    operating_ehs: Decimal | None = None
    power_price: Decimal | None = None
    joules_per_th: Decimal | None = None

    @property
    def per_day(self) -> Decimal | None:
        return None if self.produced is None or not self.days else ratio(btc(self.produced), self.days)

    @property
    def average_net(self) -> Decimal | None:
        return None if self.net is None or not self.sold else ratio(self.net, btc(self.sold))


@dataclass(frozen=True, slots=True)
class MonthlyFigures:
    """What the update is made from. `mining` are all mining days on record."""

    desk: str
    month: str
    as_of: datetime
    books: Books
    statement: LotStatement
    mining: Sequence[MiningDay]
    published: Sequence[PublishedMonth]


def monthly_report(given: MonthlyFigures) -> Report:
    """The update for one month, with the changes against the month before and the same month a year ago."""
    published = {one.month: one for one in given.published}
    asked = (given.month, month_before(given.month), _year_before(given.month))
    shown = [_figures(given, published, month) for month in asked]
    known = {*published, *(f"{day.day:%Y-%m}" for day in given.mining), given.month}
    months = sorted(month for month in known if month <= given.month)[-13:]
    produced = [(month, _figures(given, published, month).produced) for month in months]
    restricted = shown[0].restricted
    notes = [f"{one.month}: {one.source}." for one in shown if one.source]
    if restricted:
        notes.insert(0, f"Held includes {btc(restricted):,f} BTC that are restricted (pledged).")
    return Report(
        name="monthly",
        title=f"Production and treasury update {given.month}",
        desk=given.desk,
        as_of=given.as_of,
        lines=("Unaudited, estimated.",),
        tables=(_update(shown),),
        charts=(Chart("BTC produced", "BTC", tuple((m, btc(sats)) for m, sats in produced if sats is not None)),),
        notes=tuple(notes),
    )


def _update(shown: Sequence[MonthFigures]) -> Table:
    month, before, year = shown
    rows = [
        _row("BTC produced", "BTC", 2, [_btc(one.produced) for one in shown]),
        _row("Average produced per day", "BTC", 2, [one.per_day for one in shown]),
        _row("BTC held at month end", "BTC", 2, [_btc(one.held) for one in shown]),
        _row("BTC sold", "BTC", 2, [_btc(one.sold) for one in shown]),
        _row("Net proceeds", "USD", 0, [one.net for one in shown]),
        _row("Average net price", "USD per BTC", 0, [one.average_net for one in shown]),
        _row("Deployed hashrate", "EH/s", 2, [one.deployed_ehs for one in shown]),
        _row("Average operating hashrate", "EH/s", 2, [one.operating_ehs for one in shown]),
        _row("Power price", "¢/kWh", 2, [_cents(one.power_price) for one in shown]),
        _row("Efficiency", "J/TH", 1, [one.joules_per_th for one in shown]),
    ]
    columns = (
        Column("metric"),
        Column("unit"),
        *(Column(one.month, is_figure=True) for one in (month, before, year)),
        Column("M/M %", is_figure=True),
        Column("Y/Y %", is_figure=True),
    )
    return Table("Update", columns, tuple(rows), notes=("– is not known: nothing on record, nothing published.",))


def _row(name: str, unit: str, places: int, values: Sequence[Decimal | None]) -> tuple[Cell, ...]:
    month, before, year = values
    step = Decimal(1).scaleb(-places)
    shown = tuple(None if value is None else value.quantize(step) for value in values)
    return (name, unit, *shown, _change(month, before), _change(month, year))


def _change(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    """The change in percent, one decimal; None where either is not known or there was nothing."""
    if now is None or not then:
        return None
    return (ratio(now - then, then) * _HUNDRED).quantize(Decimal("0.1"))


def _figures(given: MonthlyFigures, published: Mapping[str, PublishedMonth], month: str) -> MonthFigures:
    rows = [row for row in given.mining if f"{row.day:%Y-%m}" == month]
    said = published.get(month)
    if _covers(rows, month, given.as_of.date()):
        return _own(given, rows, month, said)
    if said is None:
        return MonthFigures(month)
    derived = ", production derived" if said.produced_is_derived else ""
    return MonthFigures(
        month=month,
        source=f"{PUBLISHED}{derived}: {said.source}",
        produced=said.produced,
        days=len(list(days_of(month))),
        held=said.held,
        sold=said.sold,
        deployed_ehs=said.deployed_ehs,
        operating_ehs=said.operating_ehs,
    )


def _own(given: MonthlyFigures, rows: Sequence[MiningDay], month: str, said: PublishedMonth | None) -> MonthFigures:
    """What was mined, and with what; held and sold beside it, where the books reach."""
    fleet = fleet_of(rows)
    mined = MonthFigures(
        month=month,
        source=OWN,
        produced=Sats(sum(row.mined for row in rows)),
        days=len({row.day for row in rows}),
        deployed_ehs=fleet.deployed_ehs,
        operating_ehs=fleet.operating_ehs,
        power_price=fleet.power_price,
        joules_per_th=fleet.joules_per_th,
    )
    begins = given.books.begins
    if begins is not None and begins <= last_day(month):
        return _with_books(mined, given, month, begins)
    source = f"{OWN} of production; the books {'are empty' if begins is None else f'begin on {begins}'}"
    if said is None:
        return replace(mined, source=f"{source}, held and sold are not known")
    return replace(
        mined, source=f"{source}, held and sold as {PUBLISHED}: {said.source}", held=said.held, sold=said.sold
    )


def _with_books(mined: MonthFigures, given: MonthlyFigures, month: str, begins: date) -> MonthFigures:
    until = min(end_of(last_day(month)), given.as_of)
    gone = [d for d in given.statement.book.disposals if d.period == month and d.kind is MovementKind.SOLD]
    has_books, source = given.books.has_opening, OWN
    if not has_books:
        source = f"{OWN}; holding not known, no opening lots"
    elif begins > first_day(month):
        source = f"{OWN}; the books begin on {begins}, nothing sold before is in here"
    return replace(
        mined,
        source=source,
        held=Sats(sum(given.books.held(until).values())) if has_books else None,
        restricted=given.books.columns(until)[BookColumn.PLEDGED] if has_books else None,
        sold=Sats(-given.books.month(month).line(LineKind.SOLD).sats),
        net=total([one.net for one in gone]) if gone else Money(Decimal(0)),
    )


def _covers(rows: Sequence[MiningDay], month: str, today: date) -> bool:
    """Whether every day of the month that is over has a row."""
    there = {row.day for row in rows}
    wanted = [day for day in days_of(month) if day < today]
    return bool(wanted) and all(day in there for day in wanted)


def _year_before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


def _btc(sats: Sats | None) -> Decimal | None:
    return None if sats is None else btc(sats)


def _cents(price: Decimal | None) -> Decimal | None:
    return None if price is None else price * _CENTS_PER_DOLLAR
