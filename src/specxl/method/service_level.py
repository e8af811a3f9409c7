"""The reference for service levels (METHOD 9): the cheapest measured deployment within limits, else the nearest to them.

Nothing is interpolated: what is chosen is one measured row at its own figures. On one hardware the cheapest is the one of
the highest throughput, whatever the price. A row that does not state what a limit is about does not qualify.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Figure = float | None
LEAST, GREATEST = 1e-6, 1e9
NOT_STATED = 1e15
"""How far a row is beyond a limit on what it does not state: further than any that does."""
UNUSABLE, PERCENTILE = 2, 2
QUALIFIES, STOPPED, UNPRICED, MISSES, NOT_CHOSEN = range(1, 6)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is in force: tok/s per user at least, seconds at most, GPUs at least and at most; None for no limit.

    `percentile` says that the first token is held to its 99th percentile, not to its median.
    """

    speed: Figure = None
    wait: Figure = None
    answer: Figure = None
    few: Figure = None
    most: Figure = None
    percentile: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """One measured row: number, speed, throughput on the token basis, first token, output tokens, answer, GPUs, requests."""

    number: int
    x: float
    y: Figure
    median: Figure
    p99: Figure
    osl: Figure
    measured_answer: Figure
    gpus: Figure
    requests: Figure = None

    @property
    def answer(self) -> Figure:
        """Seconds to the end of an answer: as measured, else first token and the other tokens at the speed."""
        if self.measured_answer is not None:
            return self.measured_answer
        return None if self.median is None or self.osl is None else self.median + (self.osl - 1) / self.x


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of deployment: places of its model and workload and of its precision, whether without speculation, price, rows."""

    group: int
    precision: int
    off: bool
    price: Figure
    rows: Sequence[Tried]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What stands in the cells that drive the sheet: places of three choices (0: none; precision 1: all), and five limits."""

    group: int
    precision: int
    statistic: int
    speed: object
    wait: object
    answer: object
    few: object
    most: object

    @property
    def typed(self) -> tuple[object, ...]:
        """The limits as typed, in the order of their cells."""
        return self.speed, self.wait, self.answer, self.few, self.most

    @property
    def usable(self) -> bool:
        """Whether all of it can be used."""
        choices = min(self.group, self.precision, self.statistic) > 0
        return choices and all(limit_of(typed)[0] < UNUSABLE for typed in self.typed)

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        speed, wait, answer, few, most = (limit_of(typed)[1] for typed in self.typed)
        return Limits(speed, wait, answer, few, most, percentile=self.statistic == PERCENTILE)

    def takes(self, kind: Kind) -> bool:
        """Whether a kind is among those chosen."""
        return kind.group == self.group and self.precision in (1, kind.precision + 1)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands for a kind of deployment: a row, whether it qualifies, how far each limit is missed (1: just met)."""

    row: Tried
    place: int
    qualifies: bool
    misses: tuple[float, ...]

    @property
    def limit(self) -> int:
        """The limit that it misses by most, from 1; 0 where it qualifies."""
        return 0 if self.qualifies else self.misses.index(max(self.misses)) + 1


def limit_of(typed: object) -> tuple[int, Figure]:
    """Return 0 for no limit, 1 and the limit, or 2 for what is no limit."""
    if typed is None or typed == "":
        return 0, None
    if isinstance(typed, bool) or not isinstance(typed, (int, float)) or not isfinite(typed):
        return 2, None
    return (1, float(typed)) if LEAST <= typed <= GREATEST else (2, None)


def misses(row: Tried, limits: Limits) -> tuple[float, ...]:
    """How far a row is beyond each limit, as a ratio: speed, first token, answer, most and fewest GPUs, tokens published."""
    wait = row.p99 if limits.percentile else row.median
    return (
        0.0 if limits.speed is None else limits.speed / row.x,
        _over(wait, limits.wait),
        _over(row.answer, limits.answer),
        _over(row.gpus, limits.most),
        0.0 if limits.few is None else limits.few / row.gpus if row.gpus else NOT_STATED,
        NOT_STATED if row.y is None else 0.0,
    )


def _over(found: Figure, limit: Figure) -> float:
    if limit is None:
        return 0.0
    return NOT_STATED if found is None else found / limit


def choose(rows: Sequence[Tried], limits: Limits) -> Found:
    """The cheapest row within all limits; else the one that misses its worst limit by least. The first of equals."""
    tried = [(misses(row, limits), row) for row in rows]
    within = [row.y or 0.0 if max(missed) <= 1 else 0.0 for missed, row in tried]
    best = max(within)
    if best > 0:
        place = within.index(best)
    else:
        worst = [max(missed) for missed, _ in tried]
        place = worst.index(min(worst))
    return Found(tried[place][1], place, best > 0, tried[place][0])


def class_of(found: Found, price: Figure, *, stopped: bool, chosen: bool) -> int:
    """How a kind of deployment is listed: those that qualify first, then on a stop, without a price, what misses."""
    if not chosen:
        return NOT_CHOSEN
    if not found.qualifies:
        return MISSES
    if price is None:
        return UNPRICED
    return STOPPED if stopped else QUALIFIES
