"""What every bench is called with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def bench_parser(name: str, document: str | None) -> argparse.ArgumentParser:
    """A parser that knows `--quick`; `document` is the bench's own docstring."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.bench.{name}",
        description=document,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a short run that proves it works; measures little")
    return parser


def given(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments of this call; refuses a system without /proc, which every bench reads."""
    if not sys.platform.startswith("linux"):
        parser.error("the benches read /proc: run them on Linux")
    return parser.parse_args(arguments)
