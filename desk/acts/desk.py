"""The desk as a person at a terminal has it: one picture, and every act, each told back in one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desk.acts import drafting, resuming, signing, staging, stopping
from desk.acts.lots_shown import LotsReader
from desk.acts.people import load
from desk.clock import LiveClock
from desk.config import Config
from desk.ledger import Ledger
from desk.permission.key_files import load_private_key
from desk.permission.refusals import KeyRefused
from desk.sale.wish import StageWish
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.log_page import log_page
from desk.snapshot.lots_view import LotsView
from desk.snapshot.model import DeskSnapshot, EventView


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key file of somebody who may sign."""

    principal: str
    path: Path
    is_locked: bool


class Desk:
    """Opens the ledger for as long as the screen is up. With `read_only` over a connection that cannot write."""

    def __init__(self, config: Config, *, read_only: bool, actor: str, keys: Iterable[Path] = ()) -> None:
        self._config = config
        self._ledger = Ledger.open(config.settings.desk.database, read_only=read_only)
        self._clock = LiveClock(self._ledger.desk.line)
        self._actor = actor
        self._keys = tuple(_signing_keys(config, keys))
        me = self._keys[0].principal if len(self._keys) == 1 else None
        self._lots = LotsReader(config, self._ledger, self._clock)
        self._builder = SnapshotBuilder(config, self._ledger, self._clock, me, with_futures=True)

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        return self._keys

    def snapshot(self, focus: str | None) -> DeskSnapshot:
        return self._builder.build(focus)

    def events_before(self, seq: int) -> tuple[EventView, ...]:
        """A page of the log, newest first; fewer than a page where there is nothing older."""
        return log_page(self._ledger, seq)

    def lots(self) -> LotsView:
        """Every lot of which something is left."""
        return self._lots.view()

    def draft(self, wish: StageWish, stager: str) -> tuple[str, ...]:
        return drafting.draft_sale(self._config, self._ledger, self._clock, wish, stager)

    def stage(self, wish: StageWish, key_file: Path, passphrase: str | None) -> str:
        asked = drafting.asked_of(wish, self._clock.now())
        staged = staging.stage_sale(
            self._config, self._ledger, self._clock, asked, key_file=key_file, passphrase=_bytes(passphrase)
        )
        return f"{staged.lines[0]}; {staged.needs}"

    def approve(self, sale_id: str, terms_digest: str, key_file: Path, passphrase: str | None) -> str:
        given = signing.approve(
            self._config,
            self._ledger,
            self._clock,
            sale_id,
            key_file=key_file,
            passphrase=_bytes(passphrase),
            shown_digest=terms_digest,
        )
        return f"{sale_id} signed as {given.person}; {given.sentence}"

    def reject(self, sale_id: str, reason: str) -> str:
        signing.reject(self._ledger, self._clock, sale_id, self._actor, reason)
        return f"{sale_id} rejected"

    def pause(self, sale_id: str, reason: str) -> str:
        return stopping.pause(self._ledger, self._clock, sale_id, self._actor, reason)

    def resume(self, sale_id: str, key_file: Path, passphrase: str | None) -> str:
        return resuming.resume(
            self._config, self._ledger, self._clock, sale_id, key_file=key_file, passphrase=_bytes(passphrase)
        )

    def cancel(self, sale_id: str, reason: str) -> str:
        return stopping.cancel(self._ledger, self._clock, sale_id, self._actor, reason)

    def halt(self, reason: str) -> str:
        return stopping.halt(self._config, self._clock, self._actor, reason)

    def rearm(self, key_file: Path, passphrase: str | None) -> str:
        return resuming.rearm(
            self._config, self._ledger, self._clock, key_file=key_file, passphrase=_bytes(passphrase)
        )

    def close(self) -> None:
        self._ledger.close()


class _IsLocked(Exception):
    """A passphrase was asked for."""


def _signing_keys(config: Config, paths: Iterable[Path]) -> Iterable[SigningKey]:
    """Whose each key is; a key that is nobody's, or cannot be opened at all, is left out."""
    people = load(config.settings.people.allowed_signers)
    for path in paths:
        try:
            fingerprint, is_locked = load_private_key(path, _tell_locked).public.fingerprint, False
        except _IsLocked:
            fingerprint, is_locked = _public_fingerprint(path), True
        except KeyRefused:
            continue
        owner = people.roster.owner(fingerprint)
        if owner is not None:
            yield SigningKey(owner[0].name, path, is_locked)


def _tell_locked() -> bytes:
    raise _IsLocked


def _public_fingerprint(path: Path) -> str:
    from desk.permission.key_files import load_public_key

    try:
        return load_public_key(path.with_name(path.name + ".pub")).fingerprint
    except KeyRefused:
        return ""


def _bytes(passphrase: str | None) -> bytes | None:
    return passphrase.encode() if passphrase is not None else None
