"""`desk doctor`: one line each, and the fix beside what is not well."""

import shutil

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
