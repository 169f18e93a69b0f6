"""What people look at without a screen: one sale as a document."""

from __future__ import annotations

from typing import Any

from desk.acts.outcome import NotFound
from desk.acts.policy import configured_policy, policy_for
from desk.acts.signing import verdict_of
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, control, orders, sales
from desk.snapshot.approvals import approval_views
from desk.snapshot.sale_json import sale_json
from desk.snapshot.words import terms_facts


def sale_document(config: Config, ledger: Ledger, clock: Clock, sale_id: str) -> dict[str, Any]:
    """The sale as `desk sale show --json` prints it; its approvals judged now. Raises NotFound."""
    policy = configured_policy(config)
    with ledger.read() as tx:
        sale = sales.get(tx, sale_id)
        if sale is None:
            raise NotFound(f"no sale {sale_id!r}; desk sale list shows them")
        signatures = sales.signatures(tx, sale_id)
        slices, listed = sales.slices(tx, sale_id), orders.listed(tx, sale_id)
        policy = policy_for(sale, control.policies(tx), policy)
    verdict = verdict_of(sale, signatures, ledger.desk.desk_id, policy, clock.now())
    return sale_json(sale, approval_views(verdict, signatures), slices, listed)


def sale_terms(config: Config, ledger: Ledger, sale_id: str) -> dict[str, str]:
    """What was signed, and why the sale is where it is, for people to read. Raises NotFound."""
    with ledger.read() as tx:
        sale = sales.get(tx, sale_id)
    if sale is None:
        raise NotFound(f"no sale {sale_id!r}; desk sale list shows them")
    because = {"because": sale.reason} if sale.reason else {}
    return {**because, **terms_facts(sale.terms, sale.window, config.settings.desk.timezone)}
