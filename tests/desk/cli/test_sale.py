"""`desk sale`, `orders`, `fills`: documents, signed bytes, tiers, and what people's terminals get to see."""

import csv
import hashlib
import io
import shutil
import subprocess

import pytest

SALE_KEYS = [
    "id",
    "state",
    "btc",
    "filled_btc",
    "open_btc",
    "unknown_btc",
    "remaining_btc",
    "quote",
    "average_price",
    "proceeds",
    "fees",
    "terms_digest",
    "approvals",
    "slices",
    "orders",
]
SLICE_KEYS = ["index", "due", "planned_btc", "filled_btc", "state"]
ORDER_KEYS = [
    "client_order_id",
    "venue_order_id",
    "venue",
    "sale",
    "slice",
    "attempt",
    "state",
    "type",
    "limit_price",
    "btc",
    "filled_btc",
    "created",
    "updated",
    "last_error",
]
FILL_KEYS = [
    "trade_id",
    "venue",
    "client_order_id",
    "btc",
    "price",
    "quote",
    "fee",
    "fee_currency",
    "liquidity",
    "time",
]
HOSTILE = "\x1b[31mred\x9b2J\u202egnp"
MARKS = ("\x1b", "\x9b", "\u202e")

needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


# Documents


def test_staging_prints_the_document_that_show_prints(desk):
    staged = desk.stage("4", "--json")
    shown = desk.run("sale", "show", staged.json["id"], "--json")
    assert (staged.code, shown.code) == (0, 0)
    assert staged.json == shown.json
    assert (staged.err, shown.err) == ("", "")


def test_a_sale_is_one_document_with_exactly_the_documented_keys(desk):
    sale = desk.staged()
    desk.run("sale", "approve", sale, "--key", desk.key("alice"))
    epoch = desk.work(sale)
    order = desk.order(sale, epoch)
    document = desk.run("sale", "show", sale, "--json").json
    assert list(document) == SALE_KEYS
    assert (document["state"], document["btc"], document["filled_btc"]) == ("working", "4.00000000", "0.25000000")
    assert (document["open_btc"], document["remaining_btc"]) == ("0.00000000", "3.75000000")
    assert (document["average_price"], document["proceeds"]) == ("68524.10000000", "17131.0250000000")
    assert [one["principal"] for one in document["approvals"]] == ["alice"]
    assert document["approvals"][0]["counts"] is True
    assert [list(one) for one in document["slices"]] == [SLICE_KEYS] * 4
    assert [one["index"] for one in document["slices"]] == [0, 1, 2, 3]
    assert [list(one) for one in document["orders"]] == [ORDER_KEYS]
    assert document["orders"][0]["client_order_id"] == order.client_order_id
    for value in (document["btc"], document["fees"], document["slices"][0]["planned_btc"]):
        assert isinstance(value, str), "an amount left its document as a binary float"


def test_a_sale_in_words_has_its_terms_and_its_people(desk):
    sale = str(desk.stage("4", "--floor", "66000", "--json").json["id"])
    desk.run("sale", "approve", sale, "--key", desk.key("alice"))
    said = desk.run("sale", "show", sale).out
    for fact in (
        "window",
        "from the last signature",
        "never below 66,000.00 USD",
        "for general purposes",
        "by olga",
        "alice",
    ):
        assert fact in said
    desk.work(sale)
    (window,) = [line for line in desk.run("sale", "show", sale).out.splitlines() if line.startswith("window")]
    assert " to " in window, "once it is open, from when to when"


def test_the_slices_of_a_document_sum_to_the_quantity(desk):
    planned = [one["planned_btc"] for one in desk.stage("4.00000007", "--json").json["slices"]]
    assert sum(round(float(one) * 10**8) for one in planned) == 400_000_007


def test_orders_and_fills_are_lists_with_exactly_the_documented_keys(desk):
    sale = desk.staged()
    order = desk.order(sale, desk.work(sale))
    orders, fills = desk.run("orders", "--json").json, desk.run("fills", "--json").json
    assert [list(one) for one in orders] == [ORDER_KEYS]
    assert (orders[0]["sale"], orders[0]["slice"], orders[0]["attempt"]) == (sale, 0, 0)
    assert (orders[0]["state"], orders[0]["type"], orders[0]["btc"]) == ("filled", "post-only", "0.25000000")
    assert [list(one) for one in fills] == [FILL_KEYS]
    assert fills[0]["client_order_id"] == order.client_order_id
    assert (fills[0]["fee"], fills[0]["quote"], fills[0]["liquidity"]) == ("-1.25", "USD", "maker")
    assert fills[0]["time"].endswith("Z")


def test_orders_are_found_by_sale_state_and_time(desk):
    sale = desk.staged()
    desk.order(sale, desk.work(sale))
    for words, count in (
        (("--sale", sale), 1),
        (("--state", "filled"), 1),
        (("--state", "open"), 0),
        (("--since", "2020-01-01T00:00Z"), 1),
        (("--since", "+1h"), 0),
    ):
        assert len(desk.run("orders", *words, "--json").json) == count, words


def test_an_empty_log_is_an_empty_document(desk):
    assert desk.run("orders", "--json").json == []
    assert desk.run("fills", "--json").json == []
    assert desk.run("sale", "list", "--json").json == []


# What is signed


@needs_ssh_keygen
def test_a_signature_made_with_ssh_keygen_over_the_printed_bytes_is_accepted(desk):
    sale = desk.staged()
    file = desk.folder / "terms.json"
    file.write_bytes(desk.terms(sale))
    sign = ["ssh-keygen", "-Y", "sign", "-n", "desk.sale", "-f", str(desk.key("alice")), str(file)]
    subprocess.run(sign, check=True, capture_output=True)
    said = desk.run("sale", "approve", sale, "--signature", f"{file}.sig")
    assert said.code == 0, said.err
    assert f"{sale} signed as alice; " in said.out
    assert [one["counts"] for one in desk.run("sale", "show", sale, "--json").json["approvals"]] == [True]


