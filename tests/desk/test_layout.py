"""The core is headless: proved by what a subprocess has loaded, not only by what the sources say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def modules_of(package: str) -> list[str]:
    files = sorted((ROOT / package).rglob("*.py"))
    names = [
        str(file.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__") for file in files
    ]
    return [name for name in names if not name.endswith("__main__") and ".migrations." not in name]


def test_no_module_of_the_core_loads_the_screen() -> None:
    statement = "import " + ", ".join(modules_of("desk"))
    assert not loaded_after(statement) & {"textual", "widgets"}


@pytest.mark.parametrize("command", ["--help", "--version"])
def test_plain_commands_load_neither_exchange_nor_database_nor_screen(command: str) -> None:
    statement = f"import desk.cli\ntry:\n    desk.cli.main([{command!r}])\nexcept SystemExit:\n    pass"
    assert not loaded_after(statement) & {"ccxt", "sqlmodel", "sqlalchemy", "textual", "apscheduler", "aiohttp"}
