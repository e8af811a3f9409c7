"""Fetching rows from the InferenceX API into a file.

Benchmark rows and their history are what `build` reads; what has been measured at all is for people,
scores of evaluations stand beside rows.
Rows are written as they arrive, letter by letter as the server sends them, so that reading a fetched file finds every fault that
reading a saved answer would.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from contextlib import closing
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from specxl.errors import InputError, OptionError, nearest
from specxl.labels import clean_label
from specxl.output import require_writable, whole_file
from specxl.reading.answers import rows as answer_rows
from specxl.reading.transport import (
    BASE_URL,
    DEFAULTS,
    Deadline,
    DeadlineError,
    FetchOptions,
    RetryableError,
    address,
    pieces,
)
from specxl.schema import K_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from specxl.house import House

__all__ = ["BASE_URL", "FetchOptions", "fetch_availability", "fetch_evaluations", "fetch_history", "fetch_models"]

ATTRIBUTION = (
    "Data from InferenceX (https://github.com/SemiAnalysisAI/InferenceX), copyright SemiAnalysis LLC, licensed under"
    " Apache License 2.0; attribution to InferenceX is required for any derivative work."
)
BENCHMARKS, HISTORY = "/api/v1/benchmarks", "/api/v1/benchmarks/history"
AVAILABILITY, EVALUATIONS = "/api/v1/availability", "/api/v1/evaluations"
AGENTIC = "agentic_traces"
MAX_RETRY_SECONDS = 60.0
_WORKLOAD = re.compile(r"(\d{1,7})(k?)\s*[x/]\s*(\d{1,7})(k?)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class _Question:
    """One request: its address, what progress calls it, and the models whose rows are kept (all, where there is none)."""

    url: str
    label: str
    models: frozenset[str] = frozenset()

    def keeps(self, row: dict[str, Any]) -> bool:
        """Whether a row belongs to what was asked for."""
        model = row.get("model")
        return not self.models or (isinstance(model, str) and model in self.models)


def fetch_models(
    models: Sequence[str],
    house: House,
    output: Path,
    date: dt.date | None = None,
    options: FetchOptions = DEFAULTS,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Fetch the benchmark rows of `models` (keys, aliases or display names) into `output`, a JSON file.

    The file holds the rows as the API gives them, with the attribution that the data's licence asks for, the addresses
    and the time of the request; `build` reads it like a saved answer.

    `date` asks for the newest results on or before that day. `progress` is called with the display name, the bytes so
    far and the announced size. The file appears complete or not at all. Raises `OptionError` for an unknown model or
    base URL, `InputError` when the server does not give the rows, `OutputError` when the file cannot be written.
    """
    require_writable(output, "rows.json")
    until = {"date": date.isoformat()} if date else {}
    questions = [
        _Question(address(options.base_url, BENCHMARKS, {"model": name} | until), name, frozenset(keys))
        for name, keys in _wanted(models, house).items()
    ]
    named = f"{', '.join(question.label for question in questions)}{f' up to {date}' if date else ''}"
    return _save(questions, output, options, progress, needed=named)


