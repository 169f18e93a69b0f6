"""Tables of a sale and its orders. Rows never leave this room: the stores hand out frozen dataclasses."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, Index, MetaData, UniqueConstraint, text
from sqlmodel import SQLModel

from desk.execution.orders import FINAL, Liquidity, OrderState, OrderType
from desk.ledger.types import Choice, Exact, Flag, Moment, Span, Whole, Words, check, column, decimal, known, strict
from desk.sale.lifecycle import SaleState
from desk.sale.records import SliceState

LIVE = tuple(state for state in OrderState if state not in FINAL)
"""Order states that still hold their unfilled quantity."""
LIVE_SQL = ", ".join(f"'{state.value}'" for state in LIVE)


class Row(SQLModel):
    """What every table of the ledger descends from; it owns the metadata."""

    metadata = MetaData()


class SaleRow(Row, table=True):
    """A sale's state and running totals. `late` is what venues reported sold after an order was proven finished."""

    __tablename__ = "sales"
    __table_args__ = strict(
        known("sales", "state", SaleState),
        check("sales_quantity_is_positive", "quantity > 0"),
        check("sales_totals_are_not_negative", "filled >= 0 AND open >= 0 AND unknown >= 0 AND late >= 0"),
        check("sales_never_oversold", "filled + open + unknown <= quantity + late"),
        check("sales_window_is_ordered", "opened IS NULL OR closes IS NULL OR opened < closes"),
        decimal("sales", "proceeds", "arrival_price"),
        decimal("sales", "fees", signed=True),
        Index("sales_by_state", "state"),
        fixed=("quantity", "quote", "staged_at"),
    )

    id: str = column(Words(), key=True)
    state: SaleState = column(Choice(SaleState))
    quantity: int = column(Whole())
    quote: str = column(Words())
    filled: int = column(Whole())
    open: int = column(Whole())
    unknown: int = column(Whole())
    late: int = column(Whole())
    proceeds: Decimal = column(Exact())
    fees: Decimal = column(Exact())
    reason: str = column(Words())
    opened: datetime | None = column(Moment(), null=True)
    closes: datetime | None = column(Moment(), null=True)
    arrival_price: Decimal | None = column(Exact(), null=True)
    staged_at: datetime = column(Moment())
    updated_at: datetime = column(Moment())


class TermsRow(Row, table=True):
    """The exact bytes that are signed, as UTF-8 text, and their digest."""

    __tablename__ = "terms"
    __table_args__ = strict(
        check("terms_digest_is_sha256", "length(digest) = 64"),
        check("terms_are_said", "document <> ''"),
        immutable=True,
    )

    sale_id: str = column(Words(), key=True, to="sales.id")
    digest: str = column(Words(), unique=True)
    document: str = column(Words())


class SliceRow(Row, table=True):
    """One step of a sale's schedule: `offset` from the window's opening, `due` once that is known."""

    __tablename__ = "slices"
    __table_args__ = strict(
        known("slices", "state", SliceState),
        check("slices_plan_is_positive", "planned > 0"),
        check("slices_filled_is_not_negative", "filled >= 0"),
        check("slices_position_is_not_negative", "position >= 0"),
        UniqueConstraint("sale_id", "position", name="slices_one_per_position"),
        UniqueConstraint("id", "sale_id", name="slices_belong_to_one_sale"),
        Index("slices_by_due", "state", "due"),
        fixed=("sale_id", "position", "offset", "planned"),
    )

    id: str = column(Words(), key=True)
    sale_id: str = column(Words(), to="sales.id")
    position: int = column(Whole())
    offset: timedelta = column(Span())
    due: datetime | None = column(Moment(), null=True)
    planned: int = column(Whole())
    filled: int = column(Whole())
    state: SliceState = column(Choice(SliceState))


class SignatureRow(Row, table=True):
    """One signature over a sale's terms or a request's body; one per person and one per key (P4)."""

    __tablename__ = "signatures"
    __table_args__ = strict(
        check("signatures_are_named", "principal <> '' AND role <> '' AND fingerprint <> '' AND armored <> ''"),
        UniqueConstraint("subject", "fingerprint", name="signatures_one_per_key"),
        immutable=True,
    )

    subject: str = column(Words(), key=True)
    principal: str = column(Words(), key=True)
    role: str = column(Words())
    fingerprint: str = column(Words())
    armored: str = column(Words())
    signed_at: datetime = column(Moment())
    recorded_at: datetime = column(Moment())


class RejectionRow(Row, table=True):
    """Somebody's no to a staged sale."""

    __tablename__ = "rejections"
    __table_args__ = strict(check("rejections_have_a_person", "principal <> ''"), immutable=True)

    sale_id: str = column(Words(), key=True, to="sales.id")
    principal: str = column(Words(), key=True)
    reason: str = column(Words())
    rejected_at: datetime = column(Moment())


