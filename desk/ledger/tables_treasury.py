"""Tables of the treasury. Rows are never changed: a corrected statement is the next version of the same key."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from desk.ledger.tables import Row
from desk.ledger.types import Choice, Day, Exact, Flag, Moment, Whole, Words, check, column, decimal, known, strict
from desk.treasury.records import LoanState, MilestoneState, PlaceKind


def _statement(table: str, *keys: str) -> list[CheckConstraint]:
    """What holds for every statement: keys are not empty, versions count from 1, somebody said it."""
    named = " AND ".join(f"{key} <> ''" for key in keys)
    return [
        check(f"{table}_key_is_said", named),
        check(f"{table}_version_is_positive", "version >= 1"),
    ]


def _flags(table: str, *names: str) -> list[CheckConstraint]:
    return [check(f"{table}_{name}_is_flag", f"{name} IN (0, 1)") for name in names]


def _shape(table: str, name: str, glob: str) -> CheckConstraint:
    made = check(f"{table}_{name}_has_its_shape", f"{name} GLOB '{glob}'")
    made.ddl_if(dialect="sqlite")
    return made


class PlaceRow(Row, table=True):
    """Coins at one place outside the venues, as one statement had it."""

    __tablename__ = "places"
    __table_args__ = strict(
        _statement("places", "id", "name", "source"),
        known("places", "kind", PlaceKind),
        check("places_sats_are_not_negative", "sats >= 0"),
        check("places_pledge_names_its_loan", "(kind = 'pledged') = (loan IS NOT NULL)"),
        _flags("places", "is_illustrative"),
        immutable=True,
    )

    id: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    kind: PlaceKind = column(Choice(PlaceKind))
    name: str = column(Words())
    sats: int = column(Whole())
    as_of: datetime = column(Moment())
    source: str = column(Words())
    loan: str | None = column(Words(), null=True)
    note: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class CashRow(Row, table=True):
    """Money of one currency at one place outside the venues; it may be overdrawn."""

    __tablename__ = "cash"
    __table_args__ = strict(
        _statement("cash", "place", "currency", "source"),
        decimal("cash", "amount", signed=True),
        _flags("cash", "is_illustrative"),
        immutable=True,
    )

    place: str = column(Words(), key=True)
    currency: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    amount: Decimal = column(Exact())
    as_of: datetime = column(Moment())
    source: str = column(Words())
    note: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class MiningDayRow(Row, table=True):
    """Coins credited for one UTC day by one pool at one site."""

    __tablename__ = "mining_days"
    __table_args__ = strict(
        _statement("mining_days", "day", "pool", "source"),
        check("mining_days_sats_are_not_negative", "mined >= 0 AND (expected IS NULL OR expected >= 0)"),
        _shape("mining_days", "day", "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"),
        decimal("mining_days", "hashrate_ehs", "power_price"),
        _flags("mining_days", "is_illustrative"),
        immutable=True,
    )

    day: date = column(Day(), key=True)
    pool: str = column(Words(), key=True)
    site: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    mined: int = column(Whole())
    expected: int | None = column(Whole(), null=True)
    hashrate_ehs: Decimal | None = column(Exact(), null=True)
    power_price: Decimal | None = column(Exact(), null=True)
    source: str = column(Words())
    source_id: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class ProjectRow(Row, table=True):
    """Something being built."""

    __tablename__ = "projects"
    __table_args__ = strict(
        _statement("projects", "id", "name"), _flags("projects", "is_illustrative"), immutable=True
    )

    id: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    name: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class CommitmentRow(Row, table=True):
    """An order or contract with one vendor, belonging to a project."""

    __tablename__ = "commitments"
    __table_args__ = strict(
        _statement("commitments", "id", "project", "name", "source"),
        _flags("commitments", "is_illustrative"),
        immutable=True,
    )

    id: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    project: str = column(Words())
    vendor: str = column(Words())
    name: str = column(Words())
    source: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class MilestoneRow(Row, table=True):
    """One dated payment of a commitment; `funded` is the share set aside, in basis points."""

    __tablename__ = "milestones"
    __table_args__ = strict(
        _statement("milestones", "id", "commitment", "name", "currency", "source"),
        known("milestones", "state", MilestoneState),
        _shape("milestones", "due", "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"),
        check("milestones_funded_is_a_share", "CAST(funded AS REAL) <= 10000"),
        decimal("milestones", "amount", "funded"),
        _flags("milestones", "is_illustrative"),
        immutable=True,
    )

    id: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    commitment: str = column(Words())
    name: str = column(Words())
    due: date = column(Day())
    amount: Decimal = column(Exact())
    currency: str = column(Words())
    state: MilestoneState = column(Choice(MilestoneState))
    funded: Decimal = column(Exact())
    source: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class LoanRow(Row, table=True):
    """A loan secured by BTC, as one statement had it; LTVs in basis points."""

    __tablename__ = "loans"
    __table_args__ = strict(
        _statement("loans", "id", "lender", "currency", "source"),
        known("loans", "state", LoanState),
        check("loans_pledged_is_not_negative", "pledged >= 0"),
        check(
            "loans_ltvs_rise",
            "0 < CAST(initial_ltv AS REAL) AND CAST(initial_ltv AS REAL) <= CAST(call_ltv AS REAL)"
            " AND CAST(call_ltv AS REAL) < CAST(liquidation_ltv AS REAL)",
        ),
        decimal("loans", "debt", "accrued_interest", "initial_ltv", "call_ltv", "liquidation_ltv"),
        _flags("loans", "may_reuse", "is_illustrative"),
        immutable=True,
    )

    id: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    lender: str = column(Words())
    debt: Decimal = column(Exact())
    accrued_interest: Decimal = column(Exact())
    currency: str = column(Words())
    pledged: int = column(Whole())
    initial_ltv: Decimal = column(Exact())
    call_ltv: Decimal = column(Exact())
    liquidation_ltv: Decimal = column(Exact())
    may_reuse: bool = column(Flag())
    as_of: datetime = column(Moment())
    maturity: date | None = column(Day(), null=True)
    state: LoanState = column(Choice(LoanState))
    source: str = column(Words())
    is_illustrative: bool = column(Flag())
    recorded_at: datetime = column(Moment())


class CostFigureRow(Row, table=True):
    """What one mined BTC cost in a period, as published."""

    __tablename__ = "cost_figures"
    __table_args__ = strict(
        _statement("cost_figures", "period", "currency", "source"),
        decimal("cost_figures", "cash_cost", "all_in_cost"),
        immutable=True,
    )

    period: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    cash_cost: Decimal | None = column(Exact(), null=True)
    all_in_cost: Decimal | None = column(Exact(), null=True)
    currency: str = column(Words())
    source: str = column(Words())
    recorded_at: datetime = column(Moment())


class PublishedMonthRow(Row, table=True):
    """A month as a company announced it; nothing makes the months add up (P9)."""

    __tablename__ = "published_months"
    __table_args__ = strict(
        _statement("published_months", "month", "source"),
        _shape("published_months", "month", "[0-9][0-9][0-9][0-9]-[0-9][0-9]"),
        check("published_months_sats_are_not_negative", "produced >= 0 AND sold >= 0 AND held >= 0"),
        decimal("published_months", "deployed_ehs", "operating_ehs"),
        _flags("published_months", "produced_is_derived"),
        immutable=True,
    )

    month: str = column(Words(), key=True)
    version: int = column(Whole(), key=True)
    produced: int = column(Whole())
    sold: int = column(Whole())
    held: int = column(Whole())
    deployed_ehs: Decimal | None = column(Exact(), null=True)
    operating_ehs: Decimal | None = column(Exact(), null=True)
    produced_is_derived: bool = column(Flag())
    source: str = column(Words())
    recorded_at: datetime = column(Moment())


TABLES: tuple[type[SQLModel], ...] = (
    PlaceRow,
    CashRow,
    MiningDayRow,
    ProjectRow,
    CommitmentRow,
    MilestoneRow,
    LoanRow,
    CostFigureRow,
    PublishedMonthRow,
)
"""Every table of the treasury."""
