"""The exact bytes of a sale made outside the venues: what whoever records it signs (P4, P5).

They name the desk, a nonce, and the earlier statement they replace, if any, so that no signature fits another one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from desk.canonical import Json, canonical_bytes, digest
from desk.clock import iso
from desk.treasury.coin_records import BlockSale
from desk.units import Money, Price, Sats, btc_text, decimal_text, parse_decimal

FORMAT = "desk.block/1"
_MAX_TEXT = 400
_CURRENCY = re.compile(r"[A-Z]{3,6}", re.ASCII)
_ID = re.compile(r"B-[A-Za-z0-9][A-Za-z0-9._-]{0,40}", re.ASCII)


class BlockRefused(ValueError):
    """A block sale that cannot be recorded as it is; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class BlockDocument:
    """A block sale as it is signed: for which desk, and the digest of the statement it replaces ("" for a first)."""

    desk_id: str
    block: BlockSale
    replaces: str = ""

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        one = self.block
        document: dict[str, Json] = {
            "format": FORMAT,
            "desk_id": self.desk_id,
            "nonce": one.nonce,
            "replaces": self.replaces,
            "block": one.id,
            "place": one.place,
            "sell_sats": int(one.sats),
            "sell_btc": btc_text(one.sats),
            "price": decimal_text(one.price),
            "currency": one.currency,
            "fee": decimal_text(one.fee),
            "fee_currency": one.fee_currency,
            "executed": iso(one.executed),
            "settles": one.settles.isoformat() if one.settles else None,
            "counterparty": one.counterparty,
            "source": one.source,
            "purpose": one.purpose,
            "note": one.note,
            "illustrative": one.is_illustrative,
        }
        if one.voided:
            document["voided"] = one.voided
        return canonical_bytes(document)

    @property
    def digest(self) -> str:
        return digest(self.canonical())


def read_block(raw: bytes) -> BlockDocument:
    """The document whose exact bytes these are. Raises BlockRefused unless writing it again gives the same bytes."""
    try:
        made = _read(json.loads(raw))
        again = made.canonical()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BlockRefused(f"this is not a block sale as `desk blocks record --print` writes it: {error}") from None
    if again != raw:
        raise BlockRefused("these are not the exact bytes that `desk blocks record --print` writes; print them again")
    return made


def _read(document: dict[str, Any]) -> BlockDocument:
    if document["format"] != FORMAT:
        raise BlockRefused(f"unknown format {document['format']!r}; this version reads {FORMAT}")
    block = BlockSale(
        id=_text(document, "block"),
        place=_text(document, "place"),
        sats=Sats(int(document["sell_sats"])),
        price=Price(parse_decimal(document["price"])),
        currency=_text(document, "currency"),
        fee=Money(parse_decimal(document["fee"])),
        fee_currency=_text(document, "fee_currency"),
        executed=datetime.fromisoformat(document["executed"]).astimezone(UTC),
        counterparty=_text(document, "counterparty"),
        source=_text(document, "source"),
        settles=date.fromisoformat(document["settles"]) if document["settles"] is not None else None,
        purpose=_text(document, "purpose"),
        note=_text(document, "note"),
        is_illustrative=document["illustrative"] is True,
        nonce=_text(document, "nonce"),
        voided=_text(document, "voided") if "voided" in document else "",
    )
    return BlockDocument(_text(document, "desk_id"), block, _text(document, "replaces"))


def _text(document: dict[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value


def check_block(block: BlockSale, now: datetime) -> None:
    """Raises BlockRefused for what cannot have happened: the field, its value, and what would be right (P11)."""
    if not _ID.fullmatch(block.id):
        raise BlockRefused(f"id: {block.id[:50]!r} is not a block sale's; it begins with B-, like B-2026-0001")
    if block.sats <= 0:
        raise BlockRefused(f"btc: {btc_text(block.sats)} is no sale; it is above zero")
    if block.price <= 0:
        raise BlockRefused(f"price: {decimal_text(block.price)} is no price; it is above zero, per whole BTC")
    if block.fee < 0:
        raise BlockRefused(f"fee: {decimal_text(block.fee)} is negative; a fee is zero or more")
    if block.executed > now:
        raise BlockRefused(f"executed: {iso(block.executed)} is in the future; record what has happened")
    if block.settles is not None and block.settles < block.executed.date():
        raise BlockRefused(f"settles: {block.settles} is before it was executed ({block.executed.date()})")
    for name in ("currency", "fee_currency"):
        if not _CURRENCY.fullmatch(getattr(block, name)):
            raise BlockRefused(f"{name}: {getattr(block, name)[:20]!r} is not a currency; write its code, like USD")
    for name in ("place", "counterparty", "source", "purpose", "note", "voided"):
        text = getattr(block, name)
        if not text.strip() and name not in ("purpose", "note", "voided"):
            raise BlockRefused(f"{name}: is missing; an auditor asks for it")
        if not text.isprintable() or len(text) > _MAX_TEXT:
            raise BlockRefused(f"{name}: {text[:40]!a} has control characters or more than {_MAX_TEXT} in all")


def same_trade(one: BlockSale, other: BlockSale) -> bool:
    """Whether two statements are about one sale, whatever they are called."""
    alike = ("sats", "price", "currency", "executed", "counterparty", "place")
    return all(getattr(one, name) == getattr(other, name) for name in alike)


def renamed(block: BlockSale, id: str, nonce: str) -> BlockSale:
    """The same sale under the id and nonce it is recorded with."""
    return replace(block, id=id, nonce=nonce)
