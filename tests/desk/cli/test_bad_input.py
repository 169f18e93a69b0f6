"""Bad input (P11): a sentence that names what is wrong and what would be right, an exit code, nothing changed."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk.clock import ManualClock
from desk.permission import sshsig

# what is to be sold, when, how


@pytest.mark.parametrize(
    ("btc", "said"),
    [
        ("0", "a quantity of 0.00000000 BTC sells nothing; give an amount above zero"),
        ("-1", "a quantity of -1.00000000 BTC sells nothing; give an amount above zero"),
        ("100.1", "100.10000000 BTC is more than the 100.00000000 BTC sellable at kraken; use at most 100.00000000"),
        ("0.00004", "0.00004000 BTC is below the minimum at kraken; use at least 0.00005000 BTC"),
        ("0.000000001", "btc: 0.000000001 BTC is finer than one satoshi; use at most 8 decimals"),
        ("ten", "btc: 'ten' is not a number; write digits with a point"),
        ("1,5", "btc: '1,5' is not a number"),
        ("NaN", "btc: 'NaN' is not a number"),
        ("1e9", "btc: 1e9 BTC is more than will ever exist"),
    ],
)
def test_a_quantity_that_cannot_be_sold_is_refused(desk, refused, btc, said):
    refused(desk.staging(btc), said)


def test_what_other_sales_may_still_sell_is_not_sellable_again(desk, refused):
    desk.staged("70")
    refused(desk.staging("31"), "31.00000000 BTC is more than the 30.00000000 BTC sellable at kraken")


def test_a_quantity_finer_than_the_venues_lot_is_refused(desk, refused):
    desk.see(lot=10_000)
    refused(
        desk.staging("1.00005"),
        "1.00005000 BTC is finer than the lot of 0.00010000 BTC at kraken; use 1.00000000 BTC",
    )


def test_a_window_in_the_past_is_refused(desk, refused):
    refused(desk.staging(start="2020-01-01T00:00Z"), "the window would open at 2020-01-01T00:00:00Z", "now")
    refused(desk.staging(open_by="2020-01-01T00:00Z"), "the latest opening 2020-01-01T00:00:00Z is not after")


def test_slices_below_the_venues_minimum_are_refused(desk, refused):
    refused(desk.staging("0.001", slices=50), "slices", "0.001", "minimum")


@pytest.mark.parametrize("slices", ["0", "-3", "1000000"])
def test_a_number_of_slices_that_makes_no_schedule_is_refused(desk, refused, slices):
    refused(desk.staging(slices=slices), "slices")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("floor", "59999.9", "a floor of 59,999.90 is below the policy's 60,000.00; use 60000 or more"),
        ("floor", "90000", "is not below the price of 68,524.10: nothing could be sold"),
        ("floor", "cheap", "floor: 'cheap' is not a number"),
        (
            "max_slippage_bps",
            "51",
            "max_slippage_bps = 51 is not allowed by the policy; use more than 0 and at most 50",
        ),
        ("max_slippage_bps", "much", "max_slippage_bps: 'much' is not a number"),
        ("participation", "2", "participation"),
        ("participation", "half", "participation: 'half' is not a number"),
        ("venue", "binance", "unknown venue 'binance'; name one of: kraken"),
        ("for", "loan:nobody", "unknown loan 'nobody'; name one of: none on record"),
        ("for", "charity", "write loan:ID or capex:ID"),
        ("over", "0s", "a window of 0:00:00 cannot be worked"),
    ],
)
def test_a_limit_venue_or_purpose_that_is_not_allowed_is_refused(desk, refused, option, value, said):
    refused(desk.staging(**{option: value}), said)


def test_a_sale_beyond_the_days_limits_is_refused(desk, refused):
    desk.see(btc="3000")
    refused(desk.staging("2000.5"), "beyond the day limit of 2000.00000000 BTC")


def test_without_a_fresh_price_nothing_is_staged(desk, refused):
    hour_ago = ManualClock(datetime.now(UTC) - timedelta(hours=1))
    desk.see(clock=hour_ago)
    refused(desk.staging(), "the price of kraken is 36", "s old: is desk daemon running?", code=4)


def test_a_venue_never_seen_stages_nothing(desk, refused, founded):
    shutil.copy(founded / "state/desk.db", desk.database)
    refused(desk.staging(), "nothing is known of kraken yet: start desk daemon", code=4)


# who and what


@pytest.mark.parametrize(
    "words",
    [
        ("sale", "show", "S-1"),
        ("sale", "terms", "S-1"),
        ("sale", "reject", "S-1", "--reason", "x"),
        ("sale", "pause", "S-1"),
        ("sale", "cancel", "S-1"),
    ],
)
def test_an_unknown_sale_is_not_found(desk, refused, words):
    refused(words, "no sale 'S-1'", "desk sale list", code=3)


def test_signing_an_unknown_sale_is_not_found(desk, refused):
    for verb in ("approve", "resume"):
        refused(("sale", verb, "S-1", "--key", desk.key("alice")), "no sale 'S-1'", code=3)


def test_a_key_that_is_nobodys_stages_and_signs_nothing(desk, refused):
    sale = desk.staged()
    for act in (
        desk.staging(key=desk.key("mallory")),
        ("sale", "approve", sale, "--key", desk.key("mallory")),
    ):
        refused(act, "SHA256:", "belongs to nobody who may sign; desk people list")


def test_a_key_that_is_missing_public_or_open_to_others_is_refused(desk, refused):
    sale = desk.staged()
    refused(("sale", "approve", sale, "--key", desk.key("nobody")), "cannot be opened", "nobody")
    loose = Path(shutil.copy(desk.key("alice"), desk.key("loose")))
    loose.chmod(0o644)
    refused(("sale", "approve", sale, "--key", loose), f"chmod 600 {loose}")
    public = Path(shutil.copy(desk.key("alice.pub"), desk.key("public")))
    public.chmod(0o600)
    refused(("sale", "approve", sale, "--key", public), "is not a private key file", "without .pub")


# signatures


def approve(sale, signature):
    return ("sale", "approve", sale, "--signature", signature)


def test_a_signature_over_other_terms_is_refused(desk, refused):
    sale, other = desk.staged(), desk.staged()
    changed = desk.terms(sale).replace(b'"sell_sats":400000000', b'"sell_sats":900000000')
    assert changed != desk.terms(sale)
    for message in (changed, desk.terms(other)):
        refused(
            approve(sale, desk.signature("alice", message)),
            "was made over something else than these exact bytes",
        )


def test_a_signature_for_another_purpose_is_refused(desk, refused):
    sale = desk.staged()
    signature = desk.signature("alice", desk.terms(sale), sshsig.RESUME)
    refused(approve(sale, signature), "desk.resume", "desk.sale")


def test_a_signature_from_an_unknown_key_is_refused(desk, refused):
    sale = desk.staged()
    refused(approve(sale, desk.signature("mallory", desk.terms(sale))), "belongs to nobody in the list of people")


def test_a_signature_by_the_stager_is_refused(desk, refused):
    sale = desk.staged()
    words = f"olga staged {sale}; somebody else has to approve it"
    refused(approve(sale, desk.signature("olga", desk.terms(sale))), words)
    refused(("sale", "approve", sale, "--key", desk.key("olga")), words)


def test_a_signature_twice_by_one_person_is_refused(desk, refused):
    sale = desk.staged("40")
    assert desk.run("sale", "approve", sale, "--key", desk.key("alice")).code == 0
    refused(("sale", "approve", sale, "--key", desk.key("alice")), "alice signed already at")


def test_an_expired_signature_is_refused(desk, refused):
    then = ManualClock(datetime.now(UTC) - timedelta(days=2))
    desk.see(clock=then)
    sale = desk.stage_at(then, over=timedelta(hours=1), slices=2).sale_id
    words = f"approvals of {sale} expired at"
    refused(("sale", "approve", sale, "--key", desk.key("alice")), words, "stage the sale again")


def test_a_signature_from_another_database_is_refused(desk, refused, tmp_path):
    """The same people, policy and sale number, another desk: its terms name it."""
    twin = type(desk)(Path(shutil.copytree(desk.folder, tmp_path / "twin")))
    twin.database.unlink()
    assert twin.run("init", "--yes").code == 0
    twin.see()
    sale, theirs = desk.staged(), twin.staged()
    assert sale == theirs
    refused(
        approve(sale, twin.signature("alice", twin.terms(theirs))),
        "was made over something else than these exact bytes",
    )


@pytest.mark.parametrize(
    "text", ["", "a signature", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"]
)
def test_a_file_that_is_no_signature_is_refused(desk, refused, text):
    sale = desk.staged()
    file = desk.folder / "what.sig"
    file.write_text(text)
    refused(approve(sale, file), "signature")


def test_a_sale_that_is_no_longer_staged_cannot_be_signed(desk, refused):
    sale = desk.staged()
    desk.work(sale)
    refused(("sale", "approve", sale, "--key", desk.key("alice")), f"{sale} is working; only a staged sale")


# configuration


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"file:state/venue_secret"',
            '"kQH5HW8p1uGOVjbgWA7FunAmGO8l"',
            "venues.kraken.secret: secrets are references",
        ),
        ("floor_usd", "flor_usd", "controls.flor_usd: unknown key; did you mean floor_usd?"),
        ('floor_usd = "60000"', "floor_usd = true", "controls.floor_usd = True: write the number as text"),
        (
            "max_slippage_bps = 50",
            "max_slippage_bps = 0.5",
            "controls.max_slippage_bps = 0.5: write the number as text",
        ),
        ("[controls]", "[controls", "is not TOML"),
    ],
)
def test_a_wrong_configuration_stops_every_command_and_names_the_key(desk, refused, old, new, said):
    desk.edit(old, new)
    for words in (("sale", "list"), ("status",), ("doctor",), ("daemon", "--once")):
        assert "kQH5HW" not in refused(words, "config.toml", said)


def test_a_missing_configuration_says_how_to_get_one(call, tmp_path):
    said = call("--config", tmp_path / "none.toml", "sale", "list")
    assert (said.code, said.out) == (1, "")
    assert "desk init" in said.err


def test_a_policy_that_was_only_edited_stops_staging_and_signing(desk, refused):
    sale = desk.staged()
    desk.edit('floor_usd = "60000"', 'floor_usd = "10"')
    words = ("the configuration is not the accepted policy", "desk policy diff", "desk policy approve")
    refused(desk.staging(), *words)
    refused(("sale", "approve", sale, "--key", desk.key("alice")), *words)
    refused(approve(sale, desk.signature("alice", desk.terms(sale))), *words)


def test_a_person_added_without_a_policy_may_nothing(desk, refused):
    sale = desk.staged()
    assert desk.run("people", "add", "mallory", desk.key("mallory.pub")).code == 0
    refused(("sale", "approve", sale, "--key", desk.key("mallory")), "not the accepted policy")


# the database


def test_a_database_that_another_process_writes_to_refuses_writing_and_still_shows(desk, refused, held):
    held(desk.database, "IMMEDIATE")
    refused(desk.staging(), "desk.db is locked by another process; nothing was written, try again", code=4)
    assert desk.run("sale", "list").code == 0


def test_a_database_held_alone_by_another_process_says_so(desk, refused, held):
    held(desk.database, "EXCLUSIVE")
    for words in (("sale", "list"), ("sale", "show", "S-1"), ("orders",)):
        refused(words, "is locked by another process", code=4)


def test_a_database_that_cannot_be_written_says_so_and_still_shows(desk, refused):
    """A write version that this SQLite does not know makes a file read-only for everybody, whoever runs the tests."""
    sale = desk.staged()
    with desk.database.open("r+b") as file:
        file.seek(18)
        file.write(b"\x03")
    refused(desk.staging(), "desk.db cannot be written", code=4)
    refused(("sale", "approve", sale, "--key", desk.key("alice")), "cannot be written", code=4)
    assert desk.run("sale", "show", sale).code == 0
    assert desk.run("orders", "--since", "2026-01-01T00:00Z").code == 0


def test_a_database_of_a_newer_version_is_left_alone(desk, refused):
    with closing(sqlite3.connect(desk.database)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("sale", "list"), ("init", "--yes"), ("daemon", "--once")):
        before = desk.digest()
        said = desk.run(*words)
        assert said.code == 4
        assert "was made by a newer desk (schema 9999" in said.err
        assert desk.digest() == before


def test_a_missing_database_and_a_strangers_file_are_named(desk, refused):
    desk.database.write_bytes(b"this is no database at all, whatever its name says" * 100)
    refused(("sale", "list"), "desk.db", "not a ledger", code=4)
    desk.database.unlink()
    refused(("sale", "list"), "there is no ledger at", "`desk init` makes one", code=4)
    assert not desk.database.exists()


# the exchange


def test_an_exchange_unreachable_at_start_ends_once_in_a_sentence(desk):
    said = desk.run("daemon", "--once")
    assert said.code == 4
    (sentence,) = [line for line in said.err.splitlines() if line.startswith("desk: ")]
    assert "kraken" in sentence
    assert "Traceback" not in said.err


def test_the_doctor_names_an_unreachable_exchange_and_what_to_check(desk, refused):
    before = desk.digest()
    said = desk.run("doctor", "--json")
    found = {one["what"]: one for one in said.json}
    venue = found["venue kraken"]
    assert (said.code, venue["ok"]) == (1, False)
    assert "is http://127.0.0.1:1 reachable" in venue["fix"]
    assert all(found[what]["ok"] for what in ("config", "people", "checkpoint key", "database", "policy"))
    assert desk.digest() == before


# halted


def test_a_halted_desk_stages_nothing(desk, refused):
    assert desk.run("halt", "--reason", "a fire").code == 0
    refused(desk.staging(), "the desk is halted; two people lift that first: desk rearm --key FILE")


def test_only_what_is_paused_or_halted_can_be_started_again(desk, refused):
    sale = desk.staged()
    refused(
        ("sale", "resume", sale, "--key", desk.key("alice")), f"{sale} is staged; only a paused sale can be resumed"
    )
    refused(("rearm", "--key", desk.key("alice")), "the desk is not halted")


def test_a_halt_file_alone_stops_staging(desk, refused):
    (desk.database.parent / "HALT").touch()
    refused(desk.staging(), "the desk is halted")


# usage


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sail",), "Did you mean sale?"),
        (("sale", "stage"), "Missing option"),
        (("sale", "stage", "--btc", "1", "--over", "soon", "--key", "k"), "'soon' is not a duration; write 90s, 45m"),
        (("sale", "stage", "--btc", "1", "--over", "1h", "--start", "noon", "--key", "k"), "'noon' is not a time"),
        (
            ("sale", "stage", "--btc", "1", "--over", "1h", "--start", "2030-01-01T00:00", "--key", "k"),
            "has no zone; add Z for UTC",
        ),
        (("sale", "stage", "--btc", "1", "--over", "1h"), "the stager signs too: --key FILE or DESK_KEY"),
        (("sale", "stage", "--btc", "1", "--over", "1h", "--slices", "some", "--key", "k"), "--slices"),
        (("sale", "approve", "S-1"), "say whose signature: --key FILE, DESK_KEY or --signature FILE"),
        (("sale", "approve", "S-1", "--signature", "/nowhere"), "/nowhere"),
        (("sale", "resume", "S-1"), "say whose signature"),
        (("sale", "reject", "S-1"), "--reason"),
        (("sale", "list", "--state", "sold"), "known: draft, staged"),
        (("orders", "--state", "lost"), "known: intent, sent"),
        (("orders", "--since", "lately"), "'lately' is not a time"),
        (("rearm",), "say whose signature"),
        (("halt",), "--reason"),
        (("policy", "approve"), "say whose signature"),
        (("mining", "import", "/nowhere.csv"), "/nowhere.csv"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_right(desk, refused, words, said):
    refused(words, said, code=2)


def test_without_a_terminal_the_app_points_to_status(desk, refused):
    refused((), "this is no terminal; desk status shows the same without one")
    refused(("tui",), "desk status")
