"""The Fleet sheet: ten cases computed by hand, identities, whatever is typed into its inputs, and what it then says."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from support.built import build, built
from support.desk import place
from support.engine import Book
from support.expectations import ERROR
from support.tables import write_table

from specxl.method.fleet import Demand, Deployed, Mode, bill, capacity, fleet, saved, usable
from specxl.sheets.fleet import places
from specxl.sheets.fleet.places import LINES, comparison_labels
from specxl.sheets.frame import FLEET, PRICES, RESULTS, WORKINGS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support import Cell, Value
    from support.built import Built

MONTH_HOURS = 730
PRICE = {"h200": 1.41, "b300": 2.34}
KW = {"h200": 1.73, "b300": 2.17}
# Two settings a side, so that a read between them lies on their straight line: speed, total tok/s per GPU, GPUs.
POINTS = {
    ("h200", "none"): ((50, 1000, 8), (100, 400, 8)),
    ("h200", "mtp"): ((50, 2000, 16), (100, 1000, 16)),
    ("b300", "none"): ((50, 1000, 8), (100, 400, 32)),
    ("b300", "mtp"): ((60, 1900, 4), (100, 500, 16)),
}


def hand_rows() -> list[dict[str, Any]]:
    """Return the rows of POINTS; a quarter of the tokens is output."""
    return [
        {
            "model": "dsr1", "hardware": hardware, "engine": "sglang", "precision": "fp8", "workload": "1k/1k",
            "variant": variant, "serving": "aggregated", "date": "2026-05-01", "gpus": gpus, "concurrency": 64 - speed // 2,
            "interactivity_tok_s_user": speed, "total_tok_s_gpu": total, "output_tok_s_gpu": total / 4,
            "input_tok_s_gpu": total * 3 / 4,
        }
        for (hardware, variant), points in POINTS.items()
        for speed, total, gpus in points
    ]  # fmt: skip


class Case(NamedTuple):
    """One case: what is asked for, and by hand the GPUs and the bill of a month of both sides, and what is saved."""

    hardware: str
    mode: Mode
    amount: float
    load: float
    speed: float
    off: tuple[float, float]
    mtp: tuple[float, float]
    saved: tuple[float, float]


CASES = (
    # 1. 1,000 M a day at 50: Off 1000*86400/1e6 = 86.4 M a GPU, 11.57 GPUs, 2 x 8 = 16; MTP 172.8 M, 5.79 GPUs, 1 x 16.
    Case("h200", Mode.VOLUME, 1_000, 1.0, 50, (16, 16), (16, 16), (0.0, 0.0)),
    # 2. 10,000 M: Off 115.74 GPUs, 15 x 8 = 120, USD 120*1.41*730 = 123,516; MTP 57.87, 4 x 16 = 64, USD 65,875.20.
    Case("h200", Mode.VOLUME, 10_000, 1.0, 50, (120, 120), (64, 64), (57_640.8, 57_640.8)),
    # 3. The same half full: 231.48 GPUs, 29 x 8 = 232, USD 238,797.60; 115.74, 8 x 16 = 128, USD 131,750.40.
    Case("h200", Mode.VOLUME, 10_000, 0.5, 50, (232, 232), (128, 128), (107_047.2, 107_047.2)),
    # 4. 10,000 users: Off 250 output tok/s a GPU, 5 users, 2,000 GPUs, USD 2,058,600; MTP 10 users, 1,000, 63 x 16 = 1,008.
    Case("h200", Mode.USERS, 10_000, 1.0, 50, (2000, 2000), (1008, 1008), (1_021_065.6, 1_021_065.6)),
    # 5. At 75: Off (1000+400)/2/4 = 175, 750,000/175 = 4,285.71, 536 x 8 = 4,288; MTP 375, 2,000, 125 x 16.
    Case("h200", Mode.USERS, 10_000, 1.0, 75, (4288, 4288), (2000, 2000), (2_355_038.4, 2_355_038.4)),
    # 6. 1 MW: 1000/1.73 = 578.03 GPUs, 72 x 8 = 36 x 16 = 576; MTP makes twice the tokens: as much again is saved.
    Case("h200", Mode.POWER, 1, 0.7, 50, (576, 576), (576, 576), (592_876.8, 592_876.8)),
    # 7. 0.02 MW: 11.56 GPUs, one deployment of 8 and none of 16.
    Case("h200", Mode.POWER, 0.02, 1.0, 50, (8, 8), (0, 0), (0.0, 0.0)),
    # 8. Two sizes. Off at 75: 700, 60.48 M a day, 165.34 GPUs: 21 x 8 = 168 or 6 x 32 = 192, USD 286,977.60 or 327,974.40.
    #    MTP: 1900-1400*15/40 = 1375, 118.8 M, 84.18 GPUs: 22 x 4 = 88 or 6 x 16 = 96, USD 150,321.60 or 163,987.20.
    Case("b300", Mode.VOLUME, 10_000, 1.0, 75, (168, 192), (88, 96), (122_990.4, 177_652.8)),
    # 9. At 50 MTP is read at its first setting: 164.16 M, 60.92 GPUs at most, 16 x 4 = 64; Off 15 x 8 = 120.
    Case("b300", Mode.VOLUME, 10_000, 1.0, 50, (120, 120), (64, 64), (95_659.2, 95_659.2)),
    # 10. A quarter full at 100: Off 34.56 M, 115.74 GPUs, 15 x 8 = 120; MTP 86.4 M, 46.30 GPUs, 3 x 16 = 48.
    Case("h200", Mode.VOLUME, 1_000, 0.25, 100, (120, 120), (48, 48), (74_109.6, 74_109.6)),
)


class Sheet:
    """A workbook with its Fleet sheet live: type into its cells, and read what stands there."""

    def __init__(self, book: Built, *, results: bool = False) -> None:
        self.plan = book.layout.plan
        names, self.texts = self.plan.prices.names, self.plan.house.texts["fleet"]
        self.labels = comparison_labels(self.plan)
        self.cells: dict[str, Cell] = {
            "comparison": place(places.COMPARISON), "speed": place(places.SPEED), "mode": place(places.MODE),
            "users": place(places.USERS), "power": place(places.POWER), "volume": place(names["volume_input"]),
            "load": place(names["load_input"]),
        }  # fmt: skip
        owners = {FLEET, RESULTS} if results else {FLEET}
        regions = [self.plan.workings.regions[owner] for owner in owners]
        self.book = Book(book.path).freeze(
            lambda sheet, row: (
                sheet in (PRICES, FLEET) or (sheet == WORKINGS and any(low < row <= high for low, high in regions))
            )
        )

    def type(self, **typed: Value) -> None:
        """Type into inputs by name; the others hold what they were released with."""
        self.book.reset()
        self.book.edit({self.cells[name]: value for name, value in typed.items()})

    def ask(self, case: Case) -> None:
        """Make the sheet plan for a case."""
        number = next(i for i, label in enumerate(self.labels) if case.hardware.upper() in label)
        amount = {Mode.VOLUME: "volume", Mode.USERS: "users", Mode.POWER: "power"}[case.mode]
        self.type(
            comparison=self.labels[number],
            speed=case.speed,
            mode=self.texts["modes"][case.mode - 1],
            load=case.load,
            **{amount: case.amount},
        )

    def rows(self, kind: str) -> list[dict[str, Value]]:
        """The cells of an anchored block as they stand."""
        [anchor] = [anchor for anchor in self.plan.anchors if anchor.kind == kind]
        return [{key: self.book.value(place(ref)) for key, ref in row.items()} for row in anchor.cells()]

    @property
    def shown(self) -> Mapping[str, dict[str, Value]]:
        """What people see of both sides and of the saving, by line."""
        return dict(zip((line.key for line in LINES), self.rows("fleet-shown"), strict=True))

    @property
    def message(self) -> str:
        """The message in the first row."""
        return str(self.book.value((FLEET, "A1")))

    @property
    def errors(self) -> list[Cell]:
        """Every formula that shows an error value."""
        found = self.book.read(self.book.formulas())
        return [cell for cell, value in found.items() if isinstance(value, str) and ERROR.match(value)]


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """Return the workbook of the points above."""
    folder: Path = tmp_path_factory.mktemp("fleet")
    table = write_table(folder / "table.csv", hand_rows())
    return Sheet(build([table], folder / "hand.xlsx", rates="2026-04"), results=True)


@pytest.fixture(scope="module")
def mixed() -> Sheet:
    """Return the workbook in which much differs."""
    return Sheet(built("mixed"))


# the reference


def deployed(hardware: str, variant: str, speed: float) -> Deployed:
    """A side of POINTS at a speed, on the straight line between its settings."""
    (x0, y0, g0), (x1, y1, g1) = POINTS[hardware, variant]
    there = max(speed, x0)
    total = y0 + (there - x0) / (x1 - x0) * (y1 - y0)
    sizes = {x0: (g0, g0), x1: (g1, g1)}.get(int(there), (min(g0, g1), max(g0, g1)))
    return Deployed(speed, total, total / 4, sizes, PRICE[hardware], KW[hardware])


@pytest.mark.parametrize("case", CASES)
def test_the_reference_equals_ten_cases_by_hand(case: Case) -> None:
    """GPUs and money of a month, computed with pencil and paper."""
    demand = Demand(case.mode, case.amount, case.load)
    for variant, gpus in (("none", case.off), ("mtp", case.mtp)):
        found = fleet(demand, deployed(case.hardware, variant, case.speed))
        assert found is not None
        assert found.gpus == gpus
        assert bill(found.gpus, PRICE[case.hardware]) == pytest.approx(
            [end * PRICE[case.hardware] * MONTH_HOURS for end in gpus]
        )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("5", None), (True, None), (0, None), (-3.0, None), (float("nan"), None), (1e12, None), (5, 5.0)],
)
def test_only_numbers_within_bounds_are_usable(value: object, expected: float | None) -> None:
    """Anything else is not planned for."""
    assert usable(value, 1e-6, 1e9) == expected


def test_nothing_is_known_of_a_side_without_a_read() -> None:
    """No read, no output tokens, no power, no price: no figure instead of a wrong one."""
    unread = Deployed(50.0, None, None, None, None, None)
    assert [capacity(mode, unread) for mode in Mode] == [None] * 3
    assert fleet(Demand(Mode.VOLUME, 5.0, 1.0), unread) is None
    known = Deployed(50.0, 100.0, None, None, None, None)
    assert [capacity(mode, known) for mode in Mode] == [8.64, None, None]
    assert fleet(Demand(Mode.VOLUME, 1e9, 1e-6), known) is None
    assert bill((8.0, 8.0), None) is None
    assert saved(10, Mode.VOLUME, 2.0, None, (1.0, 1.0)) is None  # type: ignore[arg-type]


# the workbook


@pytest.mark.parametrize("case", CASES)
def test_the_workbook_equals_ten_cases_by_hand(hand: Sheet, case: Case) -> None:
    """The rows on Workings hold what was computed by hand, and the sheet shows it."""
    hand.ask(case)
    [row] = hand.rows("fleet")
    for side, gpus in (("b", case.off), ("a", case.mtp)):
        assert (row[f"{side}_fleet_min"], row[f"{side}_fleet_max"]) == gpus
        money = [end * PRICE[case.hardware] * MONTH_HOURS for end in gpus]
        assert (row[f"{side}_bill_min"], row[f"{side}_bill_max"]) == pytest.approx(money)
        shown = hand.shown["gpus"][side]
        assert shown == gpus[0] if isinstance(shown, float) else re.sub("[≤,]", "", str(shown)).split() != []
    assert (row["saved_low"], row["saved_high"]) == pytest.approx(case.saved)
    assert hand.errors == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (1, "Whole deployments of MTP and Off cost the same for 1,000 million tokens a day"),
        (2, "MTP saves USD 57,600 a month for 10,000 million tokens a day"),
        (4, "MTP saves USD 1.02 million a month for 10,000 users at 50 tok/s"),
        (6, "In 1 MW, MTP makes 2.0 times the tokens; with Off they would cost USD 593,000 a month more"),
        (7, "0.02 MW is less than one deployment of MTP"),
        (8, "MTP saves USD 123,000 to 178,000 a month for 10,000 million tokens a day"),
        (9, "MTP saves at least USD 95,700 a month for 10,000 million tokens a day"),
    ],
)
def test_the_message_says_what_the_case_comes_to(hand: Sheet, number: int, message: str) -> None:
    """The difference in money as a sentence."""
    hand.ask(CASES[number - 1])
    assert hand.message == message


def test_a_floor_is_shown_as_a_bound(hand: Sheet) -> None:
    """Where a side was never measured this slow its GPUs and bills are "at most", and what it makes is "at least"."""
    hand.ask(CASES[8])
    shown = hand.shown
    assert {key: shown[key]["a"] for key in ("gpus", "month", "tokens", "cost")} == {
        "gpus": "≤ 64",
        "month": "≤ 109,325",
        "tokens": "≥ 319,564.8",
        "cost": "≤ 0.342",
    }
    assert shown["gpus"]["b"] == 120


def test_deployments_of_two_sizes_are_a_range(hand: Sheet) -> None:
    """What the measurements around the speed leave open is shown from its lower to its upper end."""
    hand.ask(CASES[7])
    shown = hand.shown
    assert [shown[key]["b"] for key in ("size", "deployments", "gpus")] == ["8 to 32", "6 to 21", "168 to 192"]
    assert shown["month"]["saved"] == "122,990 to 177,653"


def test_tables_hold_the_saving_of_the_message(hand: Sheet) -> None:
    """At the price and the load in force both tables show what the sheet does; a price twice as high saves twice as much."""
    hand.ask(CASES[1])
    loads = hand.rows("fleet-loads")
    assert loads[1]["load"] == pytest.approx(57_640.8)
    assert [row["load"] for row in loads] == pytest.approx([0.8 * 57_640.8, 57_640.8, 1.25 * 57_640.8])
    # half full: case 3
    assert loads[1]["load_3"] == pytest.approx(107_047.2)
    hand.type(comparison=hand.labels[0], speed=75.0)
    by_speed = hand.rows("fleet-by-speed")
    rows = hand.rows("fleet-speeds")
    assert [row["target"] for row in rows] == sorted(float(str(row["target"])) for row in rows)
    for shown, row in zip(by_speed, rows, strict=True):
        assert list(shown.values()) == pytest.approx([row["saved_low"] * step for step in (0.8, 1, 1.25)])  # type: ignore[operator]


AMOUNTS = ({"mode": 1, "volume": 333.3}, {"mode": 2, "users": 4321.0}, {"mode": 3, "power": 2.5})


@pytest.mark.parametrize("asked", AMOUNTS)
def test_identities(hand: Sheet, asked: dict[str, float]) -> None:
    """GPUs times price is the bill of an hour; tokens of a month times their cost are its bill when GPUs are full."""
    mode = hand.texts["modes"][int(asked["mode"]) - 1]
    for label, speed in product(hand.labels, (50.0, 62.5, 75.0, 99.0)):
        hand.type(**(asked | {"mode": mode, "comparison": label, "speed": speed}))
        [row] = hand.rows("fleet")
        for side in "ab":
            if row[f"{side}_fleet_max"] == "":
                continue
            held = {
                key[2:]: float(str(value)) for key, value in row.items() if key[:2] == f"{side}_" and _number(value)
            }
            assert held["bill_max"] == pytest.approx(held["fleet_max"] * held["price"] * MONTH_HOURS)
            assert held["made_max"] * held["full"] == pytest.approx(held["bill_max"])
            assert held["loaded"] == held["full"]
            assert (
                held["year"]
                if "year" in held
                else held["mw_max"] == pytest.approx(held["fleet_max"] * held["power"] / 1000)
            )
            # what is asked for is never more than what the fleet makes
            assert held["asked_min"] <= held["made_min"] * (1 + 1e-9)


def _number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


GARBAGE: tuple[Value, ...] = (None, "", "n/a", "2.5", 0, -1.5, True, 1e300, -1e300, 1e-300, 1e308)
SAYS = {
    "comparison": "Choose a comparison",
    "mode": "Choose what to plan by",
    "speed": "Type a speed per user above zero",
    "volume": "Type a volume",
    "users": "Type a number of users",
    "power": "Type a power",
    "load": "Type a load factor",
}
BY = {"users": Mode.USERS, "power": Mode.POWER}


@pytest.mark.parametrize("name", SAYS)
def test_whatever_is_typed_into_an_input_gives_words(hand: Sheet, name: str) -> None:
    """No error value and no stale figure: the message says what is missing, and no figure that needs it stands anywhere."""
    mode = hand.texts["modes"][BY.get(name, Mode.VOLUME) - 1]
    for value in GARBAGE:
        hand.type(**({"mode": mode} | {name: value}))
        assert hand.errors == [], value
        if name == "speed" and _number(value) and float(str(value)) > 1:
            assert hand.message.startswith("Neither side reaches"), (value, hand.message)
            continue
        assert hand.message.startswith(SAYS[name]), (value, hand.message)
        figures = [row for kind in ("fleet-loads",) for row in hand.rows(kind)]
        figures += [] if name == "speed" else hand.rows("fleet-by-speed")
        kept = {"speed": (), "comparison": (), "load": ("y", "size", "cost")}.get(
            name, ("y", "size", "cost", "cost_load")
        )
        needing = [row for key, row in hand.shown.items() if key not in kept]
        assert {cell for row in (*figures, *needing) for cell in row.values()} <= {"", "-", None}
        bars = hand.rows("fleet-bars")
        assert name == "speed" or {cell for row in bars for cell in row.values()} == {0}


@pytest.mark.parametrize("value", GARBAGE)
def test_a_price_or_a_power_that_is_none_gives_words(hand: Sheet, value: Value) -> None:
    """Own prices and powers are edited on Prices; a fleet then has GPUs and no bill, or no MW, or a finite one."""
    cells = hand.plan.prices.hardware["b300"]
    own = place(cells.own)
    for tier in (0, 1, 2):
        listed = place(cells.tiers.cell(0, tier))
        hand.type(comparison=next(label for label in hand.labels if "B300" in label), speed=75.0)
        hand.book.edit({own: value, listed: None})
        assert hand.errors == [], value
        if "price" in hand.message:
            assert {row["saved"] for row in hand.shown.values()} <= {"", None}
            assert hand.shown["month"]["a"] == "no price"


# what it says


def test_every_comparison_speed_and_mode_gives_words(mixed: Sheet) -> None:
    """In every state the message is a sentence without a hole, a stop comes first, and a saving is claimed where one stands."""
    seen = set()
    speeds: tuple[Value, ...] = (8.0, 33.0, 71.5, 110.0, 170.0, 400.0)
    for label, speed, mode in product(mixed.labels, speeds, mixed.texts["modes"]):
        mixed.type(comparison=label, speed=speed, mode=mode, load=0.4)
        [row], message = mixed.rows("fleet"), mixed.message
        assert mixed.errors == []
        assert message
        assert "  " not in message
        assert message.startswith("Stop (") == (row["stops"] != 0), message
        said = re.sub(r"^Stop \([^)]*\): ", "", message)
        claims = " saves " in said or " costs " in said or "they would cost" in said
        assert not (claims and row["saved_low"] == ""), message
        detail = str(mixed.book.value((FLEET, f"A{places.HEAD_ROW + len(LINES) + 6}")))
        assert detail.startswith(("Off", "No fleet", "EAGLE", "MTP")) or detail, detail
        seen.add(re.sub(r"[\d.,]+", "#", said))
    assert len(seen) > 15
