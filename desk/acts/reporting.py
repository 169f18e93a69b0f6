"""Making a report: everything it needs is read once, from what is on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from desk.acts.books import load_books
from desk.acts.lots import lot_statement
from desk.acts.outcome import Refused
from desk.clock import Clock
from desk.config import Config
from desk.execution.orders import Fill, Order
from desk.ledger import Ledger, events, orders, sales, treasury
from desk.reports.document import Report
from desk.treasury.months import check_month, end_of, first_day, last_day, month_before, month_of

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
Maker = Callable[[Config, Ledger, Clock, str | None], Report]


def make_report(name: str, config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    """The report of that name. `month` None means the last whole one, or everything where a report allows it.

    Raises MonthRefused, Refused, BooksRefused.
    """
    if month is not None:
        check_month(month)
        if first_day(month) > clock.now().date():
            raise Refused(f"--month {month} has not begun")
    return MAKERS[name](config, ledger, clock, month)


def _as_of(ledger: Ledger) -> datetime:
    """When the newest event went on record: the same record makes the same report, whenever it is asked for."""
    with ledger.read() as tx:
        newest = events.listed(tx, limit=1, newest_first=True)
    return newest[0].at if newest else _BEGINNING


def _month(clock: Clock, month: str | None) -> str:
    return month or month_before(month_of(clock.now()))


def _monthly(config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    from desk.reports.monthly import MonthlyFigures, monthly_report

    asked = _month(clock, month)
    books, statement = load_books(ledger), lot_statement(config, ledger, clock)
    with ledger.read() as tx:
        mining, published = treasury.mining_days(tx), treasury.published_months(tx)
    return monthly_report(
        MonthlyFigures(config.settings.desk.name, asked, _as_of(ledger), books, statement, mining, published)
    )


def _rollforward(config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    from desk.reports.rollforward import RollForwardFigures, rollforward_report

    asked, now = _month(clock, month), clock.now()
    is_over = end_of(last_day(asked)) <= now
    statement = lot_statement(config, ledger, clock, last_day(asked) if is_over else None)
    return rollforward_report(
        RollForwardFigures(config.settings.desk.name, asked, _as_of(ledger), load_books(ledger), statement)
    )


def _lots(config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    from desk.reports.lots import lots_report

    now = clock.now()
    day = last_day(month) if month and end_of(last_day(month)) <= now else None
    at, statement = _as_of(ledger), lot_statement(config, ledger, clock, day)
    if day is None:
        statement = replace(statement, as_of=at)
    return lots_report(config.settings.desk.name, at, statement, month)


def _execution(config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    from desk.reports.execution import ExecutionFigures, execution_report

    statement = lot_statement(config, ledger, clock)
    placed: dict[str, list[Order]] = defaultdict(list)
    filled: dict[str, list[Fill]] = defaultdict(list)
    with ledger.read() as tx:
        found = sales.listed(tx)
        for order in orders.listed(tx):
            placed[order.sale_id].append(order)
        for fill in orders.fills(tx):
            filled[fill.sale_id].append(fill)
    return execution_report(
        ExecutionFigures(config.settings.desk.name, month, _as_of(ledger), found, placed, filled, statement.approvals)
    )


def _funding(config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    from desk.reports.funding import funding_report
    from desk.snapshot.build import SnapshotBuilder

    if month is not None:
        raise Refused("the funding report is of now; leave --month out")
    return funding_report(SnapshotBuilder(config, ledger, clock).build())


def _journal(config: Config, ledger: Ledger, clock: Clock, month: str | None) -> Report:
    from desk.reports.journal import journal_report

    asked = _month(clock, month)
    if end_of(last_day(asked)) > clock.now():
        raise Refused(f"--month {asked} is not over; a journal is of a whole month")
    statement = lot_statement(config, ledger, clock, last_day(asked))
    accounts = config.settings.treasury.accounts
    return journal_report(config.settings.desk.name, asked, _as_of(ledger), load_books(ledger), statement, accounts)


MAKERS: Mapping[str, Maker] = {
    "monthly": _monthly,
    "rollforward": _rollforward,
    "lots": _lots,
    "execution": _execution,
    "funding": _funding,
    "journal": _journal,
}
"""Every report by its name."""
