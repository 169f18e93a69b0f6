"""What funds a need, as a table."""

from __future__ import annotations

import re
from datetime import datetime

from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.csv_table import Cells, Layout
from desk.treasury.layouts.together import Known, Stated, in_force_with
from desk.treasury.records import Loan, Milestone, Record

ALLOCATIONS = Layout(
    ("allocation_id", "need", "by", "ref", "amount", "currency", "day", "source"),
    ("illustrative",),
)
_SALE = re.compile(r"S-\d{4}-\d{4,}", re.ASCII)


def allocation(row: Cells, now: datetime) -> list[Record]:
    """Money set aside for one milestone or loan."""
    by, ref, amount = row.word("by", FundedBy), row.text("ref"), row.money("amount")
    if by is FundedBy.SALE and row.has("ref") and not _SALE.fullmatch(ref):
        row.refuse("ref", "is not a sale; write its id, like S-2026-0007")
    if row.has("amount") and amount == 0:
        row.refuse("amount", "is zero; leave the row out")
    day = row.day("day")
    if day > now.date():
        row.refuse("day", f"is in the future; today is {now.date()} UTC")
    return [
        Allocation(
            id=row.id("allocation_id"),
            need=row.id("need"),
            by=by,
            ref=ref,
            amount=amount,
            currency=row.currency("currency"),
            day=day,
            source=row.text("source"),
            is_illustrative=row.flag("illustrative"),
        )
    ]


def allocations_together(stated: Stated, known: Known) -> list[Record]:
    """Every allocation has its need, in the need's currency. More than is needed is a break, and shown as one."""
    milestones, loans = in_force_with((), known, Milestone), in_force_with((), known, Loan)
    currencies = {one.id: one.currency for one in milestones.values()}
    currencies |= {one.id: one.currency for one in loans.values()}
    for row, records in stated:
        for one in records:
            assert isinstance(one, Allocation)
            if one.need not in currencies:
                row.refuse("need", "is neither a milestone nor a loan on record; import that first")
            elif one.currency != currencies[one.need]:
                row.refuse("currency", f"is not what {one.need} is owed in; convert it to {currencies[one.need]}")
            if one.by is FundedBy.LOAN and one.ref not in loans:
                row.refuse("ref", f"is no loan on record; known are {', '.join(sorted(loans)) or 'none'}")
    return [one for _, records in stated for one in records]
