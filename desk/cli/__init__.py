"""The command line: one module per noun, imported only when its command is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from desk.cli.session import Session

COMMANDS: dict[str, tuple[str, str]] = {
    "tui": ("desk.cli.screen:tui", "Open the full-screen app."),
    "demo": ("desk.cli.demo:demo", "Try everything on a paper exchange: no account, no money."),
    "init": ("desk.cli.init:init", "Write what is missing: config.toml, state/, keys, database."),
    "doctor": ("desk.cli.doctor:doctor", "Check everything the desk leans on, one line each with the fix."),
    "daemon": ("desk.cli.daemon:daemon", "Work approved sales until SIGTERM."),
    "status": ("desk.cli.status:status", "Daemon, halt, venues, working sales, and what waits for whom."),
    "sale": ("desk.cli.sale:sale", "Stage, show, sign, reject, pause, resume and cancel sales."),
    "orders": ("desk.cli.orders:orders", "Every order, as logged."),
    "fills": ("desk.cli.orders:fills", "Every fill, as logged."),
    "holdings": ("desk.cli.treasury:holdings", "Coins by place, and what is sellable."),
    "report": ("desk.cli.report:report", "Monthly update, roll-forward, lots, execution, funding, journal."),
    "lots": ("desk.cli.lots:lots", "What every coin cost, where it lies, and what it brought."),
    "blocks": ("desk.cli.blocks:blocks", "OTC and block sales, recorded by hand and signed."),
    "mining": ("desk.cli.mining:mining", "Coins mined per day, against what was expected and what they cost."),
    "capex": ("desk.cli.capex:capex", "Projects, commitments, milestones, and what funds them."),
    "loans": ("desk.cli.loans:loans", "Loans: LTV now and after the plan, ladder, covenants."),
    "books": ("desk.cli.books:books", "The roll-forward by month and day, what does not agree, and closing."),
    "reconcile": ("desk.cli.reconcile:reconcile", "Ledger, venue trades and balance against each other."),
    "plan": ("desk.cli.plan:plan", "13-week cash forecast, the funding gap, and sales that close it."),
    "halt": ("desk.cli.halt:halt", "Stop everything, now."),
    "rearm": ("desk.cli.halt:rearm", "Lift a halt; two people sign."),
    "policy": ("desk.cli.policy:policy", "What is allowed, and who agreed to it."),
    "people": ("desk.cli.people:people", "Who may sign."),
    "audit": ("desk.cli.audit:audit", "Prove that the record is whole."),
    "backup": ("desk.cli.backup:backup", "Copy the database while it is in use."),
    "restore": ("desk.cli.backup:restore", "Put a checked backup in the database's place."),
    "paper": ("desk.paper.__main__:main", "The embedded exchange alone, on loopback."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs, so that `desk --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]}?", ctx) from None


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "config_path", metavar="FILE", help="Configuration file (else DESK_CONFIG, ./config.toml).")
@click.option("--as", "as_name", metavar="NAME", help="Your name on the record; an identity only in demo databases.")
@click.version_option(package_name="the-desk", prog_name="desk")
@click.pass_context
def root(ctx: click.Context, config_path: str | None, as_name: str | None) -> None:
    """The treasury operations desk of a bitcoin miner. Without a command: the full-screen app."""
    ctx.obj = Session(config_path, as_name, busy_ms=ctx.obj)
    if ctx.invoked_subcommand is None:
        command = ctx.command
        assert isinstance(command, LazyGroup)
        tui = command.get_command(ctx, "tui")
        assert tui is not None
        ctx.invoke(tui)


def main(arguments: Sequence[str] | None = None, *, busy_ms: int | None = None) -> None:
    """Run the command line and exit: 0 done, 1 refused or failed, 2 usage, 3 not found, 4 unavailable.

    `busy_ms`: how long to wait for a database that somebody else holds; None for the ledger's default.
    """
    from desk.cli.failures import exit_code_of

    try:
        root.main(args=arguments, prog_name="desk", standalone_mode=False, obj=busy_ms)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        from desk.cli.table import say

        say(f"desk: {error}", err=True)
        sys.exit(code)
