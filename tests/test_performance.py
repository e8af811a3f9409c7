"""The Performance sheet: who passes its filters, in which order, what is drawn, and that the judge sees all of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from support.built import build, built
from support.desk import place
from support.engine import Book
from support.fitting import Fit
from support.layouts import layout_of
from support.libreoffice import Session
from support.oracle_curve import Point, frontier
from support.screen import WINDOW, chart_box, in_view
from support.shapes import FALLING, STEEP, scaled, side
from support.tables import write_table

import specxl
from specxl.evaluate import Engine
from specxl.judge.board import KIND
from specxl.judge.picks import pick_edits, picks
from specxl.judge.state import Pick, State
from specxl.judge.states import Judge
from specxl.method.metrics import METRICS
from specxl.model.cells import Formula, address
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.frame import CHECKS, INPUTS, PERFORMANCE, PRICES, WORKINGS
from specxl.sheets.performance.offers import offers_of, opening_choice
from specxl.sheets.performance.places import CELLS, COUNT_ROW, DRAWN, FILTERS, HEAD_ROW, TABLE
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from support import Value

    from specxl.house import House
    from specxl.model.cells import Ref
    from specxl.sheets.book import Layout

STATES = 500
SPEEDS = (0.4, 0.75, 1.0, 1.3, 2.5)


def driven(layout: Layout, folder: Path) -> Judge:
    """A judge over a layout in which only the Performance sheet and what it rests on is live."""
    write_plain(layout.book, folder / "plain.xlsx")
    judge = Judge(layout, Engine(folder / "plain.xlsx", layout.book), lambda _: None)
    first, last = layout.plan.workings.regions[PERFORMANCE]
    judge.engine.freeze(lambda name, row: name in (PRICES, PERFORMANCE) or (name == WORKINGS and first <= row < last))
    return judge


def look(judge: Judge, pick: Pick, basis: str = "total", tier: str = "") -> None:
    """Bring a state up and hold every block of the sheet against the reference."""
    plan = judge.layout.plan
    state = State(tier or plan.tier, basis, plan.catalogue.common_target, pick=pick)
    edits = judge._workbook_edits(state) | pick_edits(offers_of(plan), pick)
    anchors = [anchor for anchor in judge.anchors if anchor.kind.startswith(KIND)]
    with judge.engine.edited(edits):
        judge.look(state, f"{pick}, {basis}", anchors)


def drawn_at_random(layout: Layout, chance: random.Random) -> Pick:
    """A random choice of every control, and a speed: now and then none."""
    offers = offers_of(layout.plan)
    target: object = layout.plan.catalogue.common_target * chance.choice(SPEEDS) * chance.uniform(0.9, 1.1)
    if chance.random() < 0.03:
        target = chance.choice(["", "fast", -4.0])
    return Pick({name: chance.choice(offer.numbers) for name, offer in offers.items()}, target)


@pytest.mark.slow
def test_500_random_filter_states_of_the_shared_answer(shared: Path, tmp_path: Path) -> None:
    """In every one of them the ranking, the figures, the words and every drawn cell are those of the reference."""
    layout = built("benchmarks", shared).layout
    judge, chance = driven(layout, tmp_path), random.Random(20260611)  # noqa: S311 - the same states in every run
    for _ in range(STATES):
        look(judge, drawn_at_random(layout, chance), chance.choice(TOKEN_BASES), chance.choice(TIERS))
    assert judge.tally.states == STATES
    assert judge.tally.rows[f"{KIND}slots"] == STATES * judge.world.standing().slots[-1]["number"]


# --- hand-made rows ---------------------------------------------------------------------------------------------------


def nine() -> list[dict[str, object]]:
    """Nine hardware of one model and workload with one curve each, two of them alike; one served both ways; one other workload."""
    names = ("h100", "h200", "b200", "b300", "gb200", "gb300", "mi300x", "mi325x", "mi355x")
    found: list[dict[str, object]] = []
    for number, hardware in enumerate(names):
        factor = 1.0 if hardware in ("h100", "h200") else 1 + number / 4
        found += side("none", scaled(FALLING, factor), hardware=hardware, serving="aggregated")
    found += side("none", [(50, 5000.0), (95, 200.0)], hardware="b300", serving="disaggregated", engine="trt")
    found += side("mtp", [(200, 400.0), (240, 100.0)], hardware="mi355x", serving="disaggregated", precision="fp4")
    return [*found, *side("none", STEEP, hardware="b300", workload="8k/1k", serving="disaggregated")]


@pytest.fixture(scope="module")
def hand_made(tmp_path_factory: pytest.TempPathFactory, house: House) -> tuple[Judge, Layout]:
    """Return the sheet of these rows, live, with its judge."""
    folder = tmp_path_factory.mktemp("performance")
    layout = layout_of(nine(), folder, house)
    return driven(layout, folder), layout


@pytest.fixture
def shown(hand_made: tuple[Judge, Layout]) -> Callable[..., list[dict[str, Value]]]:
    """Return what the table shows for choices by their texts, after the judge has looked at it."""
    judge, layout = hand_made

    def table(speed: Value = 60.0, **choices: str) -> list[dict[str, Value]]:
        offers = offers_of(layout.plan)
        chosen = opening_choice(layout.plan, offers) | {
            name: offers[name].labels.index(text) + 1 for name, text in choices.items()
        }
        pick = Pick(chosen, speed)
        look(judge, pick)
        with judge.engine.edited(pick_edits(offers, pick)):
            anchor = next(a for a in judge.anchors if a.kind == f"{KIND}table")
            rows = judge.engine.rows(anchor.first, TABLE.keys, anchor.rows)
            judge.engine.evaluate()
        return [row for row in rows if row["hardware"]]

    return table


def test_equal_figures_share_a_rank_and_stand_in_the_order_of_the_registry(
    shown: Callable[..., list[dict[str, Value]]],
) -> None:
    """Two alike share their rank, and the next one counts both; what was never this fast stands last, without a rank."""
    rows = shown(metric="Throughput")
    by_name = {(row["hardware"], row["precision"]): row for row in rows}

    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8, 8, 10]
    assert [row["hardware"] for row in rows[7:9]] == ["H100", "H200"]
    assert by_name["H100", "FP8"]["figure"] == pytest.approx(700.25)
    assert by_name["MI355X", "FP4"]["figure"] == "≥ 400"
    assert by_name["MI355X", "FP4"]["status"] == "not this slow"
    above = shown(metric="Throughput", speed=150.0)
    assert [(row["rank"], row["hardware"], row["status"]) for row in above[:2]] == [
        (1, "MI355X", "not this slow"),
        ("", "H100", "not this fast"),
    ]
    assert {row["figure"] for row in above[1:]} == {""}


def test_a_way_of_serving_has_a_frontier_of_its_own(shown: Callable[..., list[dict[str, Value]]]) -> None:
    """What is narrowed to aggregated rows is read on their curve, not on the pooled one minus its points."""
    aggregated = [(x, y * (1 + 3 / 4)) for x, y in FALLING]
    pooled = [*aggregated, (50, 5000.0), (95, 200.0)]
    alone = frontier(tuple(Point(x, y) for x, y in aggregated))
    both = frontier(tuple(Point(x, y) for x, y in pooled))
    assert [point.x for point in alone] != [point.x for point in both if point.total in {y for _, y in aggregated}]

    rows = {row["hardware"]: row for row in shown(metric="Throughput", serving="aggregated", vendor="NVIDIA")}
    assert rows["B300"]["figure"] == pytest.approx(aggregated[1][1])
    assert rows["B300"]["range"] == "40.0 to 130.0"
    rows = {row["hardware"]: row for row in shown(metric="Throughput", serving="disaggregated")}
    assert set(rows) == {"B300", "MI355X"}
    assert rows["B300"]["range"] == "50.0 to 95.0"
    assert rows["B300"]["engine"] == "TensorRT-LLM"
    assert {row["hardware"]: row for row in shown(metric="Throughput")}["B300"]["range"] == "50.0 to 130.0"


def test_what_is_not_drawn_is_counted_and_filters_that_leave_nothing_say_so(hand_made: tuple[Judge, Layout]) -> None:
    """Ten pass, eight are drawn; another workload has one; a choice that nothing has says so in words, without an error."""
    judge, layout = hand_made
    offers = offers_of(layout.plan)
    opening = opening_choice(layout.plan, offers)

    def line(**chosen: int) -> tuple[Value, Value]:
        pick = Pick(opening | chosen, 60.0)
        look(judge, pick)
        with judge.engine.edited(pick_edits(offers, pick)):
            found = (
                judge.engine.get(CELLS["model"]._replace(row=COUNT_ROW, col=0)),
                judge.engine.get(CELLS["model"]._replace(row=0, col=0)),
            )
        judge.engine.evaluate()
        return found

    ten, message = line()
    assert ten == "10 configurations, 10 with a figure at this speed. Drawn are the first 8; 2 are not drawn"
    assert message == "foo, 1k/1k: Cost at 60 tok/s per user"
    one, _ = line(workload=2)
    assert one == "1 configuration, 1 with a figure at this speed. All are drawn"
    none, message = line(workload=2, vendor=2 + offers["vendor"].keys.index("AMD"))
    assert none == "foo was measured with 8k/1k, but nothing passes the filters"
    assert message == "Nothing passes these filters: choose again"


def test_a_control_with_one_choice_is_a_word(tmp_path: Path, house: House) -> None:
    """One model, workload, precision, vendor and way of serving: nothing to choose; the speed and the figure stay inputs."""
    layout = layout_of([*side("mtp", FALLING, serving="aggregated")], tmp_path, house)
    inputs = {item.ref._replace(fixed=True) for item in layout.plan.register.items}

    assert {name for name, cell in CELLS.items() if cell in inputs} == {"metric", "target"}
    sheet = layout.book.sheet(PERFORMANCE)
    assert sheet.cells[CELLS["serving"].row, CELLS["serving"].col].content == "aggregated"
    assert sheet.cells[CELLS["variant"].row, CELLS["variant"].col].content == "MTP"


def test_entries_that_cannot_be_used_leave_words(hand_made: tuple[Judge, Layout]) -> None:
    """A text that is none of a control's choices lets nothing through; the reference agrees, and no cell shows an error."""
    judge, layout = hand_made
    offers = offers_of(layout.plan)
    for name in (*FILTERS, "metric"):
        if offers[name].single:
            continue
        chosen = opening_choice(layout.plan, offers) | {name: 0}
        state = State(layout.plan.tier, "total", 60.0, pick=Pick(chosen, 60.0))
        edits: Mapping[Ref, Value] = pick_edits(offers, Pick(chosen | {name: 1}, 60.0)) | {CELLS[name]: "=none*"}
        with judge.engine.edited(edits):
            judge.look(state, name, [anchor for anchor in judge.anchors if anchor.kind.startswith(KIND)])


