"""`specxl diff` and `build --previous`: what changed between two releases, and that a hostile file is a sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner
from support.books import small_book
from support.engine import Book
from support.places import Places
from support.repack import BOOK, edit_sheet, set_constant
from support.tables import pair_rows, write_table
from support.tamper import in_sheet, number, rewrite, with_cell

import specxl
from specxl.changes import diff_files
from specxl.changes.words import filled
from specxl.cli import main
from specxl.errors import OptionError, WorkbookFileError
from specxl.model.manifest import FORMAT
from specxl.recipe import BuildOptions
from specxl.returned import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from support import Cell
    from support.tamper import Parts

    from specxl.changes import ChangeReport

pytestmark = pytest.mark.usefixtures("evaluated_here")

TARGETS = (60.0, 90.0, 100.0)
AT = {60.0: 1, 90.0: 2, 100.0: 3}


def rows(knots: dict[tuple[str, float], float] | None = None, **facts: object) -> list[dict[str, Any]]:
    """The rows of a pair, with another total throughput at some knots (of a variant at a speed)."""
    found = pair_rows(**facts)
    for row in found:
        total = (knots or {}).get((row["variant"], row["interactivity_tok_s_user"]))
        if total is not None:
            row |= {"total_tok_s_gpu": total, "output_tok_s_gpu": total / 4, "input_tok_s_gpu": total * 3 / 4}
    return found


def built(path: Path, table: list[dict[str, Any]], **options: Any) -> Path:  # noqa: ANN401 - options of a build
    """A workbook of some rows at fixed targets."""
    source = write_table(path.with_suffix(".csv"), table)
    specxl.build([source], path, BuildOptions(**{"rates": "2026-08", "targets": TARGETS} | options))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the workbooks of this module."""
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def old(folder: Path) -> Path:
    """The earlier release: one pair on B300."""
    return built(folder / "old.xlsx", rows())


@pytest.fixture(scope="module")
def moved(folder: Path) -> Path:
    """A later release: Off is better at 60 tok/s/user than before, and there is a second pair."""
    table = [*rows({("none", 60): 500.0}), *rows(hardware="h200")]
    return built(folder / "moved.xlsx", table)


