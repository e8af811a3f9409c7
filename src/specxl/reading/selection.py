"""Which rows may feed a curve: filters, the as-of date, suspects, newest runs, duplicates and repeats."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from specxl.errors import Notice, OptionError, nearest
from specxl.labels import clean_label
from specxl.schema import workload_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from specxl.house import House
    from specxl.reading.normalise import Row

MERGED: Mapping[str, str] = {
    "superseded by": "superseded by a newer row of the same configuration and concurrency",
    "repeats row": "repeats a row of another file",
    "an older run": "from an older run of a line that was measured again",
    "a repeat of": "a repeat whose median is used",
}
"""How the reasons of merged rows begin, and what a notice says of them."""
_NO_DATE = dt.date.min


def filter_rows(rows: Sequence[Row], wanted: Sequence[tuple[str, tuple[str, ...]]], house: House) -> list[Row]:
    """Keep the rows that match one value of every filter; a value that matches nothing is an `OptionError`.

    `wanted` pairs a field ("model", "hardware", "precision", "workload") with keys, aliases or labels.
    """
    kept = list(rows)
    for name, values in wanted:
        if values:
            keys = _matching_keys(name, values, {getattr(row, name) for row in rows}, house)
            kept = [row for row in kept if getattr(row, name) in keys]
    return kept


def _matching_keys(name: str, values: Iterable[str], present: set[str], house: House) -> set[str]:
    """Turn the values of one filter into keys that the data holds."""
    spellings = {key: {text.casefold() for text in _spellings(name, key, house)} for key in present}
    resolve: Callable[[str], str] = {
        "model": house.resolve_model,
        "hardware": house.resolve_hardware,
        "precision": house.resolve_precision,
    }.get(name, str)
    keys: set[str] = set()
    for value in values:
        hits = {key for key, texts in spellings.items() if value.strip().casefold() in texts}
        hits = hits or {resolve(value)} & present
        if not hits:
            allowed = sorted(present)
            hint = nearest(value, [*allowed, *(text for texts in spellings.values() for text in texts)])
            raise OptionError(
                f"{name} `{clean_label(value, limit=60)}` matches no row; allowed: {', '.join(allowed)}"
                + (f"; {hint}" if hint else "")
            )
        keys |= hits
    return keys


def _spellings(name: str, key: str, house: House) -> tuple[str, ...]:
    """Return the ways a user may write a key."""
    if name == "model":
        return key, house.model(key).label, house.model(key).short_label
    if name == "hardware":
        return key, house.hardware(key).label, house.hardware(key).short_label
    return (key, house.precision_label(key)) if name == "precision" else (key, workload_label(key))


def drop_later(rows: Iterable[Row], as_of: dt.date) -> list[Notice]:
    """Exclude rows later than `as_of`; the notice says what the rest can and cannot show."""
    later = undated = 0
    for row in rows:
        if row.date is None:
            undated += not row.excluded
        elif row.date > as_of and not row.excluded:
            row.excluded = f"later than the as-of date {as_of}"
            later += 1
    text = (
        f"as of {as_of}: {later} later rows were left out; an answer that holds only the latest runs cannot show the"
        " past, because what has been measured again since then is missing from it"
    )
    return [Notice("as_of", text + (f"; {undated} rows without a date were kept" if undated else ""))]


def drop_suspects(rows: Iterable[Row]) -> None:
    """Exclude every usable row that the audit found to contradict itself."""
    for row in rows:
        ids = [finding.partition(":")[2] for finding in row.findings if finding.startswith("suspect")]
        if ids and not row.excluded:
            row.excluded = f"suspect ({', '.join(ids)}), left out on request"


def drop_superseded(rows: Sequence[Row], is_history: Callable[[Sequence[Row]], bool]) -> None:
    """Of usable rows with one configuration and concurrency keep the newest; of a history only the newest run.

    `is_history` says of the rows of one line whether they hold several runs to choose from.
    METHOD 1 and FORMATS 1.1. Rows are numbered from 1 in the order given, which is what the reasons refer to. Of two
    rows of one date the later in the file wins.
    """
    numbers = {id(row): number for number, row in enumerate(rows, 1)}
    lines: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.excluded:
            lines[_line(row)].append(row)
    for members in lines.values():
        if is_history(members):
            newest = max(members, key=_age)
            for row in members:
                if _age(row) < _age(newest):
                    row.excluded = f"an older run of the same line than row {numbers[id(newest)]}"
        by_load: dict[float | None, list[Row]] = defaultdict(list)
        for row in members:
            if not row.excluded:
                by_load[row.concurrency].append(row)
        for rivals in by_load.values():
            _keep_one(rivals, numbers)


def _keep_one(rivals: Sequence[Row], numbers: Mapping[int, int]) -> None:
    """Keep one of the rows of one configuration and concurrency: the median of repeats, else the newest."""
    if len({row.record.repeat for row in rivals}) == len(rivals) > 1:
        winner = sorted(rivals, key=lambda row: row.interactivity or 0)[(len(rivals) - 1) // 2]
        speeds = [row.interactivity or 0 for row in rivals]
        spread = f"; the {len(rivals)} repeats reach {min(speeds):.4g} to {max(speeds):.4g} tok/s/user"
        reason = f"a repeat of row {numbers[id(winner)]}, which is the median{spread}"
    else:
        winner = max(reversed(rivals), key=_age)
        reason = f"superseded by row {numbers[id(winner)]}"
    for row in rivals:
        if row is not winner:
            row.excluded = reason


def drop_repeats(rows: Sequence[Row]) -> None:
    """Of rows that several files hold (same curve, engine, concurrency and figures) keep one.

    The date is no part of it: a web export gives the day of the export's view where the API gives the day of the run.
    The row that links to its run is kept, else the first. Two runs never agree in all digits of two figures.
    """
    groups: dict[tuple[object, ...], list[tuple[int, Row]]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        if not row.excluded:
            groups[row.curve, row.engine, row.concurrency, row.interactivity, row.total].append((number, row))
    for members in groups.values():
        kept, original = next((member for member in members if member[1].link), members[0])
        for _, row in members:
            if row.file != original.file:
                row.excluded = f"repeats row {kept} from {original.file}"


def _line(row: Row) -> tuple[object, ...]:
    """Return the configuration: everything but concurrency, figures, image, date, links and ids."""
    record = row.record
    return (row.curve, row.engine, row.serving, row.gpus, record.parallelism, record.agentic, record.identity)


def _age(row: Row) -> tuple[dt.date, str]:
    """Return what orders runs in time; a row without a date counts as the oldest."""
    return row.date or _NO_DATE, row.record.run_order
