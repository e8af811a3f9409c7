"""The one judge over files: it finds figures by their places, compares all of them, and says what it could not compare."""

from __future__ import annotations

import copy
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from support.layouts import layout_of, translated
from support.mutants import judged
from support.parts import formula_texts, sheet_parts
from support.repack import drop_row, edit_sheet, repack
from support.shapes import FALLING, STEEP, both, scaled
from support.tables import write_table

import specxl
from specxl.cli import main
from specxl.errors import DisagreementError, WorkbookFileError
from specxl.evaluate import Engine
from specxl.judge.compare import Tally
from specxl.judge.expect import CHECKS
from specxl.judge.moved import MOVED_CHECKS
from specxl.judge.states import require_all
from specxl.model import manifest as manifest_module
from specxl.model.cells import address
from specxl.model.manifest import BlockPlace, lay_manifest
from specxl.returned.reads import compare_reads
from specxl.returned.view import View
from specxl.sheets.anchors import place_of
from specxl.sheets.frame import RESULTS, WORKINGS
from specxl.workbook import write_workbook
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.evaluate import Values
    from specxl.house import House
    from specxl.returned.reads import ReadVerdict
    from specxl.returned.report import FileReport
    from specxl.sheets.book import Layout

    Compare = Callable[[Callable[[list[BlockPlace]], list[BlockPlace]]], ReadVerdict]

pytestmark = pytest.mark.usefixtures("evaluated_here")

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
STRINGS = "xl/sharedStrings.xml"
Blocks = list[BlockPlace]


def rows() -> list[dict[str, object]]:
    """Two sheets, three comparisons, two engines with both sides."""
    return [
        *both(FALLING, STEEP, engine="vllm"),
        *both(scaled(FALLING, 1.3), STEEP[:3], engine="sglang"),
        *both(STEEP, FALLING, workload="8k/1k"),
        *both(FALLING, STEEP, hardware="h200"),
    ]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory, house: House) -> tuple[Layout, Values]:
    """Return a layout without its manifest, and the values of its formulas as the workbook opens."""
    folder = tmp_path_factory.mktemp("judge")
    layout = layout_of(rows(), folder, house)
    write_plain(layout.book, folder / "plain.xlsx")
    return layout, Engine(folder / "plain.xlsx", layout.book).values()


