"""How a bench says what it measured: percentiles of samples, slopes over time, and a table as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of some samples, in their unit; by the nearest rank, so each is a sample that occurred."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


def spread(samples: Sequence[float]) -> Spread:
    """Raises ValueError where there is no sample."""
    if not samples:
        raise ValueError("nothing was measured")
    ranked = sorted(samples)

    def nearest(share: float) -> float:
        return ranked[max(0, ceil(share * len(ranked)) - 1)]

    return Spread(len(ranked), nearest(0.5), nearest(0.95), nearest(0.99), ranked[-1])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the least-squares line through (x, y), in y per x; 0 where there are fewer than two different x."""
    if len(points) < 2:
        return 0.0
    mid_x = sum(x for x, _ in points) / len(points)
    mid_y = sum(y for _, y in points) / len(points)
    across = sum((x - mid_x) ** 2 for x, _ in points)
    return sum((x - mid_x) * (y - mid_y) for x, y in points) / across if across else 0.0


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they have to be; the first reads from the left, figures from the right."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    return "\n".join(_line(row, widths) for row in (head, *rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "  ".join((row[0].ljust(widths[0]), *figures)).rstrip()


def ms(seconds: float) -> str:
    """Milliseconds with as many digits as mean something."""
    value = seconds * 1000
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:.0f}"
