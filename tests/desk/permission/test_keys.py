"""A public key has one spelling, so that one key never passes as two."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from desk.permission.key_files import generate_ed25519
from desk.permission.keys import NotTheirs, check, public_key, read_public_key, wire_form
from desk.permission.refusals import KeyRefused
from desk.permission.wire import Reader, WireRefused, mpint, string, u32

P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
RSA = rsa.generate_private_key(65537, 2048).public_key()
ECDSA_NAME, CURVE = b"ecdsa-sha2-nistp256", b"nistp256"


def plain_point() -> bytes:
    return P256.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_the_plain_spellings_are_accepted() -> None:
    assert public_key(string(ECDSA_NAME) + string(CURVE) + string(plain_point())).blob == wire_form(P256)
    numbers = RSA.public_numbers()
    assert public_key(string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n)).blob == wire_form(RSA)


def test_a_padded_number_is_refused() -> None:
    numbers = RSA.public_numbers()
    modulus = mpint(numbers.n)[4:]
    for padded in (b"\x00" + modulus, b"\xff" + modulus[1:]):
        with pytest.raises(KeyRefused, match="negative or padded"):
            public_key(string(b"ssh-rsa") + mpint(numbers.e) + string(padded))


def test_a_compressed_point_is_refused() -> None:
    compressed = P256.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    with pytest.raises(KeyRefused, match="plain form"):
        public_key(string(ECDSA_NAME) + string(CURVE) + string(compressed))


def test_a_point_off_the_curve_is_refused() -> None:
    point = plain_point()
    with pytest.raises(KeyRefused):
        public_key(string(ECDSA_NAME) + string(CURVE) + string(point[:-1] + bytes([point[-1] ^ 1])))


def test_a_key_that_names_two_curves_is_refused() -> None:
    with pytest.raises(KeyRefused, match="two different curves"):
        public_key(string(ECDSA_NAME) + string(b"nistp384") + string(plain_point()))


@pytest.mark.parametrize("tail", [b"\x00", string(b"ssh:")])
def test_bytes_after_the_key_are_refused(tail: bytes) -> None:
    with pytest.raises(KeyRefused, match="follow the end"):
        public_key(generate_ed25519().public.blob + tail)


def test_a_line_whose_type_is_not_its_keys_is_refused() -> None:
    text = base64.b64encode(generate_ed25519().public.blob).decode()
    with pytest.raises(KeyRefused, match="the line says 'ssh-rsa', but the key is ssh-ed25519"):
        read_public_key(f"ssh-rsa {text}")


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00", b"\x00\x00\x00\x02a", b"\xff\xff\xff\xffabc"])
def test_data_that_ends_early_is_refused(data: bytes) -> None:
    with pytest.raises(WireRefused, match="ends early"):
        Reader(data).string()


def test_a_hardware_key_counts_only_when_it_was_touched() -> None:
    inside = generate_ed25519()
    point = inside.public.blob[-32:]
    key = public_key(string(b"sk-ssh-ed25519@openssh.com") + string(point) + string(b"ssh:"))

    def signature(flags: int) -> bytes:
        tail = bytes([flags]) + u32(9)
        signed = inside.sign(sha256(b"ssh:").digest() + tail + sha256(b"data").digest())
        return string(b"sk-ssh-ed25519@openssh.com") + string(signed[-64:]) + tail

    check(key, b"data", signature(0x01))
    check(key, b"data", signature(0x05))
    for untouched in (0x00, 0x04):
        with pytest.raises(NotTheirs, match="without being touched"):
            check(key, b"data", signature(untouched))
    with pytest.raises(NotTheirs, match="does not fit"):
        check(key, b"data", signature(0x01)[:-5] + b"\x05" + u32(9))


def test_an_rsa_key_does_not_sign_with_sha1() -> None:
    key = public_key(wire_form(RSA))
    with pytest.raises(WireRefused, match="'ssh-rsa' is not accepted"):
        check(key, b"data", string(b"ssh-rsa") + string(b"\x00" * 256))


def test_a_signature_by_another_key_is_not_theirs() -> None:
    ann, bob = generate_ed25519(), generate_ed25519()
    check(ann.public, b"data", ann.sign(b"data"))
    with pytest.raises(NotTheirs):
        check(ann.public, b"data", bob.sign(b"data"))


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 2**64])
def test_numbers_read_back(number: int) -> None:
    assert Reader(mpint(number)).mpint() == number
