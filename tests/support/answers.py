"""What a pair sheet shows of a read, found by the cells that it cites, against what the oracle says of it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Formula, quote_sheet
from specxl.sheets.frame import WORKINGS
from support.expectations import agrees
from support.figures_in_words import bounds, prints, prints_fewest, speed_at_cost
from support.oracle_compare import BETTER, LEVEL
from support.oracle_curve import BELOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.pair.sheet import PairSheet
    from support import Cell, Value
    from support.oracle import Comparison
    from support.oracle_curve import Point
    from support.sentences import Said

BLOCK = {
    "y": "tok_s_gpu", "y_low": "tok_s_gpu_low", "y_high": "tok_s_gpu_high", "y_last": "last_tok_s_gpu",
    "cost": "cost_per_mtok", "mw": "tok_s_mw", "joules": "joules_per_tok", "requests": "requests",
}  # fmt: skip
"""The figures of a side by their keys in a comparison block, and by those of the oracle."""
FALLING = ("cost", "joules")
"""The metrics that fall as throughput rises."""
SHARED = {
    "ratio": "ratio", "ratio_low": "ratio_low", "ratio_high": "ratio_high", "saving": "saving",
    "eq_x": "equal_cost_tok_s_user", "eq_ratio": "equal_cost_ratio",
}  # fmt: skip
MARKS = {"at least": "≥ ", "at most": "≤ ", "": ""}
"""What stands before a speed at equal cost."""
_CITED = re.compile(rf"{re.escape(quote_sheet(WORKINGS))}!\$?([A-Z]+)\$?(\d+)")


def block_faults(found: Mapping[str, Value], got: Comparison) -> Iterator[str]:
    """Yield each figure of a comparison block that is not the oracle's."""
    wanted = {f"{side}_{key}": getattr(got, f"{side}_{name}") for side in "ab" for key, name in BLOCK.items()}
    wanted |= {key: getattr(got, name) for key, name in SHARED.items()}
    for key, value in wanted.items():
        if not agrees(found[key], value):
            yield f"{key}: {found[key]!r}, not {value!r}"


@dataclass(frozen=True)
class Sheet:
    """One pair sheet's cells by the cells of Workings that they cite."""

    name: str
    citing: Mapping[frozenset[str], list[Cell]]

    @classmethod
    def of(cls, pair: PairSheet) -> Sheet:
        """Read every formula of a pair sheet."""
        citing: dict[frozenset[str], list[Cell]] = defaultdict(list)
        for ref, text in pair.sheet.formulas():
            found = frozenset(column + row for column, row in _CITED.findall(text))
            citing[found].append((ref.sheet, ref.address))
        return cls(pair.sheet.name, citing)

    def showing(self, *refs: Ref) -> list[Cell]:
        """The cells that cite these cells of Workings and no others."""
        return self.citing.get(frozenset(ref._replace(fixed=False).address for ref in refs), [])


def only_cites(pair: PairSheet, ref: Ref) -> list[Cell]:
    """The cells of a pair sheet that show a cell of Workings as it is."""
    plain = f"{quote_sheet(WORKINGS)}!{ref._replace(fixed=False).address}"
    return [
        (pair.sheet.name, pair.sheet.ref(*place).address)
        for place, cell in pair.sheet.cells.items()
        if isinstance(cell.content, Formula) and cell.content.text(place[0]).replace("$", "") == plain
    ]


class Answer:
    """The rows of a pair sheet that show one read."""

    def __init__(self, sheet: Sheet, block: Mapping[str, Ref]) -> None:
        self.cells: dict[str, list[Cell]] = {}
        for side in "ab":
            status, y = block[f"{side}_status"], block[f"{side}_y"]
            for key in ("cost", "tokens", "mw", "joules"):
                self.cells[f"{side}_{key}"] = sheet.showing(block[f"{side}_{key}"], y, status)
            self.cells[f"{side}_y"] = sheet.showing(y, status)
            ends = [block[f"{side}_gpus_{end}"] for end in ("low", "high")]
            self.cells[f"{side}_gpus"] = sheet.showing(*ends)
            self.cells[f"{side}_hourly"] = sheet.showing(*ends, block[f"{side}_price"])
        self.cells["saving"] = sheet.showing(block["better"], block["ratio"])
        self.cells["times"] = sheet.showing(block["ratio"])
        self.cells["interval"] = sheet.showing(*(block[key] for key in ("ratio", "ratio_low", "ratio_high")))
        self.cells["equal"] = sheet.showing(*(block[key] for key in ("eq_code", "eq_x", "eq_ratio")))
        self.cells["ttft"] = sheet.showing(*(block[f"{side}_ttft_high"] for side in "ab"))
        self.cells["requests"] = sheet.showing(block["a_requests"], block["b_requests"])

    @property
    def lost(self) -> list[str]:
        """What is not shown by exactly one cell of the sheet."""
        return [key for key, cells in self.cells.items() if len(cells) != 1]

    def faults(self, read: Callable[[Cell], Value], said: Said) -> Iterator[str]:
        """Yield each row that shows something else than what the oracle says."""
        wanted = {**_figures(said), **_texts(said)}
        for key, check in wanted.items():
            for cell in self.cells[key]:
                value = read(cell)
                if not check(value):
                    yield f"{key}: {value!r} at {cell}"


