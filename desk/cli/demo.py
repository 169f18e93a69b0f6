"""`desk demo`: everything on a paper exchange; no account, no money."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.cli.failures import Failure

if TYPE_CHECKING:
    from desk.demo.world import World
    from desk.sale.records import Sale


@click.command()
@click.option("--headless", is_flag=True, help="Without the app: work one sale to its end and prove it.")
@click.option("--speed", type=click.IntRange(1, 3600), help="Desk seconds per second (default 60; headless 600).")
@click.option("--seed", type=int, default=7, show_default=True, help="Decides market and schedule.")
@click.option(
    "--replay", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Recorded book and trades."
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Make it here, and leave it there.")
@click.option(
    "--check", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Prove a finished one again."
)
def demo(
    headless: bool, speed: int | None, seed: int, replay: Path | None, folder: Path | None, check: Path | None
) -> None:
    """Paper exchange, daemon and app on a scratch database with the Cango case."""
    if check is not None:
        _prove(check)
        return
    from desk.cli.screen import has_terminal

    headless = headless or not has_terminal()
    from desk.demo.world import DemoFailed, running

    with ExitStack() as stack:
        scratch = _scratch(folder, stack)
        try:
            world = stack.enter_context(
                running(scratch, speed=speed or (600 if headless else 60), seed=seed, replay=replay)
            )
            _headless(world) if headless else _app(world)
        except DemoFailed as problem:
            raise Failure(str(problem)) from None
        if headless:
            world.stop()
            _prove(scratch)


def _scratch(folder: Path | None, stack: ExitStack) -> Path:
    if folder is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="desk-demo-")))
    if folder.exists() and any(folder.iterdir()):
        raise Failure(f"{folder} is not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder.absolute()


def _headless(world: World) -> None:
    from desk.demo import headless
    from desk.units import btc_text

    with click.progressbar(length=10_000, label="selling", show_eta=False, file=sys.stderr) as bar:

        def progress(sale: Sale) -> None:
            share = int(sale.filled * 10_000 // sale.quantity)
            bar.label = f"{sale.id} {sale.state:<9} {btc_text(sale.filled)} BTC"
            bar.update(share - bar.pos)

        headless.work_a_sale(world, progress)


def _prove(folder: Path) -> None:
    from desk.demo.headless import result_of

    result = result_of(folder)
    for line in result.lines():
        click.echo(line)
    if not result.is_well:
        raise Failure("the demo does not prove what it should")


def _app(world: World) -> None:
    from desk.cli.screen import open_app
    from desk.demo.world import STAGER, stage_demo_sale

    stage_demo_sale(world, btc="445.10", over=timedelta(hours=6), slices=36)
    open_app(
        world.config,
        read_only=False,
        as_name=STAGER,
        keys=tuple(world.key_of(name) for name in ("alice", "bob", "olga")),
    )
