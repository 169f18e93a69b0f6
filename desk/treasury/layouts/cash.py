"""Planned flows of cash, and what really came and went, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from desk.treasury.cash_records import CashActual, Direction, Every, Flow, FlowKind
from desk.treasury.csv_table import Cells, Layout
from desk.treasury.layouts.together import Known, Stated, in_force_with, on_record
from desk.treasury.records import Loan, Milestone, Record

FLOWS = Layout(
    ("flow_id", "name", "kind", "amount", "currency", "first", "source"),
    ("direction", "every", "last", "illustrative"),
)
ACTUALS = Layout(
    ("actual_id", "day", "kind", "amount", "currency", "place", "source"),
    ("direction", "flow_id", "note", "illustrative"),
)
_DIRECTIONS: Mapping[FlowKind, Direction] = {
    FlowKind.SALE: Direction.IN,
    FlowKind.AI_REVENUE: Direction.IN,
    FlowKind.HOSTING_REVENUE: Direction.IN,
    FlowKind.LOAN_DRAW: Direction.IN,
    FlowKind.EQUITY: Direction.IN,
    FlowKind.POWER: Direction.OUT,
    FlowKind.HOSTING: Direction.OUT,
    FlowKind.PAYROLL: Direction.OUT,
    FlowKind.INTEREST: Direction.OUT,
    FlowKind.PRINCIPAL: Direction.OUT,
    FlowKind.TOP_UP: Direction.OUT,
    FlowKind.CAPEX: Direction.OUT,
    FlowKind.TAX: Direction.OUT,
}
"""Which way money of a kind goes; `other` says so itself."""
_REFUNDED = frozenset({FlowKind.POWER, FlowKind.HOSTING, FlowKind.TAX, FlowKind.CAPEX, FlowKind.INTEREST})
"""Kinds of which something may really come back."""


def flow(row: Cells, now: datetime) -> list[Record]:
    """Cash that is expected once, or again and again from a first day on."""
    made = Flow(
        id=row.id("flow_id"),
        name=row.text("name"),
        kind=(kind := row.word("kind", FlowKind)),
        direction=_direction(row, kind),
        amount=row.money("amount"),
        currency=row.currency("currency"),
        first=row.day("first"),
        every=row.word("every", Every, Every.ONCE),
        source=row.text("source"),
        last=row.day_or_none("last"),
        is_illustrative=row.flag("illustrative"),
    )
    if not row.complaints:
        _check_flow(row, made)
    return [made]


def _check_flow(row: Cells, made: Flow) -> None:
    if not made.amount:
        row.refuse("amount", "moves nothing; leave the row out, or end the flow with last")
    if made.last is not None and made.every is Every.ONCE:
        row.refuse("last", "does not fit a flow that comes once; say every, or leave it empty")
    elif made.last is not None and made.last < made.first:
        row.refuse("last", f"is before the first day, {made.first}")


def actual(row: Cells, now: datetime) -> list[Record]:
    """Cash that came or went; `flow_id` names the flow, milestone or loan that it fulfils."""
    day = row.day("day")
    if day > now.date():
        row.refuse("day", f"is in the future; today is {now.date()} UTC. What is expected is a flow")
    kind = row.word("kind", FlowKind)
    made = CashActual(
        id=row.id("actual_id"),
        day=day,
        kind=kind,
        direction=_direction(row, kind, back=_REFUNDED),
        amount=row.money("amount"),
        currency=row.currency("currency"),
        place=row.text("place"),
        source=row.text("source"),
        flow=row.id("flow_id") if row.has("flow_id") else None,
        note=row.text("note", empty=True),
        is_illustrative=row.flag("illustrative"),
    )
    if not row.complaints and not made.amount:
        row.refuse("amount", "moved nothing; leave the row out")
    return [made]


def _direction(row: Cells, kind: FlowKind, *, back: frozenset[FlowKind] = frozenset()) -> Direction:
    """The way the kind goes; only `other` has to say it, and only what may be refunded may contradict it."""
    usual = _DIRECTIONS.get(kind)
    if not row.has("direction"):
        if usual is None:
            row.refuse("direction", f"is missing; {kind} may come or go, write in or out")
        return usual or Direction.OUT
    said = row.word("direction", Direction)
    if usual is not None and said is not usual and kind not in back:
        row.refuse("direction", f"does not fit: {kind} is money {usual}")
    return said


def actuals_together(stated: Stated, known: Known) -> list[Record]:
    """What an actual says it fulfils is on record, and of its kind."""
    flows = in_force_with((), known, Flow)
    for row, records in stated:
        for record in records:
            assert isinstance(record, CashActual)
            if record.flow is None:
                continue
            planned = flows.get(record.flow)
            if planned is not None and planned.kind is not record.kind:
                row.refuse("kind", f"does not fit: flow {planned.id} is {planned.kind}")
            named = (planned, on_record(known, Milestone, record.flow), on_record(known, Loan, record.flow))
            if not any(named):
                row.refuse("flow_id", "is no flow, milestone or loan on record; import it first, or leave it empty")
    return [record for _, records in stated for record in records]
