"""What a process uses, as Linux counts it in /proc; read from outside: being measured costs it nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_MB = 1024.0


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu_s`: seconds of processor time since it started, user and system. `rss_mb`: MiB resident."""

    cpu_s: float
    rss_mb: float
    threads: int
    files: int


def usage(pid: int) -> Usage:
    """What process `pid` uses now. Raises OSError where it is gone, or there is no /proc."""
    home = Path("/proc") / str(pid)
    fields = (home / "stat").read_text().rpartition(")")[2].split()  # its name may hold blanks and brackets
    status = dict(line.split(":", 1) for line in (home / "status").read_text().splitlines() if ":" in line)
    return Usage(
        cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
        rss_mb=int(status["VmRSS"].split()[0]) / _MB,
        threads=int(status["Threads"]),
        files=len(os.listdir(home / "fd")),
    )
