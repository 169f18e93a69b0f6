"""Journal lines of a month: double entry in dollars, each balanced, accounts by the configured mapping.

Additions debit the digital assets at fair value; disposals credit them at cost; the difference to net proceeds is a
realised gain or loss. The month's unrealised change is one line, so that assets end at fair value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from desk.reports.document import Cell, Column, Report, Table
from desk.treasury.books import Books
from desk.treasury.lot_statement import LotStatement
from desk.treasury.lots import Disposal
from desk.treasury.months import last_day
from desk.treasury.movements import MovementKind
from desk.treasury.rollforward import Entry, LineKind
from desk.units import Money, exact_sum

_CENT = Decimal("0.01")

ACCOUNTS: Mapping[str, str] = {
    "digital-assets": "Digital assets",
    "mining-revenue": "Mining revenue",
    "assets-received": "Digital assets received",
    "cash": "Cash at venues and banks",
    "realised-gain": "Realised gain on digital assets",
    "realised-loss": "Realised loss on digital assets",
    "unrealised": "Change in fair value of digital assets",
    "fees": "Transaction fees",
    "paid-out": "Payments in digital assets",
    "collateral-receivable": "Receivable for collateral re-used by lenders",
    "explained": "Explained differences",
    "opening": "Opening balances taken over",
}
"""The lines that `[treasury.accounts]` gives numbers to; without one the name stands alone."""
_CREDITS = {
    LineKind.CUT_OVER: "opening",
    LineKind.MINED: "mining-revenue",
    LineKind.RECEIVED: "assets-received",
    LineKind.EXPLAINED: "explained",
    LineKind.RECEIVABLE: "collateral-receivable",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: `debit` and `credit` are dollars, one of them nothing."""

    day: date
    reference: str
    account: str
    debit: Money
    credit: Money
    text: str


def journal_report(
    desk: str, month: str, as_of: datetime, books: Books, statement: LotStatement, accounts: Mapping[str, str]
) -> Report:
    """The month as journal lines that balance; what has no value yet is named and left out, never guessed."""
    rolled = books.month(month)
    missing = list(rolled.missing)
    lines = [line for kind in rolled.lines for entry in kind.entries for line in _addition(entry)]
    for one in statement.book.disposals:
        if one.period != month:
            continue
        made = list(_disposal(one))
        lines += made
        if not made:
            missing += [f"{one.id}: {text}" for text in one.missing or ("its gain is not known",)]
    if not missing:
        lines += _unrealised(lines, rolled.opening.usd, rolled.closing.usd, last_day(month))
    debits, credits = exact_sum([one.debit for one in lines]), exact_sum([one.credit for one in lines])
    rows: list[tuple[Cell, ...]] = [
        _row(line, accounts) for line in sorted(lines, key=lambda one: (one.day, one.reference))
    ]
    rows.append((None, "", "", "sum", debits, credits, ""))
    columns = (
        Column("day"),
        Column("reference"),
        Column("account"),
        Column("name"),
        Column("debit", "USD", 2),
        Column("credit", "USD", 2),
        Column("text"),
    )
    return Report(
        name="journal",
        title=f"Journal {month}",
        desk=desk,
        as_of=as_of,
        lines=(f"Valuation: {statement.policy.text}.",),
        tables=(Table("Journal", columns, tuple(rows), emphasised=frozenset({len(rows) - 1})),),
        notes=(*_before(books, month), *(f"left out, no estimate: {text}" for text in sorted(set(missing)))),
    )


def _before(books: Books, month: str) -> tuple[str, ...]:
    begins = books.begins
    if begins is not None and begins <= last_day(month):
        return ()
    return (f"nothing is booked: the books {'are empty' if begins is None else f'begin on {begins}'}",)


def _row(line: Line, accounts: Mapping[str, str]) -> tuple[Cell, ...]:
    number = accounts.get(line.account, "")
    return (line.day, line.reference, number, ACCOUNTS[line.account], line.debit, line.credit, line.text)


def _addition(entry: Entry) -> Iterator[Line]:
    """Coins that came (or an explained difference that went) at fair value."""
    account = _CREDITS.get(entry.kind)
    if account is None or entry.usd is None or not entry.usd:
        return
    value = _cents(entry.usd)
    text = f"{entry.kind} at {entry.place}"
    if value > 0:
        yield from _pair(entry.at.date(), entry.ref, "digital-assets", account, value, text)
    else:
        yield from _pair(entry.at.date(), entry.ref, account, "digital-assets", Money(-value), text)


def _disposal(one: Disposal) -> Iterator[Line]:
    """Cost out of the assets, net proceeds in, the difference realised; nothing where either is not known."""
    cost, net = one.cost, one.net
    if cost is None or (net is None and one.kind is MovementKind.SOLD):
        return
    day, spent = one.at.date(), _cents(cost)
    brought = _cents(net) if net is not None else spent
    side = {MovementKind.SOLD: "cash", MovementKind.FEE: "fees", MovementKind.PAID_OUT: "paid-out"}[one.kind]
    text = f"{one.kind} {one.movement.place}"
    yield Line(day, one.id, side, brought, _NOTHING, text)
    yield Line(day, one.id, "digital-assets", _NOTHING, spent, text)
    gain = Money(brought - spent)
    if gain > 0:
        yield Line(day, one.id, "realised-gain", _NOTHING, gain, text)
    elif gain < 0:
        yield Line(day, one.id, "realised-loss", Money(-gain), _NOTHING, text)


def _unrealised(lines: Sequence[Line], opening: Money | None, closing: Money | None, day: date) -> list[Line]:
    """What is left between the assets as booked and their fair value at the month's end."""
    if opening is None or closing is None:
        return []
    booked = exact_sum([one.debit - one.credit for one in lines if one.account == "digital-assets"])
    change = _cents(closing - opening - booked)
    if change > 0:
        return list(_pair(day, "fair value", "digital-assets", "unrealised", change, "change in fair value"))
    if change < 0:
        return list(_pair(day, "fair value", "unrealised", "digital-assets", Money(-change), "change in fair value"))
    return []


def _pair(day: date, reference: str, debit: str, credit: str, value: Money, text: str) -> Iterable[Line]:
    return (Line(day, reference, debit, value, _NOTHING, text), Line(day, reference, credit, _NOTHING, value, text))


def _cents(amount: Decimal) -> Money:
    return Money(amount.quantize(_CENT, ROUND_HALF_EVEN))


_NOTHING = Money(Decimal(0))
