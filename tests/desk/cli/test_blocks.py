"""`desk blocks`: a sale made elsewhere counts with a listed person's signature over its exact bytes, or not."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from desk.clock import LiveClock
from desk.ledger import sales, treasury
from desk.permission import sshsig
from desk.permission.key_files import load_private_key
from desk.treasury.coin_records import BlockSale, MonthClose

FIELDS = {
    "--btc": "1.25",
    "--price": "68900",
    "--fee": "250",
    "--executed": "2026-02-07T15:00:00Z",
    "--place": "kraken",
    "--counterparty": "Block Desk",
    "--source": "ticket 88",
}


@pytest.fixture
def words() -> Callable[..., tuple[object, ...]]:
    """The words that record a block sale, with fields replaced or more of them behind."""

    def made(*more: object, **replaced: object) -> tuple[object, ...]:
        fields = FIELDS | {f"--{name.replace('_', '-')}": value for name, value in replaced.items()}
        return ("blocks", "record", *(word for pair in fields.items() for word in pair), *more)

    return made


def printed(desk, words, *more: object) -> Path:
    """The exact bytes to sign, in a file."""
    path = desk.folder / "block.json"
    path.write_bytes(desk.run(*words("--print", *more)).raw)
    return path


def blocks(desk) -> list[BlockSale]:
    with desk.open() as ledger, ledger.read() as tx:
        return treasury.in_force(tx, BlockSale)


def test_a_key_signs_the_exact_bytes_which_are_shown_with_whose_signature_it_is(desk, words):
    done = desk.run(*words("--key", desk.key("olga")))
    assert done.code == 0, done.err
    document = json.loads(done.out.splitlines()[0])
    assert (document["block"], document["sell_btc"], document["price"]) == ("B-2026-0001", "1.25000000", "68900")
    assert document["format"] == "desk.block/1"
    assert "B-2026-0001 recorded; good signature by olga with SHA256:" in done.out
    with desk.open() as ledger, ledger.read() as tx:
        (signature,) = sales.signatures(tx, "B-2026-0001")
        assert document["desk_id"] == ledger.desk.desk_id
    sshsig.verify(done.out.splitlines()[0].encode(), signature.armored, "desk.block")
    assert signature.principal == "olga"


def test_bytes_printed_and_signed_elsewhere_are_recorded_with_that_signature(desk, words):
    path = printed(desk, words)
    assert blocks(desk) == [], "--print records nothing"
    signature = desk.signature("alice", path.read_bytes(), sshsig.BLOCK)
    done = desk.run("blocks", "record", "--document", path, "--signature", signature, "--json")
    assert (done.code, done.json["signed_by"], done.json["signature"]) == (0, "alice", "good")
    assert [row["signed_by"] for row in desk.run("blocks", "list", "--json").json] == ["alice"]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_ssh_keygen_signs_what_is_printed(desk, words):
    path = printed(desk, words)
    subprocess.run(["ssh-keygen", "-Y", "sign", "-n", "desk.block", "-f", desk.key("bob"), path], check=True)
    done = desk.run("blocks", "record", "--document", path, "--signature", f"{path}.sig")
    assert done.code == 0, done.err
    assert "good signature by bob" in done.out


def test_a_signature_for_another_purpose_or_by_nobody_listed_is_refused(desk, words, refused):
    path = printed(desk, words)
    for name, namespace, said in (
        ("alice", sshsig.SALE, "this was signed for 'desk.sale', not for 'desk.block'"),
        ("mallory", sshsig.BLOCK, "belongs to nobody in the list of people"),
    ):
        signature = desk.signature(name, path.read_bytes(), namespace)
        refused(("blocks", "record", "--document", path, "--signature", signature), said)
    refused(words("--key", desk.key("mallory")), "belongs to nobody who may sign")


def test_bytes_that_were_changed_after_signing_are_refused(desk, words, refused):
    path = printed(desk, words)
    signature = desk.signature("alice", path.read_bytes(), sshsig.BLOCK)
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"price":"68900"', b'"price":"98900"'))
    refused(("blocks", "record", "--document", path, "--signature", signature), "over something else than these")
    path.write_bytes(good + b"\n")
    refused(("blocks", "record", "--document", path, "--signature", signature), "not the exact bytes")
    path.write_bytes(good.replace(b'"desk_id":"', b'"desk_id":"f'))
    refused(("blocks", "record", "--document", path, "--signature", signature), "these bytes are of another desk")


def test_the_same_sale_is_not_recorded_twice_under_any_name(desk, words, refused):
    path = printed(desk, words)
    desk.run(*words("--key", desk.key("olga")))
    refused(words("--key", desk.key("alice")), "this is B-2026-0001 already")
    refused(words("--key", desk.key("alice"), id="B-2026-0001", btc="2"), "is on record already; --correct")
    refused(
        ("blocks", "record", "--document", path, "--key", desk.key("alice")), "is not on record as these bytes say"
    )


def test_a_correction_is_a_signed_statement_of_its_own_and_the_first_stays(desk, words):
    desk.run(*words("--key", desk.key("olga")))
    done = desk.run(*words("--correct", "--key", desk.key("olga"), id="B-2026-0001", price="68950", btc="1.5"))
    assert done.code == 0, done.err
    (row,) = desk.run("blocks", "list", "--json").json
    assert (row["version"], row["price"], row["btc"], row["signature"]) == (2, "68950", "1.50000000", "good")
    with desk.open() as ledger, ledger.read() as tx:
        assert len(sales.signatures(tx, "B-2026-0001")) == len(sales.signatures(tx, "B-2026-0001/2")) == 1
        assert [str(one.price) for one in treasury.versions(tx, blocks(desk)[0])] == ["68900", "68950"]


def test_a_block_sale_without_a_signature_that_counts_is_shown_as_such(desk, words):
    desk.run(*words("--key", desk.key("olga")))
    (block,) = blocks(desk)
    with desk.write() as tx:
        treasury.state(
            tx, "blocks", [BlockSale(**{n: getattr(block, n) for n in block.__match_args__} | {"sats": 1})]
        )
    done = desk.run("blocks", "list")
    assert done.code == 1
    assert "no signature on record" in done.out
    assert "a block sale has no signature that counts" in done.err
    assert "block sale B-2026-0001: no signature on record" in desk.run("lots", "--json").json["problems"]


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"btc": "0"}, "btc: 0.00000000 is no sale"),
        ({"btc": "1.123456789"}, "--btc: 1.123456789 BTC is finer than one satoshi"),
        ({"price": "0"}, "price: 0 is no price"),
        ({"price": "1,5"}, "--price: '1,5' is not a number"),
        ({"fee": "-1"}, "fee: -1 is negative"),
        ({"currency": "usd"}, "currency: 'usd' is not a currency"),
        ({"executed": "2099-01-01T00:00:00Z"}, "executed: 2099-01-01T00:00:00Z is in the future"),
        ({"settles": "2026-02-01"}, "settles: 2026-02-01 is before it was executed"),
        ({"place": "krakn"}, "place: 'krakn' is no place that coins were ever at; did you mean kraken?"),
        ({"counterparty": " "}, "counterparty: is missing"),
        ({"note": "a\x1b[2Jb"}, "note: 'a\\x1b[2Jb' has control characters"),
        ({"id": "S-2026-0001"}, "id: 'S-2026-0001' is not a block sale's; it begins with B-"),
        ({"for": "loan:nobody"}, "--for 'loan:nobody': write loan:ID or capex:ID"),
    ],
)
def test_what_cannot_have_happened_is_refused_by_field(desk, words, refused, replaced, said):
    refused(words("--key", desk.key("olga"), **replaced), said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "say whose signature"),
        (("--signature", "config.toml"), "name it, too: --document FILE"),
    ],
)
def test_words_that_do_not_make_a_whole_are_usage_errors(desk, words, refused, more, said):
    more = tuple(desk.folder / one if one == "config.toml" else one for one in more)
    refused(words(*more), said, code=2)


def test_fields_that_are_missing_are_named(desk, refused):
    refused(("blocks", "record", "--btc", "1"), "a block sale needs --price, --executed, --place", code=2)


def test_more_than_the_books_have_at_the_place_is_refused_before_it_counts(desk, refused, words):
    opening = desk.folder / "lots.csv"
    opening.write_text(
        "lot_id,kind,place,btc,credited,source,cost_usd\no-1,opening,kraken,10,2026-02-01T00:00:00Z,cut-over,700000\n"
    )
    assert desk.run("holdings", "import", opening).code == 0
    key = ("--key", desk.key("olga"))
    refused(
        words(*key, btc="99999"),
        "99999.00000000 BTC are more than the 10.00000000 BTC that the books can spare",
    )
    assert desk.run(*words(*key, btc="9")).code == 0
    refused(words(*key, btc="2", counterparty="another desk"), "more than the 1.00000000 BTC")
    refused(words(*key, btc="2", executed="2026-02-06T16:00:00Z"), "more than the 1.00000000 BTC")
    corrected = words("--correct", *key, id="B-2026-0001", btc="10")
    assert desk.run(*corrected).code == 0, "a correction is not held against what it replaces"


def test_the_same_bytes_twice_are_on_record_already(desk, refused, words):
    document = printed(desk, words)
    signature = document.with_suffix(".sig")
    signature.write_text(sshsig.sign(document.read_bytes(), sshsig.BLOCK, load_private_key(desk.key("olga"))))
    again = ("blocks", "record", "--document", document, "--signature", signature)
    assert desk.run(*again).code == 0
    refused(again, "B-2026-0001 is on record already, exactly as these bytes say")


def test_a_sale_that_was_none_is_voided_with_a_signature_and_counts_nowhere(desk, words, refused):
    desk.run(*words("--key", desk.key("olga"), settles="2026-02-20"))
    (sold,) = blocks(desk)
    refused(("blocks", "void", "B-2026-0009", "--reason", "x", "--key", desk.key("olga")), "no block sale", code=3)
    refused(("blocks", "void", sold.id, "--key", desk.key("olga")), "--reason: say why")
    refused(("blocks", "void", sold.id, "--reason", "x", "--key", desk.key("mallory")), "belongs to nobody")
    assert blocks(desk) == [sold]
    done = desk.run("blocks", "void", sold.id, "--reason", "typed twice", "--key", desk.key("alice"))
    assert done.code == 0, done.err
    assert json.loads(done.out.splitlines()[0])["voided"] == "typed twice"
    assert f"{sold.id} voided; good signature by alice" in done.out
    assert blocks(desk) == []
    (row,) = desk.run("blocks", "list", "--json").json
    assert (row["voided"], row["version"], row["signed_by"], row["signature"]) == ("typed twice", 2, "alice", "good")
    assert desk.run("lots", "--disposals", "--json").json["disposals"] == []
    refused(("blocks", "void", sold.id, "--reason", "again", "--key", desk.key("olga")), "was voided (typed twice)")
    refused(words("--correct", "--key", desk.key("olga"), id=sold.id), "record what happened under another id")
    refused(words("--key", desk.key("olga"), id=sold.id), "record what happened under another id")
    again = desk.run(*words("--key", desk.key("olga"), "--json"))
    assert again.code == 0, again.err
    assert again.json["id"] == "B-2026-0002", "an id is not used twice"


def test_bytes_that_void_are_signed_elsewhere_and_say_nothing_else_anew(desk, words, refused):
    desk.run(*words("--key", desk.key("olga")))
    path = desk.folder / "void.json"
    path.write_bytes(desk.run("blocks", "void", "B-2026-0001", "--reason", "no such trade", "--print").raw)
    assert [one.voided for one in blocks(desk)] == [""], "--print records nothing"
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"price":"68900"', b'"price":"1"'))
    changed = desk.signature("bob", path.read_bytes(), sshsig.BLOCK)
    refused(
        ("blocks", "void", "B-2026-0001", "--document", path, "--signature", changed), "not on record as these bytes"
    )
    path.write_bytes(good)
    refused(("blocks", "void", "B-2026-0002", "--document", path, "--signature", changed), "do not void B-2026-0002")
    signature = desk.signature("bob", good, sshsig.BLOCK)
    done = desk.run("blocks", "void", "B-2026-0001", "--document", path, "--signature", signature, "--json")
    assert (done.code, done.json["signed_by"], done.json["voided"]) == (0, "bob", "no such trade")
    assert blocks(desk) == []


def test_a_sale_of_a_closed_month_is_voided_no_more(desk, words, refused):
    desk.run(*words("--key", desk.key("olga")))
    with desk.open() as ledger, ledger.write(actor="test", clock=LiveClock()) as tx:
        treasury.state(tx, "books", [MonthClose("2026-02", "{}", "0" * 64, "alice", LiveClock().now())])
    refused(
        ("blocks", "void", "B-2026-0001", "--reason", "x", "--key", desk.key("olga")),
        "2026-02 is closed with B-2026-0001 in it; put it right by an entry of an open month",
    )
    assert len(blocks(desk)) == 1
