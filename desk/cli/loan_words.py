"""Loans in rows for a terminal: what is owed, how far the lender is, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from desk.units import Sats, show_btc, show_money

if TYPE_CHECKING:
    from desk.snapshot.model import LoanView
    from desk.treasury.covenants import Judged
    from desk.treasury.ladder import Standing
    from desk.treasury.repaying import WhatIf

Row = Mapping[str, object]
_UNKNOWN = "not known"


def loan_head(loan: LoanView) -> str:
    """One line: whose loan it is and its terms."""
    parts = [f"{loan.name}  {loan.lender}{' (illustrative)' if loan.is_illustrative else ''}"]
    if loan.annual_rate is not None:
        parts.append(f"{_percent(loan.annual_rate, 2)} a year by {loan.day_count}")
    parts.append("collateral re-usable by the lender" if loan.may_reuse else "collateral not re-usable")
    if loan.maturity:
        parts.append(f"matures {loan.maturity}")
    if loan.next_payment:
        due = loan.next_payment
        what = "principal and interest" if due.principal else "interest"
        parts.append(f"next {show_money(due.interest + due.principal)} {loan.currency} {what} on {due.due}")
    if loan.as_of:
        parts.append(f"as of {loan.as_of:%Y-%m-%d}")
    return ", ".join(parts)


def now_and_after(loan: LoanView) -> list[Row]:
    """The loan now and after what is planned for it; `after` only where something is."""
    found = {"now": loan.now}
    if loan.planned:
        found[f"after {', '.join(loan.planned)}"] = loan.after
    return standing_rows(loan, found)


def what_if_rows(loan: LoanView, found: WhatIf) -> list[Row]:
    """The loan before and after the repayment, then what it frees, saves and costs in coins."""
    after = f"after {show_money(found.repayment)} {loan.currency}"
    rows = standing_rows(loan, {"now": found.before, after: found.after})
    extra = {
        "released by it": _btc(found.freed),
        "interest saved a year": _UNKNOWN if found.saved is None else show_money(found.saved),
        "unpledged BTC to sell for it": _btc(found.coins),
    }
    return [*rows, *({"": name, "now": "", after: value} for name, value in extra.items())]


def standing_rows(loan: LoanView, found: Mapping[str, Standing | None], target: Decimal | None = None) -> list[Row]:
    """Measures down, standings across; `target` is the LTV that they lead back to, else the loan's initial one."""
    back_to = loan.initial_ltv if target is None else target
    goal = "?" if back_to is None else _percent(back_to, 0 if back_to % 100 == 0 else 2)
    cells = {name: _measures(loan, one, goal) for name, one in found.items()}
    measures = list(next(iter(cells.values())))
    return [{"": measure, **{name: cells[name][measure] for name in cells}} for measure in measures]


def _measures(loan: LoanView, one: Standing | None, target: str) -> dict[str, str]:
    owed = _UNKNOWN if one is None else f"{show_money(one.owed)} {loan.currency}"
    return {
        "debt": owed,
        "collateral BTC": show_btc(loan.collateral),
        "LTV": _UNKNOWN if one is None or one.ltv is None else _percent(one.ltv, 2) + _zone(one),
        "call below": _limit(one.call_price, one.to_call) if one else _UNKNOWN,
        "liquidation below": _limit(one.liquidation_price, one.to_liquidation) if one else _UNKNOWN,
        f"BTC to pledge for {target}": _btc(one.top_up if one else None),
        f"cash to repay for {target}": _money(one.repay if one else None),
        f"pledged BTC to sell for {target}": _way(one, one.sale if one else None),
        f"unpledged BTC to sell for {target}": _btc(one.free_sale if one else None),
        "BTC releasable": _btc(one.releasable if one else None),
    }


def ladder_rows(loan: LoanView) -> list[Row]:
    """Today and every fall; the columns after what is planned only where something is."""
    if loan.now is None or loan.now.price is None or not loan.rungs:
        return []
    steps = [(Decimal(0), loan.now.price, loan.now, loan.after)]
    steps += [(one.fall, one.price, one.now, one.after) for one in loan.rungs]
    return [_step(fall, price, now, after, with_after=bool(loan.planned)) for fall, price, now, after in steps]


def _step(fall: Decimal, price: Decimal, now: Standing, after: Standing | None, *, with_after: bool) -> Row:
    row: dict[str, object] = {
        "price": "now" if not fall else _percent(fall, 0).replace("-", "−"),
        "at": show_money(price),
        "LTV": _ltv(now),
        "lender": now.zone or "",
        "top-up BTC": _btc(now.top_up, 2),
        "repay": _money(now.repay),
    }
    if with_after:
        row |= {
            "LTV after": _ltv(after),
            "lender after": after.zone or "" if after else "",
            "top-up after": _btc(after.top_up if after else None, 2),
        }
    return row


def covenant_rows(loan: LoanView) -> list[Row]:
    """Each promise with its figure and how far it is from being broken."""
    rows: list[Row] = []
    for line in loan.covenants:
        one = line.now.covenant
        row = {
            "covenant": f"{one.id}{' (illustrative)' if one.is_illustrative else ''}",
            "promise": f"{one.kind.replace('-', ' ')} {_figure(line.now, one.level)}",
            "state": line.now.state.upper() if line.now.state == "broken" else str(line.now.state),
            "now": line.now.missing or _figure(line.now, line.now.value),
            "distance": _distance(line.now),
        }
        if loan.planned:
            row["after"] = _after(line.after)
        rows.append(row)
    return rows


def _after(judged: Judged | None) -> str:
    if judged is None or judged.value is None:
        return _UNKNOWN
    return f"{judged.state} {_figure(judged, judged.value)} ({_distance(judged)})"


def _figure(judged: Judged, value: Decimal | None) -> str:
    """A level or value in the unit of its covenant."""
    one = judged.covenant
    if value is None:
        return _UNKNOWN
    if one.currency:
        return f"{show_money(value)} {one.currency}"
    return _percent(value, 2) if one.kind == "max-ltv" else f"{show_money(value)} BTC"


def _distance(judged: Judged) -> str:
    return "" if judged.headroom is None else _percent(judged.headroom, 1, signed=True)


def _limit(level: Decimal | None, away: Decimal | None) -> str:
    if level is None:
        return "no collateral"
    return show_money(level) + ("" if away is None else f" ({_percent(away, 1, signed=True)})")


def _way(one: Standing | None, sats: Sats | None) -> str:
    return "out of reach" if one is not None and one.price is not None and sats is None else _btc(sats)


def _zone(one: Standing) -> str:
    return "" if one.zone in (None, "safe") else f" {str(one.zone).upper()}"


def _ltv(one: Standing | None) -> str:
    return _UNKNOWN if one is None or one.ltv is None else _percent(one.ltv, 1)


def _btc(sats: Sats | None, places: int = 8) -> str:
    return _UNKNOWN if sats is None else show_btc(sats, places)


def _money(amount: Decimal | None) -> str:
    return _UNKNOWN if amount is None else show_money(amount)


def _percent(bps: Decimal, places: int, *, signed: bool = False) -> str:
    value = bps / 100
    sign = "+" if signed and value >= 0 else ""
    return f"{sign}{value:,.{places}f} %".replace("-", "−")
