"""Runs a module as a process of the demo: `python -m desk.demo.child MODULE ARGUMENT…`.

It ends with whoever started it, however that one ended: standard input is a pipe from the parent, and its end means
SIGTERM. A demo that is killed leaves no daemon behind.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

_CLEAN_END_S = 20.0


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through the buffer: its lock, held here, would abort a clean end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Timer(_CLEAN_END_S, lambda: os._exit(1)).start()


def main() -> None:
    """Puts the module's own name and arguments in place and runs it."""
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
