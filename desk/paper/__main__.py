"""python -m desk.paper: the paper exchange as a process of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from desk.clock import DeskTime, LiveClock
from desk.paper.config import DEMO_KEY, DEMO_SECRET, MarketKind, PaperConfig, PaperRefused
from desk.paper.faults import FaultPlan
from desk.paper.server import run
from desk.paper.tradefile import TradeFileBusy, TradeFileDamaged
from desk.units import AmountRefused, Money, Price, parse_btc, parse_decimal


@click.command(help="Serve the embedded exchange on loopback until SIGTERM.")
@click.option(
    "--port",
    default=8099,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="0 takes a free one; the line printed tells which",
)
@click.option(
    "--trade-file", type=click.Path(path_type=Path), help="the exchange's own record, continued if it exists"
)
@click.option("--fsync", is_flag=True, help="ask the disk to keep each line of the trade file")
@click.option("--seed", default=1, show_default=True, help="decides the synthetic market")
@click.option("--replay", type=click.Path(path_type=Path), help="folder with book.parquet and trades.parquet")
@click.option("--price", default="68524.10", show_default=True, help="where the synthetic market opens")
@click.option("--btc", default="3000", show_default=True, help="the account's opening BTC")
@click.option("--usd", default="0", show_default=True, help="the account's opening USD")
@click.option("--volume-30d", default="0", show_default=True, help="USD already traded, for the fee tier")
@click.option("--speed", default=1, show_default=True, type=click.IntRange(1), help="desk seconds per wall second")
@click.option(
    "--publish-s", type=click.FloatRange(0.01, 60), help="wall seconds between two books sent to whoever listens"
)
@click.option("--wall0", metavar="ISO", help="wall time at which desk time is --desk0; default now")
@click.option("--desk0", metavar="ISO", help="desk time at --wall0, where a new market begins; default the same")
@click.option("--fault-rate", default=0.0, type=click.FloatRange(0, 1), help="share of private calls that go wrong")
@click.option("--fault-seed", default=1, help="decides which")
@click.option("--key", default=DEMO_KEY, envvar="DESK_PAPER_KEY", help="API key; better from DESK_PAPER_KEY")
@click.option(
    "--secret", default=DEMO_SECRET, envvar="DESK_PAPER_SECRET", help="base64; better from DESK_PAPER_SECRET"
)
def main(
    port: int,
    trade_file: Path | None,
    fsync: bool,
    seed: int,
    replay: Path | None,
    price: str,
    btc: str,
    usd: str,
    volume_30d: str,
    speed: int,
    publish_s: float | None,
    wall0: str | None,
    desk0: str | None,
    fault_rate: float,
    fault_seed: int,
    key: str,
    secret: str,
) -> None:
    try:
        line = desk_line(speed, wall0, desk0)
        config = PaperConfig(
            seed=seed,
            start_price=Price(parse_decimal(price)),
            btc=parse_btc(btc),
            usd=Money(parse_decimal(usd)),
            volume_30d=Money(parse_decimal(volume_30d)),
            api_key=key,
            api_secret=secret,
            trade_file=trade_file,
            is_synced=fsync,
            publish_s=publish_s or (0.1 if speed == 1 else 0.05),
            market=MarketKind.REPLAY if replay else MarketKind.SYNTHETIC,
            replay=replay,
            opens=line.desk0 if desk0 else None,
            clock=LiveClock(line),
            faults=FaultPlan(fault_seed, fault_rate) if fault_rate else None,
        )
        run(config, port, lambda url: _ready(url, key, secret))
    except (PaperRefused, AmountRefused, TradeFileBusy, TradeFileDamaged) as error:
        raise click.ClickException(str(error)) from error


def _ready(url: str, key: str, secret: str) -> None:
    """Says where it is; the credentials everybody knows are said too, anybody's own are not."""
    click.echo(f"paper exchange at {url}")
    if (key, secret) == (DEMO_KEY, DEMO_SECRET):
        click.echo(f"export KRAKEN_KEY='{key}' KRAKEN_SECRET='{secret}'", err=True)


def desk_line(speed: int, wall0: str | None, desk0: str | None) -> DeskTime:
    """Desk time from its three parts; what is left out is now. Raises PaperRefused for a time without a zone."""
    if speed == 1 and wall0 is None and desk0 is None:
        return DeskTime.real()
    wall = _moment("--wall0", wall0) if wall0 else datetime.now(UTC)
    return DeskTime(wall, _moment("--desk0", desk0) if desk0 else wall, speed)


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PaperRefused(f"{name} {text!r} is not an ISO time; write 2026-02-07T18:00:00Z") from error
    if moment.tzinfo is None:
        raise PaperRefused(f"{name} {text!r} has no zone; write 2026-02-07T18:00:00Z")
    return moment.astimezone(UTC)


if __name__ == "__main__":
    main(prog_name="python -m desk.paper")
