"""Which rows may feed a curve by the user's choice: filters, the as-of date, suspects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import Notice, OptionError, nearest
from specxl.house.names import folded
from specxl.labels import clean_label
from specxl.schema import workload_label

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from specxl.house import House
    from specxl.reading.row import Row


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
        hits = hits or {key for key in present if folded(key) == folded(resolve(value))}
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
