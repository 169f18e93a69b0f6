"""The screen is a thin adapter: it sees snapshots, units and clocks of the core, and nothing that could act."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOANS = {"desk.treasury.cash_records", "desk.treasury.covenants", "desk.treasury.ladder"}
ASKED = {"desk.sale.wish", "desk.snapshot.lots_view"}
"""What is wished for when a sale is staged, and what the page of lots is shown; both plain values."""
ALLOWED = {"desk.snapshot.model", "desk.units", "desk.clock", "desk.sale.lifecycle", *ASKED, *LOANS}
"""The last are the vocabulary of states, ladders and covenants that the snapshot speaks in."""
WIRING = {"port_live.py"}
"""Where the port meets the core; the integration's, not the screen's."""

OPENING = {"app.py": {"desk.config", "desk.acts.desk"}}
"""The entry point alone opens a desk."""


def desk_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name == "desk" or name.startswith("desk.")}


def test_screens_see_only_what_the_snapshot_is_made_of():
    for path in sorted((ROOT / "widgets").rglob("*.py")):
        if path.name not in WIRING:
            assert desk_imports(path) <= ALLOWED | OPENING.get(path.name, set()), path


def test_opening_the_app_loads_neither_ledger_nor_exchange():
    heavy = ("ccxt", "sqlmodel", "sqlalchemy", "aiohttp")
    code = f"import widgets.app, sys; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
