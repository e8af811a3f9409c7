"""What several test modules need: the house, the shared data, and the judges from outside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.libreoffice import office_program
from support.validator import validator_program

from specxl.house import House

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOTS = Path(__file__).resolve().parent / "snapshots"


SLOW_MODULES = frozenset(
    {
        "test_edit_matrix",
        "test_formula_mutations",
        "test_hostile",
        "test_judge",
        "test_mutations",
        "test_packaging",
        "test_reference_workbook",
        "test_small_shapes",
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
    parser.addoption("--fuzz-seconds", type=float, default=5.0, help="how long test_fuzz.py tries each family")


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
