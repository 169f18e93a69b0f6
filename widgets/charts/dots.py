"""A grid of braille dots: two columns and four rows to a cell, the finest a terminal can draw."""

from __future__ import annotations

BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


class Dots:
    """`width` × `height` cells of dots; (0, 0) is the top left dot. Outside is ignored."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width, 0), max(height, 0)
        self._cells = [[0] * self.width for _ in range(self.height)]

    @property
    def columns(self) -> int:
        return self.width * 2

    @property
    def rows(self) -> int:
        return self.height * 4

    def set(self, x: int, y: int) -> None:
        if 0 <= x < self.columns and 0 <= y < self.rows:
            self._cells[y // 4][x // 2] |= BITS[x % 2][y % 4]

    def clear(self, x: int, y: int) -> None:
        if 0 <= x < self.columns and 0 <= y < self.rows:
            self._cells[y // 4][x // 2] &= ~BITS[x % 2][y % 4]

    def column(self, x: int, top: int, bottom: int) -> None:
        """Every dot of column `x` from `top` down to `bottom`, both included, in either order."""
        for y in range(min(top, bottom), max(top, bottom) + 1):
            self.set(x, y)

    def cell(self, x: int, y: int) -> int:
        return self._cells[y][x]


def braille(mask: int) -> str:
    """The character of one cell; an empty cell is a space, not the blank braille character."""
    return chr(0x2800 | mask) if mask else " "
