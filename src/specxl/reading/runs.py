"""Which run of a line gives the curve, and which measurement of a point stands for it (METHOD 6, "One run per line").

An answer in which no configuration appears at one load in two runs is a latest answer: its source has selected. Anything
else is a history, of which the newest run of each line counts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.reading.identity import line_of, load_of, run_of

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

    from specxl.reading.row import Row, Run

ONE_NIGHT = dt.timedelta(days=1)
"""A run may go on past midnight."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the files are: those that hold several runs of a line, and the age of those that are latest answers.

    An answer is as old as its newest row; of two with the same newest row the one that was asked for later is newer.
    """

    histories: frozenset[str]
    ages: Mapping[str, tuple[Run, str]]


@dataclass(slots=True)
class Choice:
    """What was set aside: each row with the one that counts instead, and the lines that were stitched."""

    older: list[tuple[Row, Row]] = field(default_factory=list)
    stitched: list[list[Row]] = field(default_factory=list)


def survey(rows: Sequence[Row], declared: Collection[str], answers: Mapping[str, str]) -> Survey:
    """Number the lines of all rows, date their runs, and tell latest answers from histories.

    `declared` names files that say themselves to be histories, `answers` those that are answers of a source, with the
    time they were given. Rows that a filter will leave out count too: it makes no history a latest answer.
    """
    lines: dict[Hashable, int] = {}
    seen: dict[tuple[str, int, Hashable, int | None], str] = {}
    histories = set(declared)
    newest: dict[str, Run] = {}
    _date_runs(rows)
    for row in rows:
        row.line = lines.setdefault(line_of(row), len(lines))
        run = dated_run(row)
        if row.excluded:
            continue
        load = load_of(row)
        if load is not None and row.file not in histories:
            first = seen.setdefault((row.file, row.line, load, row.record.repeat), run.key)
            if first != run.key:
                histories.add(row.file)
        if row.file in answers:
            newest[row.file] = max(run, newest.get(row.file, run))
    ages = {file: (newest[file], asked) for file, asked in answers.items() if file in newest and file not in histories}
    return Survey(frozenset(histories), ages)


def _date_runs(rows: Sequence[Row]) -> None:
    """Date the run of every row; one link over several days stands for a run on each of them."""
    days: dict[str, tuple[dt.date, dt.date]] = {}
    for row in rows:
        run = row.run = run_of(row)
        first, last = days.get(run.key, (run.date, run.date))
        days[run.key] = min(first, run.date), max(last, run.date)
    lasting = {key for key, (first, last) in days.items() if last - first > ONE_NIGHT and first > dt.date.min}
    for row in rows if lasting else ():
        run = dated_run(row)
        if run.key in lasting and row.record.run is None:
            row.run = run._replace(key=f"{run.key} on {run.date}")


def choose_runs(rows: Iterable[Row], files: Survey, *, mix: bool) -> Choice:
    """Exclude the rows of all runs of a line but the one that counts; with `mix` keep the newest row of each load instead.

    A line that ends up with rows of several runs in this way gets the finding that says so on every row.
    """
    lines: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.excluded:
            lines[row.line].append(row)
    choice = Choice()
    for members in lines.values():
        current = _current(members, files) if len(members) > 1 else members
        if len(current) == len(members):
            continue
        if mix:
            current = _newest_of_each_load(members)
            if len({dated_run(row).key for row in current}) > 1:
                choice.stitched.append(members)
        choice.older += _set_aside(members, current)
    for line in choice.stitched:
        for row in line:
            row.findings.append("caution:mixes_runs")
    return choice


def counting(members: Sequence[Row], files: Survey, *, mix: bool) -> Sequence[Row]:
    """Return the rows of a line that give the curve, of those that were measured by some day."""
    current = _current(members, files) if len(members) > 1 else members
    return _newest_of_each_load(members) if mix and len(current) < len(members) else current


def _current(members: Sequence[Row], files: Survey) -> Sequence[Row]:
    """Return the rows of a line that count."""
    held_in = {file for row in members for file in files_of(row)}
    latest = [file for file in held_in if file in files.ages]
    if len(held_in) == 1 and held_in.isdisjoint(files.histories):
        return members
    if latest:
        age = max(files.ages[file] for file in latest)
        newest = {file for file in latest if files.ages[file] == age}
        inside = [row for row in members if not newest.isdisjoint(files_of(row))]
        # A run that is newer than the newest answer has replaced what stands there.
        if max(map(dated_run, members)) <= max(map(dated_run, inside)) and not _repeats_a_load(inside):
            return inside
    elif held_in.isdisjoint(files.histories) and not _repeats_a_load(members):
        return members
    key = max(map(dated_run, members)).key
    return [row for row in members if dated_run(row).key == key]


def _newest_of_each_load(members: Sequence[Row]) -> list[Row]:
    """Return the rows of the newest run of each load; a row without a stated load is the only one of its own."""
    newest: dict[Hashable, Run] = {}
    for row in members:
        load = load_of(row)
        if load is not None:
            newest[load] = max(dated_run(row), newest.get(load, dated_run(row)))
    return [row for row in members if (load := load_of(row)) is None or dated_run(row).key == newest[load].key]


def _set_aside(members: Iterable[Row], current: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Exclude the other rows; each names the row of its load that counts, or the first of the run that does."""
    kept = {id(row) for row in current}
    by_load = {load_of(row): row for row in reversed(current)}
    pairs = []
    for row in members:
        if id(row) not in kept:
            instead = by_load.get(load_of(row), current[0])
            when = f" on {instead.date}" if instead.date is not None and instead.date != row.date else ""
            row.excluded = f"from an older run: the configuration was measured again{when}, see row {instead.number}"
            pairs.append((row, instead))
    return pairs


def _repeats_a_load(members: Iterable[Row]) -> bool:
    """Whether one load was measured in two runs."""
    seen: dict[tuple[Hashable, int | None], str] = {}
    return any(
        seen.setdefault((load, row.record.repeat), dated_run(row).key) != dated_run(row).key
        for row in members
        if (load := load_of(row)) is not None
    )


def files_of(row: Row) -> set[str]:
    """Return the files that hold a row."""
    return {row.file} | (row.also_in or set())


def dated_run(row: Row) -> Run:
    """Return the run of a row that the survey has dated."""
    return row.run if row.run is not None else run_of(row)
