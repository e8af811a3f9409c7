"""What notices say of rows that were measured again, repeated, copied or contradicted, once for each folder."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from specxl.errors import Notice
from specxl.reading.account import Entry, folder_of, places
from specxl.reading.identity import is_named, run_of
from specxl.reading.row import SIDECAR
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from specxl.reading.copies import Copy
    from specxl.reading.points import Points, Repeated
    from specxl.reading.row import Row
    from specxl.reading.runs import Choice

_PARTING = ("variant", "workload", "engine", "precision")
"""Names whose lack makes different settings look like one, in the order in which they are asked for."""
MOST_NAMED = 4
"""Rows that a notice names before it says how many more contradict each other."""
_FEW = {2: "two", 3: "three"}


def tell_copies(copies: Iterable[Copy], kind: str) -> list[Notice]:
    """Say which rows stand in several files; `kind` says what they repeat."""
    folders: dict[str, list[Row]] = defaultdict(list)
    for pair in copies:
        folders[folder_of(pair.copy.file)].append(pair.copy)
    return [_notice(f"{_count(rows)} merged: {kind}", rows) for rows in folders.values()]


def tell_choice(choice: Choice, *, mix: bool) -> list[Notice]:
    """Say which configurations were measured again and what was set aside."""
    folders: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for pair in choice.older:
        folders[folder_of(pair[0].file)].append(pair)
    notices = [_tell_older(pairs, mix=mix) for pairs in folders.values()]
    if choice.stitched:
        count = len(choice.stitched)
        lines = "1 configuration mixes" if count == 1 else f"{count} configurations mix"
        notices.append(Notice("merged", f"{lines} the rows of several runs, as asked for"))
    return notices


def tell_points(points: Points) -> list[Notice]:
    """Say which points were measured several times, and how far their figures lie apart."""
    notices = [_tell_repeats(found) for found in _by_folder(points.repeats)]
    notices += [_tell_contradictions(found) for found in _by_folder(points.contradictions)]
    for kind, groups in (
        ("an earlier attempt of a run that was tried again", points.attempts),
        ("a row stands there twice", points.copies),
    ):
        for found in _by_folder(groups):
            rows = [row for group in found for row in group.others]
            notices.append(_notice(f"{_count(rows)} merged: {kind}", rows))
    return notices


def _tell_older(pairs: Sequence[tuple[Row, Row]], *, mix: bool) -> Notice:
    """Say what happened to the older runs of the lines of one folder."""
    rows, newer = [row for row, _ in pairs], [instead for _, instead in pairs]
    dates = [row.date for row in newer if row.date is not None]
    lines = len({row.line for row in rows})
    if lines == 1:
        when = f" on {max(dates)}" if dates else ""
        text = f"same configuration measured again{when}: the newer run is used"
    else:
        when = f", the last on {max(dates)}" if dates else ""
        text = f"{lines} configurations measured again{when}: the newer run of each is used"
    if mix:
        text = text.replace("the newer run is used", "the newest row of each concurrency is used")
        text = text.replace("the newer run of each is used", "the newest row of each concurrency is used")
    elif not any(is_named(run_of(row)) for row in newer):
        text += ", which is that of the newest date, since the file names no runs"
    return _notice(f"{text}; {_count(rows)} set aside", rows)


def _tell_repeats(found: Sequence[Repeated]) -> Notice:
    """Say how many repeats were made and how far they lie apart."""
    sizes = Counter(group.kept.repeats for group in found)
    widest = max(group.spread for group in found)
    rows = [group.kept for group in found]
    if len(found) == 1:
        return _notice(f"{found[0].kept.repeats} repeats: median, spread {_percent(widest)}", rows)
    numbers = " or ".join(str(size) for size in sorted(sizes))
    return _notice(f"{len(found)} points with {numbers} repeats: median, spread up to {_percent(widest)}", rows)


def _tell_contradictions(found: Sequence[Repeated]) -> Notice:
    """Name both rows, and ask for what would tell them apart."""
    group = found[0]
    rows = [group.kept, *group.others]
    dated = all(row.date is not None for row in rows)
    which = f"{_FEW.get(len(rows), len(rows))} rows of one day" if dated else f"{_FEW.get(len(rows), len(rows))} rows"
    speeds = ", ".join(f"{row.interactivity:.4g} tok/s/user and {row.total:.4g} tok/s/GPU" for row in rows[:2])
    used = "the later" if len({row.record.run_order for row in rows}) == len(rows) else "the slower"
    text = f"{which} contradict each other: {_named(rows)} ({speeds}); {used} is used"
    if len(found) > 1:
        text = f"{len(found)} points have rows that contradict each other, such as {text}"
    ask = f"if the file does not state what parts them, give `{_parting(rows)}` in {SIDECAR}"
    entries = [
        Entry("contradiction", "", row.file, row.record.row) for each in found for row in (each.kept, *each.others)
    ]
    files = {entry.file for entry in entries}
    place = entries[0].file if len(files) == 1 else folder_of(entries[0].file)
    return Notice("contradiction", f"{text}; {ask}", place, entries[0].row if len(files) == 1 else None)


def _parting(rows: Sequence[Row]) -> str:
    """Name the field that would tell the rows apart: one that none states, else the date, else the configuration."""
    for name in _PARTING:
        if all(getattr(row, name) == UNKNOWN for row in rows):
            return name
    return "date" if any(row.date is None for row in rows) else "configuration"


def _named(rows: Sequence[Row]) -> str:
    """Name rows with their files, all but the last parted by commas."""
    together = len({row.file for row in rows}) == 1
    names = [str(row.record.row) if together else f"{row.file} row {row.record.row}" for row in rows[:MOST_NAMED]]
    more = [f"{len(rows) - MOST_NAMED} more"] if len(rows) > MOST_NAMED else []
    *first, last = [*names, *more]
    return ("rows " if together else "") + (f"{', '.join(first)} and {last}" if first else last)


def _by_folder(groups: Iterable[Repeated]) -> list[list[Repeated]]:
    """Part points by the folder of the row that counts."""
    folders: dict[str, list[Repeated]] = defaultdict(list)
    for group in groups:
        folders[folder_of(group.kept.file)].append(group)
    return list(folders.values())


def _notice(text: str, rows: Sequence[Row]) -> Notice:
    """Place a notice at the file and first row, or at the folder where it speaks of several files."""
    entries = [Entry("merged", text, row.file, row.record.row) for row in rows]
    where = f" ({places(entries)})" if len(rows) > 1 else ""
    if len({row.file for row in rows}) == 1:
        return Notice("merged", text + where, rows[0].file, rows[0].record.row)
    return Notice("merged", text + where, folder_of(rows[0].file))


def _count(rows: Sequence[Row]) -> str:
    """Count rows in words."""
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'}"


def _percent(share: float) -> str:
    """Write a share in whole percent, or with a digit more where it is small."""
    return f"{share * 100:.2g} %"
