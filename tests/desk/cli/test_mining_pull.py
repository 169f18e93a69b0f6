"""`desk mining pull`: pools on loopback, whole answers, each day once; a restated day is seen as one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
KEY = "pool-key-7"


@dataclass
class Pool:
    """A Foundry-speaking pool: what it says by path, and who asked."""

    url: str = ""
    says: dict[str, Any] = field(default_factory=dict)
    keys: list[str | None] = field(default_factory=list)


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.keys.append(self.headers.get("X-API-KEY"))
            said = made.says.get(self.path.partition("?")[0])
            body = json.dumps(said).encode() if said is not None else b"<html>down</html>"
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mined(desk, pool, monkeypatch):
    """The desk with the pool configured; says(…) scripts days of the account."""
    monkeypatch.setenv("POOL_KEY", KEY)
    text = (
        f'\n[pools.north]\nkind = "foundry"\nurl = "{pool.url}"\nkey = "env:POOL_KEY"\naccounts = ["desk-1"]\n'
        'deployed_ehs = "50"\njoules_per_th = "21.4"\n'
    )
    path = desk.folder / "config.toml"
    path.write_text(path.read_text() + text)
    return desk


def row(day: date, btc: float) -> dict[str, Any]:
    after = day + timedelta(days=1)
    return {
        "start_time": f"{day}T00:00:00Z",
        "end_time": f"{after}T00:00:00Z",
        "total_amount": btc,
        "hashrate": 34_550_000_000,
    }


def say(pool: Pool, *rows: dict[str, Any], account: str = "desk-1") -> None:
    pool.says[f"/earnings/{account}"] = list(rows)


def days(desk) -> list[tuple[str, str]]:
    return [(one["day"], one["btc"]) for one in desk.run("mining", "--json").json["days"]]


def test_a_pull_writes_whole_days_once_and_as_one_event(mined, pool):
    say(pool, row(YESTERDAY - timedelta(days=1), 15.5), row(YESTERDAY, 15.25))
    before = mined.digest()
    dry = mined.run("mining", "pull", "--dry-run")
    assert (dry.code, dry.out) == (0, "north: 2 new, 0 restated, 0 unchanged (dry run, nothing written)\n")
    assert mined.digest() == before
    assert mined.run("--as", "olga", "mining", "pull").out == "north: 2 new, 0 restated, 0 unchanged\n"
    assert [btc for _, btc in days(mined)][-2:] == ["15.50000000", "15.25000000"]
    events = mined.run("audit", "export").out.splitlines()
    assert mined.run("mining", "pull").out == "north: 0 new, 0 restated, 2 unchanged\n"
    assert mined.run("audit", "export").out.splitlines() == events, "a repetition is no event"
    assert '"kind":"mining.imported"' in events[-1]
    assert '"actor":"olga"' in events[-1]
    assert pool.keys == [KEY] * len(pool.keys)


def test_a_restated_day_is_the_next_version_and_says_so(mined, pool):
    say(pool, row(YESTERDAY, 15.5))
    mined.run("mining", "pull")
    say(pool, row(YESTERDAY, 15.4))
    told = mined.run("mining", "pull")
    sentence = f"{YESTERDAY} of north: 15.40000000 BTC instead of 15.50000000 (−0.1)"
    assert told.out == f"north: 0 new, 1 restated, 0 unchanged\n  {sentence}\n"
    assert days(mined)[-1] == (str(YESTERDAY), "15.40000000")
    assert sentence in mined.run("audit", "export").out.splitlines()[-1]


def test_what_a_person_corrected_is_not_put_back_by_a_pool_that_repeats_itself(mined, pool):
    say(pool, row(YESTERDAY, 15.5))
    mined.run("mining", "pull")
    file = mined.folder / "corrected.csv"
    file.write_text(f"day,pool,mined_btc,source\n{YESTERDAY},north,15.45,statement of the pool\n")
    mined.run("mining", "import", file)
    assert mined.run("mining", "pull").out == "north: 0 new, 0 restated, 1 unchanged\n"
    assert days(mined)[-1] == (str(YESTERDAY), "15.45000000")


def test_a_pull_that_would_count_coins_twice_is_refused(mined, pool, refused):
    file = mined.folder / "days.csv"
    file.write_text(f"day,pool,site,mined_btc,source\n{YESTERDAY},north,texas,15.5,dashboard\n")
    mined.run("mining", "import", file)
    say(pool, row(YESTERDAY, 15.5))
    before = mined.digest()
    told = mined.run("mining", "pull")
    assert told.code == 1
    assert "on record with site 'texas' (source dashboard), and this pull has no site" in told.err
    assert mined.digest() == before


def test_one_pool_that_fails_does_not_keep_the_others_from_standing(mined, pool):
    path = mined.folder / "config.toml"
    path.write_text(path.read_text() + path.read_text().split("[pools.north]")[1].join(["[pools.south]", ""]))
    mined.edit('accounts = ["desk-1"]', 'accounts = ["elsewhere"]')
    say(pool, row(YESTERDAY, 15.5))
    told = mined.run("mining", "pull")
    assert told.code == 1
    assert "north did not answer with JSON: '<html>down</html>'" in told.err
    assert told.out == "south: 1 new, 0 restated, 0 unchanged\n"
    assert KEY not in told.err + told.out


def test_json_is_one_document_with_every_pool(mined, pool):
    say(pool, row(YESTERDAY, 15.5))
    (one,) = mined.run("mining", "pull", "--dry-run", "--json").json["pulls"]
    assert (one["name"], one["new"], one["restated"]) == ("north", 1, [])


def test_nothing_configured_is_said(desk, refused):
    refused(("mining", "pull"), "config.toml has neither a [pools.NAME] nor a url in [network]")


def test_a_pool_that_is_not_configured_is_not_found(mined, refused):
    refused(("mining", "pull", "--pool", "nrth"), "there is no pool 'nrth'; configured are north", code=3)


def test_nobody_there_is_unavailable(mined, refused):
    mined.edit(mined.config.settings.pools["north"].url, "http://127.0.0.1:9")
    refused(("mining", "pull"), "north cannot be reached", code=4)


def test_the_doctor_asks_every_pool_and_names_the_fix(mined, pool):
    say(pool, row(YESTERDAY, 15.5))
    found = {one["what"]: one for one in mined.run("doctor", "--json").json}
    assert found["pool north"]["ok"]
    assert found["pool north"]["found"] == f"foundry, {YESTERDAY} 15.50000000 BTC, days in UTC"
    pool.says.clear()
    found = {one["what"]: one for one in mined.run("doctor", "--json").json}
    assert not found["pool north"]["ok"]
    assert found["pool north"]["fix"] == "check kind, url, key, accounts and zone in [pools.north]"


def test_the_network_is_pulled_beside_the_pools_with_what_is_expected_next(mined, pool):
    path = mined.folder / "config.toml"
    path.write_text(path.read_text() + f'[network]\nurl = "{pool.url}"\n')
    midnight = datetime(YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, tzinfo=UTC)
    stamps = [int((midnight - timedelta(days=days)).timestamp()) for days in (0, 40)]
    pool.says["/api/v1/mining/hashrate/6m"] = {
        "hashrates": [{"timestamp": stamps[0], "avgHashrate": 1.02e21}],
        "difficulty": [{"time": stamps[1], "height": 933408, "difficulty": 125864590119000}],
    }
    pool.says["/api/v1/mining/blocks/fees/6m"] = []
    expected = {"difficultyChange": -3.5, "estimatedRetargetDate": stamps[0] * 1000, "nextRetargetHeight": 937440}
    pool.says["/api/v1/difficulty-adjustment"] = expected
    say(pool, row(YESTERDAY, 15.5))
    told = mined.run("mining", "pull").out
    assert "network: 1 new or changed, 0 unchanged" in told
    assert f"the explorer expects the difficulty to change by −3.50 % on {YESTERDAY}" in told
    assert mined.run("mining", "--json").json["today"]["difficulty"] == "125864590119000"
    assert "network: 0 new or changed, 1 unchanged" in mined.run("mining", "pull").out
