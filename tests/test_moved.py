"""How it moved: which rows counted on which day, both sides by date, and that a past moves nothing current."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from support.books import build
from support.desk import place
from support.engine import Book
from support.fitting import Fit
from support.histories import DAYS, MTP, OFF, SPEED, line, run, write_history, write_latest
from support.layouts import materials
from support.references import Formula as Shaped
from support.rows import load_rows, write_json

from specxl.evaluate import Engine
from specxl.judge.build_world import BuildWorld
from specxl.judge.compare import Tally
from specxl.judge.expect import block_faults
from specxl.judge.moved import MOVED_CHECKS
from specxl.judge.picks import moved_edits
from specxl.judge.state import State
from specxl.method.catalogue import build_catalogue
from specxl.method.curve_book import DAY
from specxl.method.history import MOST_DAYS, with_history
from specxl.model.cells import Formula, Link, address
from specxl.model.manifest import lay_manifest
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.reported_faults import apply_known_issues
from specxl.recipe import BuildOptions
from specxl.returned import verify_file
from specxl.returned.blocks import incomplete
from specxl.returned.view import View
from specxl.returned.world import FileWorld
from specxl.sheets.anchors import place_of
from specxl.sheets.book import build_book
from specxl.sheets.frame import ABOUT, COMMON_TARGET, MOVED, OVERALL, PRICES, WORKINGS
from specxl.sheets.moved.draft import MovedSheet
from specxl.sheets.moved.places import CHART_HEAD, FIRST_SENTENCE, KIND, NOTE_ROW, TABLE, TABLE_ROW, Move
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support import Value
    from support.books import Built

    from specxl.house import House
    from specxl.judge.world import World
    from specxl.method.catalogue import Catalogue
    from specxl.reading.dataset import Dataset
    from specxl.sheets.anchors import Anchor

CARD, PRICE = "2026-04", 1.41
"""The rate card of the hand-made history, and what its hyperscaler tier has for a GPU-hour of H200."""
DATES = tuple(dt.date.fromisoformat(day) for day in DAYS)
PLACES = {"FP4": 1, "FP8": 2}


def cost(throughput: float) -> float:
    """Dollars per million tokens, written out."""
    return PRICE / (throughput * 3600 / 1e6)


def catalogue_of(dataset: Dataset, house: House) -> Catalogue:
    """The catalogue of a data set, with its past."""
    return with_history(build_catalogue(dataset.measurements, house))


def days_of(dataset: Dataset) -> list[tuple[str, ...]]:
    """On which days each row counted, as text."""
    return [tuple(day.isoformat() for day in m.days) for m in dataset.measurements]


# --- which rows counted -----------------------------------------------------------------------------------------------


def test_a_row_counts_from_its_run_until_a_newer_one_of_its_line(tmp_path: Path, house: House) -> None:
    """Off of March counts until April, that of April until June; of MTP both lines stay; a run of one day has no past."""
    found = load([write_history(tmp_path)], house).measurements
    days = {(m.hardware, m.precision, m.variant, m.engine, m.date): m.days for m in found}
    first, second, third, last = DATES

    assert days["h200", "fp8", "none", "sglang", first] == (first,)
    assert days["h200", "fp8", "none", "sglang", second] == (second, third)
    assert days["h200", "fp8", "none", "sglang", last] == (last,)
    assert days["h200", "fp8", "mtp", "vllm", first] == DATES
    assert days["h200", "fp8", "mtp", "sglang", third] == (third, last)
    assert days["h200", "fp4", "none", "sglang", first] == (first, last)
    assert days["b300", "fp8", "mtp", "sglang", third] == ()


def test_a_latest_answer_has_no_past(tmp_path: Path, house: House) -> None:
    """Rows of many dates of which none was measured again show today only."""
    dataset = load([write_latest(tmp_path)], house)

    assert len({m.date for m in dataset.measurements}) > 1
    assert set(days_of(dataset)) == {()}
    assert catalogue_of(dataset, house).moved == ()


def test_latest_answers_of_several_days_are_a_past(tmp_path: Path, house: House) -> None:
    """What a newer answer replaced counted until then, and what no answer replaced counts on."""
    march = write_json(
        tmp_path / "march.json", [*run("2026-03-01", 5, line(300)), *run("2026-03-01", 5, line(90), hardware="b300")]
    )
    may = write_json(tmp_path / "may.json", run("2026-05-01", 7, line(400)))

    found = days_of(load([may, march], house))

    assert found == [("2026-05-01",), ("2026-05-01",), ("2026-03-01",), ("2026-03-01",), (), ()]


def test_a_run_past_midnight_counts_from_its_last_day(tmp_path: Path, house: House) -> None:
    """Half of a run is no curve: on its first day what was there before still counts."""
    rows = [*run("2026-03-01", 5, line(300)), *run("2026-04-01", 6, line(400))]
    rows[3]["date"] = "2026-04-02"

    assert days_of(load_rows(tmp_path, house, *rows)) == [("2026-03-01",)] * 2 + [("2026-04-02",)] * 2


def test_mixed_runs_are_mixed_on_every_day(tmp_path: Path, house: House) -> None:
    """Where the newest row of each load counts today, it did so on every day."""
    rows = [*run("2026-03-01", 5, line(300)), *run("2026-04-01", 6, line(400))[:1]]

    assert days_of(load_rows(tmp_path, house, *rows, mix_runs=True)) == [
        ("2026-03-01",),
        ("2026-03-01", "2026-04-01"),
        ("2026-04-01",),
    ]


def test_repeats_within_an_older_run_count_once(tmp_path: Path, house: House) -> None:
    """Of several measurements of a point the one that stands for it counts, then as now."""
    first = run("2026-03-01", 5, line(300))
    again = [
        {**row, "metrics": {**row["metrics"], "tput_per_gpu": row["metrics"]["tput_per_gpu"] * 1.01}} for row in first
    ]
    rows = [*first, *again, *run("2026-04-01", 6, line(400))]

    assert days_of(load_rows(tmp_path, house, *rows)) == [("2026-03-01",)] * 2 + [()] * 2 + [("2026-04-01",)] * 2


def test_rows_with_a_reported_fault_leave_the_past_too(tmp_path: Path, house: House) -> None:
    """What is left out on request was never there."""
    dataset = load([write_history(tmp_path)], house)
    marked = tuple(replace(m, issues=("x#1",)) if m.date == DATES[0] else m for m in dataset.measurements)

    found = apply_known_issues(replace(dataset, measurements=marked), house, exclude=True)

    assert {m.date for m in found.measurements if m.days} == set(DATES[1:])
    assert {day for m in found.measurements for day in m.days if m.date == DATES[0]} == set()


def test_the_curve_of_a_day_is_that_of_a_build_as_of_that_day(tmp_path: Path, house: House) -> None:
    """Every side of every comparison has on each day the knots that the same inputs give as of that day."""
    path = write_history(tmp_path)
    catalogue, compared = catalogue_of(load([path], house), house), 0
    for past in catalogue.moved:
        today = next(c for c in catalogue.comparisons if c.number == past.comparison)
        for day in past.days:
            then = build_catalogue(load([path], house, DatasetOptions(as_of=day.date)).measurements, house)
            sides = {side.key: side.curve for c in then.comparisons for _, side in c.sides}
            for (_, side), curve in zip(today.sides, (day.a, day.b), strict=True):
                assert knots(curve) == knots(sides.get(side.key)), (past.comparison, day.date)
                compared += 1
        assert (past.days[-1].a, past.days[-1].b) == (today.a.curve, today.b.curve)
    assert compared == 2 * (4 + 2)


def knots(curve: Any) -> list[tuple[float | None, float | None]]:  # noqa: ANN401 - a curve or None
    """The points of a curve."""
    return [(m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in curve.knots] if curve else []


def test_no_more_days_than_a_screen_holds(tmp_path: Path, house: House) -> None:
    """Of thirty days the newest 24 are kept, and how many are left out is said; a day that changed nothing is none."""
    start = dt.date(2026, 1, 1)
    rows = [row for n in range(30) for row in run((start + dt.timedelta(days=n)).isoformat(), n + 1, line(300 + n))]
    rows += run("2026-01-31", 31, line(500), spec_method="eagle")

    catalogue = catalogue_of(load_rows(tmp_path, house, *rows), house)

    by_side = {
        c.a.key.variant: past for past in catalogue.moved for c in catalogue.comparisons if c.number == past.comparison
    }
    assert set(by_side) == {"eagle"}
    [past] = by_side.values()
    assert (len(past.days), past.left_out) == (MOST_DAYS, 31 - MOST_DAYS)
    assert past.days[-1].date == dt.date(2026, 1, 31)
    assert [day.b.knots[0].days[0] for day in past.days[:2] if day.b] == [dt.date(2026, 1, 8), dt.date(2026, 1, 9)]
    curves = [curve for curve in catalogue.curves if curve.key.scope.startswith(DAY)]
    assert [curve.id for curve in catalogue.curves] == list(range(1, len(catalogue.curves) + 1))
    assert len(curves) == MOST_DAYS - 2


# --- the sheet --------------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """The workbook of the hand-made history, in the engine."""

    built: Built
    book: Book

    def anchors(self, kind: str) -> list[Anchor]:
        """The anchors of a kind of block of the sheet."""
        return [a for a in self.built.layout.plan.anchors if a.kind == f"{KIND}{kind}"]

    def rows(self, kind: str, tag: str = "") -> list[dict[str, Value]]:
        """The values of a block."""
        anchor = next(a for a in self.anchors(kind) if a.tag == tag)
        return [{key: self.book.value(place(ref)) for key, ref in row.items()} for row in anchor.cells()]

    def says(self, row: int) -> str:
        """The text in column A."""
        return str(self.book.value((MOVED, f"A{row + 1}")))

    @property
    def driven(self) -> MovedSheet:
        """The control and what it offers."""
        found = self.built.layout.plan.driven[MOVED]
        assert isinstance(found, MovedSheet)
        return found

    def choose(self, precision: str | None, **others: Value) -> None:
        """Choose a comparison by its precision, and type into the Summary's speed (`speed`)."""
        edits: dict[Any, Value] = {
            place(self.driven.control): self.driven.names[PLACES[precision] - 1] if precision else "none of these"
        }
        if "speed" in others:
            edits[place(COMMON_TARGET)] = others["speed"]
        self.book.edit(edits)

    def errors(self) -> list[object]:
        """Every formula of the sheet and its workings that shows an error value."""
        values = ((cell, self.book.value(cell)) for cell in self.book.formulas() if cell[0] in (MOVED, WORKINGS))
        return [cell for cell, value in values if isinstance(value, str) and value.startswith("#") and value != "#"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the workbook of the history once."""
    folder = tmp_path_factory.mktemp("moved")
    return build([write_history(folder)], folder / "history.xlsx", BuildOptions(rates=CARD))


@pytest.fixture(scope="module")
def opened(made: Built) -> Desk:
    """Return it in the engine."""
    return Desk(made, Book(made.path))


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    """Return it, and put everything back afterwards."""
    yield opened
    opened.book.reset()


def test_every_day_as_computed_by_hand(desk: Desk) -> None:
    """At 60 tok/s per user, the middle of straight lines: costs, engines, GPUs and ratio of each day."""
    table = desk.rows("table")

    assert desk.book.value(place(COMMON_TARGET)) == SPEED
    assert [row["b_cost"] for row in table] == pytest.approx([cost(y) for y in OFF])
    assert [row["a_cost"] for row in table] == pytest.approx([cost(y) for y in MTP])
    assert [row["ratio"] for row in table] == pytest.approx([a / b for a, b in zip(MTP, OFF, strict=True)])
    assert [row["date"] for row in table] == [(day - dt.date(1899, 12, 30)).days for day in DATES]
    assert [row["a_engine"] for row in table] == ["vLLM", "vLLM", "SGLang", "SGLang"]
    assert [row["a_gpus"] for row in table] == ["8", "8", "16", "16"]
    assert {(row["b_engine"], row["b_gpus"], row["b_status"], row["words"]) for row in table} == {
        ("SGLang", "8", "interpolated", "MTP better")
    }


def test_sentences_say_what_changed(desk: Desk) -> None:
    """First, last and what else is other: the engine and the GPUs of MTP, neither of Off; row 1 says it of MTP."""
    assert desk.says(FIRST_SENTENCE + 1) == (
        f"From 2026-03-02 to 2026-06-01 the cost of MTP at 60 tok/s per user fell from USD {cost(600):.3f} to USD {cost(1200):.3f} "
        "per million tokens; the engine changed from vLLM to SGLang; GPUs then 8, now 16."
    )
    assert desk.says(FIRST_SENTENCE) == (
        f"From 2026-03-02 to 2026-06-01 the cost of Off at 60 tok/s per user fell from USD {cost(300):.3f} to USD {cost(350):.3f} "
        "per million tokens; the engine is SGLang on both days; GPUs 8 on both days."
    )
    assert desk.says(0) == (
        f"DeepSeek R1, H200, FP8, 1k/1k: MTP fell from USD {cost(600):.3f} to {cost(1200):.3f} per million tokens, "
        "2026-03-02 to 2026-06-01"
    )
    assert "left out" not in desk.says(NOTE_ROW)
    assert desk.says(CHART_HEAD) == "Cost per million tokens, USD, at 60 tok/s per user"


def test_a_bound_decides_nothing(desk: Desk) -> None:
    """MTP in FP4 was at most so dear first: whether it fell is undecided, and the cell says that it is a bound."""
    desk.choose("FP4")
    table, [moved] = desk.rows("table"), desk.rows("line", "a")

    assert [row["a_cost"] for row in table] == [f"≤ {cost(900):.3f}", pytest.approx(cost(950)), "", ""]
    assert [row["a_status"] for row in table] == ["below the frontier", "interpolated", "", ""]
    assert moved["move"] == Move.UNDECIDED
    assert desk.says(FIRST_SENTENCE + 1).startswith(
        "From 2026-03-02 to 2026-06-01 the cost of MTP at 60 tok/s per user went from USD ≤ "
    )
    assert [row["move"] for row in desk.rows("line", "b")] == [Move.LEVEL]
    assert [row["date"] for row in table][2:] == ["", ""]


@pytest.mark.parametrize(
    ("speed", "figures", "moves"),
    [
        (80, 4, (Move.FELL, Move.FELL)),
        (40.0, 4, (Move.FELL, Move.FELL)),
        (100, 0, (0, 0)),
        (20, 4, (Move.UNDECIDED, Move.UNDECIDED)),
        (None, 0, (0, 0)),
        ("fast", 0, (0, 0)),
        (-3, 0, (0, 0)),
    ],
)
def test_every_speed_has_figures_or_words(desk: Desk, speed: Value, figures: int, moves: tuple[int, int]) -> None:
    """Below, on and above what was measured, and without a speed: no error value, words for what is missing, checks passed."""
    desk.choose("FP8", speed=speed)
    table = desk.rows("table")

    assert sum(row["a_cost"] != "" for row in table) == figures
    assert tuple(desk.rows("line", side)[0]["move"] for side in "ab") == moves
    assert all(row["a_status"] and row["words"] for row in table)
    assert desk.errors() == []
    assert desk.book.value(place(OVERALL)) == "all passed"
    assert desk.says(0)


def test_without_a_price_there_are_words(desk: Desk) -> None:
    """Where no price is known costs are empty and say why, a stop stands beside every verdict, and nothing is drawn."""
    factor = next(item.ref for item in desk.built.layout.plan.register.items if item.label.startswith("One US dollar"))
    desk.book.edit({place(factor): "n/a"})
    table = desk.rows("table")

    assert {(row["a_cost"], row["a_status"], row["words"]) for row in table} == {("", "no price", "stop: no price")}
    assert [row["ratio"] for row in table] == pytest.approx([a / b for a, b in zip(MTP, OFF, strict=True)])
    assert desk.says(FIRST_SENTENCE + 1) == "MTP has no cost at 60 tok/s per user on any of these dates."
    assert {row["x"] for row in desk.rows("drawn", "a")} == {-1}
    assert desk.errors() == []


def test_no_choice_gives_words(desk: Desk) -> None:
    """A text that the dropdown does not offer leaves no day and no figure."""
    desk.choose(None)

    assert desk.says(0) == "Choose a comparison"
    assert {value for row in desk.rows("table") for value in row.values()} == {""}
    assert {row["x"] for side in "ab" for row in desk.rows("drawn", side)} == {-1}
    assert desk.errors() == []
    assert desk.book.value(place(OVERALL)) == "all passed"


def test_prices_and_tokens_in_force_move_every_day(desk: Desk) -> None:
    """An own price scales all costs alike; output tokens are half of all here, so they cost twice as much."""
    plan = desk.built.layout.plan
    before = [row["a_cost"] for row in desk.rows("table")]
    desk.book.edit({place(plan.prices.hardware["h200"].own): 2 * PRICE})
    assert [row["a_cost"] for row in desk.rows("table")] == pytest.approx([2 * float(str(y)) for y in before])
    desk.book.reset()
    desk.book.edit({place(plan.prices.names["basis_text"]): plan.house.texts["labels"]["bases"]["output"]})
    assert [row["a_cost"] for row in desk.rows("table")] == pytest.approx([2 * float(str(y)) for y in before])
    assert desk.says(CHART_HEAD) == "Cost per million output tokens, USD, at 60 tok/s per user"


def test_the_chart_draws_the_days_with_a_cost(desk: Desk) -> None:
    """A point for each, behind the last one that one again; the axis begins before the first day and ends after the last."""
    desk.choose("FP4")
    drawn = desk.rows("drawn", "a")
    [chart] = desk.built.layout.book.sheet(MOVED).charts

    serials = [(day - dt.date(1899, 12, 30)).days for day in DATES]
    assert [row["x"] for row in drawn] == [serials[0], *[serials[-1]] * 3]
    assert [row["cost"] for row in drawn] == pytest.approx([cost(900), *[cost(950)] * 3])
    assert chart.x_span is not None
    assert chart.x_span[0] < serials[0] < serials[-1] < chart.x_span[1]
    assert chart.x_format == "yyyy-mm-dd"


def test_every_text_fits(made: Built) -> None:
    """No text of the sheet is cut, with any choice, at any speed, in a currency with large figures."""
    sheet, plan, book = made.layout.book.sheet(MOVED), made.layout.plan, Book(made.path)
    first, last = plan.workings.regions[MOVED]
    book.freeze(lambda name, row: name in (MOVED, PRICES) or (name == WORKINGS and first < row <= last))
    desk, fit = Desk(made, book), Fit(sheet, plan.house.theme)
    factor = next(item.ref for item in plan.register.items if item.label.startswith("One US dollar"))
    cells = [at for at, cell in sheet.cells.items() if isinstance(cell.content, Formula)]
    found = set()
    for money, currency in ((1.0, "USD"), (151.2, "JPY")):
        book.edit({place(factor): money, place(factor._replace(row=factor.row - 1)): currency})
        for precision in (*PLACES, None):
            for speed in (SPEED, 33.12, 75.5, 200, None):
                desk.choose(precision, speed=speed)
                found |= set(fit.faults({at: book.value((MOVED, address(*at))) for at in cells}))
    assert found == set()


@pytest.mark.parametrize("engines", ["Dynamo TensorRT-LLM", "Dynamo TensorRT-LLM, Dynamo SGLang"])
def test_long_names_fit(made: Built, engines: str) -> None:
    """The longest names of a model, hardware and engines fit the message, a cell of the table and two lines of a sentence."""
    house, sheet = made.layout.plan.house, made.layout.book.sheet(MOVED)
    fit, texts = Fit(sheet, house.theme), house.texts["moved"]
    model, hardware = ("Llama 3.3 70B", "GB200 NVL72")
    fields = {"side": "EAGLE", "currency": "USD", "first": "≤ 1,129.999", "last": "≤ 0.28212", "tokens": "output tokens",
              "first_date": "2026-03-02", "last_date": "2026-06-01", "speed": "133.12", "tie": "1.05",
              "changes": texts["changes"]["engine"].format(old=engines, new=engines[::-1]) + texts["changes"]["size"].format(old="8 to 72", new="16 to 144")}  # fmt: skip
    shown: dict[tuple[int, int], Value] = {
        (0, 0): f"{model}, {hardware}, FP4, 8k/1k, EAGLE: {texts['short']['fell'].format(**fields)}",
        (TABLE_ROW + 1, TABLE["a_engine"]): f"Dynamo TensorRT-LLM{texts['table']['more']}",
    }
    found = [*fit.faults(shown)]
    for name in ("fell", "rose", "level", "undecided"):
        found += fit.faults({(FIRST_SENTENCE, 0): texts["sentence"][name].format(**fields)})
    assert found == []


# --- what it leaves alone, and where it is absent ---------------------------------------------------------------------


def test_a_past_moves_no_current_figure(desk: Desk, tmp_path: Path) -> None:
    """Every row of Results, and every read of every sheet with two sides, is to the bit what it is without the older rows."""
    made = desk.built
    plain = build([write_latest(tmp_path)], tmp_path / "latest.xlsx", BuildOptions(rates=CARD))
    with_past, without = (one.result.results().to_csv(float_format="%r") for one in (made, plain))
    assert with_past == without
    assert without.count("\n") == 1 + 4 * 3
    books = ((made, desk.book), (plain, Book(plain.path)))
    owners = {anchor.owner for anchor in plain.layout.plan.anchors if anchor.kind == "comparison"}
    for owner in owners:
        rows = []
        for one, book in books:
            anchor = next(a for a in one.layout.plan.anchors if (a.kind, a.owner) == ("comparison", owner))
            rows.append([[book.value(place(ref)) for ref in cells.values()] for cells in anchor.cells()])
        assert rows[0] == rows[1], owner
    assert owners == {"", "DeepSeek R1 H200", "DeepSeek R1 B300", "Explorer"}
    names = [[sheet.name for sheet in one.layout.book.sheets] for one in (made, plain)]
    assert [name for name in names[0] if name != MOVED] == names[1]


def test_only_sheets_with_a_past_lead_to_it(made: Built, tmp_path: Path) -> None:
    """The sheet of H200 has the link, that of B300 has not; About says what the sheet is, and only where there is one."""
    links = {
        pair.sheet.name: MOVED in {c.content.text for c in pair.sheet.cells.values() if isinstance(c.content, Link)}
        for pair in made.layout.pairs
    }
    assert links == {"DeepSeek R1 H200": True, "DeepSeek R1 B300": False}
    words = made.layout.plan.house.texts["about"]["moved"]
    dataset = load([write_latest(tmp_path)], made.layout.plan.house)
    plain = build_book(materials(dataset, made.layout.plan.house, BuildOptions(rates=CARD)))
    held = [
        words in {cell.content for cell in layout.book.sheet(ABOUT).cells.values()} for layout in (made.layout, plain)
    ]
    assert held == [True, False]
    assert not [a for a in plain.plan.anchors if a.kind.startswith(KIND)]


def test_one_comparison_is_a_word_and_old_days_are_said(tmp_path: Path, house: House) -> None:
    """With one past there is no dropdown; the note tells how many days are left out, and no sheet of one page is too long."""
    start = dt.date(2026, 1, 1)
    rows = [row for n in range(26) for row in run((start + dt.timedelta(days=n)).isoformat(), n + 1, line(300 + 9 * n))]
    rows += run("2026-01-02", 99, line(700), spec_method="mtp")
    layout = build_book(materials(load_rows(tmp_path, house, *rows), house, BuildOptions(rates=CARD)))
    lay_manifest(layout.book, [place_of(anchor) for anchor in layout.plan.anchors])
    plain = tmp_path / "plain.xlsx"
    write_plain(layout.book, plain)
    engine = Engine(plain, layout.book)

    engine.values()
    sheet = layout.book.sheet(MOVED)
    assert not [item for item in layout.plan.register.items if item.ref.sheet == MOVED]
    assert str(engine.get(sheet.ref(NOTE_ROW, 0))).endswith(" The 2 oldest dates are left out.")
    table = next(a for a in layout.plan.anchors if a.kind == f"{KIND}table")
    dates = [engine.get(row["date"]) for row in table.cells()]
    assert dates == [46025.0 + n for n in range(MOST_DAYS)]


def test_each_column_has_one_form(made: Built) -> None:
    """In R1C1 the formulas of a column are one, as if filled down."""
    forms: dict[tuple[str, str, str], set[str]] = {}
    for anchor in made.layout.plan.anchors:
        for row in anchor.cells() if anchor.kind.startswith(KIND) else ():
            for key, ref in row.items():
                content = made.layout.book.sheet(ref.sheet).cells[ref.row, ref.col].content
                if isinstance(content, Formula):
                    shape = Shaped(ref.sheet, ref.address, f"={content.text(ref.row)}").shape
                    forms.setdefault((anchor.kind, anchor.tag, key), set()).add(shape)
    assert len(forms) > 200
    assert {place: found for place, found in forms.items() if len(found) > 1} == {}


# --- the judge --------------------------------------------------------------------------------------------------------

UNJUDGED: dict[str, set[str]] = {f"{KIND}days": {"text"}}
"""Words that follow from a cell beside them; the digests cover them."""
WORDS = {f"{side}_{name}" for side in "ab" for name in ("status", "engine", "gpus")} | {"words"}
NOT_IN_A_FILE = UNJUDGED | {f"{KIND}choice": {"left_out"}, f"{KIND}table": WORDS}
"""What only the cells of a workbook that came back can say."""


@pytest.fixture(scope="module")
def engine(made: Built, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return the engine of the build with the workbook as it opens."""
    plain = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    write_plain(made.layout.book, plain)
    found = Engine(plain, made.layout.book)
    found.values()
    return found


@pytest.mark.parametrize("precision", PLACES)
def test_the_judge_sees_every_cell(made: Built, engine: Engine, precision: str) -> None:
    """In each choice every block is right as it stands; with any one of its cells altered it is wrong."""
    plan = made.layout.plan
    state = State(plan.tier, "total", plan.catalogue.common_target, moved=PLACES[precision])
    with engine.edited(moved_edits(plan, PLACES[precision])):
        missed, altered = _unseen(made, engine, BuildWorld(plan, state), UNJUDGED)

    assert missed == []
    assert altered > 200


def test_the_judge_of_a_file_sees_every_cell(made: Built, engine: Engine) -> None:
    """So it does in a workbook that came back, but for words that a template chose."""
    blocks = [place_of(anchor) for anchor in made.layout.plan.anchors]
    missed, altered = _unseen(made, engine, FileWorld(View(made.layout.book, engine.values()), blocks), NOT_IN_A_FILE)

    assert missed == []
    assert altered > 200


def _unseen(made: Built, engine: Engine, world: World, left_out: Mapping[str, set[str]]) -> tuple[list[object], int]:
    """Alter the cells of the sheet's blocks one after the other; return those that no fault names, and how many there are."""
    anchors = [anchor for anchor in made.layout.plan.anchors if anchor.kind.startswith(KIND)]
    assert {anchor.kind for anchor in anchors} == set(MOVED_CHECKS)
    missed: list[object] = []
    altered = 0
    for anchor in anchors:
        rows = [dict(row) for row in engine.rows(anchor.first, anchor.keys, anchor.rows)]
        assert list(block_faults(world, anchor, rows, Tally())) == []
        for number, key in _cells(anchor, rows, world):
            if key in left_out.get(anchor.kind, ()):
                continue
            spoiled = [dict(row) for row in rows]
            spoiled[number][key] = _other(rows[number][key])
            altered += 1
            if not list(block_faults(world, anchor, spoiled, Tally())):
                missed.append((anchor.kind, number, key))
    return missed, altered


def _cells(anchor: Anchor, rows: list[dict[str, Value]], world: World) -> Iterator[tuple[int, str]]:
    """The cells to alter: all but those of large blocks, of which the first row will do, and days of other choices."""
    moved = world.moved()
    shown = range(moved.first - 1, moved.first - 1 + len(moved.days))
    for number in range(len(rows)):
        if (anchor.kind == f"{KIND}blocks" and number) or (anchor.kind == f"{KIND}days" and number not in shown):
            continue
        yield from ((number, key) for key in anchor.keys)


def _other(value: Value) -> Value:
    return value + 1 if isinstance(value, (int, float)) else f"{value} x"


def test_verify_compares_the_sheet(made: Built) -> None:
    """A workbook that came back is compared in every day too: four beside the reads of Results and of the sheets with two sides."""
    report = verify_file(made.path)

    assert report.exit_status == 0
    assert report.reads == 4 * 3 + 4 * 3 + len(DAYS)


@pytest.mark.parametrize("kind", [f"{KIND}line", f"{KIND}reads", f"{KIND}table"])
def test_a_block_that_the_manifest_leaves_out_is_missed(made: Built, engine: Engine, kind: str) -> None:
    """A manifest that names no block, or one of fewer rows, does not pass for a whole one."""
    view = View(made.layout.book, engine.values())
    blocks = [place_of(anchor) for anchor in made.layout.plan.anchors]
    kept = [block for block in blocks if block.kind != kind]

    assert list(incomplete(view, blocks)) == []
    assert any(kind in text for text in incomplete(view, kept))