# --- states, files, screen ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("book", ["default", "mixed"])
def test_a_build_looks_at_each_choice_of_each_dropdown(book: str) -> None:
    """Every number of every control stands in one of the picks or in the opening choice."""
    plan = built(book).layout.plan
    offers = offers_of(plan)
    seen = [opening_choice(plan, offers), *(pick.chosen for pick in picks(plan))]

    for name, offer in offers.items():
        assert {chosen[name] for chosen in seen} == set(offer.numbers), name
    assert len(seen) <= 2 + len(METRICS) + sum(len(offer.labels) for offer in offers.values())


def test_curves_of_comparisons_keep_their_numbers(hand_made: tuple[Judge, Layout]) -> None:
    """Curves by way of serving come behind all others, and share the curve of an engine that has the same points."""
    curves = hand_made[1].plan.catalogue.curves
    narrowed = [curve for curve in curves if curve.key.scope.startswith("serving:")]

    assert [curve.id for curve in narrowed] == [curve.id for curve in curves[len(curves) - len(narrowed) :]]
    assert narrowed == []  # the engine of each way of serving has all of its points


def test_serving_that_no_engine_tells_apart(tmp_path: Path, house: House) -> None:
    """Where one engine served both ways, both have curves of their own."""
    rows = [*side("none", FALLING, serving="aggregated"), *side("none", STEEP, serving="disaggregated")]
    layout = layout_of(rows, tmp_path, house)
    assert [c.key.scope for c in layout.plan.catalogue.curves] == [
        "best",
        "serving:aggregated",
        "serving:disaggregated",
    ]
    judge = driven(layout, tmp_path)
    for pick in picks(layout.plan):
        look(judge, pick)


