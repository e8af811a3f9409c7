"""The Service level sheet: a search over the raw rows by hand for random limits, whatever is typed, and what it then says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from support.built import build, built
from support.desk import place, rates
from support.engine import Book
from support.expectations import ERROR
from support.tables import pair_rows, write_table

from specxl.method.service_level import NOT_STATED, Limits, Tried, choose, limit_of, misses
from specxl.reading.dataset import DatasetOptions
from specxl.schema import TIERS
from specxl.sheets.frame import PRICES, SERVICE_LEVEL, WORKINGS
from specxl.sheets.service_level import places
from specxl.sheets.service_level.places import choices, precision_labels, precisions
from specxl.sheets.summary.ranking import groups

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support import Cell, Value
    from support.built import Built

    from specxl.schema import Measurement

SEED, TRIES = 20261125, 260  # in each workbook, so 500 and more
CARDS = {"mixed": "2026-08", "benchmarks": "2026-04"}
HEAD = places.HEAD_ROW + 2
COST, X, MEDIAN, P99, ANSWER, GPUS = "EFGHIJ"


class Sheet:
    """A workbook with its Service level sheet live: type into its cells, and read what stands there."""

    def __init__(self, book: Built) -> None:
        self.plan = book.layout.plan
        self.texts = self.plan.house.texts["service_level"]
        self.cells: dict[str, Cell] = {
            name: place(getattr(places, name.upper()))
            for name in ("group", "precision", "statistic", "speed", "wait", "answer", "few", "most")
        }
        low, high = self.plan.workings.regions[SERVICE_LEVEL]
        self.book = Book(book.path).freeze(
            lambda sheet, row: sheet in (PRICES, SERVICE_LEVEL) or (sheet == WORKINGS and low < row <= high)
        )
        self.lines = places.most_places(self.plan)

    def type(self, **typed: Value) -> None:
        """Type into inputs by name; the others hold what they were released with."""
        self.book.reset()
        self.book.edit({self.cells[name]: value for name, value in typed.items()})

    def column(self, letter: str) -> list[Value]:
        """A column of the table, without the empty lines below it."""
        names = [self.book.value((SERVICE_LEVEL, f"B{row}")) for row in range(HEAD, HEAD + self.lines)]
        held = [self.book.value((SERVICE_LEVEL, f"{letter}{row}")) for row in range(HEAD, HEAD + self.lines)]
        return [value for name, value in zip(names, held, strict=True) if name]

    @property
    def message(self) -> str:
        """The message in the first row."""
        return str(self.book.value((SERVICE_LEVEL, "A1")))

    @property
    def errors(self) -> list[Cell]:
        """Every formula that shows an error value."""
        found = self.book.read(self.book.formulas())
        return [cell for cell, value in found.items() if isinstance(value, str) and ERROR.match(value)]


@pytest.fixture(scope="module", params=["mixed", "benchmarks"])
def own(request: pytest.FixtureRequest) -> tuple[Sheet, str]:
    """Return a workbook with the sheet live, and the rate card behind it."""
    shared = request.getfixturevalue("shared") if request.param == "benchmarks" else None
    return Sheet(built(request.param, shared)), CARDS[request.param]


# a search by hand, over the raw rows and nothing else


def answer_time(m: Measurement) -> float | None:
    """Seconds to the end of an answer."""
    if m.agentic_e2el_s is not None:
        return m.agentic_e2el_s
    if m.ttft_median_s is None or m.osl is None or m.interactivity_tok_s_user is None:
        return None
    return m.ttft_median_s + (m.osl - 1) / m.interactivity_tok_s_user


def qualifies(m: Measurement, limits: Mapping[str, float | None], statistic: int) -> bool:
    """Whether a row is within all limits; what it does not state it does not keep."""
    wait = m.ttft_p99_s if statistic == 2 else m.ttft_median_s
    at_most = ((wait, "wait"), (answer_time(m), "answer"), (m.gpus, "most"))
    for value, name in at_most:
        limit = limits[name]
        if limit is not None and (value is None or value > limit):
            return False
    few, speed = limits["few"], limits["speed"]
    if few is not None and (m.gpus is None or m.gpus < few):
        return False
    return (speed is None or (m.interactivity_tok_s_user or 0.0) >= speed) and m.total_tok_s_gpu is not None


def searched(
    sheet: Sheet, card: str, group: int, precision: int, limits: Mapping[str, float | None], statistic: int
) -> tuple[list[float], int]:
    """The costs of the cheapest row of each kind, ascending, and how many kinds have none that qualifies, or no price."""
    model, workload = groups(sheet.plan)[group - 1]
    wanted = precisions(sheet.plan)[precision - 2] if precision > 1 else None
    prices = rates(card)
    kinds: dict[tuple[str, str, str], list[float]] = {}
    for m in sheet.plan.catalogue.measurements:
        if m.excluded or (m.model, m.workload) != (model, workload) or wanted not in (None, m.precision):
            continue
        costs = kinds.setdefault((m.hardware, m.precision, m.variant), [])
        price = prices.get(m.hardware, {}).get(TIERS[0])
        if qualifies(m, limits, statistic) and price is not None:
            costs.append(price * 1e6 / 3600 / (m.total_tok_s_gpu or 0.0))
    return sorted(min(costs) for costs in kinds.values() if costs), sum(not costs for costs in kinds.values())


def random_limits(sheet: Sheet, dice: random.Random) -> dict[str, float | None]:
    """Limits of which some are none, some easy, some hard, some exactly a measured value."""
    rows = [m for m in sheet.plan.catalogue.measurements if not m.excluded]
    some = dice.choice(rows)
    measured = {
        "speed": some.interactivity_tok_s_user, "wait": some.ttft_median_s, "answer": answer_time(some), "few": some.gpus,
        "most": some.gpus,
    }  # fmt: skip
    spread = {"speed": (5, 250), "wait": (0.05, 20), "answer": (1, 120), "few": (1, 80), "most": (1, 80)}
    found: dict[str, float | None] = {}
    for name, (low, high) in spread.items():
        kind = dice.random()
        drawn = round(dice.uniform(low, high), 3)
        found[name] = None if kind < 0.45 else measured[name] if kind < 0.6 else drawn
    return found


@pytest.mark.slow
def test_it_equals_a_search_over_the_raw_rows(own: tuple[Sheet, str]) -> None:
    """Random limits: the costs of the cheapest rows that qualify, in order, and words beside every kind without one."""
    sheet, card = own
    dice = random.Random(SEED)  # noqa: S311 - a sample that is the same in every run
    stopped = missed = 0
    offers, kinds, statistics = choices(sheet.plan), precision_labels(sheet.plan), sheet.texts["statistics"]
    for turn in range(TRIES):
        group, precision = dice.randint(1, len(offers)), dice.randint(1, len(kinds))
        statistic, limits = dice.choice((1, 2)), random_limits(sheet, dice)
        typed: dict[str, Value] = {**limits, "precision": kinds[precision - 1], "statistic": statistics[statistic - 1]}
        sheet.type(**typed, **({"group": offers[group - 1]} if len(offers) > 1 else {}))
        costs, without = searched(sheet, card, group, precision, limits, statistic)
        shown = [value for value in sheet.column(COST) if isinstance(value, float)]
        assert sorted(shown) == pytest.approx(costs, rel=1e-9), (turn, limits)
        notes = sheet.column("P")
        assert len(notes) == len(costs) + without, (turn, limits)
        assert all(notes[len(costs) :]), (turn, limits)
        stops = [str(note).startswith("stop: ") for note in notes[: len(costs)]]
        # what rests on a stop stands below what does not, each in order of cost
        assert stops == sorted(stops)
        for part in (False, True):
            own_costs = [cost for cost, stop in zip(shown, stops, strict=True) if stop == part]
            assert own_costs == sorted(own_costs)
        assert sheet.message.startswith("Stop (") == bool(costs and stops[0])
        assert sheet.message.startswith("Nothing") == (not costs)
        stopped, missed = stopped + any(stops), missed + without
    assert missed > TRIES
    assert stopped > 0 or card != "2026-04"
    assert sheet.errors == []


@pytest.mark.slow
def test_every_line_is_one_measured_row_at_its_own_figures(own: tuple[Sheet, str]) -> None:
    """Speed, first token, answer, GPUs, requests and date of a line are those of the row that its link leads to."""
    sheet, _ = own
    rows = {m.number: m for m in sheet.plan.catalogue.measurements}
    for speed in (None, 20.0, 60.0, 110.0):
        sheet.type(speed=speed)
        for line in range(sum(1 for _ in sheet.column(COST))):
            shown = {letter: sheet.column(letter)[line] for letter in "EFGHIJKO"}
            m = rows[int(str(shown["O"]).rpartition(" ")[2])]
            if shown["E"] == "" or shown["E"] is None:
                continue
            expected = (
                m.interactivity_tok_s_user,
                m.ttft_median_s,
                m.ttft_p99_s,
                answer_time(m),
                m.gpus,
                m.concurrency,
            )
            found = [shown[letter] if shown[letter] != "" else None for letter in "FGHIJK"]
            assert found == [value if value is None else pytest.approx(value) for value in expected]


# the reference


def row(number: int, x: float, y: float | None, **stated: Any) -> Tried:  # noqa: ANN401 - facts of a row
    """A row that states what is given."""
    known = {"median": None, "p99": None, "osl": None, "measured_answer": None, "gpus": None} | stated
    return Tried(number, x, y, **known)


def test_the_reference_by_hand() -> None:
    """The highest throughput within the limits; else the row that misses its worst limit by least."""
    rows = [row(1, 40, 900.0, gpus=8.0), row(2, 80, 500.0, gpus=8.0), row(3, 90, 450.0, gpus=16.0)]
    assert choose(rows, Limits()).row.number == 1
    assert choose(rows, Limits(speed=80)).row.number == 2
    assert choose(rows, Limits(speed=80, few=9)).row.number == 3
    none = choose(rows, Limits(speed=100))
    assert (none.row.number, none.qualifies, none.limit) == (3, False, 1)
    assert none.misses[0] == pytest.approx(100 / 90)
    small = choose(rows, Limits(speed=85, most=8))
    # row 2 misses the speed by 6 %, row 3 the size by 100 %
    assert (small.row.number, small.limit) == (2, 1)
    unknown = choose(rows, Limits(wait=1.0))
    assert (unknown.qualifies, unknown.limit, max(unknown.misses)) == (False, 2, NOT_STATED)


def test_an_answer_is_first_token_and_the_rest() -> None:
    """As measured where the source says it, else from speed and output length; unknown without them."""
    assert row(1, 50, 1.0, median=0.5, osl=101).answer == 2.5
    assert row(1, 50, 1.0, median=0.5, osl=101, measured_answer=9.0).answer == 9.0
    assert row(1, 50, 1.0, osl=101).answer is None
    assert misses(row(1, 50, None), Limits())[5] == NOT_STATED


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (None, (0, None)),
        ("", (0, None)),
        (5, (1, 5.0)),
        ("5", (2, None)),
        (0, (2, None)),
        (True, (2, None)),
        (1e10, (2, None)),
    ],
)
def test_what_is_a_limit(typed: object, expected: tuple[int, float | None]) -> None:
    """Nothing is no limit, a number within bounds is one, anything else is none and says so."""
    assert limit_of(typed) == expected


# what is typed, and what is said


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """Return a workbook of two hardware, one of them without a first token."""
    folder: Path = tmp_path_factory.mktemp("level")
    points: tuple[dict[str, object], ...] = (
        {"hardware": "h200", "variant": "none", "interactivity_tok_s_user": 40, "total_tok_s_gpu": 900, "gpus": 8, "ttft_median_s": 2.5},
        {"hardware": "h200", "variant": "none", "interactivity_tok_s_user": 80, "total_tok_s_gpu": 500, "gpus": 8, "ttft_median_s": 0.5},
        {"hardware": "h200", "variant": "mtp", "interactivity_tok_s_user": 90, "total_tok_s_gpu": 950, "gpus": 16, "ttft_median_s": 0.75},
        {"hardware": "b300", "variant": "mtp", "interactivity_tok_s_user": 120, "total_tok_s_gpu": 810, "gpus": 4},
    )  # fmt: skip
    common = {
        "model": "dsr1",
        "engine": "sglang",
        "precision": "fp8",
        "workload": "1k/1k",
        "serving": "aggregated",
        "date": "2026-05-01",
    }
    rows = [{**common, "concurrency": 8 + place, **point} for place, point in enumerate(points)]
    return Sheet(build([write_table(folder / "table.csv", rows)], folder / "hand.xlsx", rates="2026-04"))


@pytest.mark.parametrize(
    ("typed", "message", "notes"),
    [
        ({"speed": 75.0}, "Cheapest measured: MTP on H200, FP8 at USD 0.412 per million tokens, 90 tok/s per user", ["", "", ""]),
        ({"speed": 100.0}, "Cheapest measured: MTP on B300, FP8 at USD 0.802 per million tokens, 120 tok/s per user",
         ["", "too slow: 90 tok/s of 100", "too slow: 80 tok/s of 100"]),
        ({"speed": 75.0, "wait": 0.6}, "Cheapest measured: Off on H200, FP8 at USD 0.783 per million tokens, 80 tok/s per user",
         ["", "first token too late: 0.750 s of 0.6", "first token not stated"]),
        ({"speed": None, "most": 2.0}, "Nothing that was measured qualifies. Nearest: MTP on B300, FP8, too large: 4 GPUs of 2",
         ["too large: 4 GPUs of 2", "too large: 8 GPUs of 2", "too large: 16 GPUs of 2"]),
        ({"speed": None, "few": 12.0}, "Cheapest measured: MTP on H200, FP8 at USD 0.412 per million tokens, 90 tok/s per user",
         ["", "too small: 8 GPUs of 12", "too small: 4 GPUs of 12"]),
        ({"speed": None, "answer": 12.5}, "Cheapest measured: MTP on H200, FP8 at USD 0.412 per million tokens, 90 tok/s per user",
         ["", "answer too late: 13.288 s of 12.5", "time of the answer not known"]),
    ],
)  # fmt: skip
def test_words_of_the_nearest_miss(hand: Sheet, typed: dict[str, Value], message: str, notes: list[str]) -> None:
    """What does not qualify says which limit excludes it and what was measured instead."""
    hand.type(**typed)
    assert (hand.message, hand.column("P")) == (message, notes)
    assert hand.errors == []


GARBAGE: tuple[Value, ...] = ("n/a", "2.5", 0, -1.5, True, 1e300, -1e300, 1e-300, 1e308)
SAYS = {
    "speed": "Type a speed floor",
    "wait": "Type a limit of the first token",
    "answer": "Type a limit of the whole answer",
    "few": "Type the fewest GPUs",
    "most": "Type the most GPUs",
}


@pytest.mark.parametrize("name", SAYS)
def test_a_limit_that_is_none_gives_words_and_no_stale_line(hand: Sheet, name: str) -> None:
    """What cannot be used is asked for, and the table is empty meanwhile; an empty cell is no limit."""
    for value in GARBAGE:
        hand.type(**{name: value})
        assert hand.message.startswith(SAYS[name]), value
        assert hand.column(COST) == []
        assert hand.errors == []
    for value in (None, ""):
        hand.type(**{name: value})
        assert hand.message.startswith("Cheapest")


@pytest.mark.parametrize("name", ["precision", "statistic"])
@pytest.mark.parametrize("value", [*GARBAGE, None, ""])
def test_a_choice_that_is_none_gives_words(hand: Sheet, name: str, value: Value) -> None:
    """Whatever stands in a dropdown but one of its choices."""
    hand.type(**{name: value})
    assert hand.message.startswith("Choose ")
    assert hand.column(COST) == []
    assert hand.errors == []


def test_without_a_price_there_is_no_cost(hand: Sheet) -> None:
    """What qualifies without a price stands below what has one, and says so."""
    cells = hand.plan.prices.hardware["h200"]
    hand.type(speed=75.0)
    hand.book.edit({place(cells.tiers.cell(0, tier)): None for tier in range(len(TIERS))})
    assert hand.column("P") == ["", "no price", "no price"]
    assert hand.message.startswith("Cheapest measured: MTP on B300")
    hand.type(speed=75.0, most=4.0)
    hand.book.edit({place(hand.plan.prices.hardware["b300"].tiers.cell(0, tier)): None for tier in range(len(TIERS))})
    assert hand.message == "MTP on B300, FP8 qualifies at 120 tok/s per user, but its GPU-hour has no price in force"
    assert hand.errors == []


def test_published_points_are_not_called_measured() -> None:
    """The published pages' points are themselves interpolated."""
    sheet = Sheet(built("default"))
    assert sheet.message.startswith("Cheapest published: ")
    assert set(sheet.column("P")) == {"published point"}


def test_runs_of_ones_own_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    """A run under a label is listed nowhere, however cheap, and moves no line of what is official."""
    official = write_table(tmp_path / "official.csv", pair_rows())
    own = write_table(tmp_path / "mine.csv", [row | {"total_tok_s_gpu": 9000} for row in pair_rows(date="2026-06-01")])
    plain = Sheet(build([official], tmp_path / "plain.xlsx", rates="2026-08"))
    labelled = DatasetOptions(labels=("mine.csv=Our cluster",))
    beside = Sheet(build([official, own], tmp_path / "beside.xlsx", rates="2026-08", data=labelled))
    assert [beside.message, *beside.column(COST)] == [plain.message, *plain.column(COST)]
    facts = [str(sheet.book.value((SERVICE_LEVEL, "A2"))) for sheet in (plain, beside)]
    assert ["runs of one's own are left out" in line for line in facts] == [False, True]
