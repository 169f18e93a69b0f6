"""Secret references: where a secret lies, never the secret itself (design §7)."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

KINDS = ("env", "file", "keyring", "credential")


class SecretRefused(ValueError):
    """A reference that is malformed, or whose secret cannot be read safely; never contains the secret."""


@dataclass(frozen=True, slots=True)
class SecretRef:
    """`env:NAME`, `file:PATH`, `keyring:SERVICE/NAME` or `credential:NAME` (systemd)."""

    kind: str
    where: str
    base: Path = Path()

    def __str__(self) -> str:
        return f"{self.kind}:{self.where}"

    def read(self) -> str:
        """The secret, now. Raises SecretRefused with what to do."""
        value = getattr(self, f"_from_{self.kind}")().strip()
        if not value:
            raise SecretRefused(f"{self} is empty")
        return str(value)

    def _from_env(self) -> str:
        try:
            return os.environ[self.where]
        except KeyError:
            raise SecretRefused(f"{self}: the environment has no {self.where}; export it or use file:PATH") from None

    def _from_file(self) -> str:
        return read_private_file(self.base / Path(self.where).expanduser(), str(self))

    def _from_credential(self) -> str:
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise SecretRefused(f"{self}: not started by systemd with LoadCredential={self.where}")
        return read_private_file(Path(folder) / self.where, str(self))

    def _from_keyring(self) -> str:
        try:
            import keyring
        except ImportError:
            raise SecretRefused(f"{self}: install the extra `keyring`, or use file:PATH") from None
        service, _, name = self.where.rpartition("/")
        value = keyring.get_password(service, name)
        if value is None:
            raise SecretRefused(f"{self}: the keyring has no such entry")
        return str(value)


def parse_secret(text: str, base: Path) -> SecretRef:
    """The reference that `text` is. Raises SecretRefused, without repeating the text, for a literal secret."""
    kind, colon, where = text.partition(":")
    if not colon or kind not in KINDS or not where:
        raise SecretRefused(
            "secrets are references, never values: env:NAME, file:PATH, keyring:SERVICE/NAME, credential:NAME"
        )
    return SecretRef(kind, where, base)


def read_private_file(path: Path, label: str) -> str:
    """Text of a file nobody else may read. Raises SecretRefused when it is missing or open to group or world."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise SecretRefused(f"{label}: {path} is readable by others; chmod 600 it")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretRefused(f"{label}: cannot read {path}: {error.strerror}") from None
