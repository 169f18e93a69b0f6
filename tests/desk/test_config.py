"""config.toml: complete with the documented keys, and every wrong key named with its fix."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from desk import config
from desk.config import ConfigRefused
from desk.secrets import SecretRefused, parse_secret

MINIMAL = """
[desk]
name = "Example Mining"
database = "sqlite:///state/desk.db"
timezone = "America/New_York"
[venues.kraken]
exchange = "kraken"
symbol = "BTC/USD"
url = "http://127.0.0.1:8099"
key = "env:KRAKEN_KEY"
secret = "env:KRAKEN_SECRET"
[controls]
max_order_btc = "5"
max_day_btc = "2000"
max_day_usd = "150000000"
floor_usd = "50000"
max_slippage_bps = 50
[[controls.approvals]]
above_usd = 0
required = 1
[[controls.approvals]]
above_usd = 1000000
required = 2
[people]
allowed_signers = "state/allowed_signers"
[audit]
checkpoints = "state/checkpoints.jsonl"
"""


def load(folder: Path, text: str) -> config.Config:
    path = folder / "config.toml"
    path.write_text(text)
    return config.load(path)


def test_the_documented_keys_are_a_complete_configuration(tmp_path: Path) -> None:
    loaded = load(tmp_path, MINIMAL)
    assert loaded.database_file == tmp_path / "state/desk.db"
    assert loaded.settings.people.allowed_signers == tmp_path / "state/allowed_signers"
    assert loaded.settings.controls.max_order_btc == 500_000_000
    assert loaded.settings.controls.max_depth_share_bps == Decimal(2000)
    assert loaded.settings.venues["kraken"].is_loopback


def test_the_shipped_file_is_valid_and_is_the_paper_default() -> None:
    shipped = config.load(Path(__file__).parents[2] / "config.toml")
    assert shipped.settings.venues["kraken"].is_loopback


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'max_order_btc = "5"',
            "max_order_btc = 5.5",
            'controls.max_order_btc = 5.5: write the amount as text, like "5"',
        ),
        ('max_order_btc = "5"', 'max_order_btc = "-5"', "controls.max_order_btc = '-5': must be above zero"),
        ("max_order_btc", "max_oder_btc", "controls.max_oder_btc: unknown key; did you mean max_order_btc?"),
        ("[people]", "[poeple]", "poeple: unknown key; did you mean people?"),
        ("required = 2", 'required = "two"', "must be a whole number without quotes"),
        ('name = "Example Mining"', "name = 3", "desk.name = 3: must be text in quotes"),
        ("America/New_York", "Mars/Base", "is not a known time zone"),
        ("sqlite:///state/desk.db", "desk.db", "must be an SQLite address"),
        ("above_usd = 0\n", "above_usd = 10\n", "no tier starts at above_usd = 0"),
        ('exchange = "kraken"\n', "", "venues.kraken.exchange is missing"),
        ("http://127.0.0.1:8099", "ftp://x", "must be an address like"),
        ('url = "http://127.0.0.1:8099"', "rate_limit_ms = 1", "only a venue on loopback may set it"),
        ('"env:KRAKEN_SECRET"', "3", "venues.kraken.secret: must be text like env:NAME"),
        ('exchange = "kraken"', 'exchange = "coinbase"\ndead_mans_switch_s = 60', "coinbase has none, only kraken"),
        (
            'exchange = "kraken"',
            'exchange = "kraken"\ndead_mans_switch_s = 5',
            "venues.kraken.dead_mans_switch_s = 5",
        ),
        ("[desk]", "[desk", "is not TOML"),
    ],
)
def test_a_wrong_key_is_named_with_its_fix(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in MINIMAL
    with pytest.raises(ConfigRefused) as refused:
        load(tmp_path, MINIMAL.replace(old, new, 1))
    assert said in str(refused.value)


def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused) as refused:
        load(tmp_path, MINIMAL.replace("env:KRAKEN_SECRET", "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz"))
    assert "secrets are references" in str(refused.value)
    assert "kQH5HW" not in str(refused.value)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="desk init"):
        config.load(tmp_path / "none.toml")


def test_no_environment_variable_overrides_a_control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONTROLS__FLOOR_USD", "DESK_CONTROLS__FLOOR_USD", "FLOOR_USD", "DESK_FLOOR_USD"):
        monkeypatch.setenv(name, "1")
    assert load(tmp_path, MINIMAL).settings.controls.floor_usd == Decimal(50000)


def test_a_secret_file_open_to_others_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    secret.chmod(0o644)
    reference = parse_secret("file:secret", tmp_path)
    with pytest.raises(SecretRefused, match="chmod 600"):
        reference.read()
    secret.chmod(0o600)
    assert reference.read() == "hush"


def test_an_unset_environment_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretRefused, match="env:NOT_THERE_AT_ALL"):
        parse_secret("env:NOT_THERE_AT_ALL", tmp_path).read()


def _models(section, place=""):
    for name, field in section.model_fields.items():
        yield f"{place}{name}"
        inner = config._section_of(field)
        if inner is not None:
            yield from _models(inner, f"{place}{name}.")


def test_every_key_stands_in_the_shipped_file_and_its_examples_are_valid(tmp_path):
    shipped = (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (?=\[|[\w-]+ = )", "", shipped, flags=re.MULTILINE)
    file = tmp_path / "config.toml"
    file.write_text(uncommented, encoding="utf-8")
    assert config.load(file).settings.treasury.cash_floor == Decimal(10_000_000)
    said = {line.partition(" = ")[0] for line in uncommented.splitlines() if " = " in line}
    keys = {path.rpartition(".")[2] for path in _models(config.Settings)}
    sections = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\[+(.*?)\]+", uncommented, flags=re.MULTILINE))))
    assert keys - said - sections == set()
