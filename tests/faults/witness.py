"""The paper exchange with a witness at its counter: what the ledger's file says when a request comes in (P2).

Before AddOrder is acted on, the exchange's process opens the daemon's database and writes down the state of the
order that carries this client order id. Runs as `python -m desk.demo.child tests.faults.witness …`, with the
arguments of `desk.paper`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from desk.paper import private
from desk.paper.__main__ import main

FILE = "witness.jsonl"
_WITHIN_S = 1.0


def state_on_record(database: Path, cid: str) -> str:
    """The committed state of an order, "missing", or why the file could not be read."""
    give_up, problem = time.monotonic() + _WITHIN_S, ""
    while time.monotonic() < give_up:
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=0.2)) as connection:
                row = connection.execute("SELECT state FROM orders WHERE client_order_id = ?", (cid,)).fetchone()
                return str(row[0]) if row else "missing"
        except sqlite3.OperationalError as error:  # locked for a commit, or a dead writer's journal lies beside it
            problem = str(error)
            time.sleep(0.005)
    return f"unreadable: {problem}"


def _witnessed(handler: Callable[..., Any], database: Path, notes: Path) -> Callable[..., Any]:
    def add_order(exchange: Any, form: Any, mode: Any, fault: Any) -> Any:
        cid = str(form.get("cl_ord_id", ""))
        with notes.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"cl_ord_id": cid, "state": state_on_record(database, cid)}) + "\n")
        return handler(exchange, form, mode, fault)

    return add_order


if __name__ == "__main__":
    folder = Path(sys.argv[sys.argv.index("--trade-file") + 1]).parent
    private.CALLS["AddOrder"] = _witnessed(private.add_order, folder.parent / "state" / "desk.db", folder / FILE)
    main(prog_name="python -m tests.faults.witness")
