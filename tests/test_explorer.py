"""The Explorer: any side against any other, held against the reference, and words where there is nothing to compare."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from support.built import build, built
from support.desk import place
from support.fitting import Fit
from support.layouts import layout_of
from support.libreoffice import Session
from support.screen import WINDOW, chart_box, in_view, lower_edge, right_edge
from support.shapes import FALLING, STEEP, both, side
from support.tables import pair_rows, write_table

from specxl.evaluate import Engine
from specxl.judge.build_world import BuildWorld
from specxl.judge.compare import Tally
from specxl.judge.expect import CHECKS, block_faults
from specxl.judge.explorer import ExplorerChoice, ExplorerView
from specxl.judge.known import Market
from specxl.judge.state import State
from specxl.method.codes import Verdict
from specxl.method.metrics import METRICS
from specxl.model.cells import Link
from specxl.reading.dataset import DatasetOptions
from specxl.returned import verify_file
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.explorer.controls import ExplorerSheet
from specxl.sheets.explorer.offer import CHOICES, STEPS
from specxl.sheets.frame import COMMON_TARGET, EXPLORER, PRICES, WORKINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support import Value
    from support.built import Built

    from specxl.house import House
    from specxl.method.verdict import Given
    from specxl.model.cells import Ref
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.book import Layout

PAIRS, OFFICE_PAIRS, SEED = 300, 30, 20261125
PAGE = (784.0, 516.0)
"""Points of a landscape A4 page inside of our margins, across and down."""
SMALLEST_CHART = (600, 320)


@dataclass
class Bench:
    """A workbook with nothing but its Explorer and Prices live, and the reference beside it."""

    built: Built
    engine: Engine

    def __post_init__(self) -> None:
        plan = self.built.layout.plan
        self.world = BuildWorld(plan, State(plan.tier, TOKEN_BASES[0], plan.catalogue.common_target))
        self.anchors = [a for a in plan.anchors if a.owner == EXPLORER and a.kind in CHECKS]
        rows = range(*plan.workings.regions[EXPLORER])
        self.engine.freeze(lambda sheet, row: sheet in (PRICES, EXPLORER) or (sheet == WORKINGS and row in rows))

    @property
    def view(self) -> ExplorerView:
        """The reference of the Explorer's choices."""
        assert self.world.explorer is not None
        return self.world.explorer

    def edits(self, draw: Draw) -> dict[Ref, Value]:
        """What is typed for a draw."""
        plan, texts = self.built.layout.plan, self.built.layout.plan.house.texts["labels"]
        controls, choice = self.view.sheet.controls, draw.choice
        tier = texts["tiers"][TIERS[choice.tier - 1]] if choice.tier else texts["as_workbook"]
        metric = texts["metrics"][METRICS[choice.metric - 1].key]["name"]
        own = {plan.prices.hardware[key].own: price for key, price in draw.own.items()}
        return {
            **self.view.edits(choice),
            **dict(zip(controls.targets, choice.targets, strict=True)),
            **own,
            controls.tier: tier,
            controls.metric: metric,
            plan.prices.names["basis_text"]: texts["bases"][draw.basis],
        }

    def expected(self, draw: Draw) -> BuildWorld:
        """The reference in the state of a draw."""
        plan = self.built.layout.plan
        choices = {EXPLORER: draw.choice}
        world = self.world.at(State(plan.tier, draw.basis, plan.catalogue.common_target, 1, choices))
        entries = {
            key: replace(entry, own_usd_per_gpu_hr=draw.own.get(key)) for key, entry in plan.card.entries.items()
        }
        world.explorer = ExplorerView(self.view.sheet, Market(replace(plan.card, entries=entries)))
        return world

    def faults(self, draw: Draw, tally: Tally) -> list[str]:
        """Every cell of the Explorer that does not hold what the reference says."""
        with self.engine.edited(self.edits(draw)):
            self.engine.require_no_errors(self.view.named(draw.choice))
            world = self.expected(draw)
            return [str(fault) for anchor in self.anchors for fault in self._faults(world, anchor, tally)]

    def _faults(self, world: BuildWorld, anchor: Anchor, tally: Tally) -> Iterator[object]:
        yield from block_faults(world, anchor, self.engine.rows(anchor.first, anchor.keys, anchor.rows), tally)

    def seen(self, edits: Mapping[Ref, Value], cells: Mapping[str, Ref]) -> dict[str, Value]:
        """What some cells hold after edits."""
        with self.engine.edited(edits):
            self.engine.require_no_errors("edited")
            return {name: self.engine.get(ref) for name, ref in cells.items()}


