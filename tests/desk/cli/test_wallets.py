"""`desk holdings pull`: a wallet's coins over a real socket, stated once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
HEIGHT = 900_000


class Esplora(BaseHTTPRequestHandler):
    """One address with one output."""

    value: Any = 125_000_000

    def do_GET(self) -> None:
        status = {"confirmed": True, "block_height": HEIGHT - 5}
        answer = HEIGHT if self.path.endswith("height") else [{"value": self.value, "status": status}]
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def watched(desk: Any) -> Iterator[type[Esplora]]:
    handler = type("Serving", (Esplora,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    (desk.folder / "addresses").write_text(ADDRESS + "\n")
    config = desk.folder / "config.toml"
    section = f'\n[wallets.vault]\nurl = "http://127.0.0.1:{server.server_port}"\naddresses = "addresses"\n'
    config.write_text(config.read_text() + section)
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_wallet_is_stated_once_and_again_when_it_changed(desk: Any, watched: Any) -> None:
    assert desk.run("holdings", "pull").out == "vault: 1.25000000 BTC at 1 addresses; stated\n"
    assert desk.run("holdings", "pull").out.endswith("as on record\n")
    watched.value = 100_000_000
    assert desk.run("holdings", "pull").out == "vault: 1.00000000 BTC at 1 addresses; stated\n"
    shown = {place["name"]: place for place in desk.run("holdings", "--json").json["places"]}
    assert (shown["vault"]["kind"], shown["vault"]["btc"]) == ("wallet", "1.00000000")


def test_a_dry_run_and_a_refused_answer_write_nothing(desk: Any, watched: Any) -> None:
    before = desk.digest()
    assert desk.run("holdings", "pull", "--dry-run", "--json").json["wallets"][0]["is_new"] is True
    watched.value = "many"
    said = desk.run("holdings", "pull")
    assert said.code == 1
    assert "vault answered what cannot be used" in said.out
    assert desk.digest() == before


def test_without_a_wallet_or_with_an_unknown_one_it_says_so(desk: Any, refused: Any, watched: Any) -> None:
    refused(("holdings", "pull", "--wallet", "volt"), "there is no wallet 'volt'; configured are vault", code=3)
