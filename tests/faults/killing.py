"""Waits for the moment a plan names, then SIGKILLs the daemon; says how the newest order stood when it died."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from tests.faults.exchange import whole_lines
from tests.faults.ledger_file import LIVE, LedgerFile, Peek, copied, order_states, query
from tests.faults.plan import Kill, Moment, Point

_LOOK_EVERY_S = 0.002
_OVERDUE_S = 5.0
"""When the moment does not come, this long any live order will do."""
_SENT = {"sent", "open", "part-filled", "unknown", "filled", "cancelled", "expired", "refused"}


class DaemonDied(Exception):
    """The daemon ended although nobody killed it."""


@dataclass(frozen=True, slots=True)
class Struck:
    """One kill as it went. `found` is the newest order's state in the database the daemon left behind."""

    planned: str
    """The moment or point that was waited for; "overdue" where it did not come in time."""
    found: str
    epoch: int
    at_exchange: bool
    """Whether the exchange had an order of the sale open when the daemon died."""
    problems: tuple[str, ...]

    @property
    def is_in_flight(self) -> bool:
        """An order that is not proven finished: on its way, resting, being cancelled, or unknown."""
        return self.found not in {"none yet", "none live"}


def module_for(kill: Kill | None) -> tuple[str, ...]:
    """What to start as the daemon, so that it can die like this."""
    if kill is None or not isinstance(kill.at, Point):
        return ("desk",)
    return ("tests.faults.victim", "--die-at", f"{kill.at}:{kill.count}")


def wait_for(kill: Kill, ledger: LedgerFile, sale_id: str, daemon: Popen[bytes], last_epoch: int) -> str | None:
    """Returns what came, when it is time to strike or the daemon is dead; None once the sale is final.

    Raises DaemonDied where it ended in any other way.
    """
    overdue, met = time.monotonic() + kill.patience_s, _meets(kill.at, last_epoch)
    while time.monotonic() < overdue + _OVERDUE_S:
        if (code := daemon.poll()) is not None:
            if code == -signal.SIGKILL and isinstance(kill.at, Point):
                return kill.at
            raise DaemonDied(f"the daemon ended by itself with {code}")
        peek = ledger.peek(sale_id)
        if peek is not None and peek.is_final:
            return None
        if peek is not None and met(peek):
            time.sleep(kill.delay_s)
            return kill.at
        if peek is not None and peek.order_state in LIVE and time.monotonic() > overdue:
            break
        time.sleep(_LOOK_EVERY_S)
    return "overdue"


def strike(planned: str, daemon: Popen[bytes], database: Path, trade_file: Path, copy_to: Path) -> Struck:
    """SIGKILL, by the process's own id; then a copy of what it left, looked at before anybody else opens it."""
    daemon.kill()
    daemon.wait()
    lines = whole_lines(trade_file)  # at once: in scaled time what rests is bought while the database is copied
    copy = copied(database, copy_to)
    ledger = LedgerFile(copy)
    try:
        states = order_states(copy)  # opens it for writing: what the dead writer left half-done is rolled back
        (sale_id,) = _sales(copy)
        peek = ledger.peek(sale_id)
    finally:
        ledger.close()
    assert peek is not None
    accepted, live = set[str](), set[str]()
    for line in lines:
        if line["kind"] == "accepted":
            accepted.add(line["cl_ord_id"])
            live.add(line["cl_ord_id"])
        elif line["kind"] in {"filled", "cancelled", "expired"}:
            live.discard(line["cl_ord_id"])
    problems = [
        f"killed {peek.said}: the exchange has {cid}, the ledger left behind says {states.get(cid, 'nothing')}"
        for cid in accepted
        if states.get(cid) not in _SENT
    ]
    problems += [
        f"killed {peek.said}: {cid} is live but on record as {states[cid]}"
        for cid in live
        if cid in states and states[cid] not in LIVE
    ]
    return Struck(planned, peek.said, peek.epoch, bool(live), tuple(problems))


def _sales(database: Path) -> list[str]:
    return [row["id"] for row in query(database, "SELECT id FROM sales")]


def _meets(moment: Moment | Point, last_epoch: int) -> Callable[[Peek], bool]:
    """Whether the moment has come. An order that an earlier daemon sent does not count as sent by this one."""
    match moment:
        case Moment.SENT:
            return lambda peek: peek.order_epoch > last_epoch and peek.order_state in {"intent", "sent"}
        case Moment.RESTING:
            return lambda peek: peek.order_epoch > last_epoch and peek.order_state in {"open", "part-filled"}
        case Moment.CANCELLING:
            return lambda peek: peek.order_epoch > last_epoch and peek.is_cancelling
        case Moment.UNKNOWN:
            return lambda peek: peek.order_epoch > last_epoch and peek.order_state == "unknown"
        case Moment.STARTING | Moment.ANY:
            return lambda peek: True
        case _:
            return lambda peek: False  # at a point the daemon sees to it itself
