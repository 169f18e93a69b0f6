"""What an import would do to lots and gains, told before it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from desk.config import Config
from desk.ledger import Ledger
from desk.ledger.books import closed_months, relief
from desk.ledger.coins import coin_statements
from desk.treasury.coin_records import LotPick, Mark, PayOut, Receipt, ReliefRule, Transfer
from desk.treasury.coin_stream import stream
from desk.treasury.lot_book import lot_book
from desk.treasury.lots import LotBook
from desk.treasury.movements import CoinStatements
from desk.treasury.records import MiningDay, Record, key_of
from desk.treasury.relief import Relief
from desk.treasury.relief_change import check_open, relief_changes
from desk.treasury.valuation import Marks

_R = TypeVar("_R", bound=Record)
_MOVES = (Receipt, Transfer, PayOut, MiningDay)
_CHOICES = (ReliefRule, LotPick)


@dataclass(frozen=True, slots=True)
class Consequences:
    """`changes` are past disposals that other rules and picks tell anew.

    `problems` are the coins and choices that would newly lack a lot.
    """

    changes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def consequences(config: Config, ledger: Ledger, planned: Sequence[Record]) -> Consequences:
    """What statements that are about to go on record do to lots. Raises BooksRefused where a closed month's gains
    would change by a choice."""
    if not any(isinstance(one, (*_MOVES, *_CHOICES)) for one in planned):
        return Consequences()
    with ledger.read() as tx:
        given, rules, closed = coin_statements(tx), relief(tx, config.settings.treasury.relief), closed_months(tx)
    then = replace(
        rules, rules=_merged(rules.rules, planned, ReliefRule), picks=_merged(rules.picks, planned, LotPick)
    )
    before = _lots(given, rules)
    chosen = _lots(given, then) if then != rules else before
    changes = relief_changes(before, chosen)
    check_open(changes, closed)
    known = set(before.gaps)
    after = _lots(_with(given, planned), then)
    return Consequences(tuple(one.sentence for one in changes), tuple(one for one in after.gaps if one not in known))


def _with(given: CoinStatements, planned: Sequence[Record]) -> CoinStatements:
    return replace(
        given,
        receipts=_merged(given.receipts, planned, Receipt),
        mining=_merged(given.mining, planned, MiningDay),
        transfers=_merged(given.transfers, planned, Transfer),
        pay_outs=_merged(given.pay_outs, planned, PayOut),
        marks=_merged(given.marks, planned, Mark),
    )


def _merged(stated: Iterable[_R], planned: Iterable[Record], kind: type[_R]) -> tuple[_R, ...]:
    """What would be in force, each once."""
    found = {key_of(one): one for one in stated}
    found.update((key_of(one), one) for one in planned if isinstance(one, kind))
    return tuple(found.values())


def _lots(given: CoinStatements, rules: Relief) -> LotBook:
    return lot_book(stream(given), rules, Marks(given.marks))