@pytest.fixture
def finished(evaluated: tuple[Layout, Values], house: House, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the workbook with a manifest over the blocks that it is given."""

    def finish(change: Callable[[Blocks], Blocks] = lambda blocks: blocks) -> Path:
        layout, values = evaluated
        book = copy.deepcopy(layout.book)
        lay_manifest(book, change([place_of(anchor) for anchor in layout.plan.anchors]))
        path = tmp_path / "out.xlsx"
        write_workbook(book, values, house.theme, path)
        return path

    return finish


@pytest.fixture
def compared(evaluated: tuple[Layout, Values]) -> Compare:
    """Return what `verify` makes of the workbook's cells, and of a manifest over the blocks that a function leaves of all.

    That a file is read into the same cells, and that what is found here ends in "wrong", is tested with whole files.
    """
    layout, values = evaluated
    view, blocks = View(layout.book, values), [place_of(anchor) for anchor in layout.plan.anchors]
    return lambda change: compare_reads(view, change(blocks))


def test_a_whole_manifest_is_found_to_be_one(compared: Compare) -> None:
    """Nothing is missed where nothing is missing."""
    assert compared(list).disagreements == []


@pytest.fixture
def sound(finished: Callable[..., Path]) -> FileReport:
    """Return what verify says of the workbook as it was built."""
    report = specxl.verify_file(finished())
    assert (report.outcome, report.disagreements) == ("unchanged", ())
    return report


def found(report: FileReport) -> str:
    """Everything that a report finds, as one text."""
    return " ".join((*report.disagreements, *map(str, report.differences), *report.problems))


# --- what words and looks do not matter for ---------------------------------------------------------------------------


def test_other_words_are_no_hindrance(sound: FileReport, tmp_path: Path) -> None:
    """A workbook in other words is verified as completely as one in ours."""
    (tmp_path / "words").mkdir()
    table = write_table(tmp_path / "table.csv", rows())
    options = specxl.BuildOptions(rates="2026-08", templates=translated(tmp_path / "words", TEMPLATES))

    report = specxl.verify_file(specxl.build([table], tmp_path / "other.xlsx", options).path)

    assert (report.outcome, report.disagreements) == ("unchanged", ())
    assert report.reads == sound.reads


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a_cost_per_mtok", "Kosten A"),
        ("A: status code", "Zustand"),
        ("Certainty", "Gewissheit"),
        ("Speed per user, tok/s", "Tempo"),
    ],
)
def test_a_renamed_header_or_label_hides_no_read(
    finished: Callable[..., Path], sound: FileReport, tmp_path: Path, old: str, new: str
) -> None:
    """The change is named, and every read is compared all the same: none is looked up by what stands beside it."""
    path = finished()
    texts = openpyxl.load_workbook(path)
    held = [cell.value for sheet in texts for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    label = next((text for text in held if text == old), None) or next(text for text in held if text.startswith(old))
    copied = repack(path, tmp_path / "renamed.xlsx", {STRINGS: lambda xml: xml.replace(f">{label}<", f">{new}<")})

    report = specxl.verify_file(copied)

    assert report.outcome == "altered"
    assert (report.reads, report.disagreements) == (sound.reads, ())


# --- what is not where it was -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("close_up", [False, True], ids=["emptied", "deleted"])
@pytest.mark.parametrize("kind", ["comparison", "ranking", "results", "knot table", "answer"])
def test_a_row_that_is_gone_is_found(
    finished: Callable[..., Path],
    evaluated: tuple[Layout, Values],
    tmp_path: Path,
    kind: str,
    close_up: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A row of a block that was emptied or deleted leaves a disagreement beside the difference, not fewer reads."""
    anchor = next(a for a in evaluated[0].plan.anchors if a.kind == kind)
    path = finished()
    gone = edit_sheet(
        path, tmp_path / "gone.xlsx", anchor.first.sheet, drop_row(anchor.first.row + 2, close_up=close_up)
    )

    report = specxl.verify_file(gone)

    assert report.outcome != "unchanged"
    assert report.exit_status == 1
    assert report.disagreements or report.errors or report.problems


def without(*kinds: str) -> Callable[[Blocks], Blocks]:
    """Leave blocks out of the manifest."""
    return lambda blocks: [block for block in blocks if block.kind not in kinds]


def without_owner(blocks: Blocks) -> Blocks:
    """Leave every block of the second sheet out."""
    owners = list(dict.fromkeys(block.owner for block in blocks if block.owner))
    return [block for block in blocks if block.owner != owners[1]]


def fewer(kind: str) -> Callable[[Blocks], Blocks]:
    """Let the first block of a kind end a row early."""

    def change(blocks: Blocks) -> Blocks:
        at = next(i for i, block in enumerate(blocks) if block.kind == kind)
        return [*blocks[:at], replace(blocks[at], rows=blocks[at].rows - 1), *blocks[at + 1 :]]

    return change


def lower(kind: str) -> Callable[[Blocks], Blocks]:
    """Let the first block of a kind begin a row late."""

    def change(blocks: Blocks) -> Blocks:
        at = next(i for i, block in enumerate(blocks) if block.kind == kind)
        first = blocks[at].first.down()
        moved = replace(blocks[at], cell=address(first.row, first.col), rows=max(blocks[at].rows - 1, 1))
        return [*blocks[:at], moved, *blocks[at + 1 :]]

    return change


KINDS = sorted(CHECKS)
NONE_HERE = ("off", "crossings", "changes", *MOVED_CHECKS)
LONG = [
    kind for kind in KINDS if kind not in ("in force", "selection", "exploration", "figures", "margin", *NONE_HERE)
]  # of more than one row here


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NONE_HERE])
def test_a_manifest_without_a_kind_of_block_is_found(compared: Compare, kind: str) -> None:
    """Whatever kind is missing from a manifest whose digests are right, the workbook is not as it was built."""
    assert compared(without(kind)).disagreements


def test_a_manifest_without_blocks_is_found(finished: Callable[..., Path]) -> None:
    """Without any block nothing is compared, and that is said."""
    report = specxl.verify_file(finished(lambda _: []))

    assert (report.outcome, report.reads) == ("wrong", 0)
    assert "the manifest names 0 rows of ranking, not 1" in found(report)


def test_a_manifest_without_a_sheet_s_blocks_is_found(finished: Callable[..., Path], sound: FileReport) -> None:
    """The reads of a sheet that are left out are missed by its table of combinations, or by the sheet itself."""
    report = specxl.verify_file(finished(without_owner))

    assert report.reads < sound.reads
    assert report.outcome == "wrong", found(report)


