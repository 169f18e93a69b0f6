"""A sale as somebody types it into a form, before anything of it is believed."""

from __future__ import annotations

from dataclasses import dataclass

from desk.sale.when import ON_APPROVAL


@dataclass(frozen=True, slots=True)
class StageWish:
    """Every field is text as typed; an empty one follows the desk's defaults."""

    btc: str = ""
    start: str = ON_APPROVAL
    over: str = "6h"
    slices: str = ""
    tactic: str = "balanced"
    floor: str = ""
    purpose: str = "general"
    venue: str = ""
