"""The workbook of the shared API answer: every expected read, every combination, evidence, flags and the same-engine line."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl.utils import get_column_letter
from support.books import engine, pages, reference_book
from support.curvesets import CurveKey, api_points
from support.desk import Case, Desk, cases, matrix
from support.expectations import FLAG_TEXTS, Labels, close
from support.method import ABOVE, BELOW, Compared, Point, default_targets, grade

from specxl.house import House

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from support import Cell, Value
    from support.finder import PairPage

HOUSE = House.load()
CARD = "2026-04"
SEED = 20260611
RANDOM_READS = 200
WHAT_EVIDENCE_SHOWS = (
    "Interactivity (tok/s/user)", "Total (tok/s/GPU)", "Concurrency", "GPUs", "TTFT median (s)", "TTFT p99 (s)", "Date",
    "Engine", "Serving", "Row",
)  # fmt: skip
# no price is missing, nothing is published, and the one suspect row is on no frontier
FLAGS_OF_THE_ANSWER = set(FLAG_TEXTS) - {"price_unknown", "suspect", "published_at_odds", "published_points"}
BOUNDS = {"above": ABOVE, "below": BELOW}


@pytest.fixture(scope="module")
def answer(shared: Path) -> Path:
    """Return the shared API answer."""
    return shared / "data" / "inferencex" / "benchmarks.json"


@pytest.fixture(scope="module")
def points(answer: Path) -> dict[CurveKey, list[Point]]:
    """Return the points of every curve of the answer, read here."""
    return api_points(json.loads(answer.read_text(encoding="utf-8")))


@pytest.fixture
def desk(answer: Path, points: dict[CurveKey, list[Point]]) -> Iterator[Desk]:
    """Return the workbook on the desk; every edit is taken back afterwards."""
    path = reference_book(answer)
    desk = Desk(pages(path), engine(path), cases(points, HOUSE), CARD, HOUSE)
    yield desk
    desk.book.reset()


def test_one_sheet_per_hardware(desk: Desk, points: dict[CurveKey, list[Point]]) -> None:
    """Every hardware of the answer has a sheet, whose dropdown offers exactly the combinations that were measured."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for title, combination in desk.cases:
        wanted[title].add(combination)
    assert {page.title: set(page.combinations()) for page in desk.pages.pairs} == wanted
    assert len(wanted) == len({key.hardware for key in points}) == 9


def _queue(
    shared: Path, desk: Desk, points: dict[CurveKey, list[Point]]
) -> dict[str, list[tuple[Case, str, list[Any]]]]:
    """Return the expected reads by sheet, each as its combination, its side and the row of the expected file."""
    by_curve = {"|".join(key): key for key in points}
    found: dict[str, list[tuple[Case, str, list[Any]]]] = defaultdict(list)
    for row in json.loads((shared / "data" / "expected" / "benchmarks-latest.json").read_text(encoding="utf-8")):
        key = by_curve[row[0]]
        title = f"{HOUSE.model(key.model).label} on {HOUSE.hardware(key.hardware).label}"
        side = "b" if key.variant == "none" else "a"
        members = tuple(points[key])
        case = next(
            c for (sheet, _), c in desk.cases.items() if sheet == title and (c.b if side == "b" else c.a) == members
        )
        found[title].append((case, side, row))
    return found


def test_all_expected_reads(shared: Path, desk: Desk, points: dict[CurveKey, list[Point]]) -> None:
    """Choosing each combination and setting each target of the expected file shows its four figures and its status."""
    queue, compared, statuses = _queue(shared, desk, points), 0, 0
    while any(queue.values()):
        edits: dict[Cell, Value] = {}
        shown: list[tuple[PairPage, int, str, Case, list[Any]]] = []
        for title, rows in queue.items():
            batch = list(takewhile(lambda row, first=rows[0]: row[0] is first[0], rows[:3])) if rows else []  # type: ignore[misc]
            queue[title] = rows[len(batch) :]
            page = desk.pages.pair(title)
            targets = [row[1] for _, _, row in batch]
            if batch:
                edits |= desk.choose(batch[0][0], [*targets, *[None] * (3 - len(targets))])
            shown += [(page, i, side, case, row) for i, (case, side, row) in enumerate(batch)]
        desk.book.edit(edits)
        for page, i, side, case, row in shown:
            _compare(desk, page, i, side, row)
            statuses += _compare_status(desk, page, i, side, case, row)
            compared += 1
    assert (compared, statuses) == (948, 750)