@pytest.mark.parametrize(
    "change", [without("margin"), fewer("performance_samples"), lower("even")], ids=["no", "short", "low"]
)
def test_what_is_missed_ends_in_wrong(finished: Callable[..., Path], change: Callable[[Blocks], Blocks]) -> None:
    """A whole file whose manifest misses a block, or a part of one, is not as it was built."""
    report = specxl.verify_file(finished(change))

    assert report.outcome == "wrong", found(report)


@pytest.mark.parametrize("kind", LONG)
def test_a_block_with_fewer_rows_is_found(compared: Compare, kind: str) -> None:
    """A block that ends before its cells do is not whole."""
    assert compared(fewer(kind)).disagreements


@pytest.mark.parametrize("kind", LONG)
def test_a_block_that_begins_elsewhere_is_found(compared: Compare, kind: str) -> None:
    """A block that is said to begin a row lower holds other cells than the reference expects, or lacks its first."""
    assert compared(lower(kind)).disagreements


def test_a_block_on_a_sheet_that_does_not_exist_is_found(finished: Callable[..., Path]) -> None:
    """An address that leads nowhere is a disagreement with the sheet's name, not an error of the program."""
    report = specxl.verify_file(
        finished(lambda blocks: [replace(b, sheet="Nowhere") if b.kind == "bars" else b for b in blocks])
    )

    assert report.outcome == "wrong"
    assert "Nowhere" in found(report)


def test_a_manifest_changed_by_hand_is_found(finished: Callable[..., Path], tmp_path: Path) -> None:
    """A line of the manifest that was edited in the file no longer has the root digest."""
    path = finished()
    line = next(text for text in re.findall(r"comparison\|[^<>]*?\|\d+(?=[ <])", _part(path, STRINGS)))
    changed = line.rpartition("|")[0] + "|1"

    report = specxl.verify_file(repack(path, tmp_path / "c.xlsx", {STRINGS: lambda xml: xml.replace(line, changed)}))

    assert report.outcome == "altered"
    assert "the manifest does not have its root digest" in found(report)


def _part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as package:
        return package.read(name).decode()


# --- older versions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", manifest_module.OLDER_FORMATS)
def test_a_workbook_of_an_older_version_is_refused(
    finished: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """One sentence says which format it has, which this version reads, and what to do; nothing is half verified."""
    monkeypatch.setattr(manifest_module, "FORMAT", form)
    path = finished()
    monkeypatch.undo()
    said = (
        f"{path}: the workbook was built by an older version: its manifest has the format {form!r}, this version reads "
        f"{manifest_module.FORMAT!r}. Verify it with the specxl version that built it"
    )

    with pytest.raises(WorkbookFileError) as refused:
        specxl.verify_file(path)
    run = CliRunner().invoke(main, ["verify", str(path)])

    assert str(refused.value) == said
    assert (run.exit_code, run.stdout, run.stderr.strip()) == (3, "", f"Error: {said}")


# --- the count --------------------------------------------------------------------------------------------------------


def test_every_row_that_was_laid_is_compared(evaluated: tuple[Layout, Values], tmp_path: Path) -> None:
    """In a build each block is looked at at least once, and the count says so."""
    layout = evaluated[0]
    _, tally = judged(layout, tmp_path)

    laid: dict[str, int] = {}
    for anchor in layout.plan.anchors:
        laid[anchor.kind] = laid.get(anchor.kind, 0) + anchor.rows
    assert {kind for kind in CHECKS if kind in laid} == set(tally.rows)
    assert all(tally.rows[kind] >= laid[kind] for kind in tally.rows)
    assert tally.cells > 10_000


def test_a_row_that_is_not_compared_stops_the_build(evaluated: tuple[Layout, Values]) -> None:
    """Silence is an error: a kind of which a row was never looked at is named."""
    anchors = [anchor for anchor in evaluated[0].plan.anchors if anchor.kind in CHECKS]
    tally = Tally()
    for anchor in anchors:
        tally.count(anchor.kind, anchor.rows)
    require_all(anchors, tally)
    tally.rows["results"] -= 1

    with pytest.raises(
        DisagreementError, match=r"\d+ of \d+ rows of kind 'results' were compared\. Nothing was written"
    ):
        require_all(anchors, tally)


def test_the_parts_used_here_exist(finished: Callable[..., Path]) -> None:
    """The file has the sheets and formulas that these tests change."""
    path = finished()

    assert {RESULTS, WORKINGS} <= set(sheet_parts(path))
    assert len(formula_texts(path)) > 5_000
