"""Execution quality: what each sale of a period was to do, what it did, what it cost, and who allowed it.

Implementation shortfall is against the arrival price, in basis points, fees apart; for a seller positive is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.execution.orders import Fill, Liquidity, Order, OrderState
from desk.reports.document import Cell, Chart, Column, Report, Table, sentence_list
from desk.sale.records import Sale
from desk.sale.terms import PurposeKind
from desk.treasury.lot_statement import Approval
from desk.units import average_price, bps_between, btc, ratio

_FULL = Decimal(10_000)
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class ExecutionFigures:
    """Sales with what belongs to them. `month` None means every sale on record."""

    desk: str
    month: str | None
    as_of: datetime
    sales: Sequence[Sale]
    orders: Mapping[str, Sequence[Order]]
    fills: Mapping[str, Sequence[Fill]]
    approvals: Mapping[str, Sequence[Approval]]


def execution_report(given: ExecutionFigures) -> Report:
    """The sales whose window opened in the month, or that were staged in it and never opened."""
    chosen = [sale for sale in given.sales if given.month in (None, f"{sale.opened or sale.staged_at:%Y-%m}")]
    known = [(sale.id, cost) for sale in chosen if (cost := _shortfall(sale)) is not None]
    slippage = tuple((name, cost.quantize(_TENTH)) for name, cost in known)
    return Report(
        name="execution",
        title=f"Execution {given.month or 'of every sale'}",
        desk=given.desk,
        as_of=given.as_of,
        lines=(_in_sum(chosen),),
        tables=(
            _sales(chosen),
            _costs(chosen, given.fills),
            _orders(chosen, given.orders),
            _permission(chosen, given.approvals),
        ),
        charts=(
            Chart("Against arrival", "bps", tuple((name, cost.quantize(Decimal("0.1"))) for name, cost in slippage)),
        ),
        notes=("Against arrival: average price to the mid when the window opened; above zero is better than it.",),
    )


def _in_sum(sales: Sequence[Sale]) -> str:
    if not sales:
        return "No sale."
    quotes = sorted({sale.terms.quote for sale in sales})
    sold = [
        f"{btc(sum(one.filled for one in sales if one.terms.quote == quote)):,f} BTC for "
        f"{sum((one.proceeds for one in sales if one.terms.quote == quote), Decimal(0)):,.2f} {quote}"
        for quote in quotes
    ]
    return f"{len(sales)} sale{'' if len(sales) == 1 else 's'}: {sentence_list(sold)}."


def _sales(sales: Sequence[Sale]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in sales:
        purpose = one.terms.purpose
        what = "general" if purpose.kind is PurposeKind.GENERAL else f"{purpose.kind}:{purpose.ref}"
        window = one.window or (None, None)
        sold, asked = btc(one.filled), btc(one.quantity)
        rows.append((one.id, what, str(one.state), one.reason, *window, asked, sold, btc(one.remaining)))
    columns = (
        Column("sale"),
        Column("for"),
        Column("state"),
        Column("why"),
        Column("opened"),
        Column("closed"),
        Column("approved", "BTC", 8),
        Column("sold", "BTC", 8),
        Column("unsold", "BTC", 8),
    )
    return Table("Sales", columns, tuple(rows), empty="no sale")


def _costs(sales: Sequence[Sale], fills: Mapping[str, Sequence[Fill]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in sales:
        if not one.filled:
            continue
        trades = fills.get(one.id, ())
        average = average_price(one.proceeds, one.filled)
        rows.append(
            (
                one.id,
                one.terms.quote,
                average,
                one.arrival_price,
                _shortfall(one),
                one.proceeds,
                one.fees,
                ratio(one.fees * _FULL, one.proceeds) if one.proceeds else None,
                _maker_share(trades),
                one.terms.limits.floor,
                min((fill.price for fill in trades), default=None),
            )
        )
    columns = (
        Column("sale"),
        Column("quote"),
        Column("average price", places=2),
        Column("arrival", places=2),
        Column("against arrival", "bps", 1),
        Column("proceeds", places=2),
        Column("fees", places=2),
        Column("fees", "bps", 1),
        Column("maker", "%", 1),
        Column("floor", places=2),
        Column("lowest fill", places=2),
    )
    return Table("What it cost", columns, tuple(rows), empty="nothing was sold")


def _shortfall(sale: Sale) -> Decimal | None:
    average = average_price(sale.proceeds, sale.filled)
    return None if average is None or sale.arrival_price is None else bps_between(average, sale.arrival_price)


def _maker_share(fills: Sequence[Fill]) -> Decimal | None:
    """Percent of the quantity that was sold by resting orders."""
    whole = sum(fill.quantity for fill in fills)
    made = sum(fill.quantity for fill in fills if fill.liquidity is Liquidity.MAKER)
    return ratio(made * 100, whole) if whole else None


def _orders(sales: Sequence[Sale], orders: Mapping[str, Sequence[Order]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in sales:
        found = orders.get(one.id, ())
        by_state = [sum(order.state is state for order in found) for state in _STATES]
        live = len(found) - sum(by_state)
        rows.append((one.id, str(len(found)), *(str(count) for count in by_state), str(live)))
    names = ("orders", *(str(state) for state in _STATES), "live or unknown")
    return Table("Orders", (Column("sale"), *(Column(name, is_figure=True) for name in names)), tuple(rows))


_STATES = (OrderState.FILLED, OrderState.CANCELLED, OrderState.REFUSED, OrderState.EXPIRED)


def _permission(sales: Sequence[Sale], approvals: Mapping[str, Sequence[Approval]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.id, by.person, by.role, by.at, one.terms_digest) for one in sales for by in approvals.get(one.id, ())
    ]
    columns = (Column("sale"), Column("person"), Column("as"), Column("signed"), Column("digest of the terms"))
    return Table("Who allowed it", columns, tuple(rows), empty="nothing was signed")
