"""What stands in a column of an import, in people's words: the explaining sheet of the template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from desk.treasury.cash_records import CovenantKind, Direction, Every, FlowKind, FundedBy
from desk.treasury.coin_records import ReceiptKind, ReliefMethod
from desk.treasury.records import DayCount, LoanState, MilestoneKind, MilestoneState, PlaceKind


def column_help(table: str, column: str) -> str:
    """What the column of that table holds, how it is written, and which words it knows."""
    for name in (f"{table}.{column}", column):
        if name in _WORDS:
            return f"one of {', '.join(_WORDS[name])}"
        if name in _ABOUT:
            return _ABOUT[name]
    return next((words for ending, words in _ENDINGS if column.endswith(f"_{ending}")), "text")


_DAY = "a day: 2026-02-07"
_TIME = "a time with its zone: 2026-02-07T14:00:00Z"
_BTC = "BTC with up to eight decimals: 0.10000000"
_USD = "dollars: 1234.50"
_PER_BTC = "dollars per whole BTC: 68524.10"
_MONEY = "money in the currency beside it: 1234.50"
_PERCENT = "percent: 82 or 82.5"
_ID = "letters, digits, . _ and -: georgia-1-deposit; it says what a later correction is about"
_PLACE = "a place_id of balances, pool:NAME, or the name of a venue"
_EHS = "EH/s: 34.55"

_WORDS: Mapping[str, Iterable[str]] = {
    "balances.kind": ("cash", *PlaceKind),
    "lots.kind": ReceiptKind,
    "loans.state": (f"{LoanState.OPEN} (if empty)", LoanState.REPAID),
    "loans.day_count": (f"{DayCount.ACT_360} (if empty)", *(one for one in DayCount if one is not DayCount.ACT_360)),
    "loans.interest_every": Every,
    "covenants.kind": CovenantKind,
    "milestones.kind": MilestoneKind,
    "milestones.state": MilestoneState,
    "allocations.by": FundedBy,
    "flows.kind": FlowKind,
    "actuals.kind": FlowKind,
    "flows.every": (f"{Every.ONCE} (if empty)", *(one for one in Every if one is not Every.ONCE)),
    "direction": (*Direction, "empty where the kind says it"),
    "relief.method": ReliefMethod,
}

_ABOUT: Mapping[str, str] = {
    "amount": _MONEY,
    "arrived": f"{_TIME}; empty while on its way",
    "as_of": f"{_TIME}; when it was so",
    "balances.loan": "for pledged coins: the loan_id they secure",
    "balances.name": "how the place is called on screens; for cash, where it lies",
    "balances.place_id": f"{_ID}; a pool's name for a pool; empty for cash",
    "author": "who says so",
    "explanations.text": "what happened, in one line",
    "break": "the name of the break: desk books breaks lists them",
    "btc": _BTC,
    "explanations.btc": f"{_BTC}; positive is coins that left",
    "explanations.day": f"{_DAY}; by default when the break began",
    "explanations.usd": f"{_USD}, signed like btc; by default the value at the day's mark",
    "cash_cost": "money per mined BTC, as published",
    "all_in_cost": "money per mined BTC, as published",
    "confirmations": "a whole number",
    "cost_usd": f"the whole lot's cost basis in {_USD}; empty where unit_value_usd says it",
    "covenants.level": "money for min-price and min-cash, percent for max-ltv, BTC for min-btc",
    "credited": f"{_TIME}; the books go by it",
    "currency": "its code in capitals: USD, USDT, EUR",
    "day": _DAY,
    "debt": f"{_MONEY}, principal without interest",
    "difficulty": "in full: 125864590119000",
    "disposal": "the id of a sale, block sale, payment or transfer",
    "due": _DAY,
    "earliest": _DAY,
    "earned": f"{_DAY}; when the coins were earned, as far as known",
    "effective": f"{_DAY}; from then on",
    "expected": _TIME,
    "fees": f"{_MONEY}; owed on top of principal and interest",
    "first": f"{_DAY}; when it comes first",
    "from_place": _PLACE,
    "gpus": "a whole number",
    "illustrative": "yes for made-up rows; they are marked as such on every screen",
    "joules_per_th": "J/TH: 21.4",
    "last": f"{_DAY}; when it comes last, empty if it goes on",
    "latest": _DAY,
    "lot": "a lot's id; desk lots shows them",
    "maturity": _DAY,
    "may_reuse": "yes where the lender may re-use the coins, which are a receivable then",
    "mean_fees_btc": "BTC per block, on top of the subsidy: 0.05",
    "month": "a month: 2026-02",
    "need": "a milestone_id or loan_id",
    "observed": f"{_TIME}; on that day in the zone of the valuation",
    "opened": _DAY,
    "actuals.flow_id": "the flow, milestone or loan that it fulfils; empty for none",
    "actuals.place": "the account, as balances name it",
    "paid": _MONEY,
    "payouts.paid": _TIME,
    "paid_on": _DAY,
    "pair": "BTC/USD, or what a currency is worth: USDT/USD",
    "period": "2026-Q1, 2026-01 or 2026",
    "place": _PLACE,
    "pool": "the pool's name, as in [pools.NAME]",
    "power_mw": "megawatts: 50",
    "power_usd_per_kwh": "dollars: 0.051 for 5.1 cents",
    "price": f"{_PER_BTC}; for a pair of currencies, like 0.9998",
    "produced_is_derived": "yes or no",
    "received": _TIME,
    "ref": "the sale, loan or account that the money comes from",
    "sent": _TIME,
    "signed": _DAY,
    "source": "who says so: a document, a person, a system",
    "source_id": "the entry at its source; the same one counts once",
    "to_place": _PLACE,
    "total": f"{_MONEY}; of the whole contract",
    "unit_value_usd": f"fair value when recognised, {_PER_BTC}",
    "value_at": f"{_TIME}; when that value was observed",
    "zone": "the zone of the pool's day, like America/New_York; UTC if empty",
}

_ENDINGS = (
    ("btc", _BTC),
    ("percent", _PERCENT),
    ("usd", _USD),
    ("interest", _MONEY),
    ("ehs", _EHS),
    ("id", _ID),
)