def _figures(said: Said) -> dict[str, Callable[[Value], bool]]:
    """The rows that hold numbers, or words where there is none."""
    got, found = said.got, dict[str, "Callable[[Value], bool]"]()
    reasons = {key: words["missing"] for key, words in said.words["metrics"].items()}
    for side in "ab":
        y, cost = getattr(got, f"{side}_tok_s_gpu"), getattr(got, f"{side}_cost_per_mtok")
        reached = getattr(got, f"{side}_requests") is not None or bool(getattr(got, f"{side}_knots"))
        values = {
            "y": y,
            "cost": cost,
            "tokens": None if cost is None else 1 / cost,
            "mw": getattr(got, f"{side}_tok_s_mw"),
            "joules": getattr(got, f"{side}_joules_per_tok"),
        }
        for key, value in values.items():
            words = reasons[key] if y is not None else reasons["y"] if reached else ""
            bound = getattr(got, f"{side}_status") == BELOW and value is not None
            found[f"{side}_{key}"] = _bound(value, falls=key in FALLING) if bound else _is(value, words)
    saving = None if not got.better or got.ratio is None else 1 - 1 / got.ratio
    return found | {"saving": _is(saving, ""), "times": _is(got.ratio, "")}


def _bound(value: float | None, *, falls: bool) -> Callable[[Value], bool]:
    return lambda found: bounds(str(found), value, falls=falls)


def _is(value: float | None, words: str) -> Callable[[Value], bool]:
    return lambda found: agrees(found, words if value is None else value)


def _texts(said: Said) -> dict[str, Callable[[Value], bool]]:
    """The rows that hold words with figures in them."""
    got = said.got
    found: dict[str, Callable[[Value], bool]] = {
        "interval": lambda text: _interval(str(text or ""), got, said.texts["lines"]["to"]),
        "equal": lambda text: _equal(str(text or ""), said),
        "ttft": lambda text: _waits(str(text or ""), got),
        "requests": lambda text: _requests(str(text or ""), got),
    }
    for side, price in zip("ab", said.prices, strict=True):
        knots = getattr(got, f"{side}_knots")
        found[f"{side}_gpus"] = lambda text, knots=knots: _range(str(text or ""), knots, 1.0)  # type: ignore[misc]
        found[f"{side}_hourly"] = lambda text, knots=knots, price=price: _range(  # type: ignore[misc]
            str(text or "").removeprefix(f"{said.state.currency} "), knots if price else (), price or 0.0
        )
    return found


def _interval(text: str, got: Comparison, to: str) -> bool:
    """The savings that the measurements allow, as percentages of B's cost per token."""
    if got.verdict not in (BETTER, LEVEL) or got.ratio_low is None or got.ratio_high is None:
        return not text
    low, _, high = text.removesuffix(" %").partition(to)
    starts = low == "any" if got.ratio_low == 0 else prints(low, 100 * (1 - 1 / got.ratio_low), 0)
    return starts and prints(high, 100 * (1 - 1 / got.ratio_high), 0) and text.endswith(" %")


def _equal(text: str, said: Said) -> bool:
    """The speed at equal cost with what it is."""
    got = said.got
    if got.verdict not in (BETTER, LEVEL):
        return not text
    if got.equal_cost_kind == "never":
        return text == said.texts["lines"]["never"]
    mark = MARKS[got.equal_cost_kind]
    return speed_at_cost(text, mark, got.equal_cost_tok_s_user, got.equal_cost_ratio)


def _waits(text: str, got: Comparison) -> bool:
    """How long both sides wait for the first token, B's first: the longest of the knots around the speed."""
    held = [[p.ttft for p in knots if p.ttft is not None] for knots in (got.b_knots, got.a_knots)]
    if not any(held):
        return not text
    shown = text.split(" | ")
    return len(shown) == 2 and all(
        prints(part, max(own), 1) if own else part == "-" for part, own in zip(shown, held, strict=True)
    )


def _spread(text: str, values: list[float]) -> bool:
    first, _, last = text.partition("-")
    return prints(first, min(values), 0) and prints(last or first, max(values), 0)


def _range(text: str, knots: tuple[Point, ...], factor: float) -> bool:
    """The GPUs of the deployments around the speed, times a factor."""
    values = [p.gpus * factor for p in knots if p.gpus is not None]
    return _spread(text, values) if values else not text


def _requests(text: str, got: Comparison) -> bool:
    """The requests in flight of both sides, B's first."""
    held = (got.b_requests, got.a_requests)
    if held == (None, None):
        return not text
    shown = text.split(" | ")
    return len(shown) == 2 and all(
        part == "-" if value is None else prints(part.removeprefix("~"), value, 0)
        for part, value in zip(shown, held, strict=True)
    )


def label_tells(text: str, target: object, unit: str = " tok/s") -> bool:
    """Whether the label of a sentence names the speed that it is about."""
    if not isinstance(target, (int, float)) or isinstance(target, bool):
        return not text.rpartition(": ")[2]
    return prints_fewest(text.rpartition(": ")[2].removesuffix(unit), target, 2)
