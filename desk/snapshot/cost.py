"""The expected cost of a sale from what is known of its venue's market."""

from __future__ import annotations

from desk.ledger.markets import MarketFacts
from desk.ledger.records import Quote
from desk.sale.estimate import DayOfMarket, Estimate, estimate
from desk.units import Price, Sats, bps_between


def expected_cost(quantity: Sats, price: Price, facts: MarketFacts | None, quote: Quote | None) -> Estimate | None:
    """The estimate, or None where the venue's last 24 hours are not known."""
    if facts is None or quote is None or facts.volume is None or facts.high is None or facts.low is None:
        return None
    spread = bps_between(quote.ask, quote.bid)
    day = DayOfMarket(facts.volume, facts.high, facts.low, spread, facts.maker_fee, facts.taker_fee)
    return estimate(quantity, price, day)
