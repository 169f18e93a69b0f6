"""Whoever can append events cannot use them to say otherwise of what never changes."""

import json
import sqlite3
from contextlib import closing

from desk.audit.chain import walk
from desk.execution.orders import OrderState
from desk.ledger.events import link_hash


def test_a_forged_later_image_of_a_fill_is_a_break(world):
    world.stage()
    world.take_epoch()
    world.to_working()
    order = world.place()
    with world.write() as tx:
        world.report(tx, order, OrderState.PART_FILLED, world.fill(order, 1_000_000))
    with closing(sqlite3.connect(world.ledger.path, isolation_level=None)) as database:
        assert not walk(database).breaks
        seq, head, rows = database.execute(
            "SELECT (SELECT max(seq) FROM events),"
            " (SELECT hash FROM events ORDER BY seq DESC LIMIT 1), rows FROM events"
            " WHERE rows LIKE '%\"fills\"%' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        images = [image for image in json.loads(rows) if image["table"] == "fills"]
        images[0]["row"]["price"] = "1"
        forged = json.dumps(images, sort_keys=True, separators=(",", ":"))
        said = (seq + 1, 0, "order.note", "x", "daemon", "{}", forged, head)
        database.execute("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?)", (*said, link_hash(*said)))
        breaks = walk(database).breaks
    assert [(one.table, one.column, one.seq) for one in breaks] == [("fills", "price", seq + 1)]
