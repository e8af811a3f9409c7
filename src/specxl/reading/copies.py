"""One run, one measurement: the same row in several files, and one run in the words of several tools."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from specxl.figures import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from specxl.reading.row import Row

CLIENT_FORMATS = ("inferencex-aggregate", "aiperf", "aiperf-csv")
"""Forms in which one run of the same client is written, the one that says most of it first."""
ROUNDING = 0.002
"""How far apart two figures of one run may lie: exports round to a few digits."""
ENOUGH = 5
"""Latencies that must be there on both sides and agree."""
WINDOW = 0.1
"""How far apart throughputs of one run may lie: the tools count over different windows."""
_STATISTICS = ("mean", "median", "p90", "p99")


class Copy(NamedTuple):
    """A row that counts once, and another in which it stands as well."""

    kept: Row
    copy: Row


def drop_same_content(files: Iterable[tuple[str, str, Sequence[Row]]]) -> list[Copy]:
    """Of files with the same content (name, digest, rows) keep the first, whatever else is said of the others."""
    first: dict[str, tuple[str, Sequence[Row]]] = {}
    found = []
    for name, digest, rows in files:
        original, kept = first.setdefault(digest, (name, rows))
        if original != name:
            for twin, row in zip(kept, rows, strict=True):
                row.excluded = f"the same content as {original}, where it is row {twin.record.row}"
                found.append(Copy(twin, row))
    return found


def drop_copies(rows: Sequence[Row]) -> list[Copy]:
    """Of rows that several files hold (same curve, engine, concurrency and figures) keep one.

    The date is no part of it: a web export gives the day of the export's view where the API gives the day of the run.
    The row that links to its run is kept, else the first. Two runs never agree in all digits of two figures.
    """
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.excluded:
            groups[row.curve, row.engine, row.concurrency, row.interactivity, row.total].append(row)
    found = []
    for members in groups.values():
        if len(members) == 1 or len({row.file for row in members}) == 1:
            continue
        original = next((row for row in members if row.link), members[0])
        for row in members:
            if row.file != original.file:
                row.excluded = f"repeats row {original.number} from {original.file}"
                original.also_in = (original.also_in or set()) | {row.file}
                found.append(Copy(original, row))
    return found


def drop_other_exports(rows: Sequence[Row]) -> list[Copy]:
    """Of the exports of one client's run keep the one that says most: an aggregate, else JSON, else CSV.

    Exports of one run agree in every latency that both hold, up to rounding; they may lie in any folder and have any name.
    """
    candidates = [row for row in rows if row.format in CLIENT_FORMATS and _mean_per_token(row)]
    if len({row.format for row in candidates}) < 2:  # noqa: PLR2004
        return []
    candidates.sort(key=_mean_per_token)
    found, taken = [], set()
    for row, other in _neighbours(candidates):
        if row.format == other.format or not _are_one_run(row, other):
            continue
        kept, copy = sorted((row, other), key=lambda row: (CLIENT_FORMATS.index(row.format), bool(row.excluded)))
        if id(copy) in taken:
            continue
        taken.add(id(copy))
        found.append(Copy(kept, copy))
    return [_merge(pair) for pair in found]


def _merge(pair: Copy) -> Copy:
    """Exclude the copy; what it says of itself as a submission holds for the run, and so for the row that counts."""
    kept, copy = pair
    copy.excluded = f"the same run as row {kept.number} from {kept.file}"
    if not kept.record.submission_invalid:
        kept.record.submission_invalid = copy.record.submission_invalid
    return pair


def _neighbours(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Return the pairs of rows whose mean time per token is equal up to rounding; rows are sorted by it."""
    for place, row in enumerate(rows):
        for other in rows[place + 1 :]:
            if _mean_per_token(other) > _mean_per_token(row) * (1 + ROUNDING):
                break
            yield row, other


def _mean_per_token(row: Row) -> float:
    """Return the mean time per output token in s."""
    return _per_token(row, "mean") or 0.0


def _per_token(row: Row, statistic: str) -> float | None:
    """Return the time per output token in s: an aggregate repeats the client's own as ITL, beside the engine's TPOT."""
    stats = row.record.stats
    itl = number(stats.get(f"{statistic}_itl"))
    return itl if itl is not None else number(stats.get(f"{statistic}_tpot"))


def _are_one_run(one: Row, other: Row) -> bool:
    """Whether all figures that both rows hold agree."""
    pairs = [(a, b) for a, b in zip(_latencies(one), _latencies(other), strict=True) if a is not None and b is not None]
    throughputs = [(a, b) for a, b in zip(_rates(one), _rates(other), strict=True) if a is not None and b is not None]
    if one.record.label != other.record.label:  # a run of one's own is never another export of an official one
        return False
    alike = len(pairs) >= ENOUGH and all(_agree(a, b, ROUNDING) for a, b in pairs)
    return alike and all(_agree(a, b, WINDOW) for a, b in throughputs) and _same_load(one, other)


def _latencies(row: Row) -> list[float | None]:
    """Return the latencies that are compared, in s."""
    stats = row.record.stats
    whole = [number(stats.get(f"{statistic}_{name}")) for name in ("ttft", "e2el") for statistic in _STATISTICS]
    return [*(_per_token(row, statistic) for statistic in _STATISTICS), *whole]


def _rates(row: Row) -> list[float | None]:
    """Return the deployment's throughputs: an aggregate gives them per GPU beside its GPUs."""
    record, gpus = row.record, row.gpus
    given = ((record.total_tok_s, record.total_tok_s_gpu), (record.output_tok_s, record.output_tok_s_gpu))
    rates = []
    for whole, each in given:
        part = number(each)
        rates.append(part * gpus if part is not None and gpus is not None else number(whole))
    return rates


def _same_load(one: Row, other: Row) -> bool:
    """Whether the concurrency is the same wherever both state it."""
    return None in (one.concurrency, other.concurrency) or one.concurrency == other.concurrency


def _agree(a: float, b: float, margin: float) -> bool:
    """Whether two figures are one within a share of the larger."""
    return abs(a - b) <= margin * max(abs(a), abs(b))
