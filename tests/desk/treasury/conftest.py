"""The illustrative loan, as tests of this room use it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from desk.treasury.records import Loan, LoanState
from desk.units import Bps, Money, parse_btc


@pytest.fixture
def loan() -> Loan:
    """$200M on 4,000 BTC, call at 80 %, liquidation at 90 %."""
    return Loan(
        id="lender-a",
        lender="lender A",
        debt=Money(Decimal("200000000")),
        accrued_interest=Money(Decimal(0)),
        currency="USD",
        pledged=parse_btc("4000"),
        initial_ltv=Bps(Decimal(6500)),
        call_ltv=Bps(Decimal(8000)),
        liquidation_ltv=Bps(Decimal(9000)),
        may_reuse=False,
        as_of=datetime(2026, 2, 7, tzinfo=UTC),
        maturity=date(2026, 12, 31),
        state=LoanState.OPEN,
        source="test",
    )
