"""The list of addresses a wallet is watched by. A typing error would look like an empty one: sums are checked."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from desk.feeds.wire import FeedRefused

MOST = 2_000
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_SEGWIT = re.compile(r"(bc|tb|bcrt)1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{8,87}")
_LEGACY = re.compile(r"[123mn][1-9A-HJ-NP-Za-km-z]{25,34}")
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKS = {0: 1, 1: 0x2BC830A3}
"""BIP-173 for witness version 0, BIP-350 for the later ones."""


def read_addresses(file: Path) -> tuple[str, ...]:
    """One address per line; what follows # is a comment. Raises FeedRefused naming the line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise FeedRefused(f"{file}: cannot be read ({problem}); write one address per line") from None
    found: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        address = line.partition("#")[0].strip()
        if not address:
            continue
        if not is_address(address):
            raise FeedRefused(f"{file}, line {number}: {address[:100]!a} is no bitcoin address; check its typing")
        if address in found:
            raise FeedRefused(f"{file}, line {number}: the address is in line {found[address]} already; keep one")
        found[address] = number
    if not 0 < len(found) <= MOST:
        raise FeedRefused(f"{file}: has {len(found)} addresses; between 1 and {MOST} can be watched")
    return tuple(found)


def is_address(text: str) -> bool:
    """Whether the text is an address whose check sum holds (BIP-173, BIP-350, base58check)."""
    if _SEGWIT.fullmatch(text.lower()) and text in (text.lower(), text.upper()):
        return _segwit_holds(text.lower())
    return bool(_LEGACY.fullmatch(text)) and _base58_holds(text)


def _segwit_holds(text: str) -> bool:
    prefix, _, rest = text.rpartition("1")
    values = [_BECH32.index(mark) for mark in rest]
    spread = [ord(mark) >> 5 for mark in prefix] + [0] + [ord(mark) & 31 for mark in prefix]
    return _polymod(spread + values) == _CHECKS[min(values[0], 1)]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            check ^= generator if top >> place & 1 else 0
    return check


def _base58_holds(text: str) -> bool:
    number = 0
    for mark in text:
        number = number * 58 + _BASE58.index(mark)
    zeros = len(text) - len(text.lstrip("1"))
    data = b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, check = data[:-4], data[-4:]
    return len(data) == 25 and hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == check
