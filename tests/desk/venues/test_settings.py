"""A venue's keys in config.toml on their way to the wire: sandbox, and a second API key for cancels."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.acts.policy import configured_policy
from desk.clock import LiveClock
from desk.config import Config, ConfigRefused, load
from desk.duty.venues import open_venue
from desk.venues.model import CancelAccepted
from desk.venues.registry import UnprovenExchange

FILE = """
[venues.v]
exchange = "{exchange}"
symbol = "BTC/USD"
key = "env:V_KEY"
secret = "env:V_SECRET"
{more}
[controls]
max_order_btc = "5"
max_day_btc = "2000"
max_day_usd = "150000000"
floor_usd = "50000"
max_slippage_bps = 50
[[controls.approvals]]
above_usd = 0
required = 1
"""
BOTH = 'halt_key = "env:V_HALT_KEY"\nhalt_secret = "env:V_HALT_SECRET"'


def written(tmp_path: Path, exchange: str = "kraken", more: str = "") -> Config:
    path = tmp_path / "config.toml"
    path.write_text(FILE.format(exchange=exchange, more=more))
    return load(path)


@pytest.fixture(autouse=True)
def keys(monkeypatch) -> None:
    for name in ("KEY", "SECRET", "HALT_KEY", "HALT_SECRET"):
        monkeypatch.setenv(f"V_{name}", "c2VjcmV0" if "SECRET" in name else name.lower())


async def test_cancels_alone_carry_the_halt_key(tmp_path, kraken, say) -> None:
    kraken.answers |= {
        "AddOrder": say.ok({"txid": ["OAAAAA-AAAAA-AAAAAA"]}), "CancelOrder": say.ok({"count": 1}),
        "CancelAll": say.ok({"count": 1}), "BalanceEx": say.ok({}),
    }  # fmt: skip
    section = written(tmp_path, more=f'url = "{kraken.url}"\nrate_limit_ms = 1\n{BOTH}').settings.venues["v"]
    venue = open_venue("v", section, LiveClock())
    await venue.open()
    await venue.create(say.request())
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.cancel_all() == CancelAccepted()
    await venue.balances()
    carried = {sent.endpoint: sent.headers["API-Key"] for sent in kraken.received if "/private/" in sent.path}
    assert carried == {
        "TradeVolume": "key", "AddOrder": "key", "BalanceEx": "key", "CancelOrder": "halt_key",
        "CancelAll": "halt_key",
    }  # fmt: skip
    await venue.close()


def test_a_venue_without_a_halt_key_uses_its_own(tmp_path) -> None:
    section = written(tmp_path).settings.venues["v"]
    assert (section.halt_key, section.halt_secret, section.sandbox) == (None, None, False)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            'halt_key = "env:V_HALT_KEY"',
            "venues.v.halt_key: a halt key needs halt_key and halt_secret; add the other",
        ),
        ('halt_secret = "env:V_HALT_KEY"', "a halt key needs halt_key and halt_secret"),
        ('halt_key = "env:V_KEY"\nhalt_secret = "env:V_SECRET"', "make a second API key at the exchange"),
        ('halt_key = "hush-literal"', "secrets are references, never values"),
        ("halt_key = 7", "venues.v.halt_key: must be text like env:NAME"),
        ('sandbox = "yes"', "venues.v.sandbox = 'yes': must be true or false"),
        ("sandbx = true", "did you mean sandbox?"),
    ],
)
def test_a_wrong_key_is_named_with_its_fix_and_no_secret(tmp_path, more, words) -> None:
    with pytest.raises(ConfigRefused) as refused:
        written(tmp_path, more=more)
    assert words in str(refused.value)
    assert "hush-literal" not in str(refused.value)


def test_a_sandbox_is_refused_where_there_is_none(tmp_path) -> None:
    section = written(tmp_path, more="sandbox = true").settings.venues["v"]
    with pytest.raises(UnprovenExchange, match="has no sandbox"):
        open_venue("v", section, LiveClock())


def test_leaving_the_sandbox_is_a_change_of_policy(tmp_path) -> None:
    """Terms signed for a test network are worth nothing at the exchange itself."""
    digests = [
        configured_policy(written(tmp_path, "binance", more)).digest()
        for more in ("sandbox = true", "sandbox = false", "", 'url = "http://127.0.0.1:1"')
    ]
    assert digests[1] == digests[2]
    assert len(set(digests)) == 3
