"""`desk holdings`: every coin in one state with its reason, words for people, one document for programs."""

from datetime import UTC, datetime, timedelta

from desk.clock import ManualClock

ROWS = (
    "kind,place_id,name,btc,currency,amount,as_of,loan,source\n"
    "wallet,cold,Cold wallet,12.5,,,2026-02-07T00:00:00Z,,node\n"
    "pledged,with-lender,Lender A custody,4,,,2026-02-07T00:00:00Z,lender-a,statement\n"
    "cash,,Bank,,USD,1000000,2026-02-07T00:00:00Z,,statement\n"
)


def imported(desk):
    file = desk.folder / "holdings.csv"
    file.write_text(ROWS)
    assert desk.run("holdings", "import", file).code == 0


def test_states_places_and_cash_are_told_in_words_with_their_sum_and_their_age(desk):
    imported(desk)
    desk.see(btc="100")
    lines = {line.split("  ")[0]: line for line in desk.run("holdings").out.splitlines()}
    assert lines["sellable"].split()[1:3] == ["100.00000000", "6,852,410.00"]
    assert lines["elsewhere"].split()[1] == "12.50000000"
    assert lines["total"].split()[1:] == ["116.50000000", "7,983,057.65"]
    assert "in a wallet, not at a venue" in lines["Cold wallet"]
    assert "STALE" in lines["Cold wallet"]
    assert "STALE" not in lines["kraken"]
    assert lines["Bank"].split()[:3] == ["Bank", "USD", "1,000,000.00"]
    assert "! Lender A custody: pledged for loan lender-a, which is not on record" in lines


def test_without_a_fresh_price_there_is_no_value(desk):
    imported(desk)
    desk.see(clock=ManualClock(datetime.now(UTC) - timedelta(hours=1)))
    said = desk.run("holdings").out
    assert "no value: no fresh price (the last was 68,524.10)" in said
    assert "STALE" in next(line for line in said.splitlines() if line.startswith("kraken"))
    assert desk.run("holdings", "--json").json["value"] is None


def test_a_desk_without_cash_says_what_to_do(desk):
    assert "no cash on record: desk holdings import FILE" in desk.run("holdings").out


def test_what_a_pool_owes_is_the_same_in_holdings_lots_and_where_a_sale_asks_for_a_deposit(desk, refused):
    for noun, text in (
        (
            "holdings",
            "lot_id,kind,place,btc,credited,source,cost_usd\no,opening,kraken,100,2026-02-01T00:00:00Z,x,1\n",
        ),
        ("mining", "day,pool,mined_btc,source\n2026-02-05,luxor,7.5,luxor\n2026-01-05,luxor,9,luxor\n"),
    ):
        file = desk.folder / f"{noun}.csv"
        file.write_text(text)
        assert desk.run(noun, "import", file).code == 0
    desk.see(btc="100")
    assert desk.run("holdings", "--json").json["total_btc"] == "107.50000000"
    assert desk.run("lots", "--json").json["btc"] == "107.50000000"
    refused(desk.staging("105"), "luxor has 7.50000000")