class OrderRow(Row, table=True):
    """A child order. Its identity is fixed at intent; what the venue proves of it moves on."""

    __tablename__ = "orders"
    __table_args__ = strict(
        known("orders", "state", OrderState),
        known("orders", "type", OrderType),
        check("orders_quantity_is_positive", "quantity > 0"),
        check("orders_filled_within_quantity", "filled >= 0 AND filled <= quantity"),
        check("orders_filled_state_is_whole", "state <> 'filled' OR filled = quantity"),
        check("orders_attempt_is_not_negative", "attempt >= 0"),
        check("orders_intent_is_unsent", "state <> 'intent' OR (sent IS NULL AND venue_order_id IS NULL)"),
        decimal("orders", "limit_price", "proceeds"),
        decimal("orders", "fees", signed=True),
        ForeignKeyConstraint(["slice_id", "sale_id"], ["slices.id", "slices.sale_id"], name="orders_slice_of_sale"),
        UniqueConstraint("venue", "venue_order_id", name="orders_one_per_venue_order"),
        UniqueConstraint("slice_id", "venue", "attempt", name="orders_one_per_attempt"),
        UniqueConstraint("client_order_id", "venue", "sale_id", "slice_id", name="orders_identity"),
        Index("orders_one_live", "sale_id", "venue", unique=True, sqlite_where=text(f"state IN ({LIVE_SQL})")),
        Index("orders_by_sale", "sale_id", "state", "quantity", "filled"),
        Index("orders_by_state", "state"),
        Index("orders_by_change", "updated"),
        fixed=("venue", "sale_id", "slice_id", "attempt", "type", "limit_price", "quantity", "created", "epoch"),
    )

    client_order_id: str = column(Words(), key=True)
    venue: str = column(Words())
    sale_id: str = column(Words(), to="sales.id")
    slice_id: str = column(Words())
    attempt: int = column(Whole())
    state: OrderState = column(Choice(OrderState))
    type: OrderType = column(Choice(OrderType))
    limit_price: Decimal = column(Exact())
    quantity: int = column(Whole())
    filled: int = column(Whole())
    proceeds: Decimal = column(Exact())
    fees: Decimal = column(Exact())
    venue_order_id: str | None = column(Words(), null=True)
    created: datetime = column(Moment())
    sent: datetime | None = column(Moment(), null=True)
    updated: datetime = column(Moment())
    deadline: datetime | None = column(Moment(), null=True)
    cancel_asked: datetime | None = column(Moment(), null=True)
    last_error: str = column(Words())
    epoch: int = column(Whole(), to="epochs.number")


class CancelRow(Row, table=True):
    """One wish to cancel an order, durable before it is asked (P2), and what came of it."""

    __tablename__ = "cancels"
    __table_args__ = strict(
        check("cancels_outcome_has_a_time", "(outcome IS NULL) = (settled IS NULL)"),
        Index("cancels_by_order", "client_order_id"),
        fixed=("client_order_id", "reason", "asked", "epoch"),
    )

    id: int = column(Whole(), key=True)
    client_order_id: str = column(Words(), to="orders.client_order_id")
    reason: str = column(Words())
    asked: datetime = column(Moment())
    epoch: int = column(Whole(), to="epochs.number")
    outcome: str | None = column(Words(), null=True)
    settled: datetime | None = column(Moment(), null=True)


class FillRow(Row, table=True):
    """One execution, once. `late`: it arrived after its order was on record as finished."""

    __tablename__ = "fills"
    __table_args__ = strict(
        known("fills", "liquidity", Liquidity),
        check("fills_quantity_is_positive", "quantity > 0"),
        check("fills_late_is_flag", "late IN (0, 1)"),
        decimal("fills", "price", "cost"),
        decimal("fills", "fee", signed=True),
        ForeignKeyConstraint(
            ["client_order_id", "venue", "sale_id", "slice_id"],
            ["orders.client_order_id", "orders.venue", "orders.sale_id", "orders.slice_id"],
            name="fills_of_their_order",
        ),
        Index("fills_by_order", "client_order_id", "quantity"),
        Index("fills_by_sale", "sale_id"),
        Index("fills_by_time", "executed"),
        immutable=True,
    )

    venue: str = column(Words(), key=True)
    trade_id: str = column(Words(), key=True)
    client_order_id: str = column(Words())
    sale_id: str = column(Words())
    slice_id: str = column(Words())
    quantity: int = column(Whole())
    price: Decimal = column(Exact())
    cost: Decimal = column(Exact())
    fee: Decimal = column(Exact())
    fee_currency: str = column(Words())
    liquidity: Liquidity = column(Choice(Liquidity))
    executed: datetime = column(Moment())
    recorded: datetime = column(Moment())
    late: bool = column(Flag())
