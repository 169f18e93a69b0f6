"""Signatures as `ssh-keygen -Y sign` makes them (OpenSSH PROTOCOL.sshsig): made here, and verified here.

The namespace is part of what is signed, so a signature made for one purpose is worth nothing for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import lru_cache
from typing import Protocol

from desk.permission.keys import NotTheirs, PublicKey, check, public_key
from desk.permission.refusals import KeyRefused, Reason, SignatureRefused
from desk.permission.wire import Reader, WireRefused, string, u32

SALE = "desk.sale"
RESUME = "desk.resume"
REARM = "desk.rearm"
RESOLVE = "desk.resolve"
POLICY = "desk.policy"
BLOCK = "desk.block"
NAMESPACES = (SALE, RESUME, REARM, RESOLVE, POLICY, BLOCK)

_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}
_LINE = 70  # as ssh-keygen breaks its lines
_MAX_TEXT = 32_768


class Signer(Protocol):
    """Whoever can sign with one key: a key file, or an agent that holds the key."""

    @property
    def public(self) -> PublicKey: ...

    def sign(self, data: bytes) -> bytes:
        """The SSH wire form of this key's signature over `data`."""
        ...


def sign(message: bytes, namespace: str, signer: Signer) -> str:
    """The armored signature over `message`, as ssh-keygen would write it. Raises KeyRefused as the signer does."""
    if not namespace:
        raise ValueError("a signature needs a namespace")
    signature = signer.sign(_signed_data(message, namespace, "sha512"))
    blob = _MAGIC + u32(_VERSION) + string(signer.public.blob) + string(namespace.encode())
    blob += string(b"") + string(b"sha512") + string(signature)
    text = base64.b64encode(blob).decode()
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def verify(message: bytes, armored: str, namespace: str) -> PublicKey:
    """The key that signed `message` for `namespace`; whose key it is is for the caller to say.

    Raises SignatureRefused (malformed, wrong namespace, other terms) and nothing else, whatever the text.
    """
    try:
        return _proven(message, armored, namespace)
    except (WireRefused, KeyRefused) as problem:
        raise SignatureRefused(
            Reason.MALFORMED, f"this is not a complete SSH signature: {problem}; sign again"
        ) from None


@lru_cache(maxsize=1024)
def _proven(message: bytes, armored: str, namespace: str) -> PublicKey:
    """What was proven of these bytes holds for ever; a sale at work is judged again every second."""
    return _verify(message, _blob(armored), namespace)


def _verify(message: bytes, blob: bytes, namespace: str) -> PublicKey:
    reader = Reader(blob)
    if reader.take(len(_MAGIC)) != _MAGIC or reader.u32() != _VERSION:
        raise WireRefused("it does not start as one")
    key = public_key(reader.string())
    signed_for = reader.string().decode("utf-8", "replace")
    if reader.string():
        raise WireRefused("its reserved field is not empty")
    hash_name = reader.name()
    signature = reader.string()
    reader.end()
    if hash_name not in _HASHES:
        raise WireRefused(f"it uses the hash {hash_name!r}; sha512 and sha256 are accepted")
    if signed_for != namespace:
        raise SignatureRefused(
            Reason.WRONG_NAMESPACE,
            f"this was signed for {signed_for[:60]!r}, not for {namespace!r}; sign again with -n {namespace}",
        )
    try:
        check(key, _signed_data(message, namespace, hash_name), signature)
    except NotTheirs as problem:
        raise SignatureRefused(
            Reason.OTHER_TERMS,
            f"the signature by {key.fingerprint} was made over something else than these exact bytes ({problem})",
        ) from None
    return key


def _signed_data(message: bytes, namespace: str, hash_name: str) -> bytes:
    hashed = _HASHES[hash_name](message).digest()
    return _MAGIC + string(namespace.encode()) + string(b"") + string(hash_name.encode()) + string(hashed)


def _blob(armored: str) -> bytes:
    """The bytes inside the armor; surrounding blank lines and carriage returns of a paste are forgiven."""
    if len(armored) > _MAX_TEXT:
        raise WireRefused("it is too long to be one")
    text = armored.strip()
    if not text.startswith(_BEGIN) or not text.endswith(_END) or len(text) < len(_BEGIN) + len(_END):
        raise WireRefused(f"it must begin with {_BEGIN} and end with {_END}")
    body = "".join(text[len(_BEGIN) : -len(_END)].split())
    try:
        return base64.b64decode(body.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise WireRefused("its middle is not base64") from None