def _compare(desk: Desk, page: PairPage, read: int, side: str, row: list[Any]) -> None:
    key, target, throughput, cost, megawatt, concurrency, _ = row
    for name, expected in (("throughput", throughput), ("cost", cost), ("megawatt", megawatt)):
        found = desk.book.value(page.figure(name, side, read))
        assert close(found, expected), (key, target, name, found, expected)
    block = page.block_cell(f"{side.upper()}: concurrency", read)
    assert close(desk.book.value(block), concurrency), (key, target, "concurrency", desk.book.value(block), concurrency)


def _compare_status(desk: Desk, page: PairPage, read: int, side: str, case: Case, row: list[Any]) -> int:
    """Compare a status with the expected bound where the target is away from every knot; 1 if it was compared."""
    curve = case.curves[side == "b"]
    assert curve is not None
    if min(abs(row[1] / x - 1) for x in curve.x) <= 1e-6:
        return 0
    assert desk.book.value(page.line(f"status {side}", read)) == BOUNDS.get(row[-1], "interpolated"), row
    return 1


def _rounds(shown: Iterable[tuple[Case, str]]) -> Iterator[list[tuple[Case, str]]]:
    """Yield one combination and engine of every sheet at a time, until all have been shown."""
    by_sheet: dict[str, list[tuple[Case, str]]] = defaultdict(list)
    for case, chosen in shown:
        by_sheet[case.title].append((case, chosen))
    for number in range(max(map(len, by_sheet.values()))):
        yield [members[number] for members in by_sheet.values() if number < len(members)]


def _pooled(desk: Desk) -> list[tuple[Case, str]]:
    return [(case, "") for case in desk.cases.values()]


def test_edit_matrix_of_every_combination(desk: Desk) -> None:
    """On every real curve a sample of the edit matrix shows what the method gives, charts and sentences included."""
    for shown in _rounds(_pooled(desk)):
        samples = [(case, _sampled(list(matrix(case)), 5)) for case, _ in shown]
        for number in range(5):
            desk.book.edit({k: v for case, groups in samples for k, v in desk.choose(case, groups[number]).items()})
            for case, groups in samples:
                targets, given = groups[number], desk.given(case.hardware)
                assert desk.faults(case, targets, given) + desk.same_engine_faults(case, targets, given) == []
        assert desk.errors() == []


def _sampled(groups: list[tuple[Value, Value, Value]], count: int) -> list[tuple[Value, Value, Value]]:
    """Return the first and the last groups, and some between them."""
    return [groups[round(i * (len(groups) - 1) / (count - 1))] for i in range(count)]


def _dice() -> random.Random:
    return random.Random(SEED)  # noqa: S311 - a sample that is the same in every run


def _random_targets(case: Case, dice: random.Random) -> tuple[float, float, float]:
    x = [knot for curve in case.curves if curve for knot in curve.x]
    first, second, third = (dice.uniform(0.9 * min(x), 1.05 * max(x)) for _ in range(3))
    return first, second, third


def test_evidence_of_random_reads(desk: Desk) -> None:
    """At 200 random reads the evidence is the pair of knots of our own curves, flags stand exactly when their rules say so."""
    dice, reads = _dice(), 0
    seen: set[str] = set()
    everything = list(desk.cases.values())
    while reads < RANDOM_READS:
        chosen = list({case.title: case for case in dice.sample(everything, 20)}.values())
        targets = {case: _random_targets(case, dice) for case in chosen}
        desk.book.edit({k: v for case in chosen for k, v in desk.choose(case, targets[case]).items()})
        for case in chosen:
            given = desk.given(case.hardware)
            faults = desk.faults(case, targets[case], given) + desk.same_engine_faults(case, targets[case], given)
            for i, target in enumerate(targets[case]):
                compared = Compared(*case.curves, target, given)
                faults += _evidence_faults(desk, case, i, compared)
                seen |= compared.flags
                reads += 1
            assert faults == []
    assert seen == FLAGS_OF_THE_ANSWER


def _evidence_faults(desk: Desk, case: Case, read: int, compared: Compared) -> list[str]:
    page, faults = desk.pages.pair(case.title), []
    rows = page.evidence(read)
    for side, own in (("a", rows[:2]), ("b", rows[2:])):
        shown = [{header: desk.book.value(cell) for header, cell in row.items()} for row in own]
        named = [row for row in shown if row["Row"]]
        wanted = [_evidence(point) for point in compared.reads[side].evidence]
        found = [{header: row[header] or None for header in WHAT_EVIDENCE_SHOWS} for row in named]
        if [row for i, row in enumerate(found) if row not in found[:i]] != wanted:
            faults.append(
                f"{case.title}, {case.combination}, read {read + 1} at {compared.target}: {found}, not {wanted}"
            )
    return faults


