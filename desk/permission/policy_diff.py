"""What a new policy changes, in lines that people read before they sign it."""

from __future__ import annotations

from collections.abc import Mapping

from desk.canonical import Json, canonical_bytes
from desk.permission.policy import Policy, as_document


def diff(old: Policy, new: Policy) -> tuple[str, ...]:
    """What changes, one readable line each, sorted; empty where the digests are equal."""
    before, after = _flat(as_document(old)), _flat(as_document(new))
    lines = []
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was is None:
            lines.append(f"+ {key} = {now}")
        elif now is None:
            lines.append(f"- {key} = {was}")
        elif was != now:
            lines.append(f"~ {key}: {was} → {now}")
    return tuple(lines)


def _flat(document: Mapping[str, Json], prefix: str = "") -> dict[str, str]:
    """One line per leaf; lists of keys and tiers are named by what identifies them, not by position."""
    found: dict[str, str] = {}
    for key, value in document.items():
        place = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= _flat(value, f"{place}.")
        elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
            for item in value:
                assert isinstance(item, Mapping)
                name = "fingerprint" if "fingerprint" in item else "above_usd"
                rest = {k: v for k, v in item.items() if k != name and v is not None}
                found[f"{place}[{item.get(name)}]"] = canonical_bytes(rest).decode()
        elif value not in (None, [], ()):
            found[place] = value if isinstance(value, str) else canonical_bytes(value).decode()
    return found
