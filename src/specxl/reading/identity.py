"""What makes two rows the same setting, the same load and the same run, and how a setting is told in words.

METHOD 6: a line is a configuration without its concurrency. FORMATS, amendment 4: what a study sweeps is part of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from functools import lru_cache
from math import isinf
from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.labels import bare_name, clean_label
from specxl.reading.row import Run

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from specxl.reading.row import Row

MAX_WORDS = 200
SHOWN_WORDS = 100
SHOWN_FINGERPRINT = 12
_RUN = re.compile(r"/runs/(\d+)(?:/attempts/(\d+))?")
_SECRET = re.compile(r"(?:^|[_.-])(?:api_?key|auth|bearer|credentials?|key|passw(?:or)?d|secret|token)$", re.IGNORECASE)
_NO_OFFLOAD = frozenset({"off", "none", "false", "no", "0", ""})
_SPECULATIVE = "speculative"


def run_of(row: Row) -> Run:
    """Return the run of a row: its id (of the link, else as the format gives it), else its day."""
    record = row.record
    linked, attempt = _linked_run(record.run_url) if isinstance(record.run_url, str) else ("", 0)
    key = record.run or linked
    date = row.date or dt.date.min
    stated = int(key) if key.isascii() and key.isdigit() and len(key) < 20 else 0  # noqa: PLR2004 - what fits 64 bits
    return Run(date, str(record.run_order), stated, attempt, key or str(date))


def is_named(run: Run) -> bool:
    """Whether a run is known by an id and not by its day alone."""
    return run.key != str(run.date)


def line_of(row: Row) -> Hashable:
    """Return the configuration without its concurrency: everything but load, figures, image, date, links and ids."""
    record = row.record
    return (
        row.curve,
        row.engine,
        row.serving,
        row.gpus,
        record.parallelism,
        record.agentic,
        record.identity,
        record.recipe,
        number(record.draft_tokens),
        record.offload,
        record.settings,
        record.configuration,
        row.request_rate,
        record.requests if row.request_rate is not None and isinf(row.request_rate) else None,
    )


def load_of(row: Row) -> Hashable | None:
    """Return the load of a row; None where neither concurrency nor request rate is stated: such a row has no twin."""
    if row.concurrency is None and row.request_rate is None:
        return None
    return row.concurrency, row.request_rate


def server_options(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the server options of a row that do not concern speculation, and where its cache may spill to."""
    record = row.record
    kept = tuple(pair for pair in record.settings if not pair[0].startswith(_SPECULATIVE))
    return (*kept, ("offload", record.offload or ""), ("configuration", record.configuration or ""))


def describe_configurations(rows: Sequence[Row]) -> None:
    """Say in words what besides the parallelism makes each row another setting.

    Options that all rows of a curve share are left out: they tell nothing apart.
    """
    curves: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        curves[row.curve].append(row)
    for members in curves.values():
        swept = _swept({row.record.settings for row in members})
        for row in members:
            row.configuration = _words(row, [pair for pair in row.record.settings if pair[0] in swept])


def _swept(settings: set[tuple[tuple[str, str], ...]]) -> set[str]:
    """Return the names of the options that not all rows have, or not with one value."""
    if len(settings) == 1:
        return set()
    given = [dict(options) for options in settings]
    names = {name for options in given for name in options}
    return {name for name in names if len({options.get(name) for options in given}) > 1}


def _words(row: Row, swept: Sequence[tuple[str, str]]) -> str:
    """Tell the setting of one row."""
    record = row.record
    drafted = number(record.draft_tokens)
    parts = [clean_label(record.configuration, limit=SHOWN_WORDS)] if record.configuration else []
    parts += [f"{drafted:g} draft token{'' if drafted == 1 else 's'}"] if drafted else []
    parts += [f"{bare_name(name)} {bare_name(value)}" for name, value in swept if not _SECRET.search(name)]
    if record.offload is not None and (record.agentic or record.offload.lower() not in _NO_OFFLOAD):
        parts.append(_offload_words(record.offload))
    parts += [f"recipe {clean_label(record.recipe, limit=SHOWN_FINGERPRINT)}"] if record.recipe else []
    if row.request_rate is not None:
        parts.append("all requests at once" if isinf(row.request_rate) else f"{row.request_rate:g} requests/s")
    return clean_label(", ".join(parts), limit=MAX_WORDS) if parts else ""


@lru_cache(maxsize=256)
def _offload_words(offload: str) -> str:
    """Say whether the key-value cache may spill out of the GPUs' memory, and where to."""
    mode = offload.lower()
    if mode in _NO_OFFLOAD:
        return "KV offload off"
    return "KV offload on" if mode in ("on", "true", "yes", "1") else f"KV offload to {bare_name(offload)}"


@lru_cache(maxsize=4096)
def _linked_run(link: str) -> tuple[str, int]:
    """Return the id and the attempt of the run behind a link; empty and 0 where the link names none."""
    match = _RUN.search(link)
    return (match[1], int(match[2] or 0)) if match else ("", 0)
