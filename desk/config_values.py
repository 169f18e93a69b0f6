"""What a key of config.toml may hold: each kind of value with its only parser, and the errors people read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo

from desk.secrets import SecretRef, parse_secret
from desk.units import Bps, Money, Price, Sats, parse_btc, parse_decimal


def _btc(value: object) -> Sats:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError('write the amount as text, like "5" or "0.25"')
    sats = parse_btc(value)
    if sats <= 0:
        raise ValueError("must be above zero")
    return sats


def _decimal(value: object) -> Decimal:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError('write the number as text, like "50000" or "0.5"')
    number = parse_decimal(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _bps(value: object) -> Decimal:
    number = _decimal(value)
    if number > 10_000:
        raise ValueError("is more than the whole: 100 basis points are 1 %, so at most 10000")
    return number


def _correlation(value: object) -> Decimal:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError('write the number as text, like "0.3" or "-0.2"')
    number = parse_decimal(value)
    if abs(number) >= 1:
        raise ValueError("is a correlation, so it is above -1 and below 1")
    return number


def _secret(value: object, info: ValidationInfo) -> SecretRef:
    if not isinstance(value, str):
        raise ValueError("must be text like env:NAME")
    return parse_secret(value, _base(info))


def _path(value: object, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a path, as text")
    return _base(info) / Path(value).expanduser()


def _base(info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("base", "."))


def _database(value: object, info: ValidationInfo) -> str:
    if not isinstance(value, str) or not value.startswith("sqlite:///") or len(value) <= len("sqlite:///"):
        raise ValueError('must be an SQLite address, like "sqlite:///state/desk.db"')
    return f"sqlite:///{_base(info) / value.removeprefix('sqlite:///')}"


def _zone(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError('must be a zone name, like "America/New_York"')
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError('is not a known time zone; use a name like "America/New_York" or "UTC"') from None
    return value


def _url(value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise ValueError('must be an address like "http://127.0.0.1:8099"')
    if value.startswith("http://") and urlsplit(value).hostname not in LOOPBACK:
        raise ValueError("is not on this machine, so it must be https: keys and orders would travel in the open")
    return value.rstrip("/")


LOOPBACK = ("127.0.0.1", "localhost", "::1")


def default(text: str) -> Any:
    """A default written as it would stand in the file, so that it is validated like it."""
    return Field(default=text)


DatabaseUrl = Annotated[str, PlainValidator(_database)]
Zone = Annotated[str, PlainValidator(_zone)]
Url = Annotated[str, PlainValidator(_url)]
BtcAmount = Annotated[Sats, PlainValidator(_btc)]
Amount = Annotated[Money, PlainValidator(_decimal)]
PriceAmount = Annotated[Price, PlainValidator(_decimal)]
BpsAmount = Annotated[Bps, PlainValidator(_bps)]
Correlation = Annotated[Decimal, PlainValidator(_correlation)]
Secret = Annotated[SecretRef, PlainValidator(_secret)]
FilePath = Annotated[Path, PlainValidator(_path)]
Seconds = Annotated[float, Field(gt=0, le=86_400, strict=False), BeforeValidator(lambda v: v)]


class Section(BaseModel):
    """A table of config.toml: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)
