"""The terms of a sale: everything a signature stands for, and the exact bytes that are signed (P4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from desk.canonical import canonical_bytes, digest
from desk.clock import iso
from desk.units import Bps, Price, Sats, btc_text, decimal_text, parse_btc, parse_decimal

FORMAT = "desk.sale/1"


class TermsRefused(ValueError):
    """Terms that cannot be staged or read; the message names the field, the value and what would be right.

    `field`, `value` and `remedy` carry the same apart, for a form that marks its field; empty where none is meant.
    """

    def __init__(self, problem: str, *, field: str = "", value: str = "", remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.field = field
        self.value = value
        self.remedy = remedy


class ScheduleKind(StrEnum):
    TWAP = "twap"


class TacticName(StrEnum):
    PASSIVE = "passive"
    BALANCED = "balanced"
    URGENT = "urgent"


class PurposeKind(StrEnum):
    GENERAL = "general"
    LOAN = "loan"
    CAPEX = "capex"


@dataclass(frozen=True, slots=True)
class VenueShare:
    """One venue the sale may use, by account label, and the most it may sell there."""

    venue: str
    account: str
    cap: Sats


@dataclass(frozen=True, slots=True)
class Window:
    """When the sale may work. `opens` None: with the last signature, which must come by `open_by`."""

    opens: datetime | None
    open_by: datetime
    over: timedelta

    def closes(self, opened: datetime) -> datetime:
        return opened + self.over


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the quantity is cut. Jitters are shares of a slice and of its interval, in basis points; seeded."""

    kind: ScheduleKind
    slices: int
    size_jitter_bps: int
    time_jitter_bps: int
    seed: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What every order of the sale must respect."""

    floor: Price
    max_slippage: Bps
    max_participation: Bps | None
    max_depth_share: Bps


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the proceeds are for; `ref` names the loan or commitment."""

    kind: PurposeKind
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Immutable once staged; any change is another sale."""

    desk_id: str
    nonce: str
    sale_id: str
    quantity: Sats
    symbol: str
    quote: str
    venues: tuple[VenueShare, ...]
    window: Window
    schedule: Schedule
    tactic: TacticName
    limits: Limits
    reference_price: Price
    reference_at: datetime
    purpose: Purpose
    stager: str
    staged_at: datetime
    approval_expires: datetime
    policy_digest: str

    def canonical(self) -> bytes:
        """The exact bytes that are shown, hashed and signed."""
        return canonical_bytes(as_document(self))

    def digest(self) -> str:
        return digest(self.canonical())


def as_document(terms: Terms) -> dict[str, Any]:
    """The terms as plain JSON values: amounts and prices as decimal text, times ISO-8601 UTC."""
    limits = terms.limits
    return {
        "format": FORMAT,
        "desk_id": terms.desk_id,
        "nonce": terms.nonce,
        "sale": terms.sale_id,
        "sell_sats": int(terms.quantity),
        "sell_btc": btc_text(terms.quantity),
        "symbol": terms.symbol,
        "quote": terms.quote,
        "venues": [{"venue": v.venue, "account": v.account, "cap_btc": btc_text(v.cap)} for v in terms.venues],
        "window": {
            "opens": iso(terms.window.opens) if terms.window.opens else "on-approval",
            "open_by": iso(terms.window.open_by),
            "over_s": int(terms.window.over.total_seconds()),
        },
        "schedule": {
            "kind": str(terms.schedule.kind),
            "slices": terms.schedule.slices,
            "size_jitter_bps": terms.schedule.size_jitter_bps,
            "time_jitter_bps": terms.schedule.time_jitter_bps,
            "seed": terms.schedule.seed,
        },
        "tactic": str(terms.tactic),
        "limits": {
            "floor": decimal_text(limits.floor),
            "max_slippage_bps": decimal_text(limits.max_slippage),
            "max_participation_bps": None
            if limits.max_participation is None
            else decimal_text(limits.max_participation),
            "max_depth_share_bps": decimal_text(limits.max_depth_share),
        },
        "reference": {"price": decimal_text(terms.reference_price), "at": iso(terms.reference_at)},
        "purpose": {"kind": str(terms.purpose.kind), "ref": terms.purpose.ref},
        "stager": terms.stager,
        "staged_at": iso(terms.staged_at),
        "approval_expires": iso(terms.approval_expires),
        "policy_digest": terms.policy_digest,
    }


def from_bytes(raw: bytes) -> Terms:
    """Terms from their exact bytes. Raises TermsRefused unless writing them again gives the same bytes."""
    try:
        terms = _from_document(json.loads(raw))
    except (KeyError, TypeError, ValueError) as error:
        raise TermsRefused(f"these are not the terms of a sale: {error}") from error
    if terms.canonical() != raw:
        raise TermsRefused("the terms are not in canonical form; they were changed after staging")
    return terms


def _from_document(doc: dict[str, Any]) -> Terms:
    if doc["format"] != FORMAT:
        raise TermsRefused(f"unknown terms format {doc['format']!r}; this version reads {FORMAT}")
    window, schedule, limits = doc["window"], doc["schedule"], doc["limits"]
    participation = limits["max_participation_bps"]
    return Terms(
        desk_id=doc["desk_id"],
        nonce=doc["nonce"],
        sale_id=doc["sale"],
        quantity=Sats(int(doc["sell_sats"])),
        symbol=doc["symbol"],
        quote=doc["quote"],
        venues=tuple(VenueShare(v["venue"], v["account"], parse_btc(v["cap_btc"])) for v in doc["venues"]),
        window=Window(
            None if window["opens"] == "on-approval" else _time(window["opens"]),
            _time(window["open_by"]),
            timedelta(seconds=window["over_s"]),
        ),
        schedule=Schedule(
            ScheduleKind(schedule["kind"]),
            schedule["slices"],
            schedule["size_jitter_bps"],
            schedule["time_jitter_bps"],
            schedule["seed"],
        ),
        tactic=TacticName(doc["tactic"]),
        limits=Limits(
            Price(parse_decimal(limits["floor"])),
            Bps(parse_decimal(limits["max_slippage_bps"])),
            None if participation is None else Bps(parse_decimal(participation)),
            Bps(parse_decimal(limits["max_depth_share_bps"])),
        ),
        reference_price=Price(Decimal(doc["reference"]["price"])),
        reference_at=_time(doc["reference"]["at"]),
        purpose=Purpose(PurposeKind(doc["purpose"]["kind"]), doc["purpose"]["ref"]),
        stager=doc["stager"],
        staged_at=_time(doc["staged_at"]),
        approval_expires=_time(doc["approval_expires"]),
        policy_digest=doc["policy_digest"],
    )


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise TermsRefused(f"{text!r} has no zone")
    return moment.astimezone(UTC)
