"""The exported chain proves itself without any of the desk's code."""

import hashlib
import json

from desk.audit.export import links


def test_an_exported_chain_verifies_with_json_and_sha256_alone(alive):
    with alive.world.ledger.read() as tx:
        lines = [line for _, line in links(tx, limit=10_000)]
    previous = "0" * 64
    for line in lines:
        link = json.loads(line)
        claimed = link.pop("hash")
        assert link["prev"] == previous
        plain = json.dumps(link, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(plain.encode()).hexdigest()
        assert previous == claimed
    assert len(lines) == alive.ask("SELECT count(*) FROM events")[0][0]


def test_pages_follow_each_other(alive):
    with alive.world.ledger.read() as tx:
        first = [seq for seq, _ in links(tx, 0, 3)]
        second = [seq for seq, _ in links(tx, first[-1], 3)]
    assert (first, second) == ([1, 2, 3], [4, 5, 6])
