"""Public keys of people, and whether a raw SSH signature is theirs.

Ed25519, ECDSA (three NIST curves), RSA from 2048 bits with SHA-2, and the hardware kinds `sk-ssh-ed25519` and
`sk-ecdsa-sha2-nistp256`, whose signatures must say that somebody touched the key. Formats: RFC 4253, 5656, 8332,
8709 and OpenSSH's PROTOCOL.u2f. A key has one spelling here: padded numbers and compressed points are refused, so
that one key cannot pass as two.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from desk.permission.refusals import KeyRefused
from desk.permission.wire import Reader, WireRefused, mpint, string, u32

Native = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

ED25519 = "ssh-ed25519"
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
RSA = "ssh-rsa"
ECDSA_CURVES: dict[str, tuple[type[ec.EllipticCurve], type[hashes.HashAlgorithm]]] = {
    "nistp256": (ec.SECP256R1, hashes.SHA256),
    "nistp384": (ec.SECP384R1, hashes.SHA384),
    "nistp521": (ec.SECP521R1, hashes.SHA512),
}
ECDSA = {f"ecdsa-sha2-{curve}": curve for curve in ECDSA_CURVES}
RSA_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "rsa-sha2-512": hashes.SHA512,
    "rsa-sha2-256": hashes.SHA256,
}
KEY_TYPES = frozenset({ED25519, SK_ED25519, SK_ECDSA, RSA, *ECDSA})

_RSA_BITS = range(2048, 16_385)
_TOUCHED = 0x01
_MAX_BLOB = 8192


class NotTheirs(ValueError):
    """A raw signature that this key did not make over these bytes."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key: its type, its SSH wire form, a comment. Made by `public_key` and `read_public_key`."""

    algorithm: str
    blob: bytes
    application: bytes = b""
    comment: str = ""

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` as ssh-keygen -l prints it."""
        return fingerprint(self.blob)

    @property
    def material(self) -> bytes:
        """What makes two keys the same key, whatever type or hardware application they claim."""
        return _native(self).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def text(self) -> str:
        """`type base64`, as in a .pub file, without the comment."""
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()}"


def fingerprint(blob: bytes) -> str:
    """The fingerprint of a key's wire form, as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def public_key(blob: bytes, comment: str = "") -> PublicKey:
    """The key whose wire form is `blob`. Raises KeyRefused for kinds, sizes and spellings that are not accepted."""
    try:
        if len(blob) > _MAX_BLOB:
            raise WireRefused("it is too long")
        algorithm = Reader(blob).name()
        if algorithm not in KEY_TYPES:
            raise KeyRefused(f"keys of the type {algorithm!r} are not accepted; use ssh-ed25519")
        key = PublicKey(algorithm, blob, _application(algorithm, blob), comment)
        _native(key)
    except (WireRefused, ValueError, UnsupportedAlgorithm) as problem:
        if isinstance(problem, KeyRefused):
            raise
        raise KeyRefused(f"this is not a usable public key: {problem}") from None
    return key


def read_public_key(text: str) -> PublicKey:
    """The key in one line `type base64 [comment]`, the content of a .pub file. Raises KeyRefused."""
    words = text.strip().split(None, 2)
    if len(words) < 2 or len(text.strip().splitlines()) != 1:
        raise KeyRefused("a public key is one line: its type, its base64 text, a comment")
    try:
        blob = base64.b64decode(words[1].encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise KeyRefused(f"the text after {words[0][:40]!r} is not base64") from None
    key = public_key(blob, words[2].strip() if len(words) > 2 else "")
    if key.algorithm != words[0]:
        raise KeyRefused(f"the line says {words[0][:40]!r}, but the key is {key.algorithm}")
    return key


def check(key: PublicKey, data: bytes, signature: bytes) -> None:
    """Raises NotTheirs unless `signature` (SSH wire form) is this key's over `data`, WireRefused where it is none."""
    reader = Reader(signature)
    scheme = reader.name()
    native = _native(key)
    body = reader.string()
    if key.algorithm in (SK_ED25519, SK_ECDSA):
        flags, counter = reader.byte(), reader.u32()
        if not flags & _TOUCHED:
            raise NotTheirs("the hardware key signed without being touched")
        data = _sha256(key.application) + bytes([flags]) + u32(counter) + _sha256(data)
    reader.end()
    try:
        _verify(native, _hash_for(key, scheme), body, data)
    except InvalidSignature:
        raise NotTheirs("the signature does not fit these bytes") from None


def wire_form(native: Native) -> bytes:
    """The SSH wire form of a key of the cryptography library."""
    if isinstance(native, ed25519.Ed25519PublicKey):
        return string(ED25519.encode()) + string(native.public_bytes(Encoding.Raw, PublicFormat.Raw))
    if isinstance(native, rsa.RSAPublicKey):
        numbers = native.public_numbers()
        return string(RSA.encode()) + mpint(numbers.e) + mpint(numbers.n)
    curve = _curve_name(native.curve)
    point = native.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return string(f"ecdsa-sha2-{curve}".encode()) + string(curve.encode()) + string(point)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _curve_name(curve: ec.EllipticCurve) -> str:
    for name, (kind, _) in ECDSA_CURVES.items():
        if isinstance(curve, kind):
            return name
    raise KeyRefused(f"the curve {curve.name} is not accepted; use ssh-ed25519")


def _application(algorithm: str, blob: bytes) -> bytes:
    """The last field of a hardware key: what the hardware mixes into everything it signs."""
    if algorithm not in (SK_ED25519, SK_ECDSA):
        return b""
    reader = Reader(blob)
    for _ in range(2 if algorithm == SK_ED25519 else 3):
        reader.string()
    return reader.string()


def _native(key: PublicKey) -> Native:
    reader = Reader(key.blob)
    reader.name()
    native: Native
    if key.algorithm in (ED25519, SK_ED25519):
        native = ed25519.Ed25519PublicKey.from_public_bytes(reader.string())
    elif key.algorithm == RSA:
        exponent, modulus = reader.mpint(), reader.mpint()
        if modulus.bit_length() not in _RSA_BITS:
            raise KeyRefused(f"an RSA key of {modulus.bit_length()} bits is not accepted; use ssh-ed25519")
        native = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    else:
        native = _point(reader, "nistp256" if key.algorithm == SK_ECDSA else ECDSA[key.algorithm])
    if key.algorithm in (SK_ED25519, SK_ECDSA):
        reader.string()
    reader.end()
    return native


def _point(reader: Reader, curve: str) -> ec.EllipticCurvePublicKey:
    if reader.name() != curve:
        raise WireRefused("the key names two different curves")
    point = reader.string()
    if point[:1] != b"\x04":
        raise WireRefused("the point is not in its plain form")
    return ec.EllipticCurvePublicKey.from_encoded_point(ECDSA_CURVES[curve][0](), point)


def _hash_for(key: PublicKey, scheme: str) -> hashes.HashAlgorithm | None:
    """The hash of a signature scheme, None where the scheme has its own; refuses a scheme not the key's."""
    if key.algorithm == RSA and scheme in RSA_HASHES:
        return RSA_HASHES[scheme]()
    if scheme != key.algorithm or key.algorithm == RSA:
        raise WireRefused(f"a signature of the kind {scheme!r} is not accepted from a key of type {key.algorithm}")
    if key.algorithm == SK_ECDSA:
        return hashes.SHA256()
    return ECDSA_CURVES[ECDSA[scheme]][1]() if scheme in ECDSA else None


def _verify(native: Native, digest: hashes.HashAlgorithm | None, body: bytes, data: bytes) -> None:
    if isinstance(native, ed25519.Ed25519PublicKey):
        native.verify(body, data)
    elif digest is None:
        raise WireRefused("this kind of signature names no hash")
    elif isinstance(native, rsa.RSAPublicKey):
        native.verify(body, data, padding.PKCS1v15(), digest)
    else:
        numbers = Reader(body)
        der = encode_dss_signature(numbers.mpint(), numbers.mpint())
        numbers.end()
        native.verify(der, data, ec.ECDSA(digest))
