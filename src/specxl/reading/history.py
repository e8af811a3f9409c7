"""Which rows counted on which day: what the past of a curve is made of (METHOD 9, "History").

On a day a curve is what it would have been with the rows that were measured by then: of every line the newest run up to that
day, and nothing of any other, as METHOD 6 has it for today. So a newer run replaces an older one of its line even where it
is the slower one, lines that nobody measured again stay, and what the last day shows is the current curve. A run counts from
its last day on: half of a run that goes on past midnight is no curve.

An input that holds the newest runs only cannot show the past, although its rows have many dates: a curve has a past where a row
of it was set aside for a newer run, or where a history holds rows of it of several days.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.reading.points import settle_points
from specxl.reading.runs import counting, dated_run, files_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from specxl.reading.row import Row
    from specxl.reading.runs import Choice, Survey

FEWEST_DAYS = 2


def date_rows(measured: Iterable[Row], choice: Choice, files: Survey, *, mix: bool) -> None:
    """Note on every row on which run dates it counted, where its curve or one that it is compared with has a past.

    `measured` are the rows that could give a curve before runs were chosen; `choice` says which of them were set aside then.
    Rows that lost to another measurement of their point in their own run never count. The dates are those of all methods of
    one model, hardware, precision and workload together, so that two sides can be looked at on one day.
    """
    older = {id(row) for row, _ in choice.older}
    if not older and not files.histories:
        return
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in measured:
        model, hardware, precision, workload, _, label = row.curve
        groups[model, hardware, precision, workload, label].append(row)
    for members in groups.values():
        if _has_past(members, older, files):
            _date_group(members, older, files, mix=mix)


def _has_past(members: Iterable[Row], older: set[int], files: Survey) -> bool:
    """Whether the inputs hold more of any curve than its newest runs, on two days at least."""
    curves: dict[Hashable, list[Row]] = defaultdict(list)
    for row in members:
        if row.date is not None:
            curves[row.curve].append(row)
    for own in curves.values():
        recorded = {row.date for row in own if not files.histories.isdisjoint(files_of(row))}
        replaced = any(id(row) in older for row in own) and len({row.date for row in own}) >= FEWEST_DAYS
        if replaced or len(recorded) >= FEWEST_DAYS:
            return True
    return False


def _ends(members: Iterable[Row]) -> dict[tuple[Hashable, str], dt.date]:
    """The last day of every run of a curve, by the curve and the run's key; rows without a date were there before any day."""
    ends: dict[tuple[Hashable, str], dt.date] = {}
    for row in members:
        run = dated_run(row)
        if run.date > dt.date.min:
            place = row.curve, run.key
            ends[place] = max(run.date, ends.get(place, run.date))
    return ends


def _date_group(members: Sequence[Row], older: set[int], files: Survey, *, mix: bool) -> None:
    """Date the rows that are looked at together, line by line: what counts changes on the days of a line's own runs only."""
    lost, ends = _beaten([row for row in members if id(row) in older]), _ends(members)
    days = sorted(set(ends.values()))
    lines: dict[int, list[Row]] = defaultdict(list)
    for row in members:
        lines[row.line].append(row)
    counted: dict[int, list[dt.date]] = defaultdict(list)
    for line in lines.values():
        since = [ends.get((row.curve, dated_run(row).key), dt.date.min) for row in line]
        current: Sequence[Row] = ()
        for day in days:
            if not current or day in since:
                there = [row for row, first in zip(line, since, strict=True) if first <= day]
                current = counting(there, files, mix=mix)
            for row in current:
                counted[id(row)].append(day)
    for row in members:
        stands = id(row) not in lost if id(row) in older else not row.excluded
        row.days = tuple(counted[id(row)]) if stands else ()


def _beaten(rows: Sequence[Row]) -> set[int]:
    """The rows that another measurement of the same point in the same run stands for, found on copies of them."""
    runs: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for row in rows:
        runs[dated_run(row).key].append((row, replace(row, excluded="")))
    for pairs in runs.values():
        settle_points(twin for _, twin in pairs)
    return {id(row) for pairs in runs.values() for row, twin in pairs if twin.excluded}
