"""One column of a table of formulas: its key, header, style and formula."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """One column; in its formula {name} is the row's own cell of that key, or a range or an input of the workbook."""

    key: str
    header: str
    style: str
    formula: str