def diff(*arguments: object) -> Result:
    """Run the command."""
    result = CliRunner().invoke(main, ["diff", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def by_speed(report: ChangeReport) -> dict[float, Any]:
    """The changed reads at the comparison's own targets, by speed."""
    return {read.speed: read for read in report.changes.changed if read.read}


def test_a_workbook_has_not_changed_from_itself(old: Path, tmp_path: Path) -> None:
    """The same file, and the same build under another name, differ in nothing; the status is 0."""
    again = built(tmp_path / "again.xlsx", rows())
    for other in (old, again):
        run = diff(old, other)
        assert run.exit_code == 0
        assert run.stdout.splitlines()[0] == f"old.xlsx -> {other.name}: nothing changed"
    found = json.loads(diff(old, again, "--json").stdout)
    assert found["exit_status"] == 0
    assert found["comparisons"] == {"changed": [], "new": [], "gone": []}
    assert (found["prices"], found["inputs"]) == ([], [])


def test_what_moved_is_said_with_its_figures(old: Path, moved: Path) -> None:
    """At a knot the figures are the measurements': 500.5 against 250.25, later against 500: twice as much, then level."""
    report = diff_files(old, moved)
    read = by_speed(report)[60.0]
    assert (read.old.verdict.name, read.new.verdict.name) == ("A_BETTER", "LEVEL")
    assert read.old.figures["ratio"] == pytest.approx(2.0, rel=1e-12)
    assert read.new.figures["ratio"] == pytest.approx(500.5 / 500, rel=1e-12)
    assert read.moves["b_tok_s_gpu"].change == pytest.approx(500 / 250.25 - 1, rel=1e-12)
    assert read.moves["a_tok_s_gpu"].change == pytest.approx(0, abs=1e-12)
    assert not read.moves["a_tok_s_gpu"].counts
    assert not read.price_alone
    # the cost of Off falls as its throughput rises
    assert read.moves["b_cost_per_mtok"].change == pytest.approx(250.25 / 500 - 1, rel=1e-12)
    said = "\n".join(report.lines())
    assert "at 60 tok/s/user: MTP better -> level; ratio 2 -> 1.001 (-50 %)" in said
    assert 100.0 not in by_speed(report), "nothing moved on the last knot"
    assert report.exit_status == 4


def test_what_is_in_one_workbook_only_is_new_or_gone(old: Path, moved: Path) -> None:
    """A second hardware is new one way and gone the other, with its verdict and its price."""
    there, back = diff_files(old, moved), diff_files(moved, old)
    [new], [gone] = there.changes.added, back.changes.gone
    assert new.key == gone.key
    assert (new.key.hardware, new.key.side_a, new.key.side_b) == ("H200", "MTP", "Off")
    assert (there.changes.gone, back.changes.added) == ((), ())
    assert [price.hardware for price in there.changes.prices] == ["H200"]
    said = "\n".join(there.lines())
    assert "comparisons new: 1" in said
    assert re.search(r"H200: in the new workbook only, 1\.22 per GPU-hour", said)


def test_a_price_moves_money_and_is_said_so(old: Path, tmp_path: Path) -> None:
    """An edited price is a price and an input that changed; costs moved by the price alone, ratios did not."""
    [rates] = Places(old).cells("rates")
    sheet, address = rates["hyperscaler"]
    before = Places(old).value(rates["hyperscaler"])
    copy = edit_sheet(old, tmp_path / "edited.xlsx", sheet, set_constant(address, 2 * before))
    report = diff_files(old, copy)
    assert report.exit_status == 4
    assert not report.changes.new.altered
    [price] = report.changes.prices
    assert price.old is not None
    assert price.new is not None
    assert (price.hardware, price.new.price, price.new.power) == ("B300", 2 * before, price.old.power)
    [entry] = report.changes.inputs
    assert (entry.key.sheet, entry.new.cell, entry.old.value, entry.new.value) == (sheet, address, before, 2 * before)
    assert (entry.old.edited, entry.new.edited) == (False, True)
    assert len(report.changes.changed) == 4
    for read in report.changes.changed:
        assert read.price_alone
        counted = {name for name, move in read.moves.items() if move.counts}
        assert counted <= {"a_cost_per_mtok", "b_cost_per_mtok"}
    said = "\n".join(report.lines())
    assert "1 comparison changed (1 by the price alone)" in said
    assert "B300: price per GPU-hour 2.26 -> 4.52 (+100.0 %)" in said
    assert "(edited in the new workbook)" in said


def test_both_are_read_in_the_new_currency(old: Path, tmp_path: Path) -> None:
    """Another currency alone moves no cost: it is an input that changed."""
    place = next(ref for ref in Places(old).inputs if ref == ("Prices", factor_cell(old)))
    copy = edit_sheet(old, tmp_path / "euro.xlsx", place[0], set_constant(place[1], 0.5))
    report = diff_files(old, copy)
    assert (report.changes.changed, report.changes.prices) == ((), ())
    assert [change.key.label for change in report.changes.inputs] == ["One US dollar in that currency"]


def factor_cell(path: Path) -> str:
    """Where the exchange rate is entered: column B of the row of the one in force."""
    [force] = Places(path).cells("in force", tag="factor")
    return "B" + force["value"][1].lstrip("ABCDEFGHIJ")


def test_a_speed_that_is_none_leaves_no_read(old: Path, tmp_path: Path) -> None:
    """Without a speed on the new Summary the reads at the comparisons' own speeds are compared all the same."""
    copy = edit_sheet(old, tmp_path / "no speed.xlsx", "Summary", with_cell("C5", ""))
    report = diff_files(old, copy)
    assert [change.key.label for change in report.changes.inputs] == ["Speed per user, tok/s"]
    assert report.changes.changed == ()


def test_an_altered_workbook_is_compared_and_said_to_be(old: Path, tmp_path: Path) -> None:
    """A measurement that somebody changed moves the figures, and the report says that the file is not as built."""
    [first, *_] = Places(old).cells("measurements")
    sheet, address = first["total"]
    copy = edit_sheet(old, tmp_path / "altered.xlsx", sheet, set_constant(address, 999.5))
    run = diff(old, copy)
    assert run.exit_code == 1
    assert "altered.xlsx: 1 comparisons" in run.stdout
    assert "ALTERED since it was built" in run.stdout
    assert json.loads(diff(old, copy, "--json").stdout)["new"]["altered"] > 0


# Hostile files


def older(parts: Parts) -> None:
    """A manifest of the format before."""
    for name, data in parts.items():
        parts[name] = data.replace(FORMAT.encode(), b"specxl manifest 1")


def many_rows(parts: Parts) -> None:
    """A block of almost a billion rows."""
    for name, data in parts.items():
        parts[name] = re.sub(rb"(rates\|\|\|Prices\|[A-Z]+\d+\|)\d+", rb"\g<1>900000000", data)


def no_manifest(parts: Parts) -> None:
    """Nothing says where anything stands."""
    for name, data in parts.items():
        parts[name] = data.replace(b"Manifest: digests by which", b"Other digests by which")


def odd_blocks(parts: Parts) -> None:
    """Results and its blocks have different numbers of rows."""
    for name, data in parts.items():
        parts[name] = re.sub(rb"(results\|\|\|Results\|[A-Z]+\d+\|)\d+", rb"\g<1>3", data)


def no_key(parts: Parts) -> None:
    """A block without one of its keys."""
    for name, data in parts.items():
        parts[name] = data.replace(b"hardware hyperscaler neocloud", b"kit hyperscaler neocloud")


def entities(parts: Parts) -> None:
    """A part that declares entities."""
    parts[BOOK] = parts[BOOK].replace(b"<workbook", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook', 1)


HOSTILE: dict[str, tuple[Callable[[Parts], None], str]] = {
    "older manifest": (older, "built by an older version"),
    "a billion rows": (many_rows, "the manifest names blocks of"),
    "no manifest": (no_manifest, "is not a workbook of specxl"),
    "odd blocks": (odd_blocks, "cannot be compared"),
    "no key": (no_key, "cannot be compared"),
    "entities": (entities, "declares XML entities"),
}


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_a_hostile_workbook_is_one_sentence(case: str, old: Path, tmp_path: Path) -> None:
    """On either side, the command says one sentence with the file's name and ends with status 3; a build ends with 1."""
    change, words = HOSTILE[case]
    bad = rewrite(old, tmp_path / "bad.xlsx", change)
    for pair in ((bad, old), (old, bad)):
        run = diff(*pair)
        assert (run.exit_code, run.stdout) == (3, "")
        assert run.stderr.startswith("Error: ")
        assert "bad.xlsx" in run.stderr
        assert words in run.stderr
        assert len(run.stderr.splitlines()) == 1
    told = json.loads(diff(bad, old, "--json").stdout)
    assert told["exit_status"] == 3
    output = tmp_path / "new.xlsx"
    with pytest.raises(WorkbookFileError, match=words):
        built(output, rows(), previous=bad)
    assert not output.exists()


def test_a_block_of_a_billion_rows_is_an_alteration(old: Path, tmp_path: Path) -> None:
    """`verify` does not walk over what the manifest says, either."""
    report = verify_file(rewrite(old, tmp_path / "bad.xlsx", many_rows))
    assert report.outcome == "altered"
    assert any("no block was compared" in text for text in report.disagreements)


def test_a_figure_that_breaks_the_arithmetic_is_a_sentence(old: Path, tmp_path: Path) -> None:
    """Measurements that no build holds are refused, or compared; they are never a traceback."""
    for value in (-1.0, 0.0, 1e308, 5e-324):
        for place in number(old, "Measurements"), Places(old).cells("measurements")[0]["x"]:
            copy = edit_sheet(old, tmp_path / "odd.xlsx", place[0], set_constant(place[1], value))
            assert diff(copy, old).exit_code in (1, 3)


def test_labels_of_the_old_workbook_are_cleaned(old: Path, moved: Path, tmp_path: Path) -> None:
    """A name with controls, a formula and a link is one harmless line, in the report and on the sheet."""
    evil = '=HYPERLINK("https://evil.example","x")&#x202E;&#10;&#x1F4A3;' + "n" * 3000
    [*_, last] = Places(moved).cells("results")
    for row in Places(moved).cells("results")[-4:]:
        assert row["model"][0] == last["model"][0]
    first = Places(moved).cells("results")[-4]["model"]
    inline = f"<is><t>{evil}</t></is>"
    bad = rewrite(
        moved, tmp_path / "bad.xlsx", in_sheet(moved, first[0], with_cell(first[1], inline, ' t="inlineStr"'))
    )
    run = diff(bad, old)
    assert run.exit_code == 1
    assert "\u202e" not in run.stdout
    assert all(len(line) <= 450 for line in run.stdout.splitlines())
    path = built(tmp_path / "new.xlsx", rows(), previous=bad)
    page = openpyxl.load_workbook(path)["Changes"]
    held = [cell for row in page.iter_rows() for cell in row if str(cell.value).startswith("=HYPERLINK")]
    assert len(held) == 1
    assert held[0].data_type == "s"
    assert held[0].quotePrefix
    assert len(held[0].value) < 200


@pytest.mark.parametrize("change", [older, entities], ids=["older", "entities"])
def test_a_refused_previous_workbook_is_exit_status_one(change: Callable[[Parts], None], tmp_path: Path) -> None:
    """`build --previous` ends as any build that cannot be made."""
    bad = rewrite(small_book(), tmp_path / "bad.xlsx", change)
    run = CliRunner().invoke(main, ["build", "--previous", str(bad), "-o", str(tmp_path / "out.xlsx")])
    assert (run.exit_code, run.stdout) == (1, "")
    assert "bad.xlsx" in run.stderr
    absent = CliRunner().invoke(
        main, ["build", "--previous", str(tmp_path / "no.xlsx"), "-o", str(tmp_path / "o.xlsx")]
    )
    assert (absent.exit_code, "cannot be read" in absent.stderr) == (1, True)


# The sheet


@pytest.fixture(scope="module")
def later(folder: Path, old: Path) -> Path:
    """A release with a sheet of changes: the second pair is new, Off is better at 60, and prices are of another card."""
    table = [*rows({("none", 60): 500.0}), *rows(hardware="h200")]
    return built(folder / "later.xlsx", table, previous=old, rates="2026-04")


def test_the_sheet_stands_where_it_is_asked_for(old: Path, later: Path) -> None:
    """It comes after the Summary, which links to it; without a previous workbook there is none, nor a link."""
    names = openpyxl.load_workbook(later).sheetnames
    assert names[:3] == ["Summary", "Changes", "Prices"]
    assert "Changes" not in openpyxl.load_workbook(old).sheetnames
    links = [
        cell.hyperlink.location
        for row in openpyxl.load_workbook(later)["Summary"].iter_rows()
        for cell in row
        if cell.hyperlink
    ]
    assert "Changes!A1" in [link.replace("'", "") for link in links]
    about = [str(row[0].value) + str(row[1].value) for row in openpyxl.load_workbook(later)["About"].iter_rows()]
    assert "old.xlsxprevious workbook" in about


def test_the_sheet_says_what_diff_says(old: Path, later: Path) -> None:
    """Every changed read stands on the sheet with the figures of `specxl diff`; before is fixed, now is a formula."""
    report, places = diff_files(old, later), Places(later)
    shown = places.rows("changes")
    assert len(shown) == len(report.changes.changed)
    for row, read in zip(shown, report.changes.changed, strict=True):
        assert (row["speed"], row["row"]) == (pytest.approx(read.speed), read.place + 1)
        for name, key in (("ratio", "ratio"), ("a_cost", "a_cost_per_mtok"), ("b_cost", "b_cost_per_mtok")):
            move = read.moves[key]
            assert row[f"{name}_then"] == (None if move.old is None else pytest.approx(move.old, rel=1e-9))
            assert row[f"{name}_now"] == (None if move.new is None else pytest.approx(move.new, rel=1e-9))
    cells = places.cells("changes")[0]
    assert cells["ratio_now"] in places.formulas
    assert cells["ratio_then"] not in places.formulas
    turned = next(row for row in shown if row["verdict_then"] == "MTP better" and row["verdict_now"] == "level")
    assert turned["speed"] == 60
    assert "MTP better -> level" in turned["why"]


def test_the_sheet_links_to_what_it_names(later: Path) -> None:
    """Each comparison leads to its sheet and its row of Results, each price and input to its cell."""
    page = openpyxl.load_workbook(later)["Changes"]
    found = {cell.hyperlink.location.replace("'", "") for row in page.iter_rows() for cell in row if cell.hyperlink}
    assert "DeepSeek R1 B300!A1" in found
    assert any(link.startswith("Results!A") for link in found)
    assert any(re.fullmatch(r"Prices![A-Z]+\d+", link) for link in found)
    headings = [str(page.cell(row, 1).value) for row in range(1, page.max_row + 1)]
    for words in ("New comparisons", "Comparisons that are gone", "Prices and power in force"):
        assert words in headings
    assert "DeepSeek R1, H200" in headings


def test_now_follows_edits_and_says_when_nothing_can_be_compared(later: Path) -> None:
    """A price moves the cost of now; another speed on the Summary or other tokens leave words and no figure."""
    places, engine = Places(later), Book(later)
    common = next(
        cells for cells, row in zip(places.cells("changes"), places.rows("changes"), strict=True) if row["row"] % 4 == 1
    )
    own = next(
        cells for cells, row in zip(places.cells("changes"), places.rows("changes"), strict=True) if row["row"] % 4 == 2
    )
    wanted: list[Cell] = [
        cells[key] for cells in (common, own) for key in ("a_cost_now", "a_cost_change", "verdict_now")
    ]
    before = engine.read(wanted)
    price: Cell = places.cells("rates")[0]["own"]
    for rate in places.cells("rates"):
        engine.edit({rate["own"]: 2 * float(str(engine.value(rate["price"])))})
    after = engine.read(wanted)
    assert after[own["a_cost_now"]] == pytest.approx(2 * float(str(before[own["a_cost_now"]])), rel=1e-12)
    engine.reset()
    faster = engine.edit({("Summary", "C5"): 61.5}, wanted)
    assert faster[common["verdict_now"]] == "the speed or the tokens counted were edited"
    assert (faster[common["a_cost_now"]], faster[common["a_cost_change"]]) == ("", "")
    assert faster[own["a_cost_now"]] == before[own["a_cost_now"]]
    engine.reset()
    basis: Cell = next(cell for cell in places.inputs if places.value(cell) == "Total tokens (input + output)")
    other = engine.edit({basis: "Output tokens only"}, wanted)
    assert {other[cells["verdict_now"]] for cells in (common, own)} == {"the speed or the tokens counted were edited"}
    assert {other[cells["a_cost_now"]] for cells in (common, own)} == {""}
    assert price in places.inputs


def test_a_returned_workbook_with_changes_is_verified(later: Path, tmp_path: Path) -> None:
    """`verify` judges the sheet; a figure of before that somebody changed is an alteration."""
    report = verify_file(later)
    assert (report.outcome, report.disagreements) == ("unchanged", ())
    then = Places(later).cells("changes")[0]["ratio_then"]
    copy = edit_sheet(later, tmp_path / "forged.xlsx", then[0], set_constant(then[1], 77.5))
    forged = verify_file(copy)
    assert forged.outcome == "altered"
    row = Places(later).cells("changes")[0]["row"]
    astray = edit_sheet(later, tmp_path / "astray.xlsx", row[0], set_constant(row[1], 10_000))
    assert any("Changes" in text for text in verify_file(astray).disagreements)


def test_a_build_without_change_says_so(old: Path, tmp_path: Path) -> None:
    """The same data and prices: the sheet stands, and says that nothing changed."""
    path = built(tmp_path / "same.xlsx", rows(), previous=old)
    page = openpyxl.load_workbook(path)["Changes"]
    assert page["A1"].value == "Changes since old.xlsx: nothing changed"
    assert [page.cell(row, 1).value for row in range(1, page.max_row + 1)].count("none") == 5


def test_the_output_may_replace_the_previous_workbook(old: Path, tmp_path: Path) -> None:
    """It is read before anything is written; and the same build twice has the same bytes."""
    path = tmp_path / "release.xlsx"
    path.write_bytes(old.read_bytes())
    built(path, rows({("none", 60): 500.0}), previous=path)
    first = path.read_bytes()
    assert openpyxl.load_workbook(path)["Changes"]["A1"].value.startswith(
        "Changes since release.xlsx: 1 comparison changed"
    )
    path.write_bytes(old.read_bytes())
    built(path, rows({("none", 60): 500.0}), previous=path)
    assert path.read_bytes() == first


def test_an_altered_previous_workbook_is_a_notice(old: Path, tmp_path: Path) -> None:
    """It is compared, said on the sheet and in a notice, and fatal under --strict."""
    [first, *_] = Places(old).cells("measurements")
    bad = edit_sheet(old, tmp_path / "bad.xlsx", first["total"][0], set_constant(first["total"][1], 999.5))
    path = built(tmp_path / "new.xlsx", rows(), previous=bad)
    page = openpyxl.load_workbook(path)["Changes"]
    assert "not as it was built" in str(page["A5"].value)
    with pytest.raises(OptionError, match=r"the previous workbook bad\.xlsx is not as it was built"):
        built(tmp_path / "strict.xlsx", rows(), previous=bad, strict=True)


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    """A name with braces stays what it is."""
    assert filled("{a} against {b} {c}", a="{b}", b="x") == "{b} against x {c}"


def test_a_hostile_previous_workbook_takes_little(old: Path, tmp_path: Path) -> None:
    """A billion rows cost no memory and no time."""
    bad = rewrite(old, tmp_path / "bad.xlsx", many_rows)
    code = "import resource,sys; resource.setrlimit(resource.RLIMIT_AS,(2<<30,2<<30)); from specxl.cli import main; main(['diff',*sys.argv[1:]])"
    run = subprocess.run(
        [sys.executable, "-c", code, bad, old], capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout) == (3, "")
    assert "the manifest names blocks of" in run.stderr


def test_the_sheet_changes_nothing_else(later: Path, tmp_path: Path) -> None:
    """With and without a previous workbook all other sheets but About hold the same."""
    table = [*rows({("none", 60): 500.0}), *rows(hardware="h200")]
    plain = built(tmp_path / later.name, table, rates="2026-04")
    a, b = (openpyxl.load_workbook(path) for path in (plain, later))
    for name in set(a.sheetnames) - {"About"}:
        cells = [{cell.coordinate: cell.value for row in book[name].iter_rows() for cell in row} for book in (a, b)]
        extra = {at for at in cells[1] if cells[1][at] != cells[0].get(at)}
        assert extra <= ({"F3"} if name == "Summary" else set()), name
