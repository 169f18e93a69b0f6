"""Sample lots: four days of mining and a purchase, one at a loss, one pledged, two that a staged sale would take."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from desk.snapshot.lots_view import LotLine, LotsView, SaleLots
from desk.units import Money, parse_btc

_LOTS = (
    ("L-2025-06-30", "2025-06-30", "opening", "lender A", "4000", "332364000", "loan lender-a"),
    ("mined-2026-01-30", "2026-01-30", "pool luxor", "kraken", "16.61", "1400223", ""),
    ("mined-2026-02-01", "2026-02-01", "pool luxor", "kraken", "500.49", "34101000", ""),
    ("mined-2026-02-05", "2026-02-05", "pool luxor", "kraken", "2840.20", "182120900", ""),
    ("mined-2026-02-06", "2026-02-06", "pool luxor", "pool:luxor", "117.30", None, ""),
)
_TAKES = {"mined-2026-01-30": "16.61", "mined-2026-02-01": "428.49"}
_MARK = Decimal("68490.85")


def sample_lots() -> LotsView:
    """Valued by an invented mark; the cost of the newest is not known."""
    return LotsView(
        head=1841,
        as_of=datetime(2026, 2, 7, 14, 32, tzinfo=UTC),
        method="fifo",
        price=_MARK,
        price_source="kraken",
        price_time=datetime(2026, 2, 6, 23, 59, tzinfo=UTC),
        missing="",
        lines=tuple(
            LotLine(
                lot=lot,
                acquired=datetime.fromisoformat(day).replace(tzinfo=UTC),
                source=source,
                place=place,
                sats=parse_btc(btc),
                cost=None if cost is None else Money(Decimal(cost)),
                value=Money((Decimal(btc) * _MARK).quantize(Decimal("0.01"))),
                restriction=restriction,
                takes=(("S-2026-0007", parse_btc(_TAKES[lot])),) if lot in _TAKES else (),
            )
            for lot, day, source, place, btc, cost, restriction in _LOTS
        ),
        sales=(SaleLots("S-2026-0007", parse_btc("445.10"), 2, Money(Decimal("30595700")), parse_btc("0")),),
    )
