"""What stands where: small parts of the sheet model as text, so that a change of layout or formula shows in a diff.

The model is that of one small table, laid out but not evaluated. `pytest --bless` rewrites tests/snapshots/*.txt; look at
the difference before it is committed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.layouts import materials
from support.tables import pair_rows, write_table

import specxl
from specxl.model.cells import Formula, Link
from specxl.reading.dataset import load
from specxl.sheets.block.columns import FULL_ROW
from specxl.sheets.book import build_book
from specxl.sheets.frame import PRICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.house import House
    from specxl.model.cells import Sheet
    from specxl.sheets.book import Layout


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory, house: House) -> Layout:
    """Lay out the workbook of one pair with both variants, priced by the bundled card of 2026-04."""
    table = write_table(tmp_path_factory.mktemp("snapshots") / "table.csv", pair_rows())
    options = specxl.BuildOptions(rates="2026-04", title="Snapshots")
    return build_book(materials(load([table], house), house, options))


def lines(sheet: Sheet, rows: range, columns: range) -> list[str]:
    """Describe cells one a line, row by row: address, style, content; formulas begin with an equals sign."""
    return [_line(sheet, row, col) for row in rows for col in columns if (row, col) in sheet.cells]


def _line(sheet: Sheet, row: int, col: int) -> str:
    cell = sheet.cells[row, col]
    content = cell.content
    if isinstance(content, Formula):
        shown = f"={content.text(row)}"
    elif isinstance(content, Link):
        shown = f"{content.text} -> {content.target}"
    else:
        shown = "" if content is None else repr(content)
    return f"{sheet.ref(row, col).address} [{cell.style}] {shown}".rstrip()


def test_the_top_of_a_pair_sheet(layout: Layout, snapshot: Callable[[str, list[str]], None]) -> None:
    """Controls, status lines, targets and the first figures of a pair's sheet."""
    sheet = layout.pairs[0].sheet

    snapshot("pair_top", lines(sheet, range(17), range(8)))


def test_a_comparison_row(layout: Layout, snapshot: Callable[[str, list[str]], None]) -> None:
    """One comparison at one speed: every column with its key, its style and the formula in its cell."""
    cells = layout.results.block[1, 0]

    def listed(key: str) -> str:
        ref = cells[key]
        return f"{key}: {_line(layout.book.sheet(ref.sheet), ref.row, ref.col)}"

    snapshot("comparison_row", [listed(side + column.key) for side, column in FULL_ROW])


def test_the_first_blocks_of_prices(layout: Layout, snapshot: Callable[[str, list[str]], None]) -> None:
    """The rates of the hardware, and the choices for the whole workbook."""
    snapshot("prices", lines(layout.book.sheet(PRICES), range(24), range(9)))


def test_sheets_inputs_and_rules(layout: Layout, snapshot: Callable[[str, list[str]], None]) -> None:
    """Every sheet with what belongs to it as a whole, and every input with its release value and its rule."""
    listed = []
    for sheet in layout.book.sheets:
        counts = {"charts": sheet.charts, "tables": sheet.tables, "highlights": sheet.highlights}
        whole = ", ".join(f"{len(found)} {name}" for name, found in counts.items() if found)
        listed.append(f"{sheet.name} [{sheet.tab}] frozen at {sheet.freeze}; {whole or 'plain'}")
        rules = {rule.ref: rule for rule in sheet.validations}
        for item in sheet.inputs:
            rule = rules[item.ref]
            kind = "a text" if rule.text else "above zero"
            if rule.choices:
                kind = f"one of {rule.choices.sheet}!{rule.choices.address}"
            listed.append(f"  {item.ref.address} {item.label} = {item.released!r}: {kind}")
    snapshot("inputs", listed)


def test_a_snapshot_notices_a_change(
    layout: Layout, snapshot: Callable[[str, list[str]], None], request: pytest.FixtureRequest
) -> None:
    """A cell that moved or changed is a difference, so that none passes by oversight."""
    if request.config.getoption("--bless"):
        pytest.skip("snapshots are being rewritten")
    sheet = layout.book.sheet(PRICES)
    changed = replace(sheet, cells=sheet.cells | {(4, 0): sheet.cells[4, 0]._replace(content="another tier")})

    with pytest.raises(AssertionError, match="another tier"):
        snapshot("prices", lines(changed, range(24), range(9)))
