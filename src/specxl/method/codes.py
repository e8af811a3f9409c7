"""The small whole numbers in which cells speak to each other; words for people are looked up by them.

The codes of a read's status are `curves.Status`, those of a token basis the places in `schema.TOKEN_BASES` from 1. Colours,
checks and sentences follow these codes, never words, so that a label may be reworded or translated.
"""

from __future__ import annotations

from enum import IntEnum


class End(IntEnum):
    """The knot of a segment that a read falls on; 0 where it falls between them."""

    LEFT = 1
    RIGHT = 2


class Basis(IntEnum):
    """The token class that throughput and cost count; 0 where the control holds none of its choices."""

    TOTAL = 1
    OUTPUT = 2
    INPUT = 3


class Verdict(IntEnum):
    """What a comparison of two sides at a speed comes to, in METHOD 7's order; `labels.toml` has a word for each."""

    NO_TARGET = 1
    NOT_STATED = 2
    NO_DATA = 3
    NOT_PUBLISHED = 4
    NO_PRICE = 5
    ONLY_A = 6
    ONLY_B = 7
    NEITHER = 8
    UNDECIDED = 9
    A_BETTER = 10
    B_BETTER = 11
    LEVEL = 12


RATED = (Verdict.A_BETTER, Verdict.B_BETTER, Verdict.LEVEL)
"""The verdicts beside which a ratio stands."""


class Certainty(IntEnum):
    """How sure a better side is (METHOD 7); 0 for none: no side is better."""

    SETTLED = 1
    INTERPOLATED = 2
    SETTLED_AT_LEAST = 3
    INTERPOLATED_AT_LEAST = 4


class EqualCost(IntEnum):
    """What the speed at equal cost is: 0 where no ratio stands beside it."""

    EXACT = 1
    AT_LEAST = 2
    NEVER = 3
    AT_MOST = 4


class Missing(IntEnum):
    """Why no margin stands, in the order in which it is said; 0 where one does."""

    CHOICE = 1
    LOAD = 2
    SHARE = 3
    MIX = 4
    PRICE = 5
    READ = 6
    GPU = 7


class Estimate(IntEnum):
    """Why there is no estimate of another acceptance length; 0 where there is one."""

    NO_READ = 1
    NOT_STATED = 2
    NOT_TYPED = 3


class Grade(IntEnum):
    """The three grades of METHOD 7's flags; 0 for none."""

    NOTE = 1
    CAUTION = 2
    STOP = 3
