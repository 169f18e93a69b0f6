"""One simulated world from its plan to its verdict: a desk, its people, its exchanges, one daemon after another."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from desk.ledger import ReadTx, control, sales
from desk.ledger.records import Command
from desk.ledger.tables_control import CommandState
from desk.permission.requests import Act as Asked
from desk.permission.requests import EventHead, Request, open_request
from desk.sale.controls import ControlLimits
from desk.sale.market import Grid
from desk.sale.records import Sale, Signature
from desk.sale.staging import StageContext, StageRequest, VenueFacts, draft_terms
from desk.sale.terms import Purpose, PurposeKind
from desk.units import Bps, Money, Price, parse_btc
from tests.faults.simulated.judge import Judge
from tests.faults.simulated.market import price_of
from tests.faults.simulated.matching import Exchange
from tests.faults.simulated.memory import FileLedger, MemoryLedger
from tests.faults.simulated.plan import MID_TICKS, OPEN_WITHIN_S, Act, Plan, SalePlan
from tests.faults.simulated.process import Death, Fate, Process
from tests.faults.simulated.timeline import HostClock, SimulatedLoop, quiet

HEALED_AFTER_S = 30.0
GIVE_UP_AFTER_S = 400.0
LIMITS = ControlLimits(
    Price(Decimal(50_000)), Bps(Decimal(50)), parse_btc("5"), parse_btc("2000"), Money(Decimal(150_000_000))
)
_NOT_FINAL = "SELECT count(*) FROM sales WHERE state NOT IN ('completed', 'expired', 'cancelled', 'rejected')"


@dataclass(slots=True)
class Outcome:
    """What came of a seed. `reasons` are why sales ended short of their quantity."""

    seed: int
    problems: list[str]
    seen: Counter[str]
    sold: int
    approved: int
    reasons: list[str] = field(default_factory=list)
    lasted_s: float = 0.0
    is_calm: bool = False
    sales: int = 0


@dataclass
class Judged:
    is_granted: bool
    sentence: str


class Paper:
    """Which signatures suffice, as the plan has it."""

    def __init__(self) -> None:
        self.sales_are_signed = True
        self.unsigned: set[int] = set()

    def sale(self, tx: ReadTx, sale: Sale, now: datetime) -> Judged:
        return Judged(self.sales_are_signed, "2 of 2 approvals" if self.sales_are_signed else "1 of 2 approvals")

    def command(self, tx: ReadTx, command: Command, now: datetime) -> Judged:
        is_signed = command.id not in self.unsigned
        return Judged(is_signed, "signed" if is_signed else "0 of 1 signatures")


class World:
    """Everything of one seed. `run` is called once."""

    def __init__(self, plan: Plan, ledger: MemoryLedger | FileLedger, loop: SimulatedLoop, folder: Path) -> None:
        self.plan = plan
        self.ledger = ledger
        self.timeline = loop.begin()
        self.judge = Judge(plan, self.timeline)
        self.judge.database = ledger.raw
        self.clock = HostClock(self.timeline, plan.skew_s)
        self.exchanges = {venue.name: Exchange(venue, self.timeline, self.judge, plan.seed) for venue in plan.venues}
        self.judge.exchanges = self.exchanges
        self.paper = Paper()
        self.halt_file = folder / "HALT"
        self.halt_file.unlink(missing_ok=True)
        self.fate = Fate(plan, self.timeline)
        self.draws = random.Random(f"people {plan.seed}")
        self.process: Process | None = None
        self._requests = count(1)
        self.sale_ids: list[str] = []
        quiet(loop, Death, self.judge.say)

    async def run(self) -> Outcome:
        self.sale_ids = [self._stage(sale) for sale in self.plan.sales]
        people = [asyncio.ensure_future(self._act(act)) for act in self.plan.acts]
        people += [asyncio.ensure_future(self._correct(at, by)) for at, by in self.plan.corrections]
        works = {asyncio.ensure_future(self._daemons())}
        limit = self.plan.ends_s + GIVE_UP_AFTER_S
        while not self._is_done() and self.timeline.now_s < limit:
            await asyncio.sleep(1.0)
            if self.timeline.now_s > self.plan.ends_s + HEALED_AFTER_S and self.process is not None:
                for dialect in self.process.dialects.values():
                    dialect.is_healed = True
        self.fate.is_over = True
        for task in (*people, *works):
            task.cancel()
        for result in await asyncio.gather(*people, *works, return_exceptions=True):
            if isinstance(result, Exception):
                self.judge.say(f"a part of the world failed: {result!r}")
        for exchange in self.exchanges.values():
            exchange.catch_up()
        self.judge.close()
        return self._outcome()

    async def _daemons(self) -> None:
        """One process after another; where one is overtaken, two for a while."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                process = self.process = self._process()
                running = {task for task in running if not task.done()}
                mine = asyncio.ensure_future(process.run())
                overtaken = asyncio.ensure_future(process.wants_successor.wait())
                running |= {mine}
                await asyncio.wait({mine, overtaken}, return_when=asyncio.FIRST_COMPLETED)
                overtaken.cancel()
                if mine.done() and mine.exception() is not None:
                    self.judge.say(f"the daemon failed: {mine.exception()!r}")
                await asyncio.sleep(self.draws.choice((0.1, 0.5, 2.0, 6.0, 20.0)))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _process(self) -> Process:
        self.judge.seen["processes"] += 1
        return Process(
            self.fate,
            self.ledger,
            self.exchanges,
            self.judge,
            self.clock,
            signatures=self.paper,
            limits=LIMITS,
            halt_file=self.halt_file,
        )

    async def _act(self, act: Act) -> None:
        await asyncio.sleep(act.at_s)
        sale_id = self.sale_ids[act.sale]
        self.judge.seen[act.kind if act.is_signed else f"unsigned {act.kind}"] += 1
        match act.kind:
            case "pause" | "cancel":
                self.judge.sales[sale_id].is_cancelled |= act.kind == "cancel"
                asked_us = self.timeline.now_us
                if await self._command(act, sale_id) is CommandState.APPLIED:
                    self.judge.stopped(sale_id, asked_us)
            case "resume":
                if act.is_signed:
                    self.judge.resumed(sale_id)
                await self._command(act, sale_id, Asked.RESUME)
            case "rearm":
                await self._rearm(act)
            case "revoke":
                self.paper.sales_are_signed = False
                self.judge.revoked_us = self.timeline.now_us
            case "halt by command":
                asked_us = self.timeline.now_us
                await self._command(act, None)
                self.judge.halted(asked_us)
            case _:
                self.halt_file.touch()
                self.judge.halted(self.timeline.now_us)
                if act.kind == "halt":
                    with self.ledger.write(actor="olga", clock=self.clock) as tx:
                        control.halt(tx, "drill", "olga", self.clock.now())
                self._notice()

    async def _rearm(self, act: Act) -> None:
        """Lifts the halt where it is signed; every sale is paused by it until somebody resumes it."""
        asked_us = self.timeline.now_us
        if act.is_signed:
            self.judge.rearmed()
        outcome = await self._command(act, None, Asked.REARM)
        if act.is_signed and outcome is CommandState.APPLIED:
            for sale_id in self.judge.sales:
                self.judge.stopped(sale_id, asked_us)

    async def _command(self, act: Act, sale_id: str | None, asked: Asked | None = None) -> CommandState:
        """Asks the daemon, as the command line does, and waits for what it says."""
        kind = act.kind.removesuffix(" by command")
        with self.ledger.write(actor="olga", clock=self.clock) as tx:
            detail = (
                {} if asked is None else {"request": control.open_request(tx, self._request(asked), "desk", "olga")}
            )
            number = control.command(tx, kind, sale_id, "olga", "drill", detail, self.clock.now())
            if not act.is_signed:
                self.paper.unsigned.add(number)
        while True:
            self._notice()
            await asyncio.sleep(0.25)
            state = CommandState(self._value("SELECT state FROM commands WHERE id = ?", number))
            if state is not CommandState.PENDING:
                return state

    def _request(self, asked: Asked) -> Request:
        return open_request(
            asked,
            {},
            desk_id=self.ledger.desk.desk_id,
            nonce=f"{self.plan.seed:016x}{next(self._requests):016x}",
            head=EventHead(1, "0" * 64),
            opened_at=self.clock.now(),
        )

    def _notice(self) -> None:
        if self.process is not None:
            self.process.notice()

    async def _correct(self, at_s: float, by_s: float) -> None:
        await asyncio.sleep(at_s)
        self.clock.skew_s += by_s

    def _stage(self, sale: SalePlan) -> str:
        """As the command line stages it, at the beginning."""
        now = self.clock.now()
        request = StageRequest(
            quantity=sale.quantity,
            opens=None if sale.is_on_approval else self.timeline.true + timedelta(seconds=sale.opens_in_s + 2),
            open_by=self.timeline.true + timedelta(seconds=OPEN_WITHIN_S) if sale.is_on_approval else None,
            over=timedelta(seconds=sale.over_s),
            stager="olga",
            slices=sale.slices,
            venues=sale.venues,
            tactic=sale.tactic,
            floor=price_of(sale.floor_ticks),
            size_jitter_bps=sale.jitter_bps,
            time_jitter_bps=sale.jitter_bps,
            purpose=Purpose(PurposeKind.GENERAL),
            seed=self.plan.seed,
        )
        facts = {}
        for venue in self.plan.venues:
            rules = venue.rules
            grid = Grid(rules.tick, rules.lot, rules.min_quantity, rules.min_cost)
            facts[venue.name] = VenueFacts("main", "BTC/USD", "USD", grid, parse_btc("1000"))
        with self.ledger.write(actor="olga", clock=self.clock) as tx:
            sale_id = sales.next_sale_id(tx, 2026)
            context = StageContext(
                now=now,
                desk_id=self.ledger.desk.desk_id,
                nonce=sale_id,
                sale_id=sale_id,
                policy_digest="p",
                limits=LIMITS,
                venues=facts,
                purposes=frozenset(),
                reference_price=price_of(MID_TICKS),
                reference_at=now,
            )
            draft = draft_terms(request, context)
            signature = Signature(sale_id, "olga", "stager", "SHA256:o", "armored", now)
            sales.stage(tx, draft.terms, draft.slices, signature, now)
        self.judge.approve(draft.terms)
        return sale_id

    def _is_done(self) -> bool:
        return bool(self._value(_NOT_FINAL) == 0)

    def _value(self, query: str, *values: object) -> Any:
        return self.ledger.raw.execute(query, values).fetchone()[0]

    def _outcome(self) -> Outcome:
        short = self.ledger.raw.execute("SELECT state, reason FROM sales WHERE filled < quantity").fetchall()
        return Outcome(
            self.plan.seed,
            self.judge.problems,
            self.judge.seen,
            sum(self.judge.sold(sale_id) for sale_id in self.sale_ids),
            self.plan.approved,
            [f"{state}: {reason}" for state, reason in short],
            self.timeline.now_s,
            self.plan.is_calm,
            len(self.sale_ids),
        )
