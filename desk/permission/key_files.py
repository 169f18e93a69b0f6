"""Private keys in files: opened as strictly as ssh opens them, unlocked once, never written anywhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from desk.permission.keys import ECDSA_CURVES, PublicKey, public_key, read_public_key, wire_form
from desk.permission.refusals import KeyRefused
from desk.permission.wire import mpint, string

Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Passphrase = Callable[[], bytes] | bytes | None
"""A passphrase, or what asks for it; asked only where the key is locked."""

_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_MAX_FILE = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A key that can sign. It prints as its fingerprint only."""

    _native: Private
    public: PublicKey

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.fingerprint})"

    def sign(self, data: bytes) -> bytes:
        """The SSH wire form of the signature; RSA signs with SHA-512, ECDSA with its curve's hash."""
        key = self._native
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return _signature("ssh-ed25519", key.sign(data))
        if isinstance(key, rsa.RSAPrivateKey):
            return _signature("rsa-sha2-512", key.sign(data, padding.PKCS1v15(), hashes.SHA512()))
        curve = self.public.algorithm.removeprefix("ecdsa-sha2-")
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(ECDSA_CURVES[curve][1]())))
        return _signature(self.public.algorithm, mpint(r) + mpint(s))


def load_private_key(path: Path | str, passphrase: Passphrase = None) -> PrivateKey:
    """The key in the file at `path`, OpenSSH or PEM form. Raises KeyRefused naming the file and what to do."""
    return _unlock(_read_private(Path(path)), str(path), passphrase)


def private_key_from_text(text: bytes, passphrase: Passphrase = None, name: str = "the key") -> PrivateKey:
    """The key in `text`, for keys that come from a secret store instead of a file. Raises KeyRefused."""
    return _unlock(text, name, passphrase)


def load_public_key(path: Path | str) -> PublicKey:
    """The key in a .pub file. Raises KeyRefused."""
    try:
        return read_public_key(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise KeyRefused(f"the public key {path} cannot be read: {_why(problem)}") from None


def generate_ed25519() -> PrivateKey:
    """A fresh Ed25519 key: for checkpoints and demos."""
    return _wrap(ed25519.Ed25519PrivateKey.generate(), "a new key")


def openssh_text(key: PrivateKey) -> bytes:
    """An unprotected OpenSSH private key file; the caller writes it with mode 0600."""
    return key._native.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _signature(scheme: str, body: bytes) -> bytes:
    return string(scheme.encode()) + string(body)


def _read_private(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise KeyRefused(f"the key {path} cannot be opened: {_why(problem)}") from None
    try:
        _refuse_loose(path, os.fstat(handle).st_mode)
        data = _up_to(handle, _MAX_FILE + 1)
    except OSError as problem:
        raise KeyRefused(f"the key {path} cannot be read: {_why(problem)}") from None
    finally:
        os.close(handle)
    if len(data) > _MAX_FILE:
        raise KeyRefused(f"the key {path} is too long to be a private key")
    return data


def _refuse_loose(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise KeyRefused(f"the key {path} is not a regular file")
    if mode & 0o077:
        raise KeyRefused(f"the key {path} may be read by others (mode {stat.S_IMODE(mode):04o}); chmod 600 {path}")


def _up_to(handle: int, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := os.read(handle, count - len(data))):
        data += piece
    return data


def _why(problem: Exception) -> str:
    return problem.strerror or str(problem) if isinstance(problem, OSError) else str(problem)


def _unlock(data: bytes, name: str, passphrase: Passphrase) -> PrivateKey:
    load = load_ssh_private_key if data.lstrip().startswith(_OPENSSH) else load_pem_private_key
    if not data.lstrip().startswith(b"-----BEGIN "):
        raise KeyRefused(f"{name} is not a private key file; give the file without .pub")
    try:
        return _wrap(load(data, None), name)
    except TypeError:  # how the library says that the key is locked
        pass
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise _unusable(name, problem) from None
    secret = passphrase() if callable(passphrase) else passphrase
    if not secret:
        raise KeyRefused(f"{name} is protected by a passphrase and none was given")
    try:
        return _wrap(load(data, secret), name)
    except KeyRefused:
        raise
    except UnsupportedAlgorithm as problem:
        raise _unusable(name, problem) from None
    except (ValueError, TypeError):
        raise KeyRefused(f"the passphrase does not open {name}") from None


def _unusable(name: str, problem: Exception) -> KeyRefused:
    if isinstance(problem, KeyRefused):
        return problem
    hint = "if it is a hardware key, sign with ssh-keygen -Y sign or through ssh-agent"
    return KeyRefused(f"{name} cannot be used as a private key: {problem}; {hint}")


def _wrap(native: object, name: str) -> PrivateKey:
    if not isinstance(native, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise KeyRefused(f"{name} is of a kind that is not accepted; use ssh-ed25519")
    return PrivateKey(native, public_key(wire_form(native.public_key())))
