"""Several measurements of one point, made under one setting within one run or day: repeats, copies, contradictions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from specxl.reading.identity import load_of, run_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from specxl.reading.row import Row

CONTRADICTION = 0.1
"""Figures of one setting, load and day that differ by more than this share are no repeats, unless they are numbered."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """One point that was measured several times: the row that counts, the others, and the spread of their figures."""

    kept: Row
    others: tuple[Row, ...]
    spread: float


@dataclass(slots=True)
class Points:
    """The points that were measured several times, by what their measurements are to each other."""

    repeats: list[Repeated] = field(default_factory=list)
    contradictions: list[Repeated] = field(default_factory=list)
    attempts: list[Repeated] = field(default_factory=list)
    copies: list[Repeated] = field(default_factory=list)


def settle_points(rows: Iterable[Row]) -> Points:
    """Leave one usable row for every line and load; rows without a stated load have no twin."""
    groups: dict[tuple[int, Hashable], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.excluded and (load := load_of(row)) is not None:
            groups[row.line, load].append(row)
    found = Points()
    for rivals in groups.values():
        if len(rivals) > 1:
            _settle(rivals, found)
    return found


def spread(rivals: Sequence[Row]) -> float:
    """Return how far speeds or throughputs lie apart, as a share of their median: the larger of the two."""
    columns = ([row.interactivity or 0.0 for row in rivals], [row.total or 0.0 for row in rivals])
    return max((max(column) - min(column)) / (median(column) or 1.0) for column in columns)


def _settle(rivals: Sequence[Row], found: Points) -> None:
    """Choose among the measurements of one point."""
    last = max(_attempt(row) for row in rivals)
    remaining = [row for row in rivals if _attempt(row) == last]
    if len(remaining) < len(rivals):
        lost = tuple(row for row in rivals if _attempt(row) < last)
        found.attempts.append(_keep(remaining[0], lost, "an earlier attempt of the run that row {} is from"))
    distinct = _without_copies(remaining, found)
    if len(distinct) == 1:
        return
    numbered = len({row.record.repeat for row in distinct}) == len(distinct)
    if numbered or spread(distinct) <= CONTRADICTION:
        kept = _middle(distinct)
        kept.repeats = len(distinct)
        text = f"one of {len(distinct)} repeats, of which row {{}} is the median"
        found.repeats.append(_keep(kept, _others(distinct, kept), text))
        return
    latest = max(_time(row) for row in distinct)
    newest = [row for row in distinct if _time(row) == latest]
    kept = newest[0] if len(newest) == 1 else _middle(distinct)
    text = "contradicts row {} of the same setting, load and day"
    found.contradictions.append(_keep(kept, _others(distinct, kept), text))


def _without_copies(rivals: Sequence[Row], found: Points) -> list[Row]:
    """Leave one of the rows whose figures are equal in all digits, unless the file numbers them as repeats."""
    kept: dict[tuple[object, ...], Row] = {}
    copies: dict[int, list[Row]] = defaultdict(list)
    for row in rivals:
        first = kept.setdefault((row.interactivity, row.total, row.record.repeat), row)
        if first is not row:
            copies[id(first)].append(row)
    for first in kept.values():
        if twins := copies.get(id(first)):
            found.copies.append(_keep(first, tuple(twins), "holds the same figures as row {}"))
    return list(kept.values())


def _middle(rivals: Sequence[Row]) -> Row:
    """Return the median row by speed, then throughput; of an even number the slower of the two in the middle."""
    ordered = sorted(rivals, key=lambda row: (row.interactivity or 0.0, row.total or 0.0, row.file, row.record.row))
    return ordered[(len(ordered) - 1) // 2]


def _others(rivals: Iterable[Row], kept: Row) -> tuple[Row, ...]:
    """Return all rows but the one that counts."""
    return tuple(row for row in rivals if row is not kept)


def _keep(kept: Row, others: tuple[Row, ...], reason: str) -> Repeated:
    """Exclude the others with a reason that names the row that counts."""
    for row in others:
        row.excluded = reason.format(kept.number)
    return Repeated(kept, others, spread((kept, *others)))


def _attempt(row: Row) -> int:
    """Return the attempt of the row's run; 0 where its link names none."""
    return (row.run or run_of(row)).attempt


def _time(row: Row) -> str:
    """Return what orders rows within a day."""
    return row.record.run_order
