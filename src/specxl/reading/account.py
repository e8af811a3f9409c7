"""One account for every row: what a notice says of rows that feed no curve, of gaps and of doubts, by kind and folder."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from specxl.errors import Notice
from specxl.reading.findings import FINDINGS
from specxl.reading.row import NOT_SAID, SIDECAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from specxl.reading.row import Row
    from specxl.schema import Statistic

ALIKE_LENGTHS = 0.1
"""Mean lengths that differ by less than this share are probably draws from one distribution."""
SHOWN_ROWS, SHOWN_FILES = 5, 2
"""Rows and files that a notice names before it says how many more there are."""
_VALUE = re.compile(r" `[^`]*`,|(?<=the run cannot be used):.*|(?<=no valid submission) \(.*")
"""What differs between rows that are left out for the same kind of reason."""
_TOLD_APART = re.compile(
    r"later than|from an older run|one of \d+ repeats|contradicts row|an earlier attempt|holds the same|repeats row|"
    r"the same (?:run|content) as"
)
"""How the reasons begin that notices of their own account for."""
_VERBS = {"dropped": " not used", "merged": " merged"}


class Entry(NamedTuple):
    """One thing to say of one row, or of a file as a whole where the row is None."""

    topic: str
    text: str
    file: str
    row: int | None = None


def row_notices(rows: Sequence[Row], statistic: Statistic) -> list[Notice]:
    """Tell of rows that are not used, figures left empty, suspects, gaps, and curves that vanish."""
    entries: list[Entry] = []
    for row in rows:
        if row.excluded.startswith("later than"):
            continue
        place = row.file, row.record.row
        if row.excluded and not _TOLD_APART.match(row.excluded):
            entries.append(Entry("dropped", row.excluded, *place))
        entries += [Entry(remark.topic, remark.text, *place) for remark in row.remarks]
        entries += [
            Entry("suspect", f"suspect: {FINDINGS[finding].short}", *place)
            for finding in row.findings
            if finding.startswith("suspect") and not row.excluded
        ]
    return [*grouped(entries), *_unsaid(rows), *_scattered(rows), *_vanished(rows, statistic)]


def grouped(entries: Iterable[Entry]) -> list[Notice]:
    """Join entries of one topic, kind of text and folder into one notice with the count and the first places."""
    groups: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.topic, folder_of(entry.file), _VALUE.sub("", entry.text)].append(entry)
    notices = []
    for (topic, folder, kind), members in groups.items():
        noun = "row" if len(members) == 1 else "rows"
        texts = {entry.text for entry in members}
        text = members[0].text if len(texts) == 1 else f"{kind}, such as: {members[0].text}"
        where = f" ({places(members)})" if len(members) > 1 else ""
        said = f"{len(members)} {noun}{_VERBS.get(topic, '')}: {text}{where}"
        notices.append(_placed(topic, said, folder, members))
    return notices


def joined(notices: Iterable[Notice]) -> list[Notice]:
    """Join what is said of several files of one folder in the same words, or of files that were left out, into one notice."""
    groups: dict[tuple[str, str, str], list[Notice]] = defaultdict(list)
    for notice in notices:
        kind = "" if notice.topic in ("skipped", "ignored") else notice.text
        groups[notice.topic, folder_of(notice.file), kind].append(notice)
    result = []
    for (topic, folder, _), members in groups.items():
        if len(members) == 1 or not members[0].file:
            result += members if members[0].file else members[:1]
            continue
        names = _listed([notice.file.removeprefix(f"{folder}/") for notice in members])
        result.append(Notice(topic, f"{len(members)} files: {members[0].text} ({names})", folder))
    return result


def folder_of(file: str) -> str:
    """Return the folder or archive that the user named, from the name of a file in it; empty for a file by itself."""
    return re.split(r"[/!]", file, maxsplit=1)[0] if re.search(r"[/!]", file) else ""


def places(entries: Sequence[Entry]) -> str:
    """Name the first places: "rows 2, 3 and 4 more" of one file, "a.json row 2, b.json row 1" of several."""
    if len({entry.file for entry in entries}) == 1:
        return f"rows {_listed([str(entry.row) for entry in entries], SHOWN_ROWS)}"
    start = f"{folder_of(entries[0].file)}/"
    return _listed([f"{entry.file.removeprefix(start)} row {entry.row}" for entry in entries])


def _listed(names: Sequence[str], most: int = SHOWN_FILES) -> str:
    """List the first names and count the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _placed(topic: str, text: str, folder: str, members: Sequence[Entry]) -> Notice:
    """Place a notice at its file and first row, or at the folder where it speaks of several files."""
    if len({entry.file for entry in members}) == 1:
        return Notice(topic, text, members[0].file, members[0].row)
    return Notice(topic, text, folder)


