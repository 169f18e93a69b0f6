"""A private key is opened as strictly as ssh opens it, and every refusal says what to do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from desk.permission.key_files import (
    generate_ed25519,
    load_private_key,
    load_public_key,
    openssh_text,
    private_key_from_text,
)
from desk.permission.refusals import KeyRefused
from desk.permission.sshsig import SALE, sign, verify

SshKeygen = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "id"
    path.write_bytes(openssh_text(generate_ed25519()))
    path.chmod(0o600)
    return path


@pytest.fixture
def locked_file(tmp_path: Path, ssh_keygen: SshKeygen) -> Path:
    path = tmp_path / "locked"
    assert ssh_keygen("-q", "-t", "ed25519", "-a", "1", "-N", "open sesame", "-f", path).returncode == 0
    return path


def never_asked() -> bytes:
    raise AssertionError("a passphrase was asked for although the key is not locked")


def pem(key: PrivateKeyTypes, passphrase: bytes | None = None) -> bytes:
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def test_a_key_that_is_not_locked_opens_without_asking(key_file: Path) -> None:
    key = load_private_key(key_file, never_asked)
    assert verify(b"x", sign(b"x", SALE, key), SALE) == key.public


def test_a_key_prints_as_its_fingerprint_only(key_file: Path) -> None:
    key = load_private_key(key_file)
    assert repr(key) == f"PrivateKey({key.public.fingerprint})"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o601])
def test_a_key_that_others_may_touch_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyRefused, match=rf"mode {mode:04o}\); chmod 600"):
        load_private_key(key_file)


def test_a_locked_key_opens_with_its_passphrase_asked_once(locked_file: Path) -> None:
    asked: list[int] = []

    def ask() -> bytes:
        asked.append(1)
        return b"open sesame"

    assert load_private_key(locked_file, ask).public.blob == load_public_key(f"{locked_file}.pub").blob
    assert len(asked) == 1


def test_a_wrong_passphrase_is_said_so(locked_file: Path) -> None:
    with pytest.raises(KeyRefused, match="passphrase does not open"):
        load_private_key(locked_file, b"open barley")


@pytest.mark.parametrize("nothing", [None, b"", lambda: b""])
def test_a_locked_key_without_a_passphrase_is_said_so(locked_file: Path, nothing: bytes | None) -> None:
    with pytest.raises(KeyRefused, match="protected by a passphrase and none was given"):
        load_private_key(locked_file, nothing)


def test_a_locked_pem_key_opens_too() -> None:
    text = pem(ec.generate_private_key(ec.SECP256R1()), b"secret")
    assert private_key_from_text(text, b"secret").public.algorithm == "ecdsa-sha2-nistp256"
    with pytest.raises(KeyRefused, match="passphrase does not open"):
        private_key_from_text(text, b"other")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        b"-----BEGIN ",
    ],
)
def test_a_file_that_is_no_key_is_refused(key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyRefused, match=str(key_file)):
        load_private_key(key_file)


def test_the_public_half_is_not_a_private_key(key_file: Path) -> None:
    public = load_private_key(key_file).public
    key_file.write_text(public.text)
    with pytest.raises(KeyRefused, match=r"without \.pub"):
        load_private_key(key_file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="No such file"):
        load_private_key(tmp_path / "absent")
    with pytest.raises(KeyRefused, match="not a regular file"):
        load_private_key(tmp_path)
    with pytest.raises(KeyRefused, match="cannot be read"):
        load_public_key(tmp_path / "absent.pub")


def test_a_file_beyond_any_key_is_refused(key_file: Path) -> None:
    key_file.write_bytes(b"-----BEGIN " + b"A" * 100_000)
    with pytest.raises(KeyRefused, match="too long"):
        load_private_key(key_file)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "1024 bits"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "secp256k1"),
        (lambda: dsa.generate_private_key(1024), "kind that is not accepted"),
    ],
)
def test_weak_and_foreign_kinds_are_refused(key: Callable[[], PrivateKeyTypes], why: str) -> None:
    with pytest.raises(KeyRefused, match=why):
        private_key_from_text(pem(key()))
