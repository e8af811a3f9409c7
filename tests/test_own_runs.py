"""Runs of one's own beside the official ones: a line of their own, never counted, and nothing official moves by a bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner
from support.engine import Book
from support.parts import formula_texts
from support.places import Places
from support.tables import SPEEDS, pair_rows, write_table

import specxl
from specxl.changes import diff_files
from specxl.cli import main
from specxl.errors import InputError, OptionError
from specxl.house import data_file
from specxl.pipeline import PUBLISHED
from specxl.reading.dataset import DatasetOptions, load
from specxl.recipe import BuildOptions
from specxl.returned import verify_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from specxl.house import House

pytestmark = pytest.mark.usefixtures("evaluated_here")

LABEL = "Our cluster"
OFFICIAL = [*pair_rows(), *pair_rows(hardware="h200", engine="vllm"), *pair_rows(workload="8k/1k", hardware="h200")]


def own_rows(factor: float = 1.25, variants: Iterable[str] = SPEEDS, **facts: object) -> list[dict[str, Any]]:
    """The rows of a pair that gives a factor of the tokens, measured later."""
    found = pair_rows(variants, date="2026-06-01", **facts)
    for row in found:
        for key in ("total_tok_s_gpu", "output_tok_s_gpu", "input_tok_s_gpu"):
            row[key] *= factor
    return found


def build(
    folder: Path,
    name: str,
    *tables: tuple[str, list[dict[str, Any]]],
    labels: tuple[str, ...] = (),
    rates: str = "2026-08",
) -> Path:
    """A workbook of some tables by file name, of which those that a label's pattern fits are one's own."""
    files = [write_table(folder / file, rows) for file, rows in tables]
    path = folder / name
    data = DatasetOptions(labels=labels)
    specxl.build(files, path, BuildOptions(rates=rates, data=data))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the workbooks of this module."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Path:
    """The official rows alone."""
    return build(folder, "plain.xlsx", ("official.csv", OFFICIAL))


@pytest.fixture(scope="module")
def beside(folder: Path) -> Path:
    """The same with runs of one's own, read first, on a hardware that is official too and on one that is not."""
    own = [*own_rows(), *own_rows(hardware="mi355x")]
    return build(folder, "beside.xlsx", ("mine.csv", own), ("official.csv", OFFICIAL), labels=(f"mine.csv={LABEL}",))


SHOWN = ("results", "comparison", "ranking", "figures", "table", "bars", "answer", "selection", "targets", "in force")
PLACES = frozenset({*(f"{side}_m_{end}" for side in "ab" for end in ("left", "right")), "k1", "k2", "k3", "k4", "n"})
"""Cells with numbers of rows of Measurements, which are those of the files in the order in which they are read."""


def test_official_figures_do_not_move_by_a_bit(plain: Path, beside: Path) -> None:
    """Every official figure that was there is there with the same bits: reads, verdicts, counts, medians, sheets, charts."""
    before, after = Places(plain), Places(beside)
    compared = 0
    for block in before.manifest.blocks:
        if block.kind not in SHOWN and not block.kind.startswith(("level", "fleet")):
            continue
        rows = before.rows(block.kind, block.owner, block.tag), after.rows(block.kind, block.owner, block.tag)
        assert len(rows[0]) == len(rows[1]), block
        for one, other in zip(*rows, strict=True):
            same = {key for key in one if key not in PLACES}
            assert {key: one[key] for key in same} == {key: other[key] for key in same}, block
            compared += len(same)
    assert compared > 4_000
    for cell in ("A1", "C5", "B7", "E7", "H7", "K7", "M7", "B8", "M8"):
        assert before.value(("Summary", cell)) == after.value(("Summary", cell)), cell
    assert str(after.value(("Summary", "A2"))).startswith(str(before.value(("Summary", "A2"))))
    texts = [str(cell.value) for row in after.book["Summary"].iter_rows() for cell in row]
    assert any("Data as of 2026-05-01" in text for text in texts)


def test_own_runs_stand_under_their_label(beside: Path) -> None:
    """Results has them after the official rows, by name; each variant stands against its official twin."""
    places = Places(beside)
    official, own = places.rows("results"), places.rows("results", tag="own")
    assert {row["own_run"] or "" for row in official} == {""}
    assert {row["own_run"] for row in own} == {LABEL}
    sides = {(row["hardware"], row["side_a"], row["side_b"]) for row in own}
    assert sides == {
        ("B300", f"{LABEL} MTP", f"{LABEL} Off"),
        ("B300", LABEL, "official"),
        ("MI355X", f"{LABEL} MTP", f"{LABEL} Off"),
    }
    twins = [row for row in own if row["side_b"] == "official" and row["ratio"] is not None]
    assert len(twins) >= 6
    for row in twins:
        assert row["ratio"] == pytest.approx(1.25, rel=1e-12)
        assert row["better"] == LABEL
        assert row["saving"] == pytest.approx(0.2, rel=1e-12)


