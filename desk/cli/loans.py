"""`desk loans`: every loan now and after what is planned for it; the ladder, and what a repayment would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from desk.cli.failures import Failure, not_found
from desk.cli.loan_words import covenant_rows, ladder_rows, loan_head, now_and_after, standing_rows, what_if_rows
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table
from desk.cli.treasury import add_import
from desk.units import Bps, Money, decimal_text, parse_decimal

if TYPE_CHECKING:
    from desk.snapshot.model import DeskSnapshot, LoanView
    from desk.treasury.records import Loan

_EMPTY = "no open loan on record: desk loans import FILE"


@click.group("loans", invoke_without_command=True)
@json_option
@click.pass_context
def loans(ctx: click.Context, as_json: bool) -> None:
    """Loans: today's debt, LTV now and after the sales planned for it, limits, and covenants."""
    if ctx.invoked_subcommand is not None:
        return
    desk = _picture(ctx.ensure_object(Session))
    if as_json:
        from desk.snapshot.loan_json import loans_json

        emit_json(loans_json(desk))
        return
    for loan in desk.loans:
        _show(loan)
    if not desk.loans:
        say(_EMPTY)


add_import(loans, "loans")


@loans.command()
@click.argument("loan_id", metavar="[LOAN]", required=False)
@json_option
@pass_session
def ladder(session: Session, loan_id: str | None, as_json: bool) -> None:
    """Each loan at falls of the price by 10 … 60 %: LTV, call, and the BTC that would bring it back."""
    chosen = _chosen(_picture(session), loan_id)
    if as_json:
        from desk.snapshot.loan_json import rung_json, standing_json

        emit_json(
            {
                "loans": [
                    {
                        "loan": one.name,
                        "planned": list(one.planned),
                        "now": standing_json(one.now),
                        "after": standing_json(one.after),
                        "ladder": [rung_json(rung) for rung in one.rungs],
                        "notes": list(one.notes),
                    }
                    for one in chosen
                ]
            }
        )
        return
    for one in chosen:
        say(loan_head(one))
        show_table(ladder_rows(one), empty=_no_ladder(one))
        _notes(one)
    if not chosen:
        say(_EMPTY)


@loans.command("repay-what-if")
@click.argument("loan_id", metavar="LOAN")
@click.option("--usd", metavar="N", help="Dollars to repay; for a loan in dollars.")
@click.option("--amount", metavar="N", help="What to repay, in the loan's own currency.")
@json_option
@pass_session
def repay_what_if(session: Session, loan_id: str, usd: str | None, amount: str | None, as_json: bool) -> None:
    """What repaying N would do: LTV, limits, what the lender releases, and the coins that would pay for it."""
    if (usd is None) == (amount is None):
        raise click.UsageError("say how much, once: --usd N, or --amount N in the loan's own currency")
    from desk.treasury.repaying import what_if

    (view,) = _chosen(_picture(session), loan_id)
    if usd is not None and view.currency != "USD":
        raise Failure(f"{view.name} is owed in {view.currency}; say --amount N")
    loan = _on_record(session, view.name)
    found = what_if(
        loan,
        view.debt,
        view.now.price if view.now else None,
        Money(parse_decimal(usd or amount or "")),
        target=loan.initial_ltv,
        cost=session.config.settings.treasury.sale_cost_bps,
        today=session.clock.now().date(),
    )
    if as_json:
        from desk.snapshot.loan_json import what_if_json

        emit_json(what_if_json(view.name, view.currency, found))
        return
    say(loan_head(view))
    show_table(what_if_rows(view, found), empty="")
    _notes(view)


@loans.command("to-target")
@click.argument("loan_id", metavar="LOAN")
@click.option("--ltv", "percent", metavar="PERCENT", required=True, help="The LTV to come to, like 50.")
@json_option
@pass_session
def to_target(session: Session, loan_id: str, percent: str, as_json: bool) -> None:
    """Four ways to an LTV: pledge coins, repay cash, sell pledged coins, or sell others and repay."""
    from desk.treasury.ladder import standing

    (view,) = _chosen(_picture(session), loan_id)
    target = Bps(parse_decimal(percent) * 100)
    if not 0 < target < 10_000:
        raise Failure(f"an LTV of {percent} % cannot be aimed at; write 50 for 50 %")
    loan, price = _on_record(session, view.name), view.now.price if view.now else None
    found = standing(loan, view.debt, price, target=target, cost=session.config.settings.treasury.sale_cost_bps)
    if as_json:
        from desk.snapshot.loan_json import standing_json

        emit_json({"loan": view.name, "target_ltv_bps": decimal_text(target), **(standing_json(found) or {})})
        return
    say(loan_head(view))
    show_table(standing_rows(view, {"now": found}, target), empty="")
    _notes(view)


def _show(loan: LoanView) -> None:
    say(loan_head(loan))
    show_table(now_and_after(loan), empty="")
    if loan.covenants:
        say("")
        show_table(covenant_rows(loan), empty="")
    _notes(loan)


def _notes(loan: LoanView) -> None:
    for note in loan.notes:
        say(f"  {note}")
    say("")


def _no_ladder(loan: LoanView) -> str:
    return "no ladder: nothing is pledged" if not loan.collateral else "no ladder: price missing"


def _picture(session: Session) -> DeskSnapshot:
    from desk.snapshot.build import SnapshotBuilder

    ledger = session.ledger(read_only=True)
    return SnapshotBuilder(session.config, ledger, session.clock).build()


def _chosen(desk: DeskSnapshot, loan_id: str | None) -> Sequence[LoanView]:
    if loan_id is None:
        return desk.loans
    found = [one for one in desk.loans if one.name == loan_id]
    if not found:
        known = ", ".join(one.name for one in desk.loans) or "none is on record: desk loans import FILE"
        raise not_found("open loan", loan_id, f"open are {known}")
    return found


def _on_record(session: Session, loan_id: str) -> Loan:
    from desk.ledger import treasury

    with session.ledger(read_only=True).read() as tx:
        return next(one for one in treasury.loans(tx) if one.id == loan_id)
