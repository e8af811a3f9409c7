"""What the inputs hold of the past of a comparison: its two curves as they were on every run date (METHOD 9, "History")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from specxl.method.curve_book import CatalogueCurve


@dataclass(frozen=True, slots=True)
class Day:
    """Both sides of a comparison as they were on a day; None for a side of which nothing had been measured by then."""

    date: dt.date
    a: CatalogueCurve | None
    b: CatalogueCurve | None

    @property
    def ids(self) -> tuple[int, int]:
        """The ids of both curves; 0 for none."""
        return (self.a.id if self.a else 0), (self.b.id if self.b else 0)


@dataclass(frozen=True, slots=True)
class Past:
    """The past of a comparison, by its number: its days in order, and how many older ones are left out."""

    comparison: int
    days: tuple[Day, ...]
    left_out: int
