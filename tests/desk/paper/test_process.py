"""The exchange as a process of its own: started, killed, started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from desk.paper.__main__ import main

SYMBOL = "BTC/USD"
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(*options: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "desk.paper", "--port", "0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield run
    for process in running:
        process.kill()
        process.communicate()


async def test_a_killed_exchange_comes_back_with_everything_it_acknowledged(
    start: Start, connect: Callable[..., Any], tmp_path: Path
) -> None:
    options = ("--trade-file", str(tmp_path / "trades.jsonl"), "--seed", "5", "--btc", "100")
    process, line = start(*options)
    url = line.rpartition(" ")[2]
    kraken = connect(url)
    resting = await kraken.create_order(SYMBOL, "limit", "sell", "2", "90000", {"clientOrderId": "rest"})
    taken = await kraken.create_order(SYMBOL, "limit", "sell", "3", "60000", {"timeInForce": "IOC"})
    balance = await kraken.fetch_balance()
    trades = await kraken.fetch_my_trades(SYMBOL)
    process.kill()
    process.wait()

    _, line = start(*options)
    again = connect(line.rpartition(" ")[2])
    assert [order["id"] for order in await again.fetch_open_orders(SYMBOL)] == [resting["id"]]
    assert [order["id"] for order in await again.fetch_closed_orders(SYMBOL)] == [taken["id"]]
    assert [trade["info"] for trade in await again.fetch_my_trades(SYMBOL)] == [trade["info"] for trade in trades]
    after = await again.fetch_balance()
    assert (after["BTC"], after["USD"]) == (balance["BTC"], balance["USD"])
    lines = [json.loads(text) for text in (tmp_path / "trades.jsonl").read_text().splitlines()]
    assert sum(Decimal(one["volume"]) for one in lines if one["kind"] == "trade") == 3


async def test_desk_time_comes_from_the_line_handed_in(start: Start, connect: Callable[..., Any]) -> None:
    _, line = start("--speed", "600", "--wall0", "2020-01-01T00:00:00Z", "--desk0", "1999-01-01T00:00:00Z")
    assert await connect(line.rpartition(" ")[2]).fetch_time() > 4_000_000_000_000


def test_it_ends_cleanly_when_asked(start: Start) -> None:
    process, line = start()
    assert line.startswith("paper exchange at http://127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--btc", "1.5 coins"), "is not a number"),
        (("--price", "0"), "must be positive"),
        (("--wall0", "yesterday"), "is not an ISO time"),
        (("--desk0", "2026-02-07T18:00:00"), "has no zone"),
        (("--secret", "???"), "base64"),
        (("--replay", "nowhere"), "nowhere holds no readable"),
    ],
)
def test_a_bad_option_is_named_and_nothing_is_served(options: tuple[str, ...], words: str) -> None:
    result = CliRunner().invoke(main, ["--port", "0", *options])
    assert result.exit_code == 1
    assert words in result.output
    assert "paper exchange at" not in result.output


def test_a_damaged_trade_file_is_not_continued(start: Start, tmp_path: Path) -> None:
    (tmp_path / "trades.jsonl").write_text('{"seq":2}\n')
    process, _ = start("--trade-file", str(tmp_path / "trades.jsonl"))
    _, problem = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "line 1 does not carry the number 1" in problem
