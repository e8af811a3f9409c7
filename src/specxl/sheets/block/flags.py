"""The comparability flags of METHOD 7: what raises each of them, how bad it is, and what it makes unlike.

The formulas name cells of a comparison block (`block.columns`), columns of Measurements and thresholds of Prices. A flag
that belongs to a measurement follows it into every read that rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Grade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref


@dataclass(frozen=True, slots=True)
class FlagRule:
    """One flag: its id, its grade, the formula that is 1 where it is raised, and whether it is about likeness."""

    id: str
    grade: Grade
    formula: str
    unlike: bool = False


KNOTS = ("k1", "k2", "k3", "k4")
"""The block's cells with the measurements that its reads rest on, at most four; the same one twice where there are fewer."""


def _of_knots(function: str, fact: str) -> str:
    """The largest or the smallest of a fact over the measurements that the reads rest on; 0 without any."""
    cells = ",".join(f"INDEX({{measured_{fact}}},{{{knot}}})" for knot in KNOTS)
    return f"IF({{k1}}=0,0,{function}({cells}))"


MARKS = (
    "suspect", "issue", "at_odds", "aggregated", "disaggregated", "mixes_runs", "published", "synthetic", "random_prompts",
    "stated", "warm_up", "gpu_count", "low_score",
)  # fmt: skip
"""Facts that a measurement has or has not. Each is a digit of one number, so that four measurements are looked up once.

The last one is a mark of workbooks with scores of evaluations only.
"""
MARK_BASE = 8
"""Four measurements add up to at most 4 in a digit, which this base holds without a carry."""


def packed_marks(cells: Mapping[str, Ref]) -> str:
    """Formula: the marks of a measurement as the digits of one number."""
    return "+".join(f"{MARK_BASE**digit}*{cells[fact]}" for digit, fact in enumerate(MARKS) if fact in cells)


def _any(fact: str) -> str:
    """1 where any measurement has the mark."""
    digit = MARKS.index(fact)
    return f"IF(INT({{marks}}/{MARK_BASE**digit})>{MARK_BASE}*INT({{marks}}/{MARK_BASE ** (digit + 1)}),1,0)"


_PRICED = "IF(COUNT({a_price},{b_price})=2,0,1)"
# a family of 0 is not stated, and what is not stated cannot be called alike
_FAMILIES = f"IF({{k1}}=0,0,IF({_of_knots('MIN', 'family')}=0,1,IF({{family_low}}<{{family_high}},1,0)))"
_DAYS = "IF(MIN({a_date},{b_date})=0,0,IF(ABS({a_date}-{b_date})>{stale_days},1,0))"
_THIN = "IF(OR(AND({a_left}>0,{a_knots}<{thin_knots}),AND({b_left}>0,{b_knots}<{thin_knots})),1,0)"
_GAP = "IF(OR(MAX({a_gap_x},{b_gap_x})>{gap_x},MAX({a_gap_y},{b_gap_y})>{gap_y}),1,0)"


def _waits(late: str, early: str) -> str:
    """Condition: one side waits longer for its first token than the other, by the factor and by the seconds."""
    return (
        f"AND({{{late}_ttft_high}}>{{ttft_factor}}*{{{early}_ttft_low}},"
        f"{{{late}_ttft_high}}-{{{early}_ttft_low}}>{{ttft_apart}})"
    )


_FIRST_TOKEN = (
    "IF(MAX({a_ttft_high},{b_ttft_high})>{ttft_limit},1,"
    f"IF(COUNT({{a_ttft_low}},{{b_ttft_low}})<2,0,IF(OR({_waits('a', 'b')},{_waits('b', 'a')}),1,0)))"
)

FLAGS = (
    FlagRule("price_unknown", Grade.STOP, f"IF({{valid}}=1,{_PRICED},0)"),
    FlagRule("suspect", Grade.STOP, _any("suspect")),
    FlagRule("reported_fault", Grade.STOP, _any("issue")),
    FlagRule("published_at_odds", Grade.STOP, _any("at_odds")),
    FlagRule("engine_family", Grade.CAUTION, _FAMILIES, unlike=True),
    FlagRule("serving_mode", Grade.CAUTION, f"MIN({_any('aggregated')},{_any('disaggregated')})", unlike=True),
    FlagRule("dates_apart", Grade.CAUTION, _DAYS, unlike=True),
    FlagRule("first_token", Grade.CAUTION, _FIRST_TOKEN, unlike=True),
    FlagRule("thin_curve", Grade.CAUTION, _THIN),
    FlagRule("wide_gap", Grade.CAUTION, _GAP),
    FlagRule("mixes_runs", Grade.CAUTION, _any("mixes_runs")),
    FlagRule("published_points", Grade.NOTE, _any("published")),
    FlagRule("synthetic_acceptance", Grade.NOTE, _any("synthetic")),
    FlagRule("random_prompts", Grade.NOTE, _any("random_prompts")),
    FlagRule("stated_by_hand", Grade.NOTE, _any("stated")),
    FlagRule("warm_up", Grade.NOTE, _any("warm_up")),
    FlagRule("gpu_count", Grade.NOTE, _any("gpu_count")),
)
LOW_SCORE = FlagRule("low_score", Grade.CAUTION, _any("low_score"))
"""A score of the configuration lies clearly under its peers': a flag of workbooks with scores only."""
BEFORE = "mixes_runs"
"""The flag before which it stands: inside the cautions, so that it is counted with them."""


def flags_of(*, scored: bool) -> tuple[FlagRule, ...]:
    """The flags of a workbook, which may hold scores of evaluations."""
    place = [flag.id for flag in FLAGS].index(BEFORE)
    return (*FLAGS[:place], LOW_SCORE, *FLAGS[place:]) if scored else FLAGS


LOOKED_UP = {
    "marks": f"IF({{k1}}=0,0,{'+'.join(f'INDEX({{measured_marks}},{{{knot}}})' for knot in KNOTS)})",
    "family_low": _of_knots("MIN", "family"),
    "family_high": _of_knots("MAX", "family"),
}
"""What is looked up of the measurements: their marks, and their engine families."""