def fetch_history(
    models: Sequence[str],
    house: House,
    output: Path,
    workloads: Sequence[str] = (),
    options: FetchOptions = DEFAULTS,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Fetch every dated benchmark row of `models`, older runs included, as `fetch_models` fetches the newest.

    `workloads` ("1k/1k", "1024x1024" or "agentic-traces") narrows it; without one the API is first asked which it has.
    """
    require_writable(output, "rows.json")
    given = [_workload(text) for text in workloads]
    wanted = _wanted(models, house)
    known = {} if given else _measured(wanted, house, options, progress)
    questions = [
        _Question(
            address(options.base_url, HISTORY, {"model": name} | lengths),
            _history_label(name, lengths),
            frozenset(keys),
        )
        for name, keys in wanted.items()
        for lengths in given or known[name]
    ]
    return _save(questions, output, options, progress, needed=", ".join(question.label for question in questions))


def fetch_availability(
    output: Path,
    options: FetchOptions = DEFAULTS,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Fetch which combinations have been measured (model, lengths, precision, hardware, engine, method, date)."""
    require_writable(output, "available.json")
    return _save([_Question(address(options.base_url, AVAILABILITY, {}), "availability")], output, options, progress)


def fetch_evaluations(
    output: Path,
    options: FetchOptions = DEFAULTS,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Fetch the scores that configurations reached in accuracy evaluations (task, score, date, run): `build` reads them beside rows."""
    require_writable(output, "evaluations.json")
    return _save([_Question(address(options.base_url, EVALUATIONS, {}), "evaluations")], output, options, progress)


def _wanted(models: Sequence[str], house: House) -> dict[str, set[str]]:
    """Map each display name to ask for to the keys to keep; an empty set keeps all rows of the answer.

    One display name can stand for several models (Kimi K2.5, K2.6, ...): a user who names a key gets that model only.
    """
    if not models:
        raise OptionError(f"name at least one model; known: {', '.join(house.model_keys())}")
    wanted: dict[str, set[str]] = {}
    whole: set[str] = set()
    displays = {name.casefold(): name for key in house.model_keys() for name in house.display_names(key)}
    for given in models:
        if given.strip().casefold() in displays:
            whole.add(displays[given.strip().casefold()])
            continue
        key = house.resolve_model(given)
        names = house.display_names(key) if key in house.model_keys() else ()
        if not names:
            known = [*house.model_keys(), *displays.values()]
            hint = nearest(given, known)
            raise OptionError(
                f"the model `{clean_label(given, limit=60)}` is not known; allowed: {', '.join(house.model_keys())}"
                + (f"; {hint}" if hint else "")
            )
        for name in names:
            wanted.setdefault(name, set()).add(key)
    return {name: set() if name in whole else wanted.get(name, set()) for name in dict.fromkeys((*wanted, *whole))}


def _workload(text: str) -> dict[str, str]:
    """Turn a workload into the parameters that the history asks for."""
    if text.strip().casefold().replace("_", "-").startswith("agentic"):
        return {"benchmarkType": AGENTIC}
    match = _WORKLOAD.fullmatch(text.strip())
    if match is None:
        raise OptionError(
            f"the workload `{clean_label(text, limit=60)}` is not known; allowed: 1k/1k, 8192x1024, agentic-traces"
        )
    isl, osl = (int(match[place]) * (K_TOKENS if match[place + 1] else 1) for place in (1, 3))
    return {"isl": str(isl), "osl": str(osl)}


def _history_label(name: str, lengths: dict[str, str]) -> str:
    return f"{name} {lengths['isl']}x{lengths['osl']}" if "isl" in lengths else f"{name} agentic"


def _measured(
    wanted: dict[str, set[str]],
    house: House,
    options: FetchOptions,
    progress: Callable[[str, int, int | None], None] | None,
) -> dict[str, list[dict[str, str]]]:
    """Ask the API which workloads it has of each display name; one without any is an error."""
    question = _Question(address(options.base_url, AVAILABILITY, {}), "availability")
    found: dict[str, dict[tuple[str, str], dict[str, str]]] = {name: {} for name in wanted}
    keys = {
        name: kept or {key for key in house.model_keys() if name in house.display_names(key)}
        for name, kept in wanted.items()
    }
    for row in _all_rows(question, options, progress):
        isl, osl = str(row.get("isl")), str(row.get("osl"))
        lengths = _workload(f"{isl}x{osl}") if isl.isdecimal() and osl.isdecimal() else {"benchmarkType": AGENTIC}
        for name, models in keys.items():
            if isinstance(row.get("model"), str) and row["model"] in models:
                found[name].setdefault((isl, osl), lengths)
    missing = [name for name, workloads in found.items() if not workloads]
    if missing:
        raise InputError(f"the API lists no measurement of {', '.join(missing)}", file=question.url)
    return {name: [workloads[key] for key in sorted(workloads)] for name, workloads in found.items()}


def _all_rows(
    question: _Question, options: FetchOptions, progress: Callable[[str, int, int | None], None] | None
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for attempt in _attempts(question, options, progress):
        rows.clear()
        rows += [row for _, row in attempt]
    return rows


def _save(
    questions: Sequence[_Question],
    output: Path,
    options: FetchOptions,
    progress: Callable[[str, int, int | None], None] | None,
    needed: str = "",
) -> Path:
    """Write the rows of all answers into one file, which appears when it is whole; `needed` names what must have rows."""
    head = {
        "attribution": ATTRIBUTION,
        "sources": [question.url for question in questions],
        "fetched_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    with whole_file(output) as stream:
        stream.write((json.dumps(head, indent=1).removesuffix("\n}") + ',\n "rows": [\n').encode())
        count = 0
        for question in questions:
            count = _write_rows(question, stream, count, options, progress)
        if needed and not count:
            raise InputError(f"the API has no rows for {needed}", file=options.base_url)
        stream.write(b"\n ]\n}\n")
    return output


def _write_rows(
    question: _Question,
    stream: IO[bytes],
    before: int,
    options: FetchOptions,
    progress: Callable[[str, int, int | None], None] | None,
) -> int:
    """Write the rows of one answer behind `before` others and return how many there are then."""
    begins, count = stream.tell(), before
    for attempt in _attempts(question, options, progress):
        stream.seek(begins)
        stream.truncate()
        count = before
        for text, row in attempt:
            if question.keeps(row):
                stream.write(b",\n" * bool(count) + text.encode())
                count += 1
    return count


def _attempts(
    question: _Question, options: FetchOptions, progress: Callable[[str, int, int | None], None] | None
) -> Iterator[Iterable[tuple[str, dict[str, Any]]]]:
    """Yield the rows of an answer, and again from the first after each failure that may pass, until one attempt ends well.

    Raises:
        InputError: the answer is none, or the deadline or the number of retries is used up.
    """
    deadline = Deadline(options.deadline, options.timeout)
    for number in range(options.retries + 1):
        attempt = _Attempt(question, options, deadline, progress)
        yield attempt
        if attempt.failure is None:
            return
        _wait(attempt.failure, number, question, options, deadline)


class _Attempt:
    """The rows of one attempt; a failure that may pass ends them early and is kept for the next."""

    def __init__(
        self,
        question: _Question,
        options: FetchOptions,
        deadline: Deadline,
        progress: Callable[[str, int, int | None], None] | None,
    ) -> None:
        self._question, self._options, self._deadline, self._progress = question, options, deadline, progress
        self.failure: RetryableError | None = None

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Fetch, and give row by row."""
        url = self._question.url
        try:
            with closing(pieces(url, self._options, self._deadline, self._tell)) as body:
                yield from answer_rows(body, url, self._options.max_rows)
        except RetryableError as error:
            self.failure = error
        except DeadlineError as error:
            raise _too_slow(self._question, self._options) from error

    def _tell(self, received: int, announced: int | None) -> None:
        if self._progress is not None:
            self._progress(self._question.label, received, announced)


def _wait(failure: RetryableError, number: int, question: _Question, options: FetchOptions, deadline: Deadline) -> None:
    """Wait before the next attempt, or give up."""
    wait = min(options.backoff * 2**number if failure.wait is None else failure.wait, MAX_RETRY_SECONDS)
    try:
        left = deadline.left()
    except DeadlineError:
        raise _too_slow(question, options) from failure
    if number == options.retries or wait > left:
        raise InputError(
            f"{clean_label(failure, limit=200)}, after {number + 1} attempts",
            file=question.url,
            next_step="Try again later, or save the answer with a browser and read that file",
        ) from failure
    time.sleep(wait)


def _too_slow(question: _Question, options: FetchOptions) -> InputError:
    return InputError("the answer came too slowly", file=question.url, allowed=f"at most {options.deadline:g} s")
