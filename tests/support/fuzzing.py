"""Standing fuzz: files of every kind with a few things changed, for a stretch of time, and the memory of what once failed.

Hypothesis draws the changes and shrinks what fails; the shrunk case goes to tests/corpus, from where every later run tries it
first. A case is the list of changes on a named example, so a corpus file is a line of JSON that can be read.
"""

from __future__ import annotations

import copy
import json
import signal
import time
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
EXAMPLES_A_ROUND = 40
CASE_SECONDS = 20
"""What takes longer, on a busy machine too, hangs."""
TOKENS = (
    "", "0", "-1", "1e308", "5e-324", "NaN", "Infinity", "null", "true", "[]", "{}", '"', "'", ",", ";", "\t", "\n", "\r\n", "\x00",
    "\ufeff", "=1+1", "٣", "1_000", "1.234,5", "2026-13-45", "<", "&", "]]>", "\\", "../x", "x" * 300, "[" * 300, '{"a":' * 60,
)  # fmt: skip
VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1,
    10**30,
    1e308,
    5e-324,
    float("nan"),
    float("inf"),
    "",
    "0",
    "1e400",
    "\ud800",
    "=1+1",
    [],
    {},
    [1],
    {"a": 1},
    [[]],
)
Case = tuple[str, str, tuple[tuple[float, int, int], ...]]
"""The name of an example, the name of one of its files, and the changes: a place from 0 to 1, a kind of change, a choice."""


def cases(examples: dict[str, dict[str, bytes]]) -> st.SearchStrategy[Case]:
    """One to four changes on one file of one example."""
    places = [(name, file) for name, files in sorted(examples.items()) for file in sorted(files)]
    change = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 5), st.integers(0, 999))
    drawn = st.tuples(st.sampled_from(places), st.lists(change, min_size=1, max_size=4))
    return drawn.map(lambda found: (*found[0], tuple(found[1])))


def changed(data: bytes, changes: tuple[tuple[float, int, int], ...]) -> bytes:
    """Apply changes: to a node of what is JSON, line by line, or else to the text or the bytes."""
    for place, kind, choice in changes:
        data = (_json_changed(data, place, choice) if kind < 3 else None) or _bytes_changed(data, place, kind, choice)
    return data


def _json_changed(data: bytes, place: float, choice: int) -> bytes | None:
    """Replace, remove or double one node of a JSON text or of one of its lines; None where it is none."""
    text = data.decode("utf-8", "surrogateescape")
    lines = [text] if len(text) > 1 and text[0] in "[{" and _parsed(text) is not None else text.split("\n")
    at = int(place * len(lines))
    value = _parsed(lines[at])
    if not isinstance(value, dict | list):
        return None
    nodes = list(_nodes(value))
    if not nodes:
        return None
    holder, key = nodes[int(place * 7919 * len(nodes)) % len(nodes)]
    if choice % 5 == 0:
        del holder[key]
    elif choice % 5 == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif choice % 5 == 2:
        holder[key] = [holder[key]]
    else:
        holder[key] = VALUES[choice % len(VALUES)]
    lines[at] = json.dumps(value)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _parsed(text: str) -> Any:  # noqa: ANN401 - whatever a file holds
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - a JSON value
    """Every place below a value, with what holds it."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _nodes(value[key])


def _bytes_changed(data: bytes, place: float, kind: int, choice: int) -> bytes:
    at = int(place * (len(data) + 1))
    width = 1 + choice % 40
    token = TOKENS[choice % len(TOKENS)].encode("utf-8")
    if kind % 3 == 0:
        return data[:at] + token + data[at:]
    if kind % 3 == 1:
        return data[:at] + token + data[at + width :]
    return data[:at] + data[at : at + width] * (1 + choice % 3) + data[at + width :]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail what takes longer."""

    def late(*_: object) -> None:
        msg = f"not done within {seconds} seconds"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(family: str, seconds: float, drawn: st.SearchStrategy[Case], check: Callable[[Case], None]) -> int:
    """Try the family's corpus, then new cases until the time is over; return how many were tried.

    A case that fails is shrunk, written to the corpus and raised.
    """
    failed: list[Case] = []
    tried = 0

    def one(case: Case) -> None:
        nonlocal tried
        tried += 1
        try:
            with within(CASE_SECONDS):
                check(case)
        except BaseException:
            failed.append(case)
            raise

    for path in sorted((CORPUS / family).glob("*.json")):
        name, file, changes = json.loads(path.read_text(encoding="utf-8"))
        one((name, file, tuple(tuple(change) for change in changes)))
    until = time.monotonic() + seconds
    for number in count():
        chosen = settings(
            max_examples=EXAMPLES_A_ROUND, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        try:
            seed(number)(chosen(given(drawn)(one)))()
        except BaseException:
            _remember(family, failed[-1:])
            raise
        if time.monotonic() > until:
            break
    return tried


def _remember(family: str, failed: list[Case]) -> None:
    for case in failed:
        text = json.dumps(case)
        path = CORPUS / family / f"{sha256(text.encode()).hexdigest()[:12]}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
