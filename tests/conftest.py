"""What several test modules need: the house, the shared data, and the judges from outside."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.libreoffice import office_program
from support.validator import validator_program

from specxl.evaluate import Engine
from specxl.house import House

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.evaluate import Budget, Values
    from specxl.model.cells import Book

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOTS = Path(__file__).resolve().parent / "snapshots"


SLOW_MODULES = frozenset(
    {
        "test_bounds",
        "test_budget",
        "test_changes",
        "test_charts",
        "test_edit_matrix",
        "test_equal_cost",
        "test_evaluations",
        "test_explorer",
        "test_first_screen",
        "test_fitting",
        "test_fleet",
        "test_formula_mutations",
        "test_fuzz",
        "test_growth",
        "test_hostile",
        "test_judge",
        "test_kinds",
        "test_margin",
        "test_moved",
        "test_mutations",
        "test_own_runs",
        "test_packaging",
        "test_pair_matrix",
        "test_performance",
        "test_pipeline",
        "test_published",
        "test_published_edits",
        "test_published_results",
        "test_reference_workbook",
        "test_returned_hostile",
        "test_returned_package",
        "test_returned_reading",
        "test_returned_tampering",
        "test_service_level",
        "test_session",
        "test_shared",
        "test_sides",
        "test_size",
        "test_small_shapes",
        "test_splitting",
        "test_summary",
        "test_verify_file",
        "test_workbook_rules",
    }
)
"""Modules whose tests build workbooks by the dozen, or make environments; a single slow test elsewhere carries the marker."""
OUTSIDE = frozenset({"libreoffice", "validator"})
"""Markers of tests with a judge from outside, which needs seconds for each file."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what needs minutes, so that `-m "not slow"` is what a developer runs between two edits."""
    for item in items:
        if item.path.stem in SLOW_MODULES or OUTSIDE & {marker.name for marker in item.iter_markers()}:
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites what tests compare with."""
    parser.addoption("--bless", action="store_true", help="rewrite tests/snapshots/*.txt with what the tests see now")
    parser.addoption("--fuzz-seconds", type=float, default=2.0, help="how long test_fuzz.py tries each family")
    parser.addoption(
        "--tamperings", type=int, default=34, help="how many test_returned_drawn.py draws over all kinds of tampering"
    )


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data and reference reads, `../shared` unless SPECXL_SHARED names another.

    Skips the test where there is none, and fails it in CI.
    """
    folder = Path(os.environ.get("SPECXL_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        reason = "the folder ../shared is not there (SPECXL_SHARED names another)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and this run requires it")
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def soffice() -> Path:
    """Return the LibreOffice program; skips the test where there is none, and fails it where judges are required."""
    return Path(office_program())


@pytest.fixture(scope="session")
def validator() -> Path:
    """Return the Open XML SDK validator; skips the test where there is none, and fails it where judges are required."""
    return Path(validator_program())


@pytest.fixture
def evaluated_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `verify` evaluate in this process, where that it does so in one of its own is not what is tested: half a second less."""

    def evaluate(path: Path, book: Book, budget: Budget) -> tuple[Values, list[str]]:
        assert budget.seconds > 0
        engine = Engine(path, book)
        return dict(engine.values()), engine.errors()

    monkeypatch.setattr(import_module("specxl.returned.recompute"), "evaluate_apart", evaluate)


@pytest.fixture(scope="session")
def house() -> House:
    """Return the house as it is shipped."""
    return House.load()


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, list[str]], None]:
    """Return a function that compares lines with those kept in tests/snapshots under a name."""
    bless = request.config.getoption("--bless")

    def compare(name: str, lines: list[str]) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if bless:
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        assert lines == kept, (
            "the sheet model changed; if it was meant to, run `pytest --bless` and look at the difference"
        )

    return compare
