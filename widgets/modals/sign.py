"""Acts that want a signature: resume and rearm here, approve in its own module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from textual import on, work
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input

from desk.snapshot.model import SaleView
from widgets.modals.act import ActModal, Job
from widgets.modals.signer import Signer
from widgets.port import DeskPort, KeyChoice, PortRefused
from widgets.words import say

Sign = Callable[[Path, str | None], str]


@dataclass
class KeysFound(Message):
    """The keys this terminal may sign with, and why there are none where that is so."""

    keys: tuple[KeyChoice, ...]
    problem: str = ""


class SignModal(ActModal):
    """An act with a signature. Subclasses may ask for more before they sign."""

    DOES = "Sign"

    HELP = "Choose who signs with the arrows, then Sign. Escape leaves and signs nothing."

    def __init__(
        self, port: DeskPort, title: str, what: str, sign: Sign | None = None, sale: SaleView | None = None
    ) -> None:
        super().__init__(port, title, what, sale)
        self._sign = sign
        self._keys: tuple[KeyChoice, ...] | None = None
        self._is_offered = False

    def question(self) -> Iterator[Widget]:
        yield self.words()
        yield Signer()

    def on_mount(self) -> None:
        self._find_keys()

    @work(thread=True, exit_on_error=False, group="keys")
    def _find_keys(self) -> None:
        try:
            self.post_message(KeysFound(tuple(self.port.keys())))
        except PortRefused as refusal:
            self.post_message(KeysFound((), str(refusal)))
        except Exception as error:  # the task's top
            self.post_message(KeysFound((), f"the keys could not be looked for: {error}"))

    @on(KeysFound)
    def keys_found(self, message: KeysFound) -> None:
        self._keys = message.keys
        self.offer_keys()
        if message.problem:
            self.complain(message.problem)

    def offer_keys(self) -> None:
        """Offer the keys, once it is known who has signed already."""
        signed = self.signed()
        if self._keys is not None and signed is not None and not self._is_offered:
            self._is_offered = True
            self.query_one(Signer).offer(self._keys, signed)
            self.keys_offered()

    @on(Signer.Changed)
    def another_key(self) -> None:
        self.keys_offered()

    @on(Input.Submitted, "#key-path")
    def path_given(self) -> None:
        self.query_one("#passphrase").focus()

    @on(Input.Submitted, "#passphrase")
    def passphrase_given(self) -> None:
        """Enter goes on to the button; a second Enter signs."""
        self.query_one("#act").focus()

    def keys_offered(self) -> None:
        """The button names who signs."""
        key = self.query_one(Signer).chosen
        button = self.query_one("#act", Button)
        button.label = say(f"Sign as {key.principal}" if key else "Sign")
        button.refresh(layout=True)

    def signed(self) -> frozenset[str] | None:
        """Principals that have signed; None while that is not known yet."""
        return frozenset()

    def job(self) -> Job | None:
        signer = self.query_one(Signer)
        key = signer.chosen
        if signer.missing or key is None:
            self.complain(signer.missing)
            return None
        sign = self.signing()
        if sign is None:
            return None
        path, passphrase = key.path, signer.take_passphrase()
        return lambda: sign(path, passphrase)

    def signing(self) -> Sign | None:
        """The call that signs, or None after `complain`."""
        return self._sign
