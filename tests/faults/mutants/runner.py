"""Breaks the desk on purpose, one patch at a time, in a copy, and sees whether the test that should notice does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PATCHES = Path(__file__).with_name("patches")
COPIED = ("desk", "tests", "pyproject.toml", "config.toml", "README.md")
_KILLED_BY = re.compile(r"^Killed by: (?P<test>\S+)$", re.MULTILINE)
_LONGEST_S = 180


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to be wrong. The patch's header says which in its first line and names the test that must fail."""

    patch: Path

    @property
    def name(self) -> str:
        return self.patch.stem

    @property
    def sentence(self) -> str:
        return self.patch.read_text(encoding="utf-8").partition("\n")[0]

    @property
    def test(self) -> str:
        found = _KILLED_BY.search(self.patch.read_text(encoding="utf-8"))
        if found is None:
            raise ValueError(f"{self.patch.name} names no test: write `Killed by: tests/…::test_…` above the diff")
        return found["test"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the named test failed on the mutant (1 of pytest's exit codes; anything else is no kill)."""

    mutant: Mutant
    is_killed: bool
    seconds: float
    said: str


def mutants(names: Iterable[str] = ()) -> list[Mutant]:
    """Every mutant, or those whose name begins with one of `names`, in order."""
    found = [Mutant(path) for path in sorted(PATCHES.glob("*.patch"))]
    wanted = tuple(names)
    return [one for one in found if not wanted or one.name.startswith(wanted)]


def copy_tree(folder: Path) -> Path:
    """The tree as it lies here, where it may be broken."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "__snapshots__")
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copy(source, target)
    return folder


def apply(mutant: Mutant, tree: Path, *, only_check: bool = False, undo: bool = False) -> str:
    """Applies a patch to a copy; "" or why it does not fit any more. One line of context has to be as it was."""
    command = ["git", "apply", "-C1", *(["--check"] if only_check else []), *(["--reverse"] if undo else [])]
    done = subprocess.run(
        [*command, str(mutant.patch)], cwd=tree, capture_output=True, text=True, check=False, env=_git_free()
    )
    return "" if done.returncode == 0 else done.stderr.strip() or "git apply failed"


def test_in(tree: Path, *tests: str) -> tuple[int, str]:
    """Runs tests in a copy until one fails; pytest's exit code and its last lines."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "xdist.plugin", "-m", ""]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
            env=_git_free(),
        )
    except subprocess.TimeoutExpired:
        return -1, f"no answer in {_LONGEST_S} s"
    return done.returncode, (done.stdout + done.stderr)[-1200:]


def run(chosen: Sequence[Mutant]) -> Iterator[Verdict]:
    """Each mutant against its test. The test has to pass on the unbroken copy, or its failing says nothing."""
    with tempfile.TemporaryDirectory(prefix="desk-mutants-") as made:
        tree = copy_tree(Path(made))
        failing = _failing(tree, sorted({mutant.test for mutant in chosen}))
        for mutant in chosen:
            if mutant.test in failing:
                yield Verdict(mutant, False, 0.0, f"the test fails without the mutant: {failing[mutant.test]}")
            else:
                yield _against_its_test(mutant, tree)


def _against_its_test(mutant: Mutant, tree: Path) -> Verdict:
    began = time.perf_counter()
    problem = apply(mutant, tree)
    if problem:
        return Verdict(mutant, False, 0.0, f"the patch does not apply: {problem}")
    code, said = test_in(tree, mutant.test)
    apply(mutant, tree, undo=True)
    return Verdict(mutant, code == 1, time.perf_counter() - began, "" if code == 1 else said)


def _failing(tree: Path, tests: Sequence[str]) -> dict[str, str]:
    """The tests that fail as it is, with what they say. All of them at once first: that is what is expected."""
    if test_in(tree, *tests)[0] == 0:
        return {}
    alone = {test: test_in(tree, test) for test in tests}
    return {test: said for test, (code, said) in alone.items() if code != 0}


def _git_free() -> dict[str, str]:
    """Without variables that would point git at another repository, or pytest at other options and plug-ins."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTEST_"))} | {
        "GIT_CEILING_DIRECTORIES": tempfile.gettempdir(),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
