"""Whatever happens to orders in whatever sequence, P1 holds and every total is what it sums up."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from desk.audit.chain import walk
from desk.audit.rows import differences, totals
from desk.execution.orders import OrderState
from desk.ledger import IntentRefused, orders, sales
from desk.ledger.engine import connect
from desk.sale.lifecycle import IllegalMove

APPROVED = 100_000_000
sizes = st.integers(min_value=1, max_value=APPROVED)
outcomes = st.sampled_from(["open", "filled", "cancelled", "expired", "refused", "unknown"])


def machine(new_desk: Path, open_world):
    """The state machine over copies of one new desk."""

    class Orders(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = tempfile.mkdtemp()
            self.world = open_world(Path(shutil.copy(new_desk, self.folder)))
            self.world.stage()
            self.world.to_working()
            self.raw = connect(self.world.ledger.path)
            self.made: list = []
            self.trades = 0

        @rule(sats=sizes)
        def intend(self, sats: int) -> None:
            order = self.world.order(sats, attempt=len(self.made))
            try:
                self.made.append(self.world.intend(order))
            except IntentRefused:
                committed = self._sale().committed
                held = any(one.state.is_live for one in self._orders())
                assert held or committed + sats > APPROVED, "an order that fits was refused"

        @rule(pick=st.integers(min_value=0), outcome=outcomes, part=sizes)
        def learn(self, pick: int, outcome: str, part: int) -> None:
            """Evidence of any kind about any order, with a fill of any size that fits the order."""
            if not self.made:
                return
            order = orders_of(self, pick)
            room = order.quantity - order.filled
            fills = []
            if outcome not in ("refused", "unknown") and room and order.state is not OrderState.INTENT:
                self.trades += 1
                size = room if outcome == "filled" else 1 + part % room
                fills = [self.world.fill(order, size, f"T{self.trades}")]
            with contextlib.suppress(IllegalMove):
                self._tell(order, outcome, fills)

        def _tell(self, order, outcome: str, fills: list) -> None:
            cid, now, epoch = order.client_order_id, self.world.now, self.world.epoch
            with self.world.write() as tx:
                if outcome == "unknown":
                    orders.record_unknown(tx, cid, "?", now, epoch)
                elif outcome == "refused":
                    orders.record_refused(tx, cid, "no", now, epoch)
                elif outcome != "filled" or order.filled + sum(fill.quantity for fill in fills) == order.quantity:
                    orders.record_report(tx, cid, OrderState(outcome), fills, now, epoch)

        @rule(pick=st.integers(min_value=0))
        def send(self, pick: int) -> None:
            if self.made and (order := orders_of(self, pick)).state is OrderState.INTENT:
                with self.world.write() as tx:
                    orders.mark_sent(tx, order.client_order_id, self.world.now, self.world.epoch)

        def _sale(self):
            with self.world.ledger.read() as tx:
                return sales.get(tx, "S-2026-0001")

        def _orders(self):
            with self.world.ledger.read() as tx:
                return orders.listed(tx)

        @invariant()
        def never_oversold(self) -> None:
            sale = self._sale()
            ((late,),) = self.raw.execute("SELECT late FROM sales").fetchall()
            assert sale.committed <= APPROVED + late
            assert sum(one.state.is_live for one in self._orders()) <= 1

        @invariant()
        def totals_add_up(self) -> None:
            assert list(totals(self.raw)) == []

        def teardown(self) -> None:
            walked = walk(self.raw)
            assert walked.breaks == []
            assert differences(self.raw, walked)[1] == []
            self.raw.close()
            self.world.ledger.close()
            shutil.rmtree(self.folder)

    return Orders


def orders_of(machine, pick: int):
    """The order as it stands, most often the newest."""
    order = machine.made[-1 if pick % 3 else pick % len(machine.made)]
    with machine.world.ledger.read() as tx:
        return orders.get(tx, order.client_order_id)


def test_no_sequence_of_evidence_breaks_a_promise(new_desk, open_world):
    case = machine(new_desk, open_world).TestCase
    case.settings = settings(
        max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case().runTest()
