"""Anchors: where judged figures stand, by address and key; what a cell is called on its sheet counts for nothing."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.layouts import layout_of, mixed_rows, translated

from specxl.house import House
from specxl.judge.expect import CHECKS
from specxl.judge.moved import MOVED_CHECKS
from specxl.model.cells import Ref
from specxl.model.manifest import lay_manifest, read_manifest
from specxl.sheets.anchors import Anchor, place_of
from specxl.sheets.frame import EXPLORER

if TYPE_CHECKING:
    from specxl.sheets.book import Layout

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
ON_REQUEST = {"changes", *MOVED_CHECKS}
"""Kinds that stand in a workbook only where the build was asked for them, or the inputs hold a past."""
UNJUDGED = {"measurements", "sample table", "off table", "entered"}
"""Kinds that only say where something stands from which figures are computed again."""


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory, house: House) -> Layout:
    """Return the layout of rows in which much differs."""
    return layout_of(mixed_rows(), tmp_path_factory.mktemp("anchors"), house)


def test_every_kind_is_anchored(layout: Layout) -> None:
    """Each kind that has a reference stands in the workbook, and no kind is unknown."""
    assert {anchor.kind for anchor in layout.plan.anchors} == (set(CHECKS) - ON_REQUEST) | UNJUDGED


def test_each_block_has_one_place(layout: Layout) -> None:
    """Kind, owner and tag tell every two blocks apart, and no cell belongs to two blocks of one kind."""
    names = Counter((anchor.kind, anchor.owner, anchor.tag) for anchor in layout.plan.anchors)
    assert set(names.values()) == {1}
    cells = Counter((a.kind, ref) for a in layout.plan.anchors for row in a.cells() for ref in row.values())
    assert set(cells.values()) == {1}


def test_blocks_stand_on_cells_that_were_laid_out(layout: Layout) -> None:
    """Every key of every row is a cell of its sheet, but where a measurement, a page or a line of Fleet says nothing."""
    sheets = {sheet.name: sheet for sheet in layout.book.sheets}
    for anchor in layout.plan.anchors:
        laid = [(ref.row, ref.col) in sheets[ref.sheet].cells for row in anchor.cells() for ref in row.values()]
        assert any(laid)
        if anchor.kind not in ("measurements", "results", "off table", "fleet-shown", "level-rows"):
            assert all(laid), anchor


def test_owners_are_sheets(layout: Layout) -> None:
    """A block is moved by the dropdowns of one sheet, a pair's or the Explorer's, or by those of the whole workbook."""
    pairs = {pair.sheet.name for pair in layout.pairs}
    owners = {anchor.owner for anchor in layout.plan.anchors}
    assert owners == {"", EXPLORER, *pairs}
    for name in pairs:
        kinds = {anchor.kind for anchor in layout.plan.anchors if anchor.owner == name}
        assert {"selection", "comparison", "samples", "knots", "targets", "answer"} <= kinds


def test_an_anchor_knows_its_cells() -> None:
    """Rows run down from the first cell, keys to the right; the manifest names the first cell by its address."""
    anchor = Anchor("kind", "Owner", Ref("S", 4, 2), ("x", "y"), ((1,), (2,), (3,)), "tag")

    rows = list(anchor.cells())

    assert anchor.rows == 3
    assert [(row["x"].address, row["y"].address) for row in rows] == [("C5", "D5"), ("C6", "D6"), ("C7", "D7")]
    assert place_of(anchor).line() == "kind|Owner|tag|S|C5|3"
    assert place_of(anchor).first == anchor.first


def test_the_manifest_carries_every_anchor(layout: Layout) -> None:
    """What is laid out on About is read back as it was: kinds, owners, tags, first cells, rows and keys."""
    book = copy.deepcopy(layout.book)
    places = [place_of(anchor) for anchor in layout.plan.anchors]

    root = lay_manifest(book, places)

    read = read_manifest(book)
    assert read is not None
    assert read[0].blocks == tuple(places)
    assert read[0].root == read[1] == root
    assert all(place.keys for place in places)


def test_a_block_that_is_named_otherwise_changes_the_root_digest(layout: Layout) -> None:
    """The root digest covers the blocks: fewer of them, or other rows, are another manifest."""
    places = [place_of(anchor) for anchor in layout.plan.anchors]
    roots = {lay_manifest(copy.deepcopy(layout.book), blocks) for blocks in (places, places[1:], places[:-1], [])}

    assert len(roots) == 4


def test_words_do_not_move_anchors(layout: Layout, tmp_path: Path) -> None:
    """With every word of every template replaced, each block stands where it stood, under the same keys."""
    (tmp_path / "words").mkdir()
    other = layout_of(mixed_rows(), tmp_path, House.load(translated(tmp_path / "words", TEMPLATES)))

    assert [place_of(anchor) for anchor in other.plan.anchors] == [place_of(anchor) for anchor in layout.plan.anchors]
    labels = [
        {cell.content for sheet in each.book.sheets for cell in sheet.cells.values() if isinstance(cell.content, str)}
        for each in (layout, other)
    ]
    assert len(labels[0] ^ labels[1]) > 100, "and the words are other words indeed"
