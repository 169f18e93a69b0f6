"""The campaign in lines: each sale as it went, then the sums, then what the campaign lacks to prove anything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.faults.campaign import SaleRun
from tests.faults.killing import Struck
from tests.faults.plan import Point

LONG = 200
"""Kills from which on a campaign is held to what a long one has to show."""
_IN_FLIGHT = 2 / 3
_SOLD = 0.95
_NUMBERS = re.compile(r"\d[\d.,]*|S-\d{4}-\d{4}")


def table(runs: Sequence[SaleRun]) -> Iterator[str]:
    """One line a sale, then the sums."""
    head = f"{'seed/sale':>10} {'kills':>5} {'faults':>6} {'sold/approved BTC':>27} {'share':>6}"
    yield f"{head} {'orders':>6} {'s':>4}  verdict"
    for run in runs:
        yield from row(run)
    yield ""
    yield from _of_the_kills([struck for run in runs for struck in run.kills])
    yield f"faults                     {_said(sum((run.faults for run in runs), Counter()))}"
    yield from _of_the_sales(runs)
    yield f"requests the witness could not read the ledger for: {sum(run.verdict.unreadable for run in runs)}"
    broken = sum(len(run.verdict.problems) for run in runs)
    yield f"sales {len(runs)}, clean {sum(run.is_clean for run in runs)}; promises broken: {broken or 'none'}"
    yield from (f"LACKS {words}" for words in lacks(runs))


def lacks(runs: Sequence[SaleRun]) -> Iterator[str]:
    """What a long campaign has to show beside clean sales: points hit, orders in flight, coins sold."""
    kills = [struck for run in runs for struck in run.kills]
    if len(kills) < LONG:
        return
    hit = {struck.planned for struck in kills}
    if missing := [str(point) for point in Point if point not in hit]:
        yield f"kills at {', '.join(missing)}"
    in_flight = sum(struck.is_in_flight for struck in kills) / len(kills)
    if in_flight < _IN_FLIGHT:
        yield f"orders in flight: {in_flight:.0%} of the kills, {_IN_FLIGHT:.0%} are wanted"
    sold, approved = _coins(runs)
    if sold < _SOLD * approved:
        yield f"coins sold: {sold / approved:.2%} of what was approved, {_SOLD:.0%} are wanted"


def row(run: SaleRun) -> Iterator[str]:
    """A sale's line, its reason where it fell short, its kills, and everything that is wrong."""
    verdict = run.verdict
    amounts = f"{verdict.sold / 1e8:.8f}/{verdict.approved / 1e8:.8f}"
    word = "clean" if run.is_clean else "FAILED"
    yield (
        f"{run.plan.seed:>6}/{run.plan.number:<3} {len(run.kills):>5} {run.faults.total():>6} {amounts:>27} "
        f"{verdict.sold / max(1, verdict.approved):>6.1%} {verdict.accepted:>6} {run.took_s:>4.0f}  {word}"
    )
    yield f"{'':>11}{verdict.state}: {verdict.reason}"
    yield f"{'':>11}{run.causes}"
    yield f"{'':>11}killed while {', '.join(f'{struck.found} ({struck.planned})' for struck in run.kills) or 'never'}"
    yield from (f"{'':>11}PROBLEM {problem}" for problem in verdict.problems)
    if not run.is_clean:
        plan = run.plan
        yield (
            f"{'':>11}again: python -m tests.faults --seed {plan.seed} --sale {plan.number} "
            f"--kills-per-sale {len(plan.kills)} --window {plan.window_s} --fault-rate {plan.fault_rate}"
        )


def _of_the_kills(kills: Sequence[Struck]) -> Iterator[str]:
    in_flight = sum(struck.is_in_flight for struck in kills)
    yield f"kills {len(kills)}, with an order in flight {in_flight} ({in_flight / max(1, len(kills)):.0%})"
    yield f"newest order when killed   {_said(Counter(struck.found for struck in kills))}"
    yield f"live at the exchange then  {sum(struck.at_exchange for struck in kills)}"
    planned = Counter(struck.planned for struck in kills)
    points = Counter({str(point): planned[point] for point in Point})
    yield f"at moments                 {_said(planned - points)}"
    yield "at named points"
    yield from (f"{count:>6}  {name}" for name, count in points.items())


def _of_the_sales(runs: Sequence[SaleRun]) -> Iterator[str]:
    sold, approved = _coins(runs)
    yield f"sold {sold / 1e8:.8f} of {approved / 1e8:.8f} BTC ({sold / max(1, approved):.2%})"
    sold, approved = _coins([run for run in runs if run.plan.floor_below_bps is None])
    yield f"of the sales without a floor near the price {sold / max(1, approved):.2%}"
    short = [run.verdict for run in runs if run.verdict.sold < run.verdict.approved]
    missing = Counter[str]()
    for verdict in short:
        missing[_NUMBERS.sub("#", verdict.reason)] += verdict.approved - verdict.sold
    yield f"sales that fell short {len(short)}"
    yield from (f"{sats / 1e8:>14.8f} BTC  {reason}" for reason, sats in missing.most_common())


def _coins(runs: Sequence[SaleRun]) -> tuple[int, int]:
    return sum(run.verdict.sold for run in runs), sum(run.verdict.approved for run in runs)


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common() if count) or "none"
