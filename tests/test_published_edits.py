"""The default workbook's published comparisons under edits: every speed by the oracle, in the words for published points."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from support.oracle import GRADES, Point, Side, compare, fit, tie_out
from support.oracle_compare import BETTER, LEVEL, NEITHER, ONLY_A, ONLY_B, UNDECIDED
from support.oracle_curve import ABOVE, BELOW, INTERPOLATED, MEASURED, NO_DATA, NO_TARGET, READS
from support.printed import AT_ODDS, KEYS, RATES, engine, page_of, places, results

from specxl.house import data_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from support import Cell, Value
    from support.engine import Book
    from support.oracle import Comparison
    from support.places import PairPlaces

STATUSES = {NO_TARGET: 0, NO_DATA: 1, ABOVE: 2, BELOW: 3, MEASURED: 4, INTERPOLATED: 5}
VERDICTS = {NO_TARGET: 1, ONLY_A: 6, ONLY_B: 7, NEITHER: 8, UNDECIDED: 9, "a": 10, "b": 11, LEVEL: 12}
CERTAINTIES = {"": 0, "settled": 1, "interpolated": 2, "settled, at least": 3, "interpolated, at least": 4}
WORDS = {MEASURED: "as published", INTERPOLATED: "between published figures"}
SHORT = {"a": "MTP better", "b": "Off better", ONLY_A: "only MTP", ONLY_B: "only Off", NEITHER: "neither"}
SHORT_CERTAINTY = {words: words.replace("at least", "≥") for words in CERTAINTIES}
SIDED = {
    "y": "tok_s_gpu", "y_low": "tok_s_gpu_low", "y_high": "tok_s_gpu_high", "cost": "cost_per_mtok", "mw": "tok_s_mw",
    "joules": "joules_per_tok", "requests": "requests",
}  # fmt: skip
FIGURES = {
    "ratio": "ratio", "ratio_low": "ratio_low", "ratio_high": "ratio_high", "saving": "saving",
    "eq_x": "equal_cost_tok_s_user", "eq_ratio": "equal_cost_ratio",
}  # fmt: skip
SIGNS = {" cost": "≤", " joules": "≤", " y": "≥", " mw": "≥"}
FLAGS = [flag for grade in GRADES.values() for flag in grade]
IDLE = -1.0
"""Where a chart keeps a marker that must not be seen."""
ERROR = re.compile(r"#(N/A|N/IMPL|NULL|DIV/0|VALUE|REF|NAME|NUM|SPILL|CALC|CIRC|ERROR)")


@cache
def _sides(title: str) -> tuple[Side, Side]:
    """MTP and Off as the oracle takes them, from the bundled points, at the page's own price and power."""
    price, power = RATES[title.split(" on ")[1]]
    points: dict[str, list[Point]] = defaultdict(list)
    with data_file("published_points.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if (row["model"], row["hardware"]) == KEYS[title]:
                x, y, printed = (
                    float(row[name])
                    for name in ("interactivity_tok_s_user", "total_tok_s_gpu", "published_cost_usd_per_mtok")
                )
                odd = tie_out(printed, y, price).at_odds
                held = float(row["concurrency"])
                points[row["variant"]].append(Point(x, y, conc=held, published=True, at_odds=odd))
    return Side(tuple(points["mtp"]), price, power), Side(tuple(points["none"]), price, power)


def _speeds(title: str) -> Iterator[tuple[Value, Value, Value]]:
    """Speeds in threes: below, on, between and above the points of both curves, and what is no speed."""
    fits = [fit(side.points) for side in _sides(title)]
    x = sorted({knot.x for curve in fits if curve for knot in curve.knots})
    between = [low + (high - low) * share for low, high in pairwise(x) for share in (0.03125, 0.5)]
    odd: list[Value] = [None, "", "text", "60", 0, -5.0, True, 1e300, 1e-6]
    speeds: list[Value] = [x[0] / 2, *x, *between, x[-1] * (1 + 5e-10), x[-1] * 1.5, *odd]
    speeds += speeds[: -len(speeds) % 3]
    for place in range(0, len(speeds), 3):
        yield speeds[place], speeds[place + 1], speeds[place + 2]


@pytest.fixture
def book() -> Iterator[Book]:
    """Return the default workbook in the engine; every edit is taken back afterwards."""
    found = engine()
    yield found
    found.reset()


@pytest.mark.parametrize("title", sorted(KEYS))
def test_edits_of_published_sheets(book: Book, title: str) -> None:
    """At and away from the page's targets everything follows the method, in the words for published points."""
    page = page_of(title)
    common = next(cell for cell in places().references(results(page)[0]["target_in"]) if cell in places().inputs)
    for speeds in _speeds(title):
        book.edit(dict(zip(page.targets, speeds, strict=True)) | {common: speeds[0]})
        wanted = [compare(*_sides(title), speed) for speed in (*speeds, speeds[0])]
        faults = [fault for i, got in enumerate(wanted) for fault in _block_faults(book, page.reads[i], got)]
        faults += [fault for i, got in enumerate(wanted[:3]) for fault in _shown_faults(book, page, i, got)]
        faults += _marker_faults(book, page, speeds, wanted) + _result_faults(book, page, wanted[0]) + _errors(book)
        assert faults == [], speeds


def _close(found: Value, expected: float | None) -> bool:
    """Whether a cell holds a number, and nothing where there is none or where nothing bounds it."""
    if expected is None or expected == math.inf:
        return found in ("", None)
    return isinstance(found, float) and abs(found - expected) <= 1e-9 * abs(expected)


def _verdict(got: Comparison) -> str:
    """The verdict, or the better side."""
    return got.better if got.verdict == BETTER else got.verdict


def _block_faults(book: Book, cells: Mapping[str, Cell], got: Comparison) -> list[str]:
    """What a comparison block holds that is not what the oracle says: codes, figures and flags."""
    found = {key: book.value(cell) for key, cell in cells.items()}
    wanted: dict[str, float | None] = {
        "verdict": VERDICTS[_verdict(got)],
        "certainty": CERTAINTIES[got.certainty],
        **{key: getattr(got, name) for key, name in FIGURES.items()},
        **{f"f_{flag}": float(flag in got.flags) for flag in FLAGS},
    }
    for side in "ab":
        wanted[f"{side}_status"] = STATUSES[getattr(got, f"{side}_status")]
        wanted |= {f"{side}_{key}": getattr(got, f"{side}_{name}") for key, name in SIDED.items()}
    return [f"{cells[k]} {k}: {found[k]!r}, not {v!r}" for k, v in wanted.items() if not _close(found[k], v)]


def _shown_faults(book: Book, page: PairPlaces, read: int, got: Comparison) -> list[str]:
    """What the sheet shows of a read that is not so: figures, requests, verdict, certainty, engines, flags and sentence."""
    requests = ["-" if value is None else f"~{_whole(value)}" for value in (got.b_requests, got.a_requests)]
    certainty = "stop" if got.worst_flag == "stop" else SHORT_CERTAINTY[got.certainty]
    shown: dict[str, tuple[Cell, Value]] = {
        "requests": (page.shown("a_requests", read), "" if set(requests) == {"-"} else " | ".join(requests)),
        "verdict": (page.shown("verdict", read), SHORT.get(_verdict(got), got.verdict)),
        "certainty": (page.shown("stops", read), certainty),
        "same engine": (page.words("like", read), "engine not stated"),
    }
    for side in "ab":
        for key in ("cost", "y", "mw", "joules"):
            shown[f"{side} {key}"] = (page.shown(f"{side}_{key}", read), getattr(got, f"{side}_{SIDED[key]}"))
    shown["ratio"] = (page.showing(page.reads[read]["ratio"])[0], got.ratio)
    floors = {side for side in "ab" if getattr(got, f"{side}_status") == BELOW}
    faults = []
    for name, (cell, wanted) in shown.items():
        found = book.value(cell)
        if name[:1] in floors and name[1:] in SIGNS:
            right = _bounds(str(found), SIGNS[name[1:]], wanted)
        else:
            right = (found or "") == wanted if isinstance(wanted, str) else _close(found, wanted)
        faults += [] if right else [f"{cell} {name}: {found!r}, not {wanted!r}"]
    flags = str(book.value(page.words("f_price_unknown", read)))
    if ("cost at odds" in flags) != ("published_at_odds" in got.flags) or ("published points" in flags) != bool(
        got.flags
    ):
        faults.append(f"flags {flags!r}, not {sorted(got.flags)}")
    return faults + _sentence_faults(str(book.value(page.sentence(read))), got)


def _bounds(text: str, sign: str, wanted: object) -> bool:
    """Whether a text is a sign and a figure, rounded to the digits that it shows: what a floor gives is a bound."""
    mark, _, digits = text.partition(" ")
    half = Decimal(1).scaleb(-len(digits.partition(".")[2])) / 2
    return mark == sign and abs(Decimal(digits.replace(",", "")) - Decimal(repr(wanted))) <= half


def _sentence_faults(text: str, got: Comparison) -> list[str]:
    """Whether a read's sentence says what it comes to, and never calls a published point measured."""
    wanted = {
        BETTER: lambda: [f"{_whole(100 * (got.saving or 0))} % less", "The published points alone"],
        LEVEL: lambda: ["MTP and Off are level"],
        UNDECIDED: lambda: ["Undecided at"],
        ONLY_A: lambda: ["Only MTP reaches"],
        ONLY_B: lambda: ["Only Off reaches"],
        NEITHER: lambda: ["Neither side reaches"],
        NO_TARGET: lambda: ["Type a speed above zero"],
    }[got.verdict]()
    stop = ["Stop: cost at odds"] if got.worst_flag == "stop" else []
    faults = [f"{text!r} lacks {words!r}" for words in (*wanted, *stop) if words not in text]
    return faults + ([f"{text!r} calls published points measured"] if "measured points" in text else [])


def _whole(value: float) -> str:
    """A number as sentences show it: a half is rounded up."""
    return f"{Decimal(repr(value)).quantize(Decimal(1), ROUND_HALF_UP):,}"


def _marker_faults(book: Book, page: PairPlaces, speeds: Iterable[Value], wanted: list[Comparison]) -> list[str]:
    """Where a chart's marks of the three speeds do not stand on their curve: nowhere that is seen without a read."""
    faults = []
    for side, curve in zip("ab", (fit(s.points) for s in _sides(page.title)), strict=True):
        cells = page.places.cells("targets", page.sheet, side)
        assert curve
        for row, speed, got in zip(cells, speeds, wanted, strict=False):
            status, y = getattr(got, f"{side}_status"), getattr(got, f"{side}_tok_s_gpu")
            x = curve.knots[0].x if status == BELOW else speed if status in READS else IDLE
            held = [book.value(row[key]) for key in ("x", "y", "metric")]
            marks: list[Any] = [x, y, getattr(got, f"{side}_cost_per_mtok")] if status in READS else [IDLE, *held[1:]]
            right = all(isinstance(v, float) for v in held) and all(
                _close(*pair) for pair in zip(held, marks, strict=True)
            )
            faults += [] if right else [f"{side} marks {held} at {speed!r}, not {marks}"]
    return faults


def _result_faults(book: Book, page: PairPlaces, got: Comparison) -> list[str]:
    """What Results say of a sheet's comparison at the Summary's speed that is not so."""
    block = results(page)[0]
    row = places().cells("results")[places().cells("comparison").index(block)]
    statuses = {f"{side}_status": getattr(got, f"{side}_status") for side in "ab"}
    wanted = {key: WORDS.get(status, status) for key, status in statuses.items()}
    verdict = {ONLY_A: "only MTP reaches it", ONLY_B: "only Off reaches it"}.get(got.verdict, got.verdict)
    wanted |= {"verdict": verdict, "certainty": got.certainty, "worst_flag": got.worst_flag}
    found = {key: book.value(row[key]) or "" for key in wanted}
    return _block_faults(book, block, got) + ([f"Results say {found}, not {wanted}"] if found != wanted else [])


def _errors(book: Book) -> list[str]:
    """Every cell of the workbook that shows an error value."""
    held = {cell: book.value(cell) for cell in places().formulas}
    return [f"{cell} {value}" for cell, value in held.items() if isinstance(value, str) and ERROR.match(value)]


def test_the_published_cost_at_odds_is_flagged_where_it_is_read(book: Book) -> None:
    """The stop flag follows the point into every read that rests on it, and into no other; the figures stay."""
    page = page_of(AT_ODDS[0])

    def said(read: int) -> tuple[bool, bool]:
        words, certainty = (
            book.value(cell) for cell in (page.words("f_price_unknown", read), page.shown("stops", read))
        )
        return "cost at odds" in str(words), certainty == "stop"

    assert [said(i) for i in range(3)] == [(False, False), (False, False), (True, True)]
    assert book.value(page.reads[0]["a_status"]) == STATUSES[BELOW]
    between = book.edit(dict(zip(page.targets, (47, 60.5, 62), strict=True)), [page.shown("b_cost", 0)])
    assert [said(i) for i in range(3)] == [(True, True), (True, True), (False, False)]
    assert all(isinstance(cost, float) for cost in between.values())