@dataclass(frozen=True)
class Draw:
    """One random state: the Explorer's controls, the token basis, and own prices by hardware."""

    choice: ExplorerChoice
    basis: str
    own: Mapping[str, float]


def draws(view: ExplorerView, count: int) -> Iterator[Draw]:
    """Random pairs of curves that exist, at speeds on and off their knots, under any setting."""
    dice = random.Random(SEED)  # noqa: S311 - a sample that is the same in every run
    offer = view.sheet.offer
    entries = list(offer.entries.values())
    for _ in range(count):
        sides, speeds = [], []
        for _ in "ab":
            entry = dice.choice(entries)
            scope = dice.choice(list(entry.curves))
            sides.append((*offer.places(entry)[:-1], offer.keys["scope"].index(scope) + 1))
            speeds += entry.curves[scope].fit.x.tolist()
        low, high = min(speeds), max(speeds)
        targets = [dice.choice([dice.choice(speeds), round(dice.uniform(0.8 * low, 1.1 * high), 2)]) for _ in range(3)]
        own = {key: round(dice.uniform(0.5, 9), 3) for key in offer.keys["hardware"] if dice.random() < 0.2}
        tier, metric = dice.randrange(len(TIERS) + 1), 1 + dice.randrange(len(METRICS))
        yield Draw(ExplorerChoice(sides[0], sides[1], tier, metric, tuple(targets)), dice.choice(TOKEN_BASES), own)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Return the workbook of the published points."""
    found = built("default")
    return Bench(found, Engine(found.path, found.layout.book))


@pytest.fixture(scope="module")
def real(shared: Path) -> Bench:
    """Return the workbook of the shared answer."""
    found = built("benchmarks", shared)
    return Bench(found, Engine(found.path, found.layout.book))


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_any_two_curves_are_compared_as_the_reference_does(real: Bench) -> None:
    """300 random pairs of curves, targets and settings: every column, every plotted cell, every figure shown."""
    tally, verdicts = Tally(), set()
    for draw in draws(real.view, PAIRS):
        assert real.faults(draw, tally) == []
        world = real.expected(draw)
        verdicts |= {Verdict(int(world.columns(given)["verdict"])) for given in world.reads(EXPLORER)}
    assert tally.reads == 4 * PAIRS
    assert tally.worst < 1e-9
    assert verdicts >= {v for v in Verdict if v >= Verdict.ONLY_A}


@pytest.mark.libreoffice
def test_another_program_compares_them_alike(real: Bench) -> None:
    """30 of them in LibreOffice, from the choices to every column of the blocks."""
    block = next(anchor for anchor in real.anchors if anchor.kind == "comparison")
    with Session() as office:
        office.open(real.built.path)
        for draw in draws(real.view, OFFICE_PAIRS):
            edits = {place(ref): value for ref, value in real.edits(draw).items()}
            rows = list(block.cells())
            cells = [place(ref) for row in rows for ref in row.values()]
            found = office.edit(edits, cells, recalculate=False)
            shown = [{key: found[place(ref)] for key, ref in row.items()} for row in rows]
            assert [str(f) for f in block_faults(real.expected(draw), block, shown, Tally())] == []
            office.edit({place(real.built.layout.plan.prices.hardware[key].own): None for key in draw.own})


# --- words ------------------------------------------------------------------------------------------------------------


def words_of(bench: Bench) -> dict[str, Ref]:
    """The cells with words on the first screen and below: message, line of differences, likeness, sentences, verdicts."""
    sheet = bench.built.layout.book.sheet(EXPLORER)
    rows = {str(sheet.cells[row, 0].content): row for row, col in sheet.cells if col == 0}
    words = next(row for name, row in rows.items() if name == "In words")
    return {
        "message": sheet.ref(0, 0),
        "line": sheet.ref(6, 0),
        **{f"sentence {i}": sheet.ref(words + i, 1) for i in (1, 2, 3, 4)},
    }


def first_block(bench: Bench) -> dict[str, Ref]:
    """The comparison block of the first speed."""
    return next(iter(next(a for a in bench.anchors if a.kind == "comparison").cells()))


@pytest.mark.parametrize("name", ["bench", "real"])
def test_what_was_not_measured_is_said_with_what_there_is(name: str, request: pytest.FixtureRequest) -> None:
    """Every choice of every dropdown, each from the opening: a side, or words that name the choice and what there is."""
    bench: Bench = request.getfixturevalue(name)
    view, block = bench.view, first_block(bench)
    offer, opening = view.sheet.offer, view.opening()
    cells = words_of(bench) | {
        key: block[key] for key in ("a_id", "a_y", "a_cost", "ratio", "saving", "eq_x", "verdict")
    }
    missing = 0
    for at, step in enumerate(CHOICES):
        for number, label in enumerate(offer.labels[step], start=1):
            choice = replace(opening, a=(*opening.a[:at], number, *opening.a[at + 1 :]))
            seen = bench.seen(view.edits(choice), cells)
            entry = offer.entries.get(tuple(offer.keys[s][p - 1] for s, p in zip(STEPS, choice.a, strict=False)))
            curve = entry and entry.curves.get(offer.keys["scope"][choice.a[-1] - 1])
            assert seen["a_id"] == (curve.id if curve else 0)
            if curve:
                continue
            missing += 1
            assert all(seen[key] in ("", None) for key in ("a_y", "a_cost", "ratio", "saving", "eq_x"))
            for key in ("message", "line", "sentence 1", "sentence 4"):
                text = str(seen[key])
                assert text.startswith("Side A: no "), text
                assert ("There is: " in text) == (key != "message")
            before = entry is None and step != "scope"
            assert (label in str(seen["message"])) or before
    assert missing > 1


@pytest.mark.parametrize("typed", [None, "", "no such thing", "*", 7.0, "GB*"])
def test_what_is_no_choice_is_asked_for(bench: Bench, typed: Value) -> None:
    """A cell that holds none of its choices leaves no figure of its side, and a word that says what to choose."""
    block, controls = first_block(bench), bench.view.sheet.controls
    cells = words_of(bench) | {key: block[key] for key in ("a_y", "b_y", "ratio", "verdict")}
    for letter in "ab":
        for step, ref in controls.sides[letter].items():
            if len(bench.view.sheet.offer.keys[step]) == 1:
                continue
            seen = bench.seen({ref: typed}, cells)
            assert seen["verdict"] == Verdict.NO_DATA
            assert seen[f"{letter}_y"] in ("", None)
            assert str(seen["message"]).startswith(f"Side {letter.upper()}: choose ")


@pytest.mark.parametrize("name", ["bench", "real"])
def test_the_opening_says_something(name: str, request: pytest.FixtureRequest) -> None:
    """It opens on two hardware of one model and workload, both priced and both measured at the Summary's speed."""
    bench: Bench = request.getfixturevalue(name)
    start, target = bench.view.sheet.opening, bench.built.layout.plan.catalogue.common_target
    assert start.a.key[1] != start.b.key[1]
    assert (start.a.key[0], *start.a.key[2:]) == (start.b.key[0], *start.b.key[2:])
    for entry in (start.a, start.b):
        low, high = entry.best.measured_range
        assert low <= target <= high
    given = given_of(bench)
    assert None not in (given.a.price, given.b.price)
    seen = bench.seen({}, words_of(bench))
    assert seen["line"] == "Differs in: hardware."
    assert all(str(seen["message"]).count(bench.view.sheet.offer.labels["hardware"][p[1] - 1]) for p in places(bench))


