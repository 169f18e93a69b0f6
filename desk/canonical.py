"""One spelling per value: the canonical JSON that is signed, chained and digested.

Keys sorted by code point, no spaces, UTF-8 without escapes, integers only. A value that could be spelled in
two ways (floats, keys that are not text) or not at all (lone surrogates) is refused where it enters, so equal
values have equal bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"] | None
"""What may stand in a canonical document. Amounts and prices are text, BTC integer satoshis (P6)."""

_MAX_DEPTH = 64


class CanonicalRefused(ValueError):
    """A value with no single spelling, or bytes spelled otherwise; the message names the place."""


def canonical_bytes(value: Json) -> bytes:
    """The one spelling of `value`. Raises CanonicalRefused for floats, keys that are no text, other types."""
    plain = _plain(value, "$", 0)
    try:
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except ValueError as problem:  # lone surrogates, integers too long to print
        raise CanonicalRefused(f"this cannot be written as canonical JSON: {problem}") from None


def read_canonical(data: bytes) -> Json:
    """The value whose one spelling is `data`. Raises CanonicalRefused for any other spelling."""
    try:
        value: Json = json.loads(data.decode("utf-8"))
        again = canonical_bytes(value)
    except CanonicalRefused:
        raise
    except (ValueError, RecursionError) as problem:
        raise CanonicalRefused(f"these bytes are not JSON: {problem}") from None
    if again != data:
        raise CanonicalRefused("these bytes are JSON, but not in canonical spelling (sorted keys, no spaces)")
    return value


def digest(data: bytes) -> str:
    """SHA-256 of `data`, as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def _plain(value: object, place: str, depth: int) -> object:
    if depth > _MAX_DEPTH:
        raise CanonicalRefused(f"{place[:80]} is nested deeper than {_MAX_DEPTH}")
    if value is None or isinstance(value, str | int):  # bool is an int; json spells it true or false
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise CanonicalRefused(f"{place} has the key {key!r}; keys are text")
        return {key: _plain(item, f"{place}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise CanonicalRefused(f"{place} is {value!r} ({type(value).__name__}); write it as text or an integer")
