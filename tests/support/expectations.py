"""What a row of Results must hold for a comparison of the oracle, in the words of the workbook; and when two values agree."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from specxl.house import House
from support.oracle import GRADES, Side, compare, worst
from support.oracle_compare import NOT_STATED, ONLY_A, ONLY_B
from support.oracle_curve import INTERPOLATED, MEASURED, NO_DATA, NO_TARGET, is_positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Value
    from support.desk import Labels, State
    from support.oracle import Comparison, Thresholds

HOUSE = House.load()
LABELS: dict[str, dict[str, str]] = HOUSE.texts["labels"]
FLAG_TEXTS: dict[str, str] = {flag: HOUSE.texts["flags"][flag]["short"] for flags in GRADES.values() for flag in flags}
"""What each flag is called, by its id in the oracle."""
PUBLISHED_WORDS = {MEASURED: "as published", INTERPOLATED: "between published figures"}
NOT_PUBLISHED = "not published"
SIDED = (
    "tok_s_gpu", "tok_s_gpu_low", "tok_s_gpu_high", "cost_per_mtok", "tok_s_mw", "requests", "last_tok_s_user",
)  # fmt: skip
COLUMNS = {"tok_s_gpu_low": "low_tok_s_gpu", "tok_s_gpu_high": "high_tok_s_gpu"}
FIGURES = ("ratio", "ratio_low", "ratio_high", "saving", "equal_cost_tok_s_user", "equal_cost_ratio")
HAIR, ENDLESS = 1e-12, 1e300
ERROR = re.compile(r"#(N/A|N/IMPL|NULL|DIV/0|VALUE|REF|NAME|NUM|SPILL|CALC|CIRC|ERROR)")


@dataclass(frozen=True)
class Shown:
    """How a row of Results writes a comparison: the labels of its sides, and whether its points are published ones."""

    labels: Labels
    published: bool = False

    def row(self, got: Comparison, target: Value) -> dict[str, object]:
        """What the columns of the contract must hold but for names; an unbounded end is infinity, an empty cell None."""
        row: dict[str, object] = {"target_tok_s_user": float(target) if is_positive(target) else None}  # type: ignore[arg-type]
        for side in "ab":
            row |= {f"{side}_{COLUMNS.get(key, key)}": getattr(got, f"{side}_{key}") for key in SIDED}
            row[f"{side}_status"] = self.status(getattr(got, f"{side}_status"))
        row |= {key: getattr(got, key) for key in FIGURES}
        # two reads without figures on the token basis are not set beside each other
        compared = got.a_tok_s_gpu is not None and got.b_tok_s_gpu is not None
        return row | {
            "verdict": self.verdict(got.verdict),
            "certainty": got.certainty,
            "better": self.labels.of(got.better) if got.better else "",
            "like_for_like": like_words(got) if compared else "",
            "worst_flag": got.worst_flag,
            "flags": got.flags,
        }

    def status(self, status: str) -> str:
        """A status as the workbook words it."""
        return PUBLISHED_WORDS.get(status, status) if self.published else status

    def verdict(self, verdict: str) -> str:
        """A verdict as the workbook words it."""
        if verdict in (ONLY_A, ONLY_B):
            return f"only {self.labels.a if verdict == ONLY_A else self.labels.b} reaches it"
        return NOT_PUBLISHED if verdict.startswith(NOT_PUBLISHED) else verdict


def like_words(got: Comparison) -> str:
    """What makes the sides unlike, in words; an engine that no source names is no other engine, but not stated."""
    words, knots = LABELS["unlike"], (*got.a_knots, *got.b_knots)
    unstated = "engine_family" in got.flags and not all(knot.family for knot in knots)
    return got.like_for_like.replace(words["engine_family"], words["not_stated"], 1) if unstated else got.like_for_like


def close(found: Value, expected: object, relative: float = 1e-9) -> bool:
    """Whether a cell shows this number, or nothing where there is none or where nothing bounds it."""
    if expected is None or expected == math.inf:
        return found in ("", None)
    if isinstance(found, (bool, str)) or found is None or not isinstance(expected, (int, float)):
        return False
    return abs(found - expected) <= relative * abs(expected)


def flags_agree(text: Value, flags: frozenset[str]) -> bool:
    """Whether a list of flags in words names exactly these, no worse one behind a milder one."""
    ids = {words: flag for flag, words in FLAG_TEXTS.items()}
    named = [ids.get(part, part) for part in str(text or "").split(", ") if part]
    order = {flag: place for place, grade in enumerate(GRADES) for flag in GRADES[grade]}
    grades = [order.get(flag, -1) for flag in named]
    return len(named) == len(set(named)) and set(named) == flags and grades == sorted(grades)


def agrees(found: Value, expected: object) -> bool:
    """Whether a cell holds what it must: a number to 1e-9, a text, or flags in words."""
    if isinstance(expected, frozenset):
        return flags_agree(found, expected)
    return (found or "") == expected if isinstance(expected, str) else close(found, expected)


def comparison_faults(
    found: Mapping[str, Value], sides: tuple[Side, Side], target: Value, state: State, shown: Shown
) -> list[str]:
    """Hold a row of Results against what the oracle says of both sides at a speed.

    Where a ratio meets the threshold to the last bit of a double, either side of it is right.
    """
    first: list[str] = []
    for hair in (0.0, -HAIR, HAIR):
        limits = replace(state.limits, tau=state.limits.tau * (1 + hair)) if hair else state.limits
        got = compared(sides, target, replace(state, limits=limits))
        wanted = shown.row(got, target)
        wrong = [
            f"{key}: {found[key]!r}, not {value!r}" for key, value in wanted.items() if not agrees(found[key], value)
        ]
        if not wrong:
            return []
        first = first or wrong
    return first


def compared(sides: tuple[Side, Side], target: Value, state: State, *, same_hardware: bool = True) -> Comparison:
    """What the oracle makes of two sides in a state, with three readings where the method leaves one open.

    Where a side's method is unknown, METHOD 7 has one line for all the reasons why nothing is compared, and this one is
    named before any other. Without a token basis there are reads, but no class to count. Where a curve does not publish
    the class, its knots are apart in speed only.
    """
    if state.basis:
        got = compare(*sides, target, state.basis, state.limits, same_hardware=same_hardware)
        flags = _flags_as_published(got, sides, target, state)
        got = replace(got, flags=flags, worst_flag=worst(flags))
    else:
        got = _without_basis(sides, target, state)
    unknown = not all(side.stated_method for side in sides)
    return replace(got, verdict=NOT_STATED) if unknown and got.verdict != NO_TARGET else got


def _flags_as_published(got: Comparison, sides: tuple[Side, Side], target: Value, state: State) -> frozenset[str]:
    """The flags, where a wide gap in throughput counts only on a curve that publishes the class."""
    lacking = [side.curve is not None and not side.curve.publishes(state.basis) for side in sides]
    if "wide_gap" not in got.flags or not any(lacking):
        return got.flags
    alone = [
        compare(side, Side(None, side.price), target, state.basis, _limits(state, lacks=lacks)).flags
        for side, lacks in zip(sides, lacking, strict=True)
    ]
    return got.flags if any("wide_gap" in flags for flags in alone) else got.flags - {"wide_gap"}


def _limits(state: State, *, lacks: bool) -> Thresholds:
    return replace(state.limits, gap_y=ENDLESS) if lacks else state.limits


def _without_basis(sides: tuple[Side, Side], target: Value, state: State) -> Comparison:
    got = compare(*sides, target, "total", _limits(state, lacks=True))
    reason = got.verdict if got.verdict in (NO_TARGET, NO_DATA) else NOT_PUBLISHED
    blank: dict[str, Any] = {
        f"{side}_{key}": None for side in "ab" for key in SIDED if key not in ("requests", "last_tok_s_user")
    }
    blank |= dict.fromkeys(FIGURES) | {"certainty": "", "better": "", "equal_cost_kind": ""}
    return replace(got, verdict=reason, **blank)


def family_faults(found: Mapping[str, Value], family: str, wanted: Mapping[str, Comparison] | str) -> list[str]:
    """Hold a same-engine row against what the oracle says of all families; text says why no family may be compared."""
    name = family.removeprefix("family:")
    got = None if isinstance(wanted, str) else wanted.get(name)
    expected: dict[str, object] = {"usable": 0.0, "ratio": None}
    if got is not None and got.a_tok_s_gpu is not None and got.b_tok_s_gpu is not None:
        expected = {"usable": 1.0, "ratio": got.a_tok_s_gpu / got.b_tok_s_gpu}
        expected |= {"a_y": got.a_tok_s_gpu, "b_y": got.b_tok_s_gpu}
    return [f"{key}: {found[key]!r}, not {value!r}" for key, value in expected.items() if not agrees(found[key], value)]
