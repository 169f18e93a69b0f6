"""The list of people as a file: added to and revoked from, never half-written."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

from desk.permission.keys import read_public_key
from desk.permission.people import People, add_person, read_people, revoke_person

HEADER = "# Who may stage and approve: OpenSSH's allowed_signers, one line each: name key-type key\n"


def load(path: Path) -> People:
    """Everybody in the file; nobody where there is none. Raises PeopleRefused."""
    return read_people(_text(path))


def add(path: Path, name: str, public_key: str, namespaces: str | None = None) -> str:
    """Puts a person into the file and returns the key's fingerprint. Raises PeopleRefused or KeyRefused."""
    write_whole(path, add_person(_text(path) or HEADER, name, public_key, namespaces=namespaces), 0o644)
    return read_public_key(public_key).fingerprint


def revoke(path: Path, name: str, at: datetime, fingerprint: str | None = None) -> None:
    """Takes a person's keys, or one of them, out of the file and leaves a note of it. Raises PeopleRefused."""
    write_whole(path, revoke_person(_text(path), name, at, fingerprint), 0o644)


def write_whole(path: Path, text: str, mode: int) -> None:
    """The whole file or nothing: written beside, flushed to disk, moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
