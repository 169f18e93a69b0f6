"""`desk demo --headless`: a whole sale from staging to proof, without a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from desk.acts import signing
from desk.acts.outcome import Refused
from desk.audit.verify import VerifyReport, verify
from desk.config import load
from desk.demo.agreement import Agreement, compare
from desk.demo.world import APPROVERS, World, stage_demo_sale
from desk.ledger import Ledger, ReadTx, live, orders, sales
from desk.sale.records import Sale
from desk.units import average_price, bps_between, ratio, show_btc, show_money

BTC = "240"
OVER = timedelta(hours=5)
SLICES = 12
_FINISH_WITHIN_S = 55.0
_ASK_EVERY_S = 0.2

Progress = Callable[[Sale], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished demo proves. `is_well` decides the exit code."""

    sale: Sale
    twap: Decimal | None
    order_count: int
    fill_count: int
    audit: VerifyReport
    agreement: Agreement

    @property
    def is_well(self) -> bool:
        return self.audit.ok and self.agreement.is_whole and self.sale.filled > 0

    def lines(self) -> Iterator[str]:
        """The end of the story, in words."""
        sale, quote = self.sale, self.sale.terms.quote
        average = average_price(sale.proceeds, sale.filled)
        yield f"{sale.id} {sale.state}{f': {sale.reason}' if sale.reason else ''}"
        yield f"sold            {show_btc(sale.filled)} of {show_btc(sale.quantity)} BTC"
        if average is not None:
            yield f"average price   {show_money(average)} {quote}, proceeds {show_money(sale.proceeds)} {quote}"
            if self.twap is not None:
                slippage = bps_between(average, self.twap)
                yield f"against TWAP    {slippage:+.1f} bps (TWAP of the window's mids {show_money(self.twap)})"
        yield f"fees            {show_money(sale.fees)} {quote}"
        yield f"log             {self.order_count} orders, {self.fill_count} fills"
        yield from (f"audit           {line}" for line in self.audit.lines)
        agreement = self.agreement
        yield f"exchange        {agreement.exchange_trades} trades in its file, {agreement.ledger_fills} on record"
        yield from (f"DIFFERENCE      {difference}" for difference in agreement.differences)
        yield "ledger and exchange agree to the satoshi" if agreement.is_whole else "ledger and exchange DIFFER"


def work_a_sale(world: World, progress: Progress) -> str:
    """Stages, signs and works the demo's sale to its end; returns its id. Raises DemoFailed when it does not end."""
    staged = stage_demo_sale(world, btc=BTC, over=OVER, slices=SLICES)
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        for name in APPROVERS:
            signing.approve(world.config, ledger, world.clock, staged.sale_id, key_file=world.key_of(name))
        finish_s = max(_FINISH_WITHIN_S, OVER.total_seconds() / world.speed * 1.5 + 20)

        def is_final() -> bool:
            with ledger.read() as tx:
                sale = sales.get(tx, staged.sale_id)
            if sale is None:
                return False
            progress(sale)
            time.sleep(_ASK_EVERY_S)
            return sale.state.is_final

        world.wait_until(is_final, f"the end of {staged.sale_id}", finish_s)
    finally:
        ledger.close()
    return staged.sale_id


def result_of(folder: Path) -> Result:
    """What the newest sale of a finished demo in `folder` proves; reads its database and its trade file only."""
    config = load(folder / "config.toml")
    ledger = Ledger.open(config.settings.desk.database, read_only=True)
    try:
        with ledger.read() as tx:
            listed = sales.listed(tx)
            if not listed:
                raise Refused(f"no sale was ever staged in {folder}; desk demo --headless --folder DIR makes one")
            sale = listed[-1]
            twap = _twap(tx, sale)
            order_count, fill_count = len(orders.listed(tx, sale.id)), len(orders.fills(tx, sale.id))
            agreement = compare(tx, folder / "paper" / "trades.jsonl")
    finally:
        ledger.close()
    audit = config.settings.audit
    report = verify(config.database_file, audit.checkpoints, audit.public_key)
    return Result(sale, twap, order_count, fill_count, report, agreement)


def _twap(tx: ReadTx, sale: Sale) -> Decimal | None:
    """Mean of the recorded mids, each weighted by how long it stood within the window."""
    if sale.opened is None or sale.closes is None:
        return None
    seen = live.quote_history(tx, sale.terms.venues[0].venue, sale.opened)
    mids = [(at, (bid + ask) / 2) for at, bid, ask in seen if at <= sale.closes]
    spans = [(later - at).total_seconds() for (at, _), (later, _) in pairwise(mids)]
    whole = sum(Decimal(str(span)) for span in spans)
    if not whole:
        return None
    weighted = sum((mid * Decimal(str(span)) for (_, mid), span in zip(mids, spans, strict=False)), Decimal(0))
    return ratio(weighted, whole)
