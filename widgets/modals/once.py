"""Screens on top that are left once: a second Escape or Enter of the same read must not take the page with it."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class OnceModal(ModalScreen[Answer]):
    """A modal that ignores being dismissed again, which would pop whatever is below it."""

    is_left = False

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        if self.is_left:
            return AwaitComplete()
        self.is_left = True
        return super().dismiss(result)