def _evidence(point: Point) -> dict[str, Value]:
    """Return what an evidence row must show of a knot, by header."""
    return {
        "Interactivity (tok/s/user)": point.x,
        "Total (tok/s/GPU)": point.total,
        "Concurrency": point.concurrency,
        "GPUs": point.gpus,
        "TTFT median (s)": point.ttft_median,
        "TTFT p99 (s)": point.ttft_p99,
        "Date": None if point.date is None else point.date.toordinal() - 693594,
        "Engine": HOUSE.engine_label(point.engine),
        "Serving": point.serving,
        "Row": f"row {point.number}",
    }


def test_evidence_links_lead_to_their_measurements(desk: Desk, points: dict[CurveKey, list[Point]]) -> None:
    """The link of an evidence row leads to the Measurements row of that number, with the same speed and a link to the run."""
    sheet = desk.pages.sheet("Measurements")
    headers = {sheet.cell(6, col).value: col for col in range(1, sheet.max_column + 1)}
    numbered = {point.number: point for members in points.values() for point in members}
    for page in desk.pages.pairs:
        cell = page.evidence(0)[0]["Row"]
        offset = _link_offset(desk, cell)
        for number in (1, len(numbered)):
            row = number + offset
            assert sheet.cell(row, headers["No."]).value == number
            assert sheet.cell(row, headers["Interactivity (tok/s/user)"]).value == numbered[number].x
            link = sheet.cell(row, headers["Run"]).hyperlink
            assert link is not None
            assert str(link.target).startswith("https://github.com/SemiAnalysisAI/")


def _link_offset(desk: Desk, cell: Cell) -> int:
    """Return how far the rows that evidence links to stand below the measurements' numbers."""
    text = desk.texts[cell]
    before, _, after = text.partition("HYPERLINK(\"#'Measurements'!A\"&(")
    assert before, f"{cell} holds no link to Measurements: {text}"
    return int(after.partition('),"row "')[0].rpartition("+")[2])


def test_same_engine_threshold_of_two(desk: Desk) -> None:
    """With the threshold at two, GB300 FP8 1k/1k at 91 tok/s/user reads 21.2x pooled and 1.03x within Dynamo TensorRT-LLM."""
    [case] = [c for c in desk.cases.values() if c.hardware == "gb300" and c.combination == "FP8, 1k/1k"]
    page = desk.pages.pair(case.title)
    released = desk.book.edit(
        desk.choose(case, (91.0, 60.0, 30.0)), [page.line("same engine", 0), page.line("ratio", 0)]
    )
    assert released[page.line("same engine", 0)] == "no engine with 3 knots on both sides"
    assert released[page.line("ratio", 0)] == pytest.approx(21.2, abs=0.05)
    desk.book.edit({desk.input("Knots each curve of a same-engine comparison needs"): 2})
    assert desk.book.value(page.line("same engine", 0)) == "1.03x MTP, Dynamo TensorRT-LLM"
    for shown in _rounds(_pooled(desk)):
        targets = {case: _random_targets(case, _dice()) for case, _ in shown}
        desk.book.edit({k: v for case in targets for k, v in desk.choose(case, targets[case]).items()})
        for case, chosen in targets.items():
            given = replace(desk.given(case.hardware), same_engine=2)
            assert desk.same_engine_faults(case, chosen, given) == []


def test_the_threshold_of_three_leaves_no_engine(desk: Desk) -> None:
    """As released no combination of the thinned answer shows a same-engine ratio at any of its targets."""
    shown = [desk.book.value(page.line("same engine", i)) for page in desk.pages.pairs for i in range(4)]
    assert all(str(text).startswith("no engine") for text in shown)


def test_each_engine_alone(desk: Desk) -> None:
    """The engine dropdown narrows figures, words and charts of a combination to the measurements of that engine."""
    alone = [
        (case, chosen)
        for case in desk.cases.values()
        for chosen in sorted({point.engine for point in (*case.a, *case.b)})
    ]
    assert len(alone) > len(desk.cases)
    for shown in _rounds(alone):
        edits: dict[Cell, Value] = {}
        narrowed = []
        for case, chosen in shown:
            within = case.within(chosen)
            targets = _random_targets(within, _dice())
            edits |= desk.choose(case, targets)
            edits[desk.pages.pair(case.title).controls["engine"]] = HOUSE.engine_label(chosen)
            narrowed.append((within, targets))
        desk.book.edit(edits)
        for within, targets in narrowed:
            assert desk.faults(within, targets, desk.given(within.hardware)) == []


def test_labels_are_what_the_sheets_show(desk: Desk) -> None:
    """Both variants stand under their own names on every sheet."""
    for page in desk.pages.pairs:
        shown = [desk.pages.sheet(page.sheet)[f"B{int(page.figure('throughput', s, 0)[1][1:])}"].value for s in "ab"]
        assert Labels(*shown) == Labels("MTP", "Off")


