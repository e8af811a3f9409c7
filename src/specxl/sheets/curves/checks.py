"""The tests of the Curves sheet: for each row a sum of terms that are 1 where a cell is not what it must be.

Values and tangents are held against what the reference computed at the build. Whole numbers, and workings that follow
from cells tested already, are held against what they must be exactly: any edit of any of them turns a check red.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from specxl.sheets.block.column import Column

RELATIVE_TOLERANCE = "1E-9"
# Recomputed in place: the step, the slopes, and what is counted or compared from knot to knot.
_AGAIN = ("s_", "known_", "low_", "high_", "top_")


def differs(live: str, twin: str) -> str:
    """True when a live number is not its twin; SUM reads an empty or a text cell as 0, as an empty twin counts."""
    return f"(ABS(SUM({live})-{twin})>{RELATIVE_TOLERANCE}*ABS({twin}))"


def is_not(cell: str, expected: object) -> str:
    """True when a cell is not exactly a whole number or a formula's value, a text among them."""
    return f"({cell}<>{expected})"


def count_of(terms: Iterable[str]) -> str:
    """The number of terms that hold; one term alone would be a truth value, which SUM does not count."""
    return "0+" + "+".join(terms)


def faults(area: str, tests: int | None = None) -> str:
    """The number of tests in an area that are not 0; a test that was overwritten by a text is one of them.

    `tests` is how many there are, where that is not one in every row.
    """
    return f"SUM({area})+{f'ROWS({area})' if tests is None else tests}-COUNT({area})"


def knot_terms(
    columns: Sequence[Column],
    names: Mapping[str, str],
    metrics: Sequence[str],
    unused: Collection[str],
) -> list[str]:
    """The terms of a knot's workings.

    Args:
        names: the row's cells, and those above and below, by key.
        unused: the tangents of token classes that the curve lacks, which no reference knows.
    """
    inner_unused = {f"i_{key.removeprefix('m_')}" for key in unused}
    again = [c for c in columns if c.key == "h" or c.key.startswith(_AGAIN) or c.key in {*unused, *inner_unused}]
    terms = [is_not(names[c.key], c.formula.format_map(names)) for c in again]
    inner, tangents = (f"{names[f'{p}_{metrics[0]}']}:{names[f'{p}_{metrics[-1]}']}" for p in "im")
    terms.append(f"SUMPRODUCT(1*({inner}<>{tangents}*({names['h']}<>0)*({names['knot']}>1)))")
    keys = [c.key for c in columns]  # the step and everything after it is always a number
    terms.append(f"(COUNT({names['h']}:{names[keys[-1]]})<>{len(keys) - keys.index('h')})")
    return terms
