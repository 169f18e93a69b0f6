"""What the stream of coin movements is made from, read in one transaction."""

from __future__ import annotations

from desk.ledger import orders, sales, treasury
from desk.ledger.transactions import ReadTx
from desk.treasury.coin_records import BlockSale, Mark, PayOut, Receipt, Transfer
from desk.treasury.movements import CoinStatements


def coin_statements(tx: ReadTx) -> CoinStatements:
    """Statements in force and every fill, with the currency each sale was made in."""
    return CoinStatements(
        receipts=treasury.in_force(tx, Receipt),
        mining=treasury.mining_days(tx),
        transfers=treasury.in_force(tx, Transfer),
        pay_outs=treasury.in_force(tx, PayOut),
        blocks=treasury.in_force(tx, BlockSale),
        fills=orders.fills(tx),
        marks=treasury.in_force(tx, Mark),
        quotes=sales.quotes(tx),
    )