def _unsaid(rows: Iterable[Row]) -> list[Notice]:
    """Ask for what files leave open and a workbook would show as unknown; published figures never say it."""
    gaps: dict[str, Counter[str]] = defaultdict(Counter)
    files: dict[str, dict[str, None]] = defaultdict(dict)
    sizes: Counter[str] = Counter()
    for row in rows:
        if row.record.published is not None or row.excluded:
            continue
        folder = folder_of(row.file) or row.file
        sizes[folder] += 1
        if unsaid := row.unsaid():
            gaps[folder].update(unsaid)
            files[folder][row.file] = None
    return [_ask(folder, counts, list(files[folder]), sizes[folder]) for folder, counts in gaps.items() if counts]


def _ask(folder: str, counts: Counter[str], files: Sequence[str], size: int) -> Notice:
    """Ask for the values that rows of one folder lack, with how many lack each."""
    listed = ", ".join(f"{name} ({count} of {size} rows)" if count < size else name for name, count in counts.items())
    whole = f"{NOT_SAID} {listed}: give it in {SIDECAR} or with --set"
    if len(files) == 1:
        return Notice("missing", whole, files[0])
    return Notice("missing", f"{whole} ({_listed([file.removeprefix(f'{folder}/') for file in files])})", folder)


def _scattered(rows: Iterable[Row]) -> list[Notice]:
    """Warn where measured mean lengths differ a little from run to run, which tears one curve into several."""
    lengths: dict[tuple[str, ...], set[tuple[int, int]]] = defaultdict(set)
    files: dict[tuple[str, ...], str] = {}
    for row in rows:
        measured = row.record.isl is None and row.record.workload is None
        if measured and not row.excluded and row.isl is not None and row.osl is not None:
            key = (row.model, row.hardware, row.engine, row.precision, row.variant)
            lengths[key].add((row.isl, row.osl))
            files.setdefault(key, row.file)
    entries: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for setting, found in lengths.items():
        alike = [pair for pair in pairwise(sorted(found)) if _are_alike(*pair)]
        if alike:
            shown = " and ".join(f"{isl}x{osl}" for isl, osl in alike[0])
            entries[folder_of(files[setting])].append((shown, files[setting]))
    return [_tell_scattered(pairs) for pairs in entries.values()]


def _tell_scattered(pairs: Sequence[tuple[str, str]]) -> Notice:
    """Ask for the nominal lengths of one folder."""
    text = f"measured mean lengths differ a little between runs (such as {pairs[0][0]}), so each stands on a curve of its own"
    return Notice("lengths", f"{text}: give isl and osl in {SIDECAR} or with --set", pairs[0][1])


def _are_alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two pairs of lengths are probably the same nominal ones."""
    return all(abs(a - b) <= ALIKE_LENGTHS * max(a, b) for a, b in zip(one, other, strict=True))


def _vanished(rows: Sequence[Row], statistic: Statistic) -> list[Notice]:
    """Say how many curves and rows are lost because a file lacks the statistic that was asked for."""
    if statistic == "median":
        return []
    lacking = [row for row in rows if row.excluded.startswith(f"the {statistic} TPOT")]
    curves = {row.curve for row in lacking} - {row.curve for row in rows if not row.excluded}
    text = f"{len(curves)} curves and {len(lacking)} rows vanish: they have no {statistic} TPOT"
    return [Notice("statistic", text)] if lacking else []
