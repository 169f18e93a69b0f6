"""Resume, rearm, resolve, accept a policy: what raises risk needs signatures over bytes that name the event head."""

from __future__ import annotations

from pathlib import Path

from desk.acts.outcome import NotFound, Refused
from desk.acts.policy import standing
from desk.acts.signing import Given, sign_request
from desk.acts.stopping import read_halt_file, wait_for
from desk.canonical import Json
from desk.clock import Clock
from desk.config import Config
from desk.execution.orders import OrderState
from desk.execution.verdicts import NOT_PLACED, PLACED
from desk.ledger import Ledger, ReadTx, control, events, orders, sales
from desk.permission.key_files import Passphrase
from desk.permission.requests import Act
from desk.sale.lifecycle import SaleState


def resume(
    config: Config, ledger: Ledger, clock: Clock, sale_id: str, *, key_file: Path, passphrase: Passphrase = None
) -> str:
    """Signs for a paused sale to go on, and asks the daemon to."""
    with ledger.read() as tx:
        sale = sales.get(tx, sale_id)
        if sale is None:
            raise NotFound(f"no sale {sale_id!r}; desk sale list shows them")
        if sale.state is not SaleState.PAUSED:
            raise Refused(f"{sale_id} is {sale.state}; only a paused sale can be resumed")
        if control.open_halt(tx) is not None or read_halt_file(config.halt_file):
            raise Refused("the desk is halted; two people lift that first: desk rearm --key FILE")
        payload: dict[str, Json] = {
            "sale": sale_id,
            "terms_digest": sale.terms_digest,
            "pause": newest_pause(tx, sale_id),
        }
    given, request = sign_request(
        config, ledger, clock, Act.RESUME, sale_id, payload, key_file=key_file, passphrase=passphrase
    )
    with ledger.write(actor=given.person, clock=clock) as tx:
        number = control.command(
            tx, "resume", sale_id, given.person, f"signed by {given.person}", {"request": request}, clock.now()
        )
    return wait_for(ledger, number)


def newest_pause(tx: ReadTx, sale_id: str) -> int:
    """The event that paused the sale last: a signature lifts this pause and no later one."""
    found = events.listed(tx, kinds=("sale.paused",), subject=sale_id, limit=1, newest_first=True)
    return found[0].seq if found else 0


def rearm(config: Config, ledger: Ledger, clock: Clock, *, key_file: Path, passphrase: Passphrase = None) -> str:
    """Signs for the halt to be lifted; with the second signature the daemon is asked to lift it."""
    with ledger.read() as tx:
        halt = control.open_halt(tx)
    if halt is None:
        if read_halt_file(config.halt_file):
            raise Refused("the HALT file is up, but its row is not written yet; start the daemon, it writes it")
        raise Refused("the desk is not halted")
    given, request = sign_request(
        config,
        ledger,
        clock,
        Act.REARM,
        f"halt {halt.id}",
        {"halt": halt.id},
        key_file=key_file,
        passphrase=passphrase,
    )
    if not given.is_granted:
        return f"signed as {given.person}; {given.sentence}: somebody else runs desk rearm --key FILE within the hour"
    with ledger.write(actor=given.person, clock=clock) as tx:
        number = control.command(
            tx, "rearm", None, given.person, f"signed: {given.sentence}", {"request": request}, clock.now()
        )
    return wait_for(ledger, number)


def resolve(
    config: Config,
    ledger: Ledger,
    clock: Clock,
    client_order_id: str,
    *,
    venue_order_id: str | None,
    key_file: Path,
    passphrase: Passphrase = None,
) -> str:
    """Signs that an unknown order was placed as `venue_order_id`, or (None) never was; two signatures settle it.

    Raises NotFound, Refused, NotYetApplied.
    """
    with ledger.read() as tx:
        order = orders.get(tx, client_order_id)
    if order is None:
        raise NotFound(f"no order {client_order_id!r}; desk orders --state unknown shows what is unsettled")
    if order.state is not OrderState.UNKNOWN:
        raise Refused(f"order {client_order_id[:8]} is {order.state}; only an unknown order is settled by people")
    payload: dict[str, Json] = {
        "order": client_order_id,
        "as": NOT_PLACED if venue_order_id is None else PLACED,
        "venue_order_id": venue_order_id,
    }
    given, request = sign_request(
        config, ledger, clock, Act.RESOLVE, client_order_id, payload, key_file=key_file, passphrase=passphrase
    )
    if not given.is_granted:
        return f"signed as {given.person}; {given.sentence}: somebody else signs the same within the hour"
    with ledger.write(actor=given.person, clock=clock) as tx:
        detail: dict[str, Json] = {"request": request, "order": client_order_id}
        number = control.command(
            tx, "resolve", order.sale_id, given.person, f"signed: {given.sentence}", detail, clock.now()
        )
    return wait_for(ledger, number)


def approve_policy(
    config: Config, ledger: Ledger, clock: Clock, *, key_file: Path, passphrase: Passphrase = None
) -> Given:
    """Signs for the configured policy to become the accepted one; with enough signatures it does, at once."""
    with ledger.read() as tx:
        now = standing(config, tx)
    if now.is_in_force:
        raise Refused("the configuration is the accepted policy already")
    old = now.accepted.digest() if now.accepted else None
    given, request = sign_request(
        config,
        ledger,
        clock,
        Act.POLICY,
        now.digest,
        {"policy": now.digest, "replaces": old},
        key_file=key_file,
        passphrase=passphrase,
    )
    if given.is_granted:
        with ledger.write(actor=given.person, clock=clock) as tx:
            control.accept_policy(tx, now.configured.canonical(), now.digest, clock.wall(), request)
            control.close_request(tx, request, "accepted", clock.now())
    return given