def places(bench: Bench) -> list[tuple[int, ...]]:
    """The choices of both sides in the opening."""
    opening = bench.view.opening()
    return [opening.a, opening.b]


def given_of(bench: Bench) -> Given:
    """What the Summary's read of the opening is given."""
    plan = bench.built.layout.plan
    return bench.view.given(bench.view.opening(), plan.tier, plan.catalogue.common_target)


def test_different_work_is_called_so(bench: Bench) -> None:
    """Two models are compared with the word that they are different work, in message, line and every sentence."""
    offer, opening = bench.view.sheet.offer, bench.view.opening()
    other = next(
        entry
        for key, entry in offer.entries.items()
        if key[0] != offer.keys["model"][opening.a[0] - 1] and key[1] == "b300"
    )
    choice = replace(opening, b=offer.places(other), targets=(60.0, 62.0, 70.0))
    edits = bench.view.edits(choice) | dict(zip(bench.view.sheet.controls.targets, choice.targets, strict=True))
    seen = bench.seen(edits, words_of(bench))
    assert str(seen["message"]).startswith("Different work (model")
    assert "Different work" in str(seen["line"])
    assert all("This is different work" in str(seen[f"sentence {i}"]) for i in (1, 2, 3, 4))


def test_what_differs_leads_the_caveats(real: Bench) -> None:
    """With another hardware and precision the sentences say so before any other caveat, and so does the likeness."""
    offer, opening = real.view.sheet.offer, real.view.opening()
    a = offer.entries[tuple(offer.keys[s][p - 1] for s, p in zip(STEPS, opening.a, strict=False))]
    other = next(
        e for k, e in offer.entries.items()
        if (k[0], *k[3:]) == (a.key[0], *a.key[3:]) and k[1] != a.key[1] and k[2] != a.key[2]
    )  # fmt: skip
    seen = real.seen(real.view.edits(replace(opening, b=offer.places(other))), words_of(real))
    assert str(seen["line"]).startswith("Differs in: hardware, precision. ")
    assert "quality" in str(seen["line"])
    said = [str(seen[f"sentence {i}"]) for i in (1, 2, 3, 4)]
    compared = [text for text in said if "The sides differ in hardware, precision." in text]
    assert compared
    assert all(
        text.index("The sides differ") < text.find("Read with care") or "Read with" not in text for text in compared
    )


