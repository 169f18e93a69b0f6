"""config.toml to validated settings: every error names the key, the value and the fix (P11).

Nothing in the environment overrides a setting; only the place of the file comes from DESK_CONFIG.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo

from desk.config_treasury import NetworkSection, PoolSection, TreasurySection, WalletSection
from desk.config_values import (
    LOOPBACK,
    Amount,
    BpsAmount,
    BtcAmount,
    DatabaseUrl,
    FilePath,
    PriceAmount,
    Seconds,
    Secret,
    Section,
    Url,
    Zone,
    default,
)
from desk.secrets import SecretRefused
from desk.units import AmountRefused

DEFAULT_NAME = "config.toml"


class ConfigRefused(Exception):
    """The configuration cannot be used; `lines` says why, one key each."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {line}" for line in lines))
        self.path, self.lines = path, lines


class DeskSection(Section):
    name: str = Field("The desk", min_length=1, max_length=60)
    database: DatabaseUrl = default("sqlite:///state/desk.db")
    timezone: Zone = "UTC"


class VenueSection(Section):
    exchange: str
    symbol: str = "BTC/USD"
    url: Url | None = None
    key: Secret
    secret: Secret
    account: str = "main"
    rate_limit_ms: int | None = Field(None, ge=0, le=60_000)
    """Overrides ccxt's pause between requests; refused off loopback."""
    timeout_s: Seconds = 10.0
    in_flight_bound_s: Seconds | None = None
    """Only ever lengthens what the venue's dialect says."""
    visibility_delay_s: Seconds = 5.0
    sandbox: bool = False
    """The exchange's test network, where ccxt knows one."""
    halt_key: Secret | None = None
    """A second API key that carries cancels alone."""
    halt_secret: Secret | None = None
    dead_mans_switch_s: int | None = Field(None, ge=15, le=3600)
    """The venue cancels every order of the account after so much silence; only where it has such a switch."""

    @property
    def address(self) -> str | None:
        """Where orders go, as the policy names it: a test network is another place than the exchange itself."""
        return " ".join(filter(None, (self.url, "sandbox" if self.sandbox else None))) or None

    @property
    def is_loopback(self) -> bool:
        return self.url is not None and urlsplit(self.url).hostname in LOOPBACK


class ApprovalTier(Section):
    above_usd: Amount
    required: int = Field(ge=1, le=10)


class ControlsSection(Section):
    max_order_btc: BtcAmount
    max_day_btc: BtcAmount
    max_day_usd: Amount
    floor_usd: PriceAmount
    max_slippage_bps: BpsAmount
    approvals: tuple[ApprovalTier, ...] = Field(min_length=1, strict=False)
    max_venue_day_btc: BtcAmount | None = None
    max_depth_share_bps: BpsAmount = default("2000")
    max_participation_bps: BpsAmount | None = None
    end_guard_s: Seconds = 10.0
    approval_hours: int = Field(24, ge=1, le=24 * 14)
    max_price_age_s: Seconds = 5.0
    max_balance_age_s: Seconds = 60.0


class PeopleSection(Section):
    allowed_signers: FilePath = default("state/allowed_signers")


class AuditSection(Section):
    checkpoints: FilePath = default("state/checkpoints.jsonl")
    key: FilePath = default("state/checkpoint_key")
    every_s: Seconds = 60.0

    @property
    def public_key(self) -> Path:
        """Beside the key; a copy kept elsewhere is what an auditor should use."""
        return self.key.with_name(self.key.name + ".pub")


class DaemonSection(Section):
    on_stop: str = Field("cancel", pattern="^(cancel|leave)$")
    """What SIGTERM does with resting orders."""


class Settings(Section):
    desk: DeskSection
    venues: dict[str, VenueSection] = Field(min_length=1)
    controls: ControlsSection
    people: PeopleSection
    audit: AuditSection
    daemon: DaemonSection
    treasury: TreasurySection = TreasurySection()
    pools: dict[str, PoolSection] = Field(default_factory=dict)
    wallets: dict[str, WalletSection] = Field(default_factory=dict)
    network: NetworkSection = NetworkSection()


@dataclass(frozen=True, slots=True)
class Config:
    """Validated settings and where they came from."""

    path: Path
    settings: Settings

    @property
    def base(self) -> Path:
        return self.path.parent

    @property
    def database_file(self) -> Path:
        return Path(self.settings.desk.database.removeprefix("sqlite:///"))

    @property
    def halt_file(self) -> Path:
        """The flag that stops everything even when the database cannot be reached (P12)."""
        return self.database_file.parent / "HALT"

    @property
    def lock_file(self) -> Path:
        return self.database_file.parent / "daemon.lock"


