"""What several test modules need: the house, the shared data, and the judges from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.libreoffice import office_program
from support.validator import validator_program

from specxl.house import House

ROOT = Path(__file__).resolve().parents[1]


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
