"""Small data sets of awkward shapes: each builds, shows no error value, and is verified as it was built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.parts import stored_results
from support.shapes import SMALL
from support.tables import write_table

import specxl
from specxl.sheets.frame import EXPLORER, FIXED_NAMES, MOVED

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("evaluated_here")

ERRORS = ("#N/A", "#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#CIRC!", "#ERROR!", "#SPILL!", "#CALC!")
LEAST = 40
READS = 4  # of each comparison: on Results, and on each sheet


def test_there_are_enough_shapes() -> None:
    """No shape was lost, and no two of them are the same rows under two names."""
    assert len(SMALL) >= LEAST
    contents = [str(rows) for rows in SMALL.values()]
    assert len(set(contents)) == len(contents)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_data_set_builds_and_verifies(tmp_path: Path, name: str) -> None:
    """The build agrees with the reference in every state, no cell shows an error, and verify finds it as it was built."""
    table = write_table(tmp_path / "table.csv", SMALL[name])

    result = specxl.build([table], tmp_path / "out.xlsx")

    stored = stored_results(result.path)
    assert [(cell, value) for cell, value in stored.items() if isinstance(value, str) and value in ERRORS] == []
    report = specxl.verify_file(result.path)
    of_two_sides = {sheet for sheet, _ in stored} - set(FIXED_NAMES) | ({EXPLORER} & {sheet for sheet, _ in stored})
    assert (report.outcome, report.errors, report.disagreements) == ("unchanged", (), ())
    reads = READS * (result.comparisons + len(of_two_sides))
    # each day of a past is compared once more
    assert report.reads > reads if MOVED in {sheet for sheet, _ in stored} else report.reads == reads
    assert result.reads_verified > report.reads
