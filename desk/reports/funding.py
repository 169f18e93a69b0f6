"""Funding and loan compliance as of now: needs and what funds them, forecast, loans, covenants."""

from __future__ import annotations

from decimal import Decimal

from desk.reports.document import Cell, Chart, Column, Report, Table
from desk.snapshot.model import DeskSnapshot, LoanView
from desk.treasury.cash_records import CovenantKind
from desk.treasury.covenants import CovenantLine
from desk.treasury.ladder import Standing
from desk.units import btc

_PERCENT = Decimal(100)


def funding_report(desk: DeskSnapshot) -> Report:
    """One picture of the desk, as lenders and the board read it."""
    funding = desk.funding
    price = "no fresh price" if desk.price.mid is None or desk.price.is_stale else f"{desk.price.mid:,.2f}"
    weeks = tuple((f"{week.first:%d %b}", week.minimum) for week in funding.weeks)
    return Report(
        name="funding",
        title="Funding and loan compliance",
        desk=desk.desk_name,
        as_of=desk.taken,
        lines=(f"{desk.price.symbol} at {desk.price.venue}: {price}.", funding.line),
        tables=(
            _milestones(desk),
            _weeks(desk),
            _loans(desk.loans),
            _ladder(desk.loans),
            _covenants(desk.loans),
        ),
        charts=(Chart("Least cash of the week", "USD", weeks),) if weeks else (),
        notes=(*funding.notes, *(f"{loan.name}: {note}" for loan in desk.loans for note in loan.notes)),
    )


def _milestones(desk: DeskSnapshot) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.due,
            one.commitment,
            one.name,
            one.currency,
            one.amount,
            _percent(one.funded),
            "paid" if one.paid else "",
        )
        for one in desk.funding.milestones
    ]
    columns = (
        Column("due"),
        Column("commitment"),
        Column("milestone"),
        Column("currency"),
        Column("amount", places=2),
        Column("funded", "%", 1),
        Column("state"),
    )
    return Table("Needs", columns, tuple(rows), empty="no commitment on record")


def _weeks(desk: DeskSnapshot) -> Table:
    funding = desk.funding
    rows: list[tuple[Cell, ...]] = []
    for week in funding.weeks:
        below = "" if funding.floor is None else "below the floor" if week.minimum < funding.floor else "holds"
        rows.append((str(week.number), week.first, week.minimum, week.closing, below))
    columns = (
        Column("week", is_figure=True),
        Column("from"),
        Column("least cash", "USD", 2),
        Column("closing cash", "USD", 2),
        Column("floor"),
    )
    floor = (
        "no floor is set"
        if funding.floor is None
        else f"The floor is {funding.floor:,.2f} USD ({funding.floor_source})."
    )
    return Table("Forecast", columns, tuple(rows), notes=(floor,), empty="no estimate")


def _loans(loans: tuple[LoanView, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            loan.name,
            loan.lender,
            loan.currency,
            loan.debt,
            loan.interest,
            btc(loan.collateral),
            _percent(loan.ltv),
            _percent(loan.ltv_after_sales),
            _percent(loan.call_ltv),
            _percent(loan.liquidation_ltv),
            loan.call_price,
            loan.liquidation_price,
            loan.maturity,
        )
        for loan in loans
    ]
    columns = (
        Column("loan"),
        Column("lender"),
        Column("currency"),
        Column("owed", places=2),
        Column("of it interest", places=2),
        Column("pledged", "BTC", 8),
        Column("LTV", "%", 1),
        Column("LTV after planned sales", "%", 1),
        Column("call LTV", "%", 1),
        Column("liquidation LTV", "%", 1),
        Column("call price", places=2),
        Column("liquidation price", places=2),
        Column("maturity"),
    )
    return Table("Loans", columns, tuple(rows), empty="no open loan")


def _ladder(loans: tuple[LoanView, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for loan in loans:
        for rung in loan.rungs:
            after: Standing | None = rung.after
            rows.append(
                (
                    loan.name,
                    _percent(rung.fall),
                    rung.price,
                    _percent(rung.now.ltv),
                    str(rung.now.zone or ""),
                    None if rung.now.top_up is None else btc(rung.now.top_up),
                    None if after is None else _percent(after.ltv),
                    "" if after is None else str(after.zone or ""),
                )
            )
    columns = (
        Column("loan"),
        Column("price change", "%", 0),
        Column("price", places=2),
        Column("LTV", "%", 1),
        Column("zone"),
        Column("top-up", "BTC", 8),
        Column("LTV after planned sales", "%", 1),
        Column("zone then"),
    )
    return Table("Ladder", columns, tuple(rows), empty="no estimate: no fresh price")


def _covenants(loans: tuple[LoanView, ...]) -> Table:
    rows = [_covenant(loan, line) for loan in loans for line in loan.covenants]
    columns = (
        Column("loan"),
        Column("covenant"),
        Column("unit"),
        Column("level", places=2),
        Column("now", places=2),
        Column("state"),
        Column("headroom", "%", 1),
        Column("after planned sales"),
    )
    return Table("Covenants", columns, tuple(rows), empty="no covenant on record")


def _covenant(loan: LoanView, line: CovenantLine) -> tuple[Cell, ...]:
    now, after = line.now, line.after
    one = now.covenant
    is_share = one.kind is CovenantKind.MAX_LTV
    unit = "%" if is_share else one.currency or "BTC"
    level, value = (one.level / _PERCENT, _percent(now.value)) if is_share else (one.level, now.value)
    then = "not known" if after is None else str(after.state)
    return (loan.name, str(one.kind), unit, level, value, now.missing or str(now.state), _percent(now.headroom), then)


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else share / _PERCENT
