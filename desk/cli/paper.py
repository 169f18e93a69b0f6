"""`desk paper`: the embedded exchange alone."""

from __future__ import annotations

from pathlib import Path

import click

from desk.cli.session import Session, pass_session


@click.command()
@click.option("--port", default=8099, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--seed", default=1, show_default=True, help="Decides the market.")
@click.option("--btc", default="3000", show_default=True, help="The account's bitcoin.")
@click.option("--usd", default="0", show_default=True)
@click.option("--speed", default=1, show_default=True, type=click.IntRange(1, 3600), help="Desk seconds per second.")
@click.option(
    "--trade-file", type=click.Path(dir_okay=False, path_type=Path), help="Its own record; also its memory."
)
@click.option(
    "--replay", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Recorded book and trades."
)
@pass_session
def paper(session: Session, /, **options: object) -> None:
    """The paper exchange on loopback, until interrupted. It speaks Kraken's dialect; no real money anywhere."""
    from desk.paper.__main__ import serve

    serve(**options)
