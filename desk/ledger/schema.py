"""Which schema this version of the desk makes, and whether a file has it."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from desk.ledger import guards
from desk.ledger.engine import APPLICATION, connect
from desk.ledger.errors import LedgerForeign, LedgerTooNew
from desk.ledger.metadata import metadata

REVISIONS = ("0001",)
"""Every revision there was, oldest first; the last one is what this version makes."""
SNAPSHOTS = Path(__file__).parent / "migrations" / "versions"
_VERSION_TABLE = "alembic_version"
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: its error messages can be damaged too."""

_WAIT_S = 0.02
"""Before a step of a copy is tried again that somebody's commit was in the way of."""
Progress = Callable[[int, int, int], None]
Shape = dict[tuple[str, str], str]
"""Kind and name of every table, index and trigger to the statement that made it."""


def revision(database: sqlite3.Connection, path: Path) -> str:
    """The revision a file is at. Raises LedgerForeign for files that are no ledger, LedgerTooNew for later ones."""
    foreign = LedgerForeign(f"{path} is not a ledger of the desk; name another database, or run `desk init`")
    try:
        (application,) = database.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION:
            raise foreign
        found = database.execute(f"SELECT version_num FROM {_VERSION_TABLE}").fetchall()
    except UNREADABLE as problem:
        if "locked" in str(problem) or "open" in str(problem):
            raise
        raise foreign from None
    if len(found) != 1:
        raise foreign
    number: str = found[0][0]
    if number not in REVISIONS:
        raise LedgerTooNew(
            f"{path} was made by a newer desk (schema {number}; this version knows up to {REVISIONS[-1]}): "
            "use that version"
        )
    return number


def assert_expected(database: sqlite3.Connection, path: Path) -> None:
    """Raises LedgerForeign unless every table, index and trigger is exactly what this version makes."""
    found = departures(database)
    if found:
        words = [f"{kind} {name} {how}" for kind, name, how in found[:3]]
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise LedgerForeign(
            f"the schema of {path} is not the one this version makes: {'; '.join(words)}{more}. "
            "Somebody changed the database; restore a backup, or find out who and why"
        )


def departures(database: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Kind, name and how of every table, index and trigger that is not what this version makes."""
    actual, wanted = shape(database), expected()
    differing = sorted(key for key in actual.keys() | wanted.keys() if actual.get(key) != wanted.get(key))
    return [(kind, name, _how((kind, name), actual, wanted)) for kind, name in differing]


def _how(key: tuple[str, str], actual: Shape, wanted: Shape) -> str:
    if key not in actual:
        return "is missing"
    return "differs" if key in wanted else "does not belong here"


def shape(database: sqlite3.Connection) -> Shape:
    """What is in the file, alembic's own table and SQLite's internals aside."""
    rows = database.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'")
    return {(kind, name): _plain(sql or "") for kind, name, sql in rows if name != _VERSION_TABLE}


def _plain(sql: str) -> str:
    """A statement without its quotes and layout, which rebuilding a table changes."""
    return " ".join(sql.replace('"', "").split()).replace("( ", "(").replace(" )", ")")


@functools.cache
def expected() -> Shape:
    """The shape this version makes: the newest revision's snapshot and the guards."""
    database = sqlite3.connect(":memory:")
    try:
        for statement in snapshot(REVISIONS[-1]):
            database.execute(statement)
        guards.make(database)
        return shape(database)
    finally:
        database.close()


def snapshot(revision: str) -> list[str]:
    """The statements that make the whole schema as it is after a revision, the guards aside."""
    text = (SNAPSHOTS / f"{revision}.sql").read_text(encoding="utf-8")
    return [statement for statement in text.split(";\n") if statement.strip()]


def declared() -> str:
    """The declared tables and indexes as a snapshot is written, parents first."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        metadata().create_all(create_engine("sqlite://", creator=lambda: database, poolclass=StaticPool))
        made = database.execute("SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        made += database.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        ).fetchall()
        return "".join(f"{_trimmed(sql)};\n\n" for (sql,) in made)
    finally:
        database.close()


def _trimmed(sql: str) -> str:
    return "\n".join(line.rstrip() for line in sql.strip().splitlines() if line.strip())


def backup_name(path: Path, number: str) -> Path:
    """Where the copy goes that is made before migrating away from revision `number`."""
    plain = path.with_name(f"{path.name}.before-{number}.bak")
    taken = 1
    free = plain
    while free.exists():
        taken += 1
        free = plain.with_name(f"{plain.name}.{taken}")
    return free


def copy(path: Path, to: Path) -> None:
    """A consistent, checked copy (mode 0600) of a live database, its writer not held up. `to` must not exist."""
    copy_unchecked(path, to)
    database = connect(to, read_only=True)
    try:
        problems = damage(database)
    finally:
        database.close()
    if problems:
        raise LedgerForeign(f"{path} is damaged, and so is its copy {to}: {problems[0]}")


def damage(database: sqlite3.Connection) -> list[str]:
    """What SQLite's own integrity check finds; empty where all is well."""
    return [text for (text,) in database.execute("PRAGMA integrity_check") if text != "ok"]


def copy_unchecked(path: Path, to: Path, pages: int = -1, progress: Progress | None = None) -> None:
    """The copy without the check, for whoever wants to look into a damaged file.

    With `pages` it is made in steps of so many, writers let through between two, and begun anew where one came;
    `progress` is told status, pages left and pages in all after each.
    """
    source = _readable(path)
    try:
        to.touch(mode=0o600, exist_ok=False)
        target = sqlite3.connect(to)
        try:
            source.backup(target, pages=pages, progress=progress, sleep=_WAIT_S)
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            target.close()
    finally:
        source.close()


def _readable(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, unless a crash left a journal that has to be rolled back first."""
    source = connect(path, read_only=True)
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except UNREADABLE:
        source.close()
        return connect(path)
    return source
