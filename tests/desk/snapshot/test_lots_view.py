"""The lots on a screen are those of `desk lots`, with what the sales under way would take of them."""

from __future__ import annotations

from decimal import Decimal

from desk.acts.lots import lot_statement
from desk.acts.lots_shown import LotsReader
from desk.treasury.lot_statement import totals
from desk.units import btc_text, exact_sum, parse_btc


def test_lots_add_up_to_what_desk_lots_says(desk):
    view = LotsReader(desk.config, desk.ledger, desk.clock).view()
    told = totals(lot_statement(desk.config, desk.ledger, desk.clock))
    assert view.lines
    assert (btc_text(view.sats), view.method) == (told["btc"], told["method"])
    assert (str(view.price), view.missing) == (told["price_usd"], told["missing"])
    assert view.cost == (None if told["cost_usd"] is None else Decimal(told["cost_usd"]))
    known = [line for line in view.lines if line.gain is not None]
    assert all(line.gain == exact_sum([line.value, -line.cost]) for line in known)


def test_a_staged_sale_takes_lots_at_its_venue_and_what_is_sold_takes_none(desk):
    sale = desk.stage("445.10")
    reader = LotsReader(desk.config, desk.ledger, desk.clock)
    before = reader.view()
    (asked,) = before.sales
    taken = [(line, sats) for line in before.lines for name, sats in line.takes if name == sale]
    assert asked.sats == parse_btc("445.10")
    assert sum(sats for _, sats in taken) + asked.uncovered == asked.sats
    assert {line.place for line, _ in taken} <= {"kraken"}
    assert all(sats <= line.sats for line, sats in taken)
    assert reader.view() is before, "nothing went on record since"
    desk.approve(sale)
    desk.work(sale)
    desk.fill(desk.rest(sale, "0.5"), "0.5")
    after = reader.view()
    assert after.head > before.head
    assert after.sales[0].sats == parse_btc("444.60")
