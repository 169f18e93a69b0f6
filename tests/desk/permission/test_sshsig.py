"""Nothing but a whole signature over these bytes, for this purpose, is one; all else is refused in words."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.permission.key_files import PrivateKey, generate_ed25519
from desk.permission.refusals import Reason, SignatureRefused
from desk.permission.sshsig import RESUME, SALE, sign, verify
from desk.permission.wire import string, u32

BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
KEY = generate_ed25519()
MESSAGE = b"the terms"
ARMORED = sign(MESSAGE, SALE, KEY)


def armor(blob: bytes) -> str:
    return f"{BEGIN}\n{base64.b64encode(blob).decode()}\n{END}\n"


def blob_of(armored: str) -> bytes:
    return base64.b64decode("".join(armored.splitlines()[1:-1]))


def reason_of(message: bytes, armored: str, namespace: str = SALE) -> Reason:
    with pytest.raises(SignatureRefused) as refusal:
        verify(message, armored, namespace)
    return refusal.value.reason


def assembled(
    key: PrivateKey,
    *,
    magic: bytes = b"SSHSIG",
    version: int = 1,
    reserved: bytes = b"",
    hashed: bytes = b"sha512",
    scheme: bytes = b"ssh-ed25519",
    tail: bytes = b"",
) -> str:
    """A signature with one part replaced; the cryptography inside is sound."""
    from hashlib import sha512

    data = b"SSHSIG" + string(SALE.encode()) + string(b"") + string(hashed) + string(sha512(MESSAGE).digest())
    raw = key.sign(data)[-64:]
    blob = magic + u32(version) + string(key.public.blob) + string(SALE.encode()) + string(reserved)
    return armor(blob + string(hashed) + string(string(scheme) + string(raw)) + tail)


def test_the_signer_is_known_by_the_key() -> None:
    assert verify(MESSAGE, ARMORED, SALE).fingerprint == KEY.public.fingerprint


def test_the_parts_put_together_by_hand_make_a_signature() -> None:
    assert verify(MESSAGE, assembled(KEY), SALE).fingerprint == KEY.public.fingerprint


def test_a_paste_with_blank_lines_and_carriage_returns_is_forgiven() -> None:
    assert verify(MESSAGE, "\r\n \n" + ARMORED.replace("\n", "\r\n") + "\n\n", SALE).blob == KEY.public.blob


def test_other_bytes_are_other_terms() -> None:
    assert reason_of(MESSAGE + b"\n", ARMORED) is Reason.OTHER_TERMS


def test_a_signature_for_resuming_sells_nothing() -> None:
    assert reason_of(MESSAGE, sign(MESSAGE, RESUME, KEY)) is Reason.WRONG_NAMESPACE


def test_renaming_the_namespace_afterwards_does_not_help() -> None:
    renamed = blob_of(sign(MESSAGE, "desk.sole", KEY)).replace(b"desk.sole", b"desk.sale")
    assert reason_of(MESSAGE, armor(renamed)) is Reason.OTHER_TERMS


@pytest.mark.parametrize(
    "changed",
    [
        {"magic": b"SSHSIX"},
        {"version": 2},
        {"version": 0},
        {"reserved": b"x"},
        {"hashed": b"sha1"},
        {"hashed": b"md5\x00"},
        {"scheme": b"ssh-rsa"},
        {"scheme": b"sk-ssh-ed25519@openssh.com"},
        {"tail": b"\x00"},
    ],
)
def test_one_wrong_part_makes_it_malformed(changed: dict[str, object]) -> None:
    assert reason_of(MESSAGE, assembled(KEY, **changed)) is Reason.MALFORMED  # type: ignore[arg-type]


def test_every_truncation_is_refused() -> None:
    blob = blob_of(ARMORED)
    for length in range(len(blob)):
        assert reason_of(MESSAGE, armor(blob[:length])) is Reason.MALFORMED
    for length in range(len(ARMORED) - 1):
        assert reason_of(MESSAGE, ARMORED[:length]) is Reason.MALFORMED


def test_no_changed_byte_leaves_it_valid() -> None:
    blob = blob_of(ARMORED)
    for place in range(len(blob)):
        with pytest.raises(SignatureRefused):
            verify(MESSAGE, armor(blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]), SALE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        BEGIN,
        BEGIN + END,
        f"{BEGIN}\n{END}",
        f"{BEGIN}\n!!!!\n{END}",
        f"{BEGIN}\nÄÖÜ=\n{END}",
        "\x00" * 100,
        BEGIN[:-1],
        f"x{ARMORED}",
        f"{ARMORED}x",
        ARMORED + ARMORED,
        "A" * 1_000_000,
        f"{BEGIN}\n{'A' * 30_000}\n{END}",
    ],
    ids=lambda text: f"{len(text)}-characters",
)
def test_garbage_is_refused_in_words(text: str) -> None:
    assert reason_of(MESSAGE, text) is Reason.MALFORMED


@given(st.text(max_size=200))
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    reason_of(MESSAGE, text)
    reason_of(MESSAGE, f"{BEGIN}\n{text}\n{END}")


@given(st.binary(max_size=200))
def test_no_bytes_in_armor_do_anything_but_be_refused(data: bytes) -> None:
    reason_of(MESSAGE, armor(data))
    reason_of(MESSAGE, armor(b"SSHSIG" + u32(1) + data))
    reason_of(
        MESSAGE, armor(b"SSHSIG" + u32(1) + string(data) + string(SALE.encode()) + string(b"") + string(b"sha512"))
    )


@given(st.integers(0, len(blob_of(ARMORED)) - 1), st.binary(min_size=1, max_size=8))
def test_no_splice_in_a_true_signature_does_anything_but_be_refused(place: int, data: bytes) -> None:
    blob = blob_of(ARMORED)
    spliced = blob[:place] + data + blob[place:]
    reason_of(MESSAGE, armor(spliced))


def test_an_empty_namespace_cannot_be_signed_for() -> None:
    with pytest.raises(ValueError, match="namespace"):
        sign(MESSAGE, "", KEY)
