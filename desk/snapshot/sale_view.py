"""One sale as it is shown: where it stands, its curve planned and done, and what it does to loans and funding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.execution.orders import RESTING, Fill, Order, OrderType
from desk.permission.approvals import Verdict
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale, Slice
from desk.sale.schedule import TargetCurve
from desk.snapshot.model import BookView, CurvePoint, FillView, OrderView, SaleView, SliceView
from desk.snapshot.reading import Live
from desk.snapshot.sale_json import slice_index
from desk.snapshot.twap import Mids, time_weighted
from desk.units import Bps, Price, Sats, average_price, bps_between

_ENDED = frozenset({SaleState.COMPLETED, SaleState.EXPIRED, SaleState.CANCELLED})


@dataclass(frozen=True, slots=True)
class SaleParts:
    """A sale with what belongs to it. `verdict` None: it is over, or there is no policy to judge by."""

    sale: Sale
    slices: tuple[Slice, ...]
    orders: tuple[Order, ...]
    verdict: Verdict | None
    needed: int
    signed_on_record: int
    mids: Mids


def sale_view(parts: SaleParts, now: datetime) -> SaleView:
    """The line of one sale. `planned_now` is what its curve asks for at desk time `now`."""
    sale, verdict = parts.sale, parts.verdict
    curve = TargetCurve.of(parts.slices)
    opens, closes = _window(sale)
    is_open = sale.opened is not None
    ahead = curve.next_due(now) if not sale.state.is_final and (is_open or sale.terms.window.opens) else None
    average = average_price(sale.proceeds, sale.filled)
    return SaleView(
        id=sale.id,
        state=sale.state,
        reason=sale.reason,
        quantity=sale.quantity,
        filled=sale.filled,
        open=sale.open,
        unknown=sale.unknown,
        quote=sale.terms.quote,
        venue=", ".join(share.venue for share in sale.terms.venues),
        average=average,
        proceeds=sale.proceeds,
        fees=sale.fees,
        slippage_vs_twap=versus_twap(sale, average, parts.mids, now),
        opens=opens,
        closes=closes,
        next_slice_at=ahead,
        next_slice=next((s.planned for s in parts.slices if s.due == ahead), None) if ahead else None,
        signed=len(verdict.approvals) if verdict else parts.signed_on_record,
        needed=parts.needed,
        approval_expires=sale.terms.approval_expires,
        planned_now=curve.target(now) if is_open else Sats(0),
        resting=next((o.limit_price for o in parts.orders if _rests(o)), None),
    )


def versus_twap(sale: Sale, average: Price | None, mids: Mids, now: datetime) -> Bps | None:
    """The average against the time-weighted mid of the window so far; None where the record is too short."""
    if average is None or sale.opened is None or sale.closes is None:
        return None
    end = min(now, sale.closes, sale.updated_at if sale.state in _ENDED else now)
    twap = time_weighted(mids, sale.opened, end)
    return bps_between(average, twap) if twap else None


def curve_points(sale: Sale, slices: Sequence[Slice], fills: Sequence[Fill], now: datetime) -> tuple[CurvePoint, ...]:
    """What was planned by when, and what was done by then; `done` is None in the future."""
    if not slices:
        return ()
    curve = TargetCurve.of(slices)
    moments = {due for due, _ in curve.steps}
    opens, closes = _window(sale)
    moments |= {edge for edge in (opens, closes) if edge is not None}
    if sale.opened is not None and sale.closes is not None:
        moments.add(min(max(now, sale.opened), sale.closes))
    ordered = sorted(moments)
    done = _done_at(ordered, fills)
    is_open = sale.opened is not None
    return tuple(CurvePoint(at, curve.target(at), done[at] if is_open and at <= now else None) for at in ordered)


def slice_views(slices: Sequence[Slice]) -> tuple[SliceView, ...]:
    return tuple(SliceView(s.index, s.due, s.planned, s.filled, str(s.state)) for s in slices)


def order_view(order: Order) -> OrderView:
    return OrderView(
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        sale=order.sale_id,
        slice=slice_index(order.slice_id),
        attempt=order.attempt,
        venue=order.venue,
        state=str(order.state),
        type=str(order.type),
        limit_price=order.limit_price,
        quantity=order.quantity,
        filled=order.filled,
        created=order.created,
        updated=order.updated,
        last_error=order.last_error,
    )


def fill_view(fill: Fill) -> FillView:
    return FillView(
        trade_id=fill.trade_id,
        sale=fill.sale_id,
        slice=slice_index(fill.slice_id),
        venue=fill.venue,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        liquidity=str(fill.liquidity),
        executed=fill.executed,
    )


def book_view(live: Live, wall: datetime, stale_after_s: float) -> BookView | None:
    """The book last seen, with its age in wall seconds."""
    if live.book is None:
        return None
    age_s = max(0.0, (wall - live.book.wall).total_seconds())
    return BookView(live.book.bids, live.book.asks, age_s, age_s > stale_after_s)


def by_sale(orders: Sequence[Order]) -> Mapping[str, tuple[Order, ...]]:
    """Orders under the id of their sale."""
    found: dict[str, tuple[Order, ...]] = {}
    for order in orders:
        found[order.sale_id] = (*found.get(order.sale_id, ()), order)
    return found


def _rests(order: Order) -> bool:
    return order.state in RESTING and order.type is OrderType.POST_ONLY


def _window(sale: Sale) -> tuple[datetime | None, datetime | None]:
    """When it opens and closes, as far as that is known."""
    window = sale.terms.window
    opens = sale.opened or window.opens
    return opens, sale.closes or (window.closes(opens) if opens else None)


def _done_at(moments: Sequence[datetime], fills: Sequence[Fill]) -> dict[datetime, Sats]:
    """Satoshis filled by each moment; both in order of time."""
    ordered = sorted(fills, key=lambda fill: fill.executed)
    done, total, place = {}, 0, 0
    for at in moments:
        while place < len(ordered) and ordered[place].executed <= at:
            total += ordered[place].quantity
            place += 1
        done[at] = Sats(total)
    return done
