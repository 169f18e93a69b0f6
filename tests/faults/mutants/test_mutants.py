"""Deliberate mistakes: every patch still fits the code, and the tests they name notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.mutants.runner import ROOT, Mutant, Verdict, apply, copy_tree, mutants, run

EVERY = mutants()
A_FEW = ("01", "05", "07", "12")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("mutants"))


def test_there_are_as_many_as_were_promised() -> None:
    assert len(EVERY) >= 12


@pytest.mark.parametrize("mutant", EVERY, ids=[mutant.name for mutant in EVERY])
def test_a_patch_applies_and_names_a_test_that_is_there(mutant: Mutant, tree: Path) -> None:
    assert apply(mutant, tree, only_check=True) == ""
    file, _, test = mutant.test.partition("::")
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    return {verdict.mutant.name[:2]: verdict for verdict in run(mutants(A_FEW))}


@pytest.mark.slow
@pytest.mark.xdist_group("mutants")
@pytest.mark.parametrize("number", A_FEW)
def test_a_mutant_is_killed_by_the_test_it_names(number: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[number].is_killed, verdicts[number].said
