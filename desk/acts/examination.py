"""What `desk doctor` looks at: everything the desk leans on, each with its fix."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from desk.acts.policy import standing
from desk.acts.stopping import read_halt_file
from desk.clock import LiveClock
from desk.config import Config, VenueSection
from desk.duty.lock import holder, is_held
from desk.ledger import Ledger, LedgerError
from desk.ledger.engine import journal_mode, wal_is_safe

_TOLERATED_SKEW = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, what was found, what to do."""

    what: str
    is_well: bool
    found: str
    fix: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Every finding, in the order in which things have to be right."""
    yield Finding("config", True, str(config.path))
    yield from _files(config)
    yield from _database(config)
    yield _daemon(config)
    for name, venue in config.settings.venues.items():
        yield from asyncio.run(_venue(name, venue, config))
    from desk.acts.feed_findings import feed_findings

    yield from feed_findings(config)


def _files(config: Config) -> Iterator[Finding]:
    people, audit = config.settings.people.allowed_signers, config.settings.audit
    yield Finding("people", people.exists(), str(people), "" if people.exists() else "desk init writes it")
    yield _private("checkpoint key", audit.key)
    same = audit.checkpoints.parent.resolve() == config.database_file.parent.resolve()
    beside = "beside the database; another disk or host is better" if same else "apart from the database"
    yield Finding("checkpoints", True, f"{audit.checkpoints}, {beside}")
    halted = read_halt_file(config.halt_file)
    yield Finding(
        "halt", halted is None, halted.reason if halted else "off", "desk rearm --key FILE" if halted else ""
    )


def _private(what: str, path: os.PathLike[str]) -> Finding:
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except OSError as error:
        return Finding(what, False, f"{os.fspath(path)}: {error.strerror}", "desk init writes it")
    fix = "" if not mode & 0o077 else f"chmod 600 {os.fspath(path)}"
    return Finding(what, not fix, f"{os.fspath(path)} mode {mode:04o}", fix)


def _database(config: Config) -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    why = "has the WAL-reset fix" if wal_is_safe() else "lacks the WAL-reset fix, so no WAL"
    yield Finding("sqlite", True, f"{version} {why}; journal {journal_mode()}, synchronous FULL")
    try:
        ledger = Ledger.open(config.settings.desk.database, read_only=True)
    except LedgerError as error:
        yield Finding("database", False, str(error), "desk init" if not config.database_file.exists() else "")
        return
    try:
        kind = f"demo, {ledger.desk.line.speed}× time" if ledger.desk.is_demo else "real"
        yield Finding("database", True, f"{config.database_file}, desk {ledger.desk.desk_id[:12]}, {kind}")
        with ledger.read() as tx:
            now = standing(config, tx)
        fix = "" if now.is_in_force else "desk policy diff; desk policy approve --key FILE (the first: desk init)"
        yield Finding("policy", now.is_in_force, f"{now.digest[:16]}", fix)
        for shortfall in now.configured.shortfalls():
            yield Finding("policy", False, shortfall, "desk people add NAME KEY.pub")
    finally:
        ledger.close()


def _daemon(config: Config) -> Finding:
    if is_held(config.lock_file):
        return Finding("daemon", True, f"running, process {holder(config.lock_file)}")
    return Finding("daemon", True, "not running; desk daemon works approved sales")


async def _venue(name: str, venue: VenueSection, config: Config) -> list[Finding]:
    from desk.duty.venues import open_venue
    from desk.venues.model import Unavailable

    what = f"venue {name}"
    try:
        gateway = open_venue(name, venue, LiveClock())
    except Exception as error:
        return [Finding(what, False, str(error), "fix the key named here in config.toml")]
    found = []
    try:
        rules = await gateway.open()
        found.append(Finding(what, True, f"{rules.symbol}, lot {rules.lot} sats, maker {rules.maker_fee} bps"))
        book = await gateway.book()
        found.append(Finding(what, True, f"book {book.bid} / {book.ask}"))
        if not is_held(config.lock_file):
            held = await gateway.balances()
            found.append(
                Finding(what, True, "balances readable: " + ", ".join(f"{h.total} {h.currency}" for h in held))
            )
        else:
            found.append(Finding(what, True, "keys not tried: the daemon uses them"))
    except Unavailable as error:
        found.append(
            Finding(what, False, str(error), f"is {venue.url or 'the exchange'} reachable, are the keys right?")
        )
    finally:
        found.append(_clock(name, gateway.clock_off))
        await gateway.close()
    return found


def _clock(venue: str, off: timedelta | None) -> Finding:
    """This machine's clock against the venue's own, as its answers told it; exact to about a second."""
    if off is None:
        return Finding("clock", True, f"not compared: {venue} told no time")
    if abs(off) <= _TOLERATED_SKEW:
        return Finding("clock", True, f"agrees with {venue}'s to {_TOLERATED_SKEW.total_seconds():.0f} s")
    words = f"{abs(off).total_seconds():.0f} s {'ahead of' if off > timedelta(0) else 'behind'} {venue}'s"
    return Finding("clock", False, words, "synchronise the clock (chrony)")
