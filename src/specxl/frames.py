"""pandas data frames in and out: a tidy table as an input, the Results table of a build as an output.

Nothing else needs pandas, which takes a third of a second to import: this module is loaded when a frame is given or asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from specxl.errors import InputError
from specxl.sources import TidyRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.cells import Value

Frame = pd.DataFrame


def tidy_rows(table: object, number: int) -> TidyRows:
    """Take a data frame with the tidy columns as an input; `number` is its place among the inputs, from 1.

    Raises:
        InputError: it is no data frame, or two of its columns have one name.
    """
    name = f"data frame {number}"
    if not isinstance(table, Frame):
        allowed = "a path, a glob, TidyRows or a pandas data frame"
        raise InputError(f"input {number} is a {type(table).__name__}", allowed=allowed)
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputError("two columns have one name", file=name, field=str(twice[0]), next_step="Rename one of them.")
    values = table.astype(object).where(table.notna(), None)
    return TidyRows(name, {str(column): values[column].tolist() for column in table.columns})


def results_frame(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Frame:
    """The Results table as a data frame: a row per comparison and read; what is empty there is missing here."""
    frame = Frame.from_records(
        [[None if value == "" else value for value in row] for row in rows], columns=list(columns)
    )
    return frame.infer_objects()