def find(explicit: str | None = None) -> Path:
    """The configuration file to use: --config, DESK_CONFIG, ./config.toml."""
    return Path(explicit or os.environ.get("DESK_CONFIG") or DEFAULT_NAME).expanduser().absolute()


def load(path: Path) -> Config:
    """Settings from a file. Raises ConfigRefused with one line per wrong key."""
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except FileNotFoundError:
        raise ConfigRefused(
            path, ["not found; `desk init` writes one, --config or DESK_CONFIG names another"]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigRefused(path, [f"cannot be read: {error}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigRefused(path, [f"is not TOML: {error}"]) from None
    for section in ("desk", "people", "audit", "daemon"):
        document.setdefault(section, {})
    try:
        settings = Settings.model_validate(document, context={"base": path.parent})
    except ValidationError as error:
        raise ConfigRefused(path, [_line(document, item) for item in error.errors()]) from None
    problems = _contradictions(settings)
    if problems:
        raise ConfigRefused(path, problems)
    return Config(path, settings)


def _contradictions(settings: Settings) -> list[str]:
    lines = []
    steps = [tier.above_usd for tier in settings.controls.approvals]
    if min(steps) != 0:
        lines.append("controls.approvals: no tier starts at above_usd = 0, so small sales would need nobody; add one")
    if len(set(steps)) != len(steps):
        lines.append("controls.approvals: two tiers have the same above_usd; keep one of them")
    for name, venue in settings.venues.items():
        if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            lines.append(f"venues.{name}: use letters, digits, - and _ in a venue's name")
        if venue.rate_limit_ms is not None and not venue.is_loopback:
            lines.append(f"venues.{name}.rate_limit_ms: only a venue on loopback may set it; remove the key")
        if (venue.halt_key is None) != (venue.halt_secret is None):
            lines.append(f"venues.{name}.halt_key: a halt key needs halt_key and halt_secret; add the other one")
        if venue.halt_key is not None and venue.halt_key == venue.key:
            lines.append(f"venues.{name}.halt_key: is the same as key; make a second API key at the exchange")
        if venue.dead_mans_switch_s is not None and venue.exchange not in _WITH_SWITCH:
            has_one = " or ".join(sorted(_WITH_SWITCH))
            lines.append(
                f"venues.{name}.dead_mans_switch_s: {venue.exchange} has none, only {has_one}; remove the key"
            )
        if venue.visibility_delay_s < _VISIBILITY_S and not venue.is_loopback:
            lines.append(f"venues.{name}.visibility_delay_s: may only be longer than {_VISIBILITY_S:g} off loopback")
    return lines


_VISIBILITY_S = 5.0
_WITH_SWITCH = frozenset({"kraken"})
"""Exchanges whose dialect can wind a dead-man's switch."""
_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "bool_type": "must be true or false",
    "model_type": "must be a table of keys",
    "dict_type": "must be a table of keys",
}


def _line(document: dict[str, Any], item: Any) -> str:
    """One validation error in people's words; the value of a secret is never repeated."""
    where: tuple[Any, ...] = tuple(
        part for part in item["loc"] if not str(part).startswith(("function-", "nullable"))
    )
    key = ".".join(str(part) for part in where)
    if item["type"] == "extra_forbidden":
        close = get_close_matches(str(where[-1]), _known_keys(where), n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]}?" if close else f"; known here: {', '.join(sorted(_known_keys(where)))}"
        return f"{key}: unknown key{hint}"
    if item["type"] == "missing":
        return f"{key} is missing; `desk init` in an empty folder shows a complete file"
    words = str(item["ctx"]["error"]) if "error" in item.get("ctx", {}) else _WORDS.get(item["type"], item["msg"])
    shown = "" if where and where[-1] in ("key", "secret", "halt_key", "halt_secret") else f" = {item['input']!r:.60}"
    return f"{key}{shown}: {words}"


def _known_keys(where: tuple[Any, ...]) -> list[str]:
    section: type[Section] | None = Settings
    for part in where[:-1]:
        if isinstance(part, int) or section is None:
            continue
        if part in section.model_fields:
            section = _section_of(section.model_fields[part])
    return list(section.model_fields) if section else []


def _section_of(field: FieldInfo) -> type[Section] | None:
    kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)


__all__ = ["AmountRefused", "Config", "ConfigRefused", "SecretRefused", "Settings", "find", "load"]
