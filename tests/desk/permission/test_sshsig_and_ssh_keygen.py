"""What ssh-keygen signs is verified here, and what is signed here satisfies ssh-keygen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk.permission.key_files import load_private_key, load_public_key
from desk.permission.keys import SK_ECDSA, SK_ED25519, PublicKey, public_key
from desk.permission.refusals import Reason, SignatureRefused
from desk.permission.sshsig import SALE, sign, verify
from desk.permission.wire import Reader, string, u32

SshKeygen = Callable[..., subprocess.CompletedProcess[bytes]]
MESSAGE = '{"sale":"S-2026-0007","sell_btc":"200.00000000","to":"Zürich"}'.encode()
PASSPHRASE = "correct horse"
KINDS = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa-256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa-384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa-521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "2048"),
    "rsa-pem": ("-t", "rsa", "-b", "2048", "-m", "PEM"),
}


@dataclass(frozen=True)
class Made:
    """A key pair that ssh-keygen made."""

    path: Path
    locked: bool

    @property
    def passphrase(self) -> bytes | None:
        return PASSPHRASE.encode() if self.locked else None


@pytest.fixture(scope="module", params=[(kind, locked) for kind in KINDS for locked in (False, True)], ids=str)
def made(request: pytest.FixtureRequest, ssh_keygen: SshKeygen, tmp_path_factory: pytest.TempPathFactory) -> Made:
    kind, locked = request.param
    path = tmp_path_factory.mktemp("keys") / "id"
    rounds = () if kind == "rsa-pem" else ("-a", "1")
    done = ssh_keygen("-q", *KINDS[kind], *rounds, "-N", PASSPHRASE if locked else "", "-C", "ann", "-f", path)
    assert done.returncode == 0, done.stderr
    return Made(path, locked)


def ssh_keygen_verifies(
    ssh_keygen: SshKeygen, folder: Path, key: PublicKey, message: bytes, armored: str, *, options: str = ""
) -> bool:
    (folder / "allowed").write_text(f"ann {options} {key.text}\n")
    (folder / "signature").write_text(armored)
    done = ssh_keygen(
        "-Y", "verify", "-n", SALE, "-I", "ann", "-f", folder / "allowed", "-s", folder / "signature", stdin=message
    )
    return done.returncode == 0


def test_what_is_signed_here_satisfies_ssh_keygen(made: Made, ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    key = load_private_key(made.path, made.passphrase)
    armored = sign(MESSAGE, SALE, key)
    assert ssh_keygen_verifies(ssh_keygen, tmp_path, key.public, MESSAGE, armored)
    assert not ssh_keygen_verifies(ssh_keygen, tmp_path, key.public, MESSAGE + b" ", armored)


def test_what_ssh_keygen_signs_is_verified_here(made: Made, ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    unlocked = tmp_path / "id"
    unlocked.write_bytes(made.path.read_bytes())
    unlocked.chmod(0o600)
    (tmp_path / "id.pub").write_bytes(made.path.with_suffix(".pub").read_bytes())  # PEM keys do not carry it
    if made.locked:
        done = ssh_keygen("-q", "-p", "-P", PASSPHRASE, "-N", "", "-f", unlocked)
        assert done.returncode == 0, done.stderr
    done = ssh_keygen("-q", "-Y", "sign", "-n", SALE, "-f", unlocked, stdin=MESSAGE)
    armored = done.stdout.decode()
    assert verify(MESSAGE, armored, SALE).blob == load_public_key(f"{made.path}.pub").blob
    with pytest.raises(SignatureRefused) as refusal:
        verify(MESSAGE.replace(b"200", b"900"), armored, SALE)
    assert refusal.value.reason is Reason.OTHER_TERMS


def test_fingerprints_are_those_ssh_keygen_prints(made: Made, ssh_keygen: SshKeygen) -> None:
    printed = ssh_keygen("-l", "-f", f"{made.path}.pub").stdout.decode().split()[1]
    assert load_private_key(made.path, made.passphrase).public.fingerprint == printed


def test_an_ed25519_signature_is_the_very_text_ssh_keygen_writes(ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    ssh_keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id")
    theirs = ssh_keygen("-q", "-Y", "sign", "-n", SALE, "-f", tmp_path / "id", stdin=MESSAGE).stdout.decode()
    assert sign(MESSAGE, SALE, load_private_key(tmp_path / "id")) == theirs


def test_a_sha256_signature_by_ssh_keygen_is_verified_here(ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    ssh_keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id")
    done = ssh_keygen("-q", "-Y", "sign", "-n", SALE, "-O", "hashalg=sha256", "-f", tmp_path / "id", stdin=MESSAGE)
    if done.returncode != 0:
        pytest.skip("this ssh-keygen cannot choose the hash")
    assert verify(MESSAGE, done.stdout.decode(), SALE).algorithm == "ssh-ed25519"


def test_a_signature_for_another_namespace_is_refused_on_both_sides(ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    ssh_keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id")
    armored = ssh_keygen("-q", "-Y", "sign", "-n", "file", "-f", tmp_path / "id", stdin=MESSAGE).stdout.decode()
    with pytest.raises(SignatureRefused, match=r"signed for 'file', not for 'desk.sale'") as refusal:
        verify(MESSAGE, armored, SALE)
    assert refusal.value.reason is Reason.WRONG_NAMESPACE
    assert not ssh_keygen_verifies(ssh_keygen, tmp_path, load_public_key(tmp_path / "id.pub"), MESSAGE, armored)


@dataclass(frozen=True)
class HardwareKey:
    """A security key in software: signs what the hardware would sign, with the flags it is told to report."""

    inner_path: Path
    flags: int
    counter: int = 7

    @property
    def public(self) -> PublicKey:
        inner = Reader(load_private_key(self.inner_path).public.blob)
        algorithm = inner.name()
        if algorithm == "ssh-ed25519":
            return public_key(string(SK_ED25519.encode()) + string(inner.string()) + string(b"ssh:"))
        curve, point = inner.string(), inner.string()
        return public_key(string(SK_ECDSA.encode()) + string(curve) + string(point) + string(b"ssh:"))

    def sign(self, data: bytes) -> bytes:
        from hashlib import sha256

        tail = bytes([self.flags]) + u32(self.counter)
        inner = load_private_key(self.inner_path).sign(sha256(b"ssh:").digest() + tail + sha256(data).digest())
        reader = Reader(inner)
        reader.name()
        return string(self.public.algorithm.encode()) + string(reader.string()) + tail


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-256"])
def test_a_hardware_signature_counts_here_as_with_ssh_keygen(
    kind: str, ssh_keygen: SshKeygen, tmp_path: Path
) -> None:
    ssh_keygen("-q", *KINDS[kind], "-N", "", "-f", tmp_path / "id")
    touched = HardwareKey(tmp_path / "id", flags=1)
    armored = sign(MESSAGE, SALE, touched)
    if not ssh_keygen_verifies(ssh_keygen, tmp_path, touched.public, MESSAGE, armored):
        pytest.skip("this ssh-keygen does not know hardware keys")
    assert verify(MESSAGE, armored, SALE).fingerprint == touched.public.fingerprint
    with pytest.raises(SignatureRefused):
        verify(MESSAGE + b"!", armored, SALE)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-256"])
def test_a_hardware_signature_without_a_touch_is_refused(kind: str, ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    ssh_keygen("-q", *KINDS[kind], "-N", "", "-f", tmp_path / "id")
    with pytest.raises(SignatureRefused, match="without being touched"):
        verify(MESSAGE, sign(MESSAGE, SALE, HardwareKey(tmp_path / "id", flags=0)), SALE)


def test_the_list_of_people_means_the_same_to_ssh_keygen(ssh_keygen: SshKeygen, tmp_path: Path) -> None:
    from desk.permission.people import read_people

    ssh_keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id")
    key = load_private_key(tmp_path / "id")
    armored = sign(MESSAGE, SALE, key)
    for patterns in (
        "desk.*",
        "file,desk.sale",
        "desk.sal?",
        "*,!desk.sale",
        "!desk.*,*",
        "file",
        "desk.[s]ale",
        "!file",
    ):
        options = f'namespaces="{patterns}"'
        (entry,) = read_people(f"ann {options} {key.public.text}\n").entries
        agreed = ssh_keygen_verifies(ssh_keygen, tmp_path, key.public, MESSAGE, armored, options=options)
        assert entry.right.covers(SALE) == agreed, patterns
