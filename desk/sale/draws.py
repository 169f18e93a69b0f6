"""A stable source of reproducible draws: the same seed gives the same plan on every machine and Python version."""

from __future__ import annotations

import hashlib
from collections.abc import MutableSequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """Whole-number draws from SHA-256 of a seed and a counter. `purpose` keeps two uses of one seed apart."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._prefix = f"desk.draws/1\n{seed}\n{purpose}\n"
        self._count = 0

    def below(self, bound: int) -> int:
        """A draw from 0 … bound − 1. The bias of the multiplication is below 2⁻⁶⁴ of a step."""
        if bound < 1:
            raise ValueError(f"a draw below {bound} is impossible")
        text = f"{self._prefix}{self._count}"
        self._count += 1
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big") * bound >> 128

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Fisher–Yates, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