def test_the_summary_says_that_they_are_unofficial(beside: Path, plain: Path) -> None:
    """A block below the table, with its note, the counts and links; without own runs there is none of it."""
    page = openpyxl.load_workbook(beside, data_only=True)["Summary"]
    texts = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]
    assert "Runs of one's own: unofficial" in texts
    assert any("Below, unofficial and not counted: 4 of runs of one's own." in text for text in texts)
    assert any("They are unofficial: no figure above counts them." in text for text in texts)
    links = {cell.hyperlink.location.replace("'", "") for row in page.iter_rows() for cell in row if cell.hyperlink}
    assert any(link.startswith("DeepSeek R1 B300!") for link in links)
    alone = openpyxl.load_workbook(plain, data_only=True)["Summary"]
    assert not any("official" in str(cell.value) for row in alone.iter_rows() for cell in row)


def test_the_pair_sheet_draws_both(beside: Path) -> None:
    """Chosen on the sheet, the own run is side A beside its official twin, and the message says that it is unofficial."""
    places, engine = Places(beside), Book(beside)
    page = next(pair for pair in places.pairs if "B300" in pair.sheet)
    control = page.controls["combination"]
    assert "unofficial" not in str(engine.value((page.sheet, "A1")))
    choices = places.choices(control)
    assert choices == [
        "FP8, 1k/1k",
        f"FP8, 1k/1k: {LABEL}",
        f"FP8, 1k/1k, Off: {LABEL} against official",
        f"FP8, 1k/1k, MTP: {LABEL} against official",
    ]
    drawn = [cells[key] for side in "ab" for cells in places.cells("knots", page.sheet, side) for key in ("x", "y")]
    engine.edit({control: choices[3]})
    seen = engine.read([*drawn, (page.sheet, "A1")])
    assert str(seen[page.sheet, "A1"]).endswith("(unofficial)")
    assert LABEL in str(seen[page.sheet, "A1"])
    knots = [seen[cell] for cell in drawn]
    own, official = knots[: len(knots) // 2], knots[len(knots) // 2 :]
    assert own[::2] == official[::2] == [60, 90, 120]
    assert own[1::2] == pytest.approx([1.25 * float(str(y)) for y in official[1::2]], rel=1e-12)


def test_a_copy_of_official_rows_is_no_copy_under_a_label(folder: Path) -> None:
    """The same rows, and the same file, under a label are curves of their own: exactly level with their twins."""
    for name, rows in (("same.csv", OFFICIAL), ("other.csv", OFFICIAL[::-1])):
        path = build(folder, "copies.xlsx", ("official.csv", OFFICIAL), (name, rows), labels=(f"{name}={LABEL}",))
        own = Places(path).rows("results", tag="own")
        twins = [row for row in own if row["side_b"] == "official" and row["ratio"] is not None]
        assert twins
        assert {row["ratio"] for row in twins} == {1}
        assert {row["verdict"] for row in twins} == {"level"}


def test_rows_of_two_labels_and_of_none_are_three_curves(folder: Path, house: House) -> None:
    """Neither the audit nor the choice of runs nor the search for copies looks across labels."""
    files = [write_table(folder / name, pair_rows()) for name in ("official.csv", "a.csv", "b.csv")]
    found = load(files, house, DatasetOptions(labels=("a.csv=A", "b.csv=B")))
    assert [m.label for m in found.measurements] == [label for label in ("", "A", "B") for _ in pair_rows()]
    assert all(m.usable for m in found.measurements)
    assert [notice.topic for notice in found.notices] == []
    unlabelled = load(files, house, DatasetOptions())
    assert sum(m.usable for m in unlabelled.measurements) == len(pair_rows())


def test_the_sidecar_may_say_it(folder: Path, house: House) -> None:
    """`label` in specxl.toml, for a folder or for files that a pattern fits; the option wins."""
    place = folder / "own"
    place.mkdir(exist_ok=True)
    file = write_table(place / "run.csv", pair_rows())
    other = write_table(folder / "official.csv", pair_rows())
    (place / "specxl.toml").write_text('[[files]]\nmatch = "*.csv"\nlabel = "Lab 7"\n', encoding="utf-8")
    found = load([other, place], house, DatasetOptions())
    assert {m.label for m in found.measurements if m.source_file.endswith("run.csv")} == {"Lab 7"}
    assert ("label", "Lab 7") in [(s.field, s.value) for s in found.statements]
    named = load([other, file], house, DatasetOptions(labels=("own/*.csv=Our cluster",)))
    assert {m.label for m in named.measurements} == {"", "Our cluster"}
    assert not any("stated" in " ".join(m.findings) for m in named.measurements)


HOSTILE = (
    '=HYPERLINK("https://evil.example","x")',
    "+1*?~ {a} {b}",
    "@SUM(A1)\u202e\x07\u200b_x0041_",
    "'quoted\" & <b> |!",
    "x" * 500,
    "\U0001f4a3 ü 漢字",
)


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_label_is_a_short_harmless_name(label: str, tmp_path: Path) -> None:
    """It is cleaned and cut, stands in cells and never in a formula, and the workbook is judged and verified."""
    path = build(tmp_path, "x.xlsx", ("o.csv", pair_rows()), ("mine.csv", own_rows()), labels=(f"mine.csv={label}",))
    [name] = {row["own_run"] for row in Places(path).rows("results", tag="own")}
    assert 0 < len(name) <= 18
    assert not set("*?~\u202e\x07\u200b") & set(name)
    assert all(name not in text for text in formula_texts(path).values())
    assert verify_file(path).outcome == "unchanged"
    page = openpyxl.load_workbook(path)
    held = [
        cell for sheet in page for row in sheet.iter_rows() for cell in row if cell.value == name and name[0] in "=+-@"
    ]
    assert all(cell.quotePrefix and cell.data_type == "s" for cell in held)


@pytest.mark.parametrize("label", ["official", " OFFICIAL ", "\u200b", "!?*"])
def test_a_label_that_is_none_is_refused(label: str, tmp_path: Path) -> None:
    """It must have a letter or a digit, and may not pass for an official run."""
    with pytest.raises(InputError, match="label"):
        build(tmp_path, "x.xlsx", ("o.csv", pair_rows()), ("mine.csv", own_rows()), labels=(f"mine.csv={label}",))


@pytest.mark.parametrize("given", ["mine.csv", "=name", "mine.csv=", "mine.csv= "])
def test_a_label_of_another_form_is_refused(given: str, tmp_path: Path) -> None:
    """The message says how to write one; a pattern that fits no file is refused too."""
    table = write_table(tmp_path / "mine.csv", pair_rows())
    run = CliRunner().invoke(main, ["build", str(table), "--label", given, "-o", str(tmp_path / "x.xlsx")])
    assert run.exit_code == 1
    assert "--label" in run.stderr
    assert "GLOB=NAME" in run.stderr
    other = CliRunner().invoke(main, ["build", str(table), "--label", "no/*.csv=A", "-o", str(tmp_path / "x.xlsx")])
    assert (other.exit_code, "fits no file" in other.stderr) == (1, True)


def test_a_label_for_everything_is_refused(tmp_path: Path) -> None:
    """A label is for runs beside others."""
    with pytest.raises(OptionError, match="every input has a label"):
        build(tmp_path, "x.xlsx", ("mine.csv", pair_rows()), labels=("*=Mine",))


def test_only_what_can_be_compared_is(tmp_path: Path) -> None:
    """One variant alone stands against its twin only; where it has none it stands by itself."""
    off = own_rows(variants=("none",))
    path = build(tmp_path, "x.xlsx", ("o.csv", pair_rows()), ("mine.csv", off), labels=("mine.csv=M",))
    rows = Places(path).rows("results", tag="own")
    assert {(row["side_a"], row["side_b"]) for row in rows} == {("M", "official")}
    lone = own_rows(variants=("none",), workload="8k/1k")
    path = build(tmp_path, "y.xlsx", ("o.csv", pair_rows()), ("mine.csv", lone), labels=("mine.csv=M",))
    rows = Places(path).rows("results", tag="own")
    assert {(row["side_a"], row["side_b"], row["verdict"]) for row in rows} == {("M MTP", "M Off", "no data")}


def test_published_pages_keep_their_card(tmp_path: Path) -> None:
    """Own runs beside the published points change neither the rate card nor a printed figure."""
    mine = write_table(tmp_path / "mine.csv", own_rows(precision="fp4"))
    path = tmp_path / "x.xlsx"
    specxl.build([data_file(PUBLISHED), mine], path, BuildOptions(data=DatasetOptions(labels=("mine.csv=M",))))
    specxl.build([], tmp_path / "d.xlsx")
    for kind in ("results", "figures", "table"):
        assert Places(path).rows(kind) == Places(tmp_path / "d.xlsx").rows(kind), kind
    assert Places(path).rows("results", tag="own")


def test_a_returned_workbook_and_the_next_release(plain: Path, beside: Path) -> None:
    """`verify` judges own runs as well; `diff` knows them by their label, and finds nothing official changed."""
    report = verify_file(beside)
    assert (report.outcome, report.disagreements) == ("unchanged", ())
    changes = diff_files(plain, beside).changes
    assert changes.changed == ()
    assert len(changes.added) == 4
    assert all(LABEL in one.key.side_a for one in changes.added)
    again = diff_files(beside, beside).changes
    assert again.none
