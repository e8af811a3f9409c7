"""How many states a workbook is looked at in: all of a release, and of a large one those that lie evenly between its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Thing = TypeVar("Thing")
MOST_STATES, MOST_CHOICES = 32, 16
"""How many states a sheet is looked at in on each token basis, and how many choices of one dropdown beside what it opens on.

A release has fewer of both, and is looked at in all. Work would grow with the square of the data otherwise: each state costs
as much as the workbook is large, and each choice is one more row under the same formulas.
"""


def spread(things: Iterable[Thing], most: int) -> list[Thing]:
    """At most so many of some things: the first, the last, and what lies evenly between."""
    every = list(things)
    if len(every) <= most:
        return every
    return [every[round(place * (len(every) - 1) / (most - 1))] for place in range(most)]