RESULT_COLUMNS = {
    "throughput (tok/s/GPU)": Compared.throughput,
    "cost (per M tokens)": Compared.cost,
    "tok/s/MW": Compared.per_megawatt,
    "joules per token": Compared.joules,
    "concurrency (approx.)": Compared.requests,
}


def test_results_hold_every_comparison_at_its_default_targets(desk: Desk) -> None:
    """Results has four rows per comparison, at the common target and at 25, 50 and 75 % of the overlap, with the method's figures."""
    rows = _table(desk, "Results", "Comparison")
    common = desk.pages.sheet("Summary")[
        desk.input("Common target interactivity, tok/s/user", sheet="Summary")[1]
    ].value
    assert len(rows) == 4 * len(desk.cases)
    by_case: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_case[f"{row['Model']} on {row['Hardware']}", f"{row['Precision']}, {row['Workload']}"].append(row)
    assert set(by_case) == set(desk.cases)
    for key, own in by_case.items():
        case = desk.cases[key]
        targets = (common, *default_targets(*case.curves))
        assert [row["Interactivity (tok/s/user)"] for row in own] == [pytest.approx(t, rel=1e-12) for t in targets]
        for row, target in zip(own, targets, strict=True):
            assert _result_faults(row, Compared(*case.curves, target, desk.given(case.hardware)), case.labels) == [], (
                key
            )


def _result_faults(row: dict[str, Any], compared: Compared, labels: Labels) -> list[str]:
    """Return the columns of a row of Results that differ from what the method gives."""
    numbers = {
        f"{side.upper()} {name}": (row[f"{side.upper()} {name}"], figure(compared, side))
        for side in "ab"
        for name, figure in RESULT_COLUMNS.items()
    }
    numbers |= {
        "ratio": (row["Ratio (larger to smaller)"], compared.ratio),
        "saving": (row["Saving per token"], compared.saving),
    }
    words = {"": "", "tie": "tie"}.get(compared.better)
    texts = {
        "Better": labels.of(compared.better) if words is None else words,
        "Bound": compared.bound,
        "A read": compared.status("a"),
        "B read": compared.status("b"),
        "Worst flag": grade(compared.flags),
    }
    wrong = [name for name, (found, expected) in numbers.items() if not close(found, expected, 1e-8)]
    wrong += [name for name, text in texts.items() if (row[name] or "") != text]
    return wrong + ([] if row["Flags"] == len(compared.flags) else ["Flags"])


def _table(desk: Desk, sheet: str, first_header: str) -> list[dict[str, Any]]:
    """Return a sheet's table as values by header."""
    page, head = desk.pages.sheet(sheet), desk.pages.find(sheet, first_header)
    headers = {col: str(cell.value) for col, cell in enumerate(page[head], start=1) if cell.value is not None}
    last = next(col for col in range(1, page.max_column + 2) if col not in headers)
    rows = []
    for cells in page.iter_rows(min_row=head + 1, max_col=last - 1, values_only=True):
        if cells[0] is None:
            break
        rows.append({headers[col]: value for col, value in enumerate(cells, start=1)})
    return rows


def test_the_summary_reads_every_comparison_at_the_common_target(desk: Desk) -> None:
    """After an edit of the common target each line of the Summary shows both throughputs and the ratio, and the counts add up."""
    cell = desk.input("Common target interactivity, tok/s/user", sheet="Summary")
    head = desk.pages.find("Summary", "Sheet")
    columns = {str(c.value): get_column_letter(c.column or 1) for c in desk.pages.sheet("Summary")[head] if c.value}
    for target in (20.0, 61.5, 300.0):
        desk.book.edit({cell: target})
        shown = 0
        for number, (case, row) in enumerate(_summary_lines(desk, head), start=1):
            compared = Compared(*case.curves, target, desk.given(case.hardware))
            wanted = {
                "Spec decoding (tok/s/GPU)": compared.throughput("a"),
                "Off (tok/s/GPU)": compared.throughput("b"),
            }
            for header, expected in (wanted | {"Ratio": compared.ratio}).items():
                found = desk.book.value(("Summary", f"{columns[header]}{row}"))
                assert close(found, expected), (number, case.title, case.combination, header, found, expected)
            shown += compared.ratio is not None and compared.bound != "of two lower bounds"
        headline = str(desk.book.value(("Summary", "A8")))
        assert f"{shown} of {len(desk.cases)} comparisons can be decided" in headline


def _summary_lines(desk: Desk, head: int) -> Iterator[tuple[Case, int]]:
    for offset, row in enumerate(_table(desk, "Summary", "Sheet"), start=1):
        key = f"{row['Model']} on {row['Hardware']}", f"{row['Precision']}, {row['Workload']}"
        yield desk.cases[key], head + offset
