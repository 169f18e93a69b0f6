"""`desk report NAME`: for auditors, lenders, the board and the accountants."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from desk.cli.failures import Failure
from desk.cli.session import Session, pass_session

NAMES: dict[str, str] = {
    "monthly": "Production and treasury update in the layout miners publish.",
    "rollforward": "Roll-forward by day and month, with the fair-value disclosures.",
    "lots": "Lots and disposals with every field an auditor asks for.",
    "execution": "What each sale did, cost, and who allowed it.",
    "funding": "Needs, forecast, loans and covenants as of now.",
    "journal": "Journal lines of a month, balanced, with the configured accounts.",
}
_FORMS = ("md", "csv", "xlsx", "html")


@click.group()
def report() -> None:
    """Reports as Markdown, CSV, XLSX or HTML: the same record gives the same bytes."""


def _command(name: str, text: str) -> None:
    @report.command(name, help=text)
    @click.option("--month", metavar="YYYY-MM", help="The month (UTC); by default the last whole one.")
    @click.option("--format", "form", type=click.Choice(_FORMS), default="md", show_default=True)
    @click.option(
        "--out", type=click.Path(dir_okay=False, path_type=Path), help="Into this file, never over another."
    )
    @pass_session
    def made(session: Session, month: str | None, form: str, out: Path | None) -> None:
        from desk.acts.reporting import make_report
        from desk.reports.forms import FORMS

        if form == "xlsx" and out is None:
            raise click.UsageError("a workbook needs a file: --out FILE")
        ledger = session.ledger(read_only=True)
        found = make_report(name, session.config, ledger, session.clock, month)
        data = FORMS[form](found)
        if out is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        try:
            with out.open("xb") as file:
                file.write(data)
        except FileExistsError:
            raise Failure(f"{out} exists; name another file") from None
        except OSError as problem:
            raise Failure(f"{out}: cannot be written ({problem.strerror})") from None
        click.echo(f"{out}: {len(data):,} bytes", err=True)


for _name, _text in NAMES.items():
    _command(_name, _text)
