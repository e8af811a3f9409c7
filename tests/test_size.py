"""How large the file is: one that people mail, and that opens at once."""

from __future__ import annotations

import zipfile

from support.built import built

from specxl.sheets.frame import WORKINGS

WHOLE, PAIR = 546_000, 49_000
"""Bytes. Of the whole, less than 400,000 are the comparison itself; Performance, the Explorer and the sheets for decisions take the rest."""


def test_the_default_workbook_is_small() -> None:
    """The file of the bundled points keeps within its bound."""
    assert built("default").path.stat().st_size < WHOLE


def test_a_pair_adds_little() -> None:
    """A pair's sheet, its charts and its share of Workings, compressed, keep within their bound."""
    found = built("default")
    layout = found.layout
    with zipfile.ZipFile(found.path) as package:
        sizes = {part.filename: part.compress_size for part in package.infolist()}
    names = [sheet.name for sheet in layout.book.sheets]
    workings = layout.book.sheet(WORKINGS)
    rows = 1 + max(row for row, _ in workings.cells)
    charts = max(size for name, size in sizes.items() if name.startswith("xl/charts/"))

    def part(name: str) -> int:
        return sizes[f"xl/worksheets/sheet{names.index(name) + 1}.xml"]

    for pair in layout.pairs:
        first, last = layout.plan.workings.regions[pair.sheet.name]
        share = part(WORKINGS) * (last - first) / rows
        assert part(pair.sheet.name) + len(pair.sheet.charts) * charts + share < PAIR


def test_the_parts_of_a_workbook_are_compressed_and_undated() -> None:
    """Every part is compressed and has the same date, so that a build gives the same bytes on every day."""
    with zipfile.ZipFile(built("default").path) as package:
        parts = package.infolist()

    assert {part.compress_type for part in parts} == {zipfile.ZIP_DEFLATED}
    assert {part.date_time for part in parts} == {(1980, 1, 1, 0, 0, 0)}