@pytest.mark.libreoffice
def test_a_file_in_which_the_choices_were_changed_is_right(tmp_path: Path) -> None:
    """Edited and saved in LibreOffice: `specxl verify` names the inputs and finds every block right, as the choices stand."""
    finished = build([write_table(tmp_path / "t.csv", nine())], tmp_path / "out.xlsx", rates="2026-08")
    copy, texts = tmp_path / "again.xlsx", {"metric": "Energy", "serving": "disaggregated", "vendor": "AMD"}
    cells: dict[tuple[str, str], Value] = {
        (PERFORMANCE, CELLS[name]._replace(fixed=False).address): value
        for name, value in {**texts, "target": 210}.items()
    }
    with Session() as office:
        office.open(finished.path)
        office.edit(cells)
        office.save(copy)
    report = specxl.verify_file(copy)

    assert (report.differences, report.results, report.errors, report.disagreements) == ((), (), (), ())
    assert {(item.sheet, item.cell) for item in report.inputs} == set(cells)


@pytest.mark.slow
@pytest.mark.parametrize("book", ["default", "benchmarks", "mixed"])
def test_every_text_fits_whatever_is_chosen(request: pytest.FixtureRequest, book: str) -> None:
    """Each choice of each control and many at random: no text of the sheet is cut, whatever the figure, speed and engine."""
    made = built(book, request.getfixturevalue("shared") if book == "benchmarks" else None)
    plan, sheet, engine = made.layout.plan, made.layout.book.sheet(PERFORMANCE), Book(made.path)
    first, last = plan.workings.regions[PERFORMANCE]
    live = (PERFORMANCE, PRICES, CHECKS, INPUTS)
    engine.freeze(lambda name, row: name in live or (name == WORKINGS and first < row <= last))
    fit, chance = Fit(sheet, plan.house.theme), random.Random(7)  # noqa: S311 - the same states in every run
    cells = [at for at, cell in sheet.cells.items() if isinstance(cell.content, Formula)]
    found = set()
    for pick in (*picks(plan), *(drawn_at_random(made.layout, chance) for _ in range(40))):
        edits = pick_edits(offers_of(plan), pick).items()
        engine.edit({place(ref._replace(fixed=False)): value for ref, value in edits})
        found |= set(fit.faults({at: engine.value((PERFORMANCE, address(*at))) for at in cells}))
    assert found == set()


def test_controls_table_and_chart_are_in_view() -> None:
    """On a small screen the controls, the first rows and the whole upper chart are seen before anybody scrolls."""
    layout = built("default").layout
    sheet = layout.book.sheet(PERFORMANCE)

    for cell in CELLS.values():
        assert in_view(sheet, cell.row, cell.col)
    assert in_view(sheet, HEAD_ROW + DRAWN, len(TABLE) - 1)
    left, top, right, bottom = chart_box(sheet, sheet.charts[0])
    assert (left > 0, top > 0) == (True, True)
    assert right <= WINDOW[0]
    assert bottom <= WINDOW[1]
    assert sheet.charts[0].log
    assert not sheet.charts[1].log
    assert sheet.one_page
