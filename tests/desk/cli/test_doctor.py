"""`desk doctor`: one line each, and the fix beside what is not well."""

import re
import shutil
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@pytest.fixture
def found(desk):
    """Runs the doctor and gives its findings by what was looked at; the last of several wins."""

    def examine():
        said = desk.run("doctor", "--json")
        assert said.code == 1, "nobody listens at this desk's venue"
        return {one["what"]: (one["ok"], one["found"], one["fix"]) for one in said.json}

    return examine


def test_a_checkpoint_key_open_to_others_is_named_with_its_chmod(desk, found):
    key = desk.folder / "state/checkpoint_key"
    key.chmod(0o644)
    assert found()["checkpoint key"] == (False, f"{key} mode 0644", f"chmod 600 {key}")


def test_a_venue_secret_open_to_others_is_named_and_not_shown(desk, found):
    (desk.folder / "state/venue_secret").chmod(0o640)
    is_well, words, fix = found()["venue kraken"]
    assert not is_well
    assert "readable by others; chmod 600 it" in words
    assert "config.toml" in fix
    assert (desk.folder / "state/venue_secret").read_text() not in words


def test_a_halt_is_named_with_how_to_lift_it(desk, found):
    desk.run("halt", "--reason", "a fire")
    assert found()["halt"] == (False, "a fire", "desk rearm --key FILE")


def test_a_missing_database_is_named_with_how_to_make_one(desk, found):
    desk.database.unlink()
    assert found()["database"][2] == "desk init"
    assert not desk.database.exists()


def test_an_edited_policy_is_named_with_how_to_accept_it(desk, found):
    desk.edit('floor_usd = "60000"', 'floor_usd = "50000"')
    is_well, _, fix = found()["policy"]
    assert not is_well
    assert "desk policy approve" in fix


def test_a_foreign_exchange_is_refused_with_a_reason(desk, found):
    desk.edit('exchange = "kraken"', 'exchange = "mtgox"')
    is_well, words, _ = found()["venue kraken"]
    assert not is_well
    assert "mtgox" in words


def test_every_setting_in_force_is_printed_and_no_secret(desk):
    said = desk.run("doctor", "--verbose")
    assert "controls.end_guard_s = 10.0" in said.err
    assert "venues.kraken.secret = file:state/venue_secret" in said.err
    assert (desk.folder / "state/venue_secret").read_text() not in said.err + said.out


def test_a_demo_is_checked_only_where_there_is_one(desk, call, tmp_path):
    nothing = call("demo", "--check", desk.folder)
    assert nothing.code == 1
    assert "no sale" in nothing.err
    empty = call("demo", "--check", shutil.copytree(tmp_path / "desk" / "keys", tmp_path / "empty"))
    assert empty.code == 1
    assert "config.toml: not found" in empty.err
    busy = call("demo", "--headless", "--folder", desk.folder)
    assert busy.code == 1
    assert "is not empty; name a new folder" in busy.err


class _Refuses(BaseHTTPRequestHandler):
    """Says no to everything, and what time it is there."""

    off_s = 0

    def do_GET(self):
        body = b'{"error":["EService:Busy"]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.do_GET()

    def date_time_string(self, timestamp=None):
        return format_datetime(datetime.now(UTC) + timedelta(seconds=self.off_s), usegmt=True)

    def log_message(self, *_):
        return


@pytest.mark.parametrize(
    ("off_s", "is_well", "words"),
    [
        (0, True, r"agrees with kraken's to 2 s"),
        (600, False, r"(59\d|600) s behind kraken's"),
        (-600, False, r"(59\d|60\d) s ahead of kraken's"),
    ],
)
def test_a_clock_that_is_off_is_told_by_the_venues_answers_whatever_else_they_say(desk, found, off_s, is_well, words):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Off", (_Refuses,), {"off_s": off_s}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        desk.edit("http://127.0.0.1:1", f"http://127.0.0.1:{server.server_port}")
        told = found()["clock"]
    finally:
        server.shutdown()
        server.server_close()
    assert told[0] is is_well
    assert re.fullmatch(words, told[1]), told[1]
    assert told[2] == ("" if is_well else "synchronise the clock (chrony)")


def test_a_clock_that_nobody_told_the_time_is_not_called_right(found):
    assert found()["clock"] == (True, "not compared: kraken told no time", "")
