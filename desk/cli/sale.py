"""`desk sale`: from staging to the last fill."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from desk.cli.failures import not_found
from desk.cli.session import Session, ask_passphrase, emit_json, json_option, key_option, pass_session
from desk.cli.table import say, show_facts, show_table
from desk.cli.when import duration, moment, opening

reason_option = click.option("--reason", default="", help="Why; it goes on the record.")


@click.group()
def sale() -> None:
    """Stage, show, sign, reject, pause, resume and cancel sales."""


@sale.command()
@click.option("--btc", required=True, metavar="Q", help="How much to sell.")
@click.option(
    "--start", default="on-approval", show_default=True, metavar="T", help="ISO time, now, +2h, on-approval."
)
@click.option("--over", required=True, metavar="DUR", help="How long: 90s, 45m, 6h, 3d.")
@click.option("--slices", type=int, default=None, help="How many steps (default: one every 10 minutes, at most 100).")
@click.option("--schedule", type=click.Choice(["twap"]), default="twap", show_default=True)
@click.option("--tactic", type=click.Choice(["passive", "balanced", "urgent"]), default="balanced", show_default=True)
@click.option("--floor", metavar="P", help="Never below this price (default: the policy's floor).")
@click.option("--max-slippage-bps", metavar="N", help="Against the fresh mid (default: the policy's).")
@click.option("--participation", metavar="F", help="At most this share of the traded volume, e.g. 0.05.")
@click.option("--venue", "venues", multiple=True, metavar="V", help="Where; repeatable (default: the only one).")
@click.option("--for", "purpose", metavar="loan:ID|capex:ID", help="What the proceeds are for.")
@click.option("--open-by", metavar="T", help="With on-approval: the latest opening (default: approval expiry).")
@click.option("--seed", type=int, default=None, help="Of the schedule's randomisation (default: drawn).")
@key_option
@json_option
@pass_session
def stage(session: Session, /, key_file: Path | None, as_json: bool, **asked: object) -> None:
    """Stage a sale: terms, digest, expected cost. Signed with your key; somebody else approves."""
    from desk.acts.staging import Asked, stage_sale

    if key_file is None:
        raise click.UsageError("the stager signs too: --key FILE or DESK_KEY")
    clock = session.clock
    now = clock.now()
    venues = asked["venues"]
    assert isinstance(venues, tuple)
    start = str(asked["start"])
    wish = Asked(
        btc=str(asked["btc"]),
        opens=opening(start, now),
        is_now=start == "now",
        over=duration(str(asked["over"])),
        slices=asked["slices"] if isinstance(asked["slices"], int) else None,
        schedule=str(asked["schedule"]),
        tactic=str(asked["tactic"]),
        floor=_text(asked["floor"]),
        max_slippage_bps=_text(asked["max_slippage_bps"]),
        participation=_text(asked["participation"]),
        venues=tuple(str(venue) for venue in venues),
        purpose=_text(asked["purpose"]),
        open_by=moment(str(asked["open_by"]), now) if asked["open_by"] else None,
        seed=asked["seed"] if isinstance(asked["seed"], int) else None,
    )
    staged = stage_sale(
        session.config, session.ledger(), clock, wish, key_file=key_file, passphrase=lambda: ask_passphrase(key_file)
    )
    if as_json:
        emit_json(_document(session, staged.sale_id))
        return
    for line in staged.lines:
        say(line)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@sale.command("list")
@click.option("--state", metavar="S", help="Only in this state.")
@json_option
@pass_session
def list_sales(session: Session, state: str | None, as_json: bool) -> None:
    """Every sale, newest last."""
    from desk.ledger import sales
    from desk.sale.lifecycle import SaleState
    from desk.snapshot.sale_json import sale_line_json

    if state is not None and state not in {known.value for known in SaleState}:
        raise click.BadParameter(f"{state!r}; known: {', '.join(SaleState)}", param_hint="--state")
    with session.ledger(read_only=True).read() as tx:
        wanted = (SaleState(state),) if state else None
        listed, damaged = sales.listed(tx, wanted), sales.unreadable(tx, wanted)
    for problem in damaged:
        say(problem, err=True)
    rows = [sale_line_json(one) for one in listed]
    if as_json:
        emit_json(rows)
    else:
        show_table(rows, empty="no sale yet: desk sale stage --btc Q --over DUR --key FILE")


@sale.command()
@click.argument("sale_id", metavar="ID")
@json_option
@pass_session
def show(session: Session, sale_id: str, as_json: bool) -> None:
    """One sale: state, totals, terms, approvals, slices, orders."""
    document = _document(session, sale_id)
    if as_json:
        emit_json(document)
        return
    from desk.acts.looking import sale_terms

    nested = ("approvals", "slices", "orders")
    facts = {name: value for name, value in document.items() if name not in nested}
    show_facts(facts | sale_terms(session.config, session.ledger(read_only=True), sale_id))
    for name in nested:
        click.echo(f"\n{name}")
        rows = document[name]
        assert isinstance(rows, list)
        show_table(rows, empty="none")


def _document(session: Session, sale_id: str) -> dict[str, object]:
    from desk.acts.looking import sale_document

    return sale_document(session.config, session.ledger(read_only=True), session.clock, sale_id)


@sale.command()
@click.argument("sale_id", metavar="ID")
@pass_session
def terms(session: Session, sale_id: str) -> None:
    """The exact bytes that are signed, nothing else: desk sale terms ID | ssh-keygen -Y sign -n desk.sale -f KEY."""
    from desk.ledger import sales

    with session.ledger(read_only=True).read() as tx:
        found = sales.get(tx, sale_id)
    if found is None:
        raise not_found("sale", sale_id, "desk sale list shows them")
    sys.stdout.buffer.write(found.terms.canonical())
    sys.stdout.buffer.flush()


@sale.command()
@click.argument("sale_id", metavar="ID")
@key_option
@click.option(
    "--signature",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signature made elsewhere with ssh-keygen -Y sign -n desk.sale.",
)
@pass_session
def approve(session: Session, sale_id: str, key_file: Path | None, signature: Path | None) -> None:
    """Sign the terms of a staged sale."""
    from desk.acts import signing

    if signature is not None:
        armored = signature.read_text(encoding="ascii", errors="replace")
        given = signing.record_approval(session.config, session.ledger(), session.clock, sale_id, armored)
    elif key_file is not None:
        key = key_file
        given = signing.approve(
            session.config,
            session.ledger(),
            session.clock,
            sale_id,
            key_file=key,
            passphrase=lambda: ask_passphrase(key),
        )
    else:
        raise click.UsageError("say whose signature: --key FILE, DESK_KEY or --signature FILE")
    say(f"{sale_id} signed as {given.person}; {given.sentence}")


@sale.command()
@click.argument("sale_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it goes on the record.")
@pass_session
def reject(session: Session, sale_id: str, reason: str) -> None:
    """Say no to a staged sale."""
    from desk.acts import signing

    signing.reject(session.ledger(), session.clock, sale_id, session.actor, reason)
    say(f"{sale_id} rejected by {session.actor}")


@sale.command()
@click.argument("sale_id", metavar="ID")
@reason_option
@pass_session
def pause(session: Session, sale_id: str, reason: str) -> None:
    """Cancel what rests and stop selling; the curve keeps time."""
    from desk.acts import stopping

    say(stopping.pause(session.ledger(), session.clock, sale_id, session.actor, reason))


@sale.command()
@click.argument("sale_id", metavar="ID")
@key_option
@pass_session
def resume(session: Session, sale_id: str, key_file: Path | None) -> None:
    """Go on with a paused sale; one signature of anyone who may stage or approve."""
    from desk.acts import resuming

    if key_file is None:
        raise click.UsageError("say whose signature: --key FILE or DESK_KEY")
    say(
        resuming.resume(
            session.config,
            session.ledger(),
            session.clock,
            sale_id,
            key_file=key_file,
            passphrase=lambda: ask_passphrase(key_file),
        )
    )


@sale.command()
@click.argument("sale_id", metavar="ID")
@reason_option
@pass_session
def cancel(session: Session, sale_id: str, reason: str) -> None:
    """End a sale for good; what was sold stays sold."""
    from desk.acts import stopping

    say(stopping.cancel(session.ledger(), session.clock, sale_id, session.actor, reason))