@needs_ssh_keygen
def test_a_signature_of_the_desk_holds_for_ssh_keygen_with_the_same_list_of_people(desk):
    sale = desk.staged()
    signature = desk.signature("bob", desk.terms(sale))
    verify = ["ssh-keygen", "-Y", "verify", "-n", "desk.sale", "-I", "bob", "-s", str(signature)]
    people = ["-f", str(desk.folder / "state/allowed_signers")]
    for message, code in ((desk.terms(sale), 0), (desk.terms(sale) + b" ", 255)):
        assert subprocess.run([*verify, *people], input=message, capture_output=True).returncode == code  # noqa: PLW1510


def test_the_terms_are_exactly_the_bytes_whose_digest_is_shown(desk):
    staged = desk.stage()
    sale = staged.out.split()[0]
    raw = desk.terms(sale)
    assert f"digest {hashlib.sha256(raw).hexdigest()}" in staged.out
    assert raw.decode() in staged.out
    assert desk.run("sale", "show", sale, "--json").json["terms_digest"] == hashlib.sha256(raw).hexdigest()


def test_a_sale_above_the_threshold_needs_two_people(desk):
    small, large = desk.staged("4"), desk.staged("40")
    assert desk.run("sale", "approve", small, "--key", desk.key("alice")).code == 0
    first = desk.run("sale", "approve", large, "--key", desk.key("alice"))
    second = desk.run("sale", "approve", large, "--key", desk.key("bob"))
    assert (first.code, second.code) == (0, 0)
    assert "1 of 2" in first.out
    assert "2 of 2" in second.out
    waits = {one["id"]: one["state"] for one in desk.run("sale", "list", "--json").json}
    assert waits == {small: "staged", large: "staged"}, "only the daemon moves a sale on"


def test_exactly_at_the_threshold_one_approval_is_enough(desk):
    desk.see(mid="80000")
    assert "needs 1 approval " in desk.stage("12.5").out
    assert "needs 2 approvals" in desk.stage("12.50000001").out


def test_a_key_from_the_environment_signs(desk, monkeypatch):
    sale = desk.staged()
    monkeypatch.setenv("DESK_KEY", str(desk.key("bob")))
    assert "signed as bob" in desk.run("sale", "approve", sale).out


def test_a_rejected_sale_cannot_be_signed_any_more(desk, refused):
    sale = desk.staged()
    said = desk.run("--as", "alice", "sale", "reject", sale, "--reason", "too cheap")
    assert (said.code, said.out) == (0, f"{sale} rejected by alice\n")
    assert desk.run("sale", "reject", sale, "--reason", " ").code == 1


# What needs a daemon


def test_without_a_daemon_a_pause_is_recorded_and_not_yet_applied(desk):
    sale = desk.staged()
    desk.work(sale)
    said = desk.run("sale", "pause", sale, "--reason", "lunch")
    assert (said.code, said.out) == (4, "")
    assert "pause is recorded, not yet applied: no daemon answered in 2 s" in said.err
    assert desk.run("sale", "show", sale, "--json").json["state"] == "working"
    assert '"kind":"command.pause"' in desk.run("audit", "export").out.splitlines()[-1]


# What terminals and spreadsheets get


def test_a_csv_of_orders_holds_no_formula_and_no_control_characters(desk):
    sale = desk.staged()
    epoch = desk.work(sale)
    for words in ("=HYPERLINK(0)", "-2+3", "@SUM(1)", "+1", HOSTILE, "\t=1", "plain words"):
        desk.order(sale, epoch, refused=words)
    file = desk.folder / "orders.csv"
    said = desk.run("orders", "--csv", file)
    assert (said.code, said.out) == (0, "")
    assert "7 rows" in said.err
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert list(rows[0]) == ORDER_KEYS
    told = [row["last_error"] for row in rows]
    assert [text for text in told if text[:1] in ("=", "-", "+", "@", "\t")] == []
    assert "'=HYPERLINK(0)" in told
    assert "plain words" in told
    assert not any(mark in file.read_text(encoding="utf-8") for mark in MARKS)
    assert {row["btc"] for row in rows} == {"0.25000000"}


def test_a_rebate_stays_a_number_in_a_csv(desk):
    sale = desk.staged()
    desk.order(sale, desk.work(sale))
    file = desk.folder / "fills.csv"
    desk.run("fills", "--csv", file)
    (row,) = csv.DictReader(io.StringIO(file.read_text()))
    assert row["fee"] == "-1.25"


def test_text_from_outside_cannot_act_on_a_terminal(desk):
    sale = desk.staged()
    desk.order(sale, desk.work(sale), refused=HOSTILE)
    shown = [
        desk.run("orders"),
        desk.run("orders", "--json"),
        desk.run("sale", "show", sale),
        desk.run("sale", "show", sale, "--json"),
        desk.run("status"),
        desk.run("--as", HOSTILE, "sale", "reject", desk.staged(), "--reason", HOSTILE),
        desk.run("sale", "show", HOSTILE),
        desk.run("sale", "approve", sale, "--key", desk.folder / HOSTILE),
        desk.run("--as", HOSTILE, "halt", "--reason", HOSTILE),
        desk.run("doctor"),
        desk.run("status", "--json"),
    ]
    for said in shown:
        assert not any(mark in said.out + said.err for mark in MARKS), said
    assert shown[1].json[0]["last_error"] == HOSTILE, "a program gets the text as it is"
