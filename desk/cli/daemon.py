"""`desk daemon`: the headless process that works approved sales."""

from __future__ import annotations

import asyncio

import click

from desk.cli.session import Session, pass_session


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@pass_session
def daemon(session: Session, once: bool) -> None:
    """Work approved sales until SIGTERM. Logs to stderr."""
    config = session.config
    from desk.daemon import serve
    from desk.duty.logs import set_up

    set_up()
    asyncio.run(serve(config, once=once))
