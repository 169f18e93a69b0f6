"""People with keys, terms of a sale, and the real ssh-keygen where the machine has one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from desk.canonical import canonical_bytes
from desk.permission.approvals import Circumstances
from desk.permission.key_files import PrivateKey, generate_ed25519
from desk.permission.people import People, read_people
from desk.permission.signatures import Offered
from desk.permission.sshsig import SALE, sign

NOON = datetime(2026, 2, 7, 12, 0, tzinfo=UTC)
DESK = "d" * 32
POLICY = "p" * 64

KeyOf = Callable[[str], PrivateKey]
SignedBy = Callable[..., Offered]
TermsOf = Callable[..., bytes]
SshKeygen = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="session")
def key_of() -> KeyOf:
    """The key of the person with this name; always the same within a run."""

    @cache
    def key(name: str) -> PrivateKey:
        return generate_ed25519()

    return key


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def desk_id() -> str:
    return DESK


@pytest.fixture
def people(key_of: KeyOf) -> People:
    """Olga stages; Ann, Bob and Carl may approve."""
    lines = [f"{name} {key_of(name).public.text}" for name in ("olga", "ann", "bob", "carl")]
    return read_people("\n".join(lines) + "\n")


@pytest.fixture
def terms_of(now: datetime) -> TermsOf:
    """Terms that olga stages, with fields changed at will."""

    def terms(**changed: object) -> bytes:
        fields: dict[str, object] = {
            "desk_id": DESK,
            "nonce": "n1",
            "sale": "S-2026-0007",
            "stager": "olga",
            "sell_sats": 200_00000000,
            "approval_expires": "2026-02-08T12:00:00Z",
            "policy_digest": POLICY,
        }
        return canonical_bytes(fields | changed)  # type: ignore[arg-type]

    return terms


@pytest.fixture
def signed_by(key_of: KeyOf, now: datetime) -> SignedBy:
    """A signature by the named person's key, an hour after staging unless said otherwise."""

    def signed(
        name: str,
        message: bytes,
        *,
        at: datetime | None = None,
        namespace: str = SALE,
        claiming: str = "",
    ) -> Offered:
        return Offered(sign(message, namespace, key_of(name)), at or now + timedelta(hours=1), claiming)

    return signed


@pytest.fixture
def given(people: People, now: datetime) -> Circumstances:
    """This desk, its policy, two approvals required, two hours after staging."""
    return Circumstances(
        desk_id=DESK,
        policy_digest=POLICY,
        roster=people.roster,
        required=2,
        now=now + timedelta(hours=2),
    )


@pytest.fixture(scope="session")
def ssh_keygen() -> SshKeygen:
    """Runs the real ssh-keygen; skips where the machine has none."""
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("ssh-keygen is not installed")

    def run(*words: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([program, *words], input=stdin, capture_output=True, check=False, timeout=30)

    return run