def test_one_side_against_itself_is_no_comparison(bench: Bench) -> None:
    """The same choice on both sides is said to be one."""
    opening = bench.view.opening()
    seen = bench.seen(bench.view.edits(replace(opening, b=opening.a)), words_of(bench))
    assert str(seen["message"]).startswith("Both sides are the same measurements")
    assert seen["line"] == "Both sides are the same choice."


def test_no_price_is_a_word_and_no_figure(bench: Bench) -> None:
    """Without the price of one hardware nothing is compared in money; the other side keeps its own cost."""
    plan, block = bench.built.layout.plan, first_block(bench)
    key = bench.view.sheet.offer.keys["hardware"][bench.view.opening().b[1] - 1]
    rates = plan.prices.hardware[key]
    edits = {rates.tiers.cell(0, col): None for col in range(rates.tiers.columns)}
    cells = words_of(bench) | {name: block[name] for name in ("a_cost", "b_cost", "ratio", "verdict")}
    seen = bench.seen(edits, cells)
    assert seen["verdict"] == Verdict.NO_PRICE
    assert isinstance(seen["a_cost"], float)
    assert seen["b_cost"] == seen["ratio"] == ""
    assert "price is not known" in str(seen["message"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bench", "real"])
def test_every_text_fits_its_cell(name: str, request: pytest.FixtureRequest) -> None:
    """As it opens, with any choice of any dropdown, and between random sides, at speeds that both or one of them reach."""
    bench: Bench = request.getfixturevalue(name)
    layout, view = bench.built.layout, bench.view
    sheet, opening = layout.book.sheet(EXPLORER), view.opening()
    fit, dice = Fit(sheet, layout.plan.house.theme), random.Random(SEED)  # noqa: S311 - no secret
    entries = [view.sheet.offer.places(entry) for entry in view.sheet.offer.entries.values()]
    states = [opening, *(replace(opening, a=moved) for moved in view.moved(opening.a))]
    states += [replace(opening, a=dice.choice(entries), b=dice.choice(entries)) for _ in range(40)]
    shown = {at: sheet.ref(*at) for at, cell in sheet.cells.items() if not isinstance(cell.content, Link)}
    links = {at: cell.content.text for at, cell in sheet.cells.items() if isinstance(cell.content, Link)}
    for state in states:
        speeds = dict(
            zip(view.sheet.controls.targets, dice.choice([opening.targets, (30.5, 75.0, 150.0)]), strict=True)
        )
        with bench.engine.edited(view.edits(state) | speeds):
            held = links | {at: bench.engine.get(ref) for at, ref in shown.items()}
        assert list(fit.faults(held)) == [], view.named(state)


# --- where it stands --------------------------------------------------------------------------------------------------


def test_a_single_side_makes_no_explorer(tmp_path: Path, house: House) -> None:
    """With one side there is nothing to set against it, so the sheet is left out; with two it is there."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    one = layout_of(side("mtp", FALLING), tmp_path / "one", house)
    assert EXPLORER not in [sheet.name for sheet in one.book.sheets]
    two = layout_of(both(FALLING, STEEP), tmp_path / "two", house)
    assert EXPLORER in [sheet.name for sheet in two.book.sheets]


def driven(layout: Layout) -> ExplorerSheet:
    """What the sheet is driven by."""
    found = layout.plan.driven[EXPLORER]
    assert isinstance(found, ExplorerSheet)
    return found


def test_runs_of_one_s_own_stand_beside_the_official_ones(tmp_path: Path) -> None:
    """They are choices under their name, the sheet opens on official sides, and chosen, the message calls them unofficial."""
    official = write_table(tmp_path / "official.csv", pair_rows())
    mine = write_table(tmp_path / "mine.csv", pair_rows())
    found = build(
        [official, mine], tmp_path / "x.xlsx", rates="2026-08", data=DatasetOptions(labels=("mine.csv=Ours",))
    )
    bench = Bench(found, Engine(found.path, found.layout.book))
    offer, opening = bench.view.sheet.offer, bench.view.opening()
    own = [entry for entry in offer.entries.values() if entry.own]
    assert own
    assert {offer.labels["variant"][offer.places(entry)[4] - 1] for entry in own} >= {"MTP (Ours)"}
    assert not bench.view.sheet.opening.a.own
    assert not bench.view.sheet.opening.b.own
    assert "unofficial" not in str(bench.seen({}, words_of(bench))["message"])
    seen = bench.seen(bench.view.edits(replace(opening, a=offer.places(own[0]))), words_of(bench))
    assert str(seen["message"]).endswith("(unofficial)")


@pytest.fixture
def layout() -> Layout:
    """Return the model of the published points."""
    return built("default").layout


def test_the_first_screen_holds_the_answer(layout: Layout) -> None:
    """Message, controls, the whole answer and the chart are in view on a small screen."""
    sheet, controls = layout.book.sheet(EXPLORER), driven(layout).controls
    for ref in (*controls.sides["a"].values(), *controls.sides["b"].values(), controls.tier, controls.metric):
        assert in_view(sheet, ref.row, ref.col)
    rows = {
        str(getattr(cell.content, "source", cell.content)): row for (row, col), cell in sheet.cells.items() if col == 0
    }
    assert lower_edge(sheet, rows['"Like for like"']) <= WINDOW[1]
    [chart] = sheet.charts
    left, top, right, bottom = chart_box(sheet, chart)
    assert (chart.width, chart.height) >= SMALLEST_CHART
    assert chart.height >= SMALLEST_CHART[1]
    assert right <= WINDOW[0]
    assert bottom <= WINDOW[1]
    assert left >= right_edge(sheet, controls.targets[-1].col + 1)
    assert top >= lower_edge(sheet, COMMON_TARGET.row)


def test_it_prints_on_one_page(layout: Layout) -> None:
    """On one landscape page the text is at least 8 points high."""
    sheet = layout.book.sheet(EXPLORER)
    area = sheet.print_area
    assert area is not None
    assert sheet.one_page
    across, down = right_edge(sheet, area.last.col) * 0.75, lower_edge(sheet, area.last.row) * 0.75
    assert round(min(1.0, PAGE[0] / across, PAGE[1] / down) * 10, 1) >= 8


@pytest.mark.libreoffice
def test_a_file_with_other_choices_is_verified(tmp_path: Path) -> None:
    """Saved by a program with other sides, speeds and a metric, the file is as built but for its inputs, and right."""
    found = built("default")
    explorer = driven(found.layout)
    offer, controls = explorer.offer, explorer.controls
    entry = list(offer.entries.values())[-1]
    edits: dict[Ref, Value] = {
        controls.sides["b"][step]: offer.labels[step][number - 1]
        for step, number in zip(CHOICES, offer.places(entry), strict=True)
        if len(offer.keys[step]) > 1
    }
    texts = found.layout.plan.house.texts["labels"]["metrics"]
    edits |= {controls.targets[0]: 61.5, controls.metric: texts["mw"]["name"]}
    copy = tmp_path / "edited.xlsx"
    with Session() as office:
        office.open(found.path)
        office.edit({place(ref): value for ref, value in edits.items()})
        office.save(copy)
    report = verify_file(copy)
    assert report.outcome == "inputs edited"
    assert (report.results, report.disagreements, report.differences, report.errors) == ((), (), (), ())
    assert report.checks_pass
