"""What a figure was measured on: a figure without its machine says nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

from desk.ledger.engine import journal_mode


def machine_line() -> str:
    """One line: processor, cores, system, versions, how the ledger is kept, and how busy the machine is now."""
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    return (
        f"machine: {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()} · "
        f"Python {platform.python_version()} · SQLite {sqlite3.sqlite_version}, journal_mode={journal_mode()}, "
        f"synchronous=FULL · ccxt {version('ccxt')} · SQLAlchemy {version('sqlalchemy')} · load {load}"
    )


def _processor() -> str:
    """The processor by its own name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
