"""Making a desk: what `init` writes when it is missing. Nothing that exists is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from desk.acts.people import HEADER, write_whole
from desk.acts.policy import configured_policy
from desk.clock import DeskTime, LiveClock
from desk.config import Config, load
from desk.ledger import Ledger, control
from desk.permission.key_files import generate_ed25519, openssh_text


def default_config() -> str:
    """The commented configuration that the project ships: the one at the project's top."""
    packed = resources.files("desk") / "default_config.toml"
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8")


def found(path: Path, *, is_demo: bool = False, line: DeskTime | None = None) -> Iterator[str]:
    """Writes what is missing for the configuration at `path`, saying each thing done or found."""
    if path.exists():
        yield f"{path} is there"
    else:
        write_whole(path, default_config(), 0o644)
        yield f"{path} written: the paper default"
    config = load(path)
    yield from _files(config)
    yield _database(config, is_demo, line)
    yield first_policy(config)


def _files(config: Config) -> Iterator[str]:
    people, audit = config.settings.people.allowed_signers, config.settings.audit
    if people.exists():
        yield f"{people} is there"
    else:
        write_whole(people, HEADER, 0o644)
        yield f"{people} written: nobody may sign yet"
    if audit.key.exists():
        yield f"{audit.key} is there"
    else:
        key = generate_ed25519()
        write_whole(audit.key, openssh_text(key).decode(), 0o600)
        write_whole(audit.public_key, key.public.text + "\n", 0o644)
        yield f"{audit.key} written: signs the checkpoints; keep a copy of {audit.key.name}.pub elsewhere"


def _database(config: Config, is_demo: bool, line: DeskTime | None) -> str:
    file = config.database_file
    if file.exists():
        Ledger.open(config.settings.desk.database).close()
        return f"{file} is there"
    file.parent.mkdir(parents=True, exist_ok=True)
    clock = LiveClock(line)
    Ledger.create(config.settings.desk.database, is_demo=is_demo, line=line, clock=clock).close()
    return f"{file} written"


def first_policy(config: Config) -> str:
    """Records the configuration as policy 1 once somebody may sign; later ones need signatures."""
    with_ledger = Ledger.open(config.settings.desk.database)
    try:
        policy = configured_policy(config)
        with with_ledger.read() as tx:
            accepted = control.current_policy(tx)
        if accepted is not None:
            same = accepted[0] == policy.digest()
            return "policy: " + ("in force" if same else "differs from the accepted one; see desk policy diff")
        if not policy.people:
            return "policy: none yet; desk people add NAME KEY.pub, then desk init again"
        clock = LiveClock(with_ledger.desk.line)
        with with_ledger.write(actor="init", clock=clock) as tx:
            control.accept_policy(tx, policy.canonical(), policy.digest(), clock.wall())
        return f"policy 1 recorded: {policy.digest()[:16]}"
    finally:
        with_ledger.close()
