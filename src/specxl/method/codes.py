"""The small whole numbers in which cells speak to each other; words for people are looked up by them.

The codes of a read's status are `curves.Status`, those of a token basis the places in `schema.TOKEN_BASES` from 1.
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


class Better(IntEnum):
    """The better side of a comparison (METHOD 7); 0 where it is withheld."""

    A = 1
    B = 2
    TIE = 3


class Bound(IntEnum):
    """What a ratio is when a side lies below its measured range (METHOD 4); 0 for a ratio that is no bound."""

    AT_LEAST = 1
    AT_MOST = 2
    OPEN = 3


class Grade(IntEnum):
    """The three grades of METHOD 7's flags; 0 for none."""

    NOTE = 1
    CAUTION = 2
    STOP = 3


class Metric(IntEnum):
    """What a pair sheet's second chart plots: the choices of its dropdown in their order, and what is left without any."""

    COST = 1
    MEGAWATT = 2
    JOULES = 3
    CONCURRENCY = 4
    THROUGHPUT = 5


class Situation(IntEnum):
    """The case that the first sentence of a read describes; `narrative.toml` has one text for each, by name."""

    NO_TARGET = 1
    NO_CURVES = 2
    NO_A = 3
    NO_B = 4
    NOT_PUBLISHED = 5
    ABOVE_BOTH = 6
    ABOVE_A = 7
    ABOVE_B = 8
    BOTH_BELOW = 9
    TIE = 10
    AT_LEAST = 11
    AT_MOST = 12
    SHOWN = 13
