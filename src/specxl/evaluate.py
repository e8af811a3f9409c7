"""Formulas -> values, with a real spreadsheet engine (IronCalc), and edits to see what the workbook would say then.

Formulas from outside are evaluated in a process of their own (`evaluate_apart`), because they can make any engine run
for ever, fill the memory or end its process: that must cost one sentence, not the command.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ironcalc

from specxl.errors import DisagreementError, WorkbookFileError
from specxl.model.cells import Book, Cell, Formula, Properties, Sheet, address

try:
    import resource
except ImportError:  # Windows has no limits of this kind; the deadline holds there too
    resource = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from specxl.model.cells import Ref, Value

Values = Mapping[tuple[str, int, int], "Value"]
"""The value of every formula cell, by (sheet, row, column)."""
_Place = tuple[int, int]
_LONGEST = 600  # seconds for formulas from outside
# Finds these two packages behind the standard library and before all others; -P keeps the folder out in which the command
# was called, whose files may come from whoever sent the workbook.
_START = (
    "import json, sys; at = sum('-packages' not in folder for folder in sys.path); "
    "sys.path[at:at] = json.loads(sys.argv[1]); from specxl.evaluate import main; main(*sys.argv[2:])"
)


class _Present(Mapping[tuple[str, int, int], "Value"]):
    """What the formulas of an engine show now: read from it, because a large build has more of them than it should hold twice."""

    def __init__(
        self, model: ironcalc.Model, index: Mapping[str, int], formulas: Mapping[str, Sequence[_Place]]
    ) -> None:
        self._get, self._index, self._formulas = model.get_cell_value, index, formulas

    def __getitem__(self, key: tuple[str, int, int]) -> Value:
        name, row, col = key
        return self._get(self._index[name], row + 1, col + 1)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        return ((name, row, col) for name, places in self._formulas.items() for row, col in places)

    def __len__(self) -> int:
        return sum(map(len, self._formulas.values()))


class Engine:
    """A workbook loaded into the spreadsheet engine, ready to be edited, evaluated and read."""

    def __init__(self, path: Path, book: Book) -> None:
        """Load the file at `path`, which holds the constants and formulas of `book`, and evaluate it."""
        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self._index = {sheet.name: number for number, sheet in enumerate(book.sheets)}
        # the engine counts sheets from 0, rows and columns from 1
        self._formulas = {
            sheet.name: [place for place, cell in sheet.cells.items() if isinstance(cell.content, Formula)]
            for sheet in book.sheets
        }
        self._model.evaluate()

    def set(self, ref: Ref, value: Value) -> None:
        """Type a value into a cell; None empties it. Nothing is computed until `evaluate`."""
        self._set(self._index[ref.sheet], ref.row + 1, ref.col + 1, value)

    def _set(self, sheet: int, row: int, col: int, value: Value) -> None:
        if value is None:
            self._model.clear_cell_contents(sheet, row, col)
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(sheet, row, col, value)
        elif isinstance(value, (int, float)):
            self._model.update_cell_with_number(sheet, row, col, float(value))
        else:
            self._model.update_cell_with_text(sheet, row, col, value)

    def freeze(self, live: Callable[[str, int], bool]) -> None:
        """Replace formulas by their present values where `live(sheet, row)` is false: evaluating the rest is quick then."""
        get = self._model.get_cell_value
        for name, places in self._formulas.items():
            kept, sheet = [], self._index[name]
            for place in places:
                row, col = place
                if live(name, row):
                    kept.append(place)
                else:
                    self._set(sheet, row + 1, col + 1, get(sheet, row + 1, col + 1))
            self._formulas[name] = kept

    def evaluate(self) -> None:
        """Compute every formula afresh."""
        self._model.evaluate()

    def get(self, ref: Ref) -> Value:
        """The value of one cell; errors come as their text, "#N/A"."""
        return self._model.get_cell_value(self._index[ref.sheet], ref.row + 1, ref.col + 1)

    def rows(self, first: Ref, keys: Sequence[str], count: int) -> list[dict[str, Value]]:
        """The values of a block of rows by key, from its first cell to the right and down."""
        get, sheet = self._model.get_cell_value, self._index[first.sheet]
        columns = tuple(enumerate(keys, start=first.col + 1))
        return [
            {key: get(sheet, row, col) for col, key in columns} for row in range(first.row + 1, first.row + 1 + count)
        ]

    def values(self) -> Values:
        """The value of every formula cell, by (sheet, row, column), for as long as nothing is edited or frozen."""
        return _Present(self._model, self._index, self._formulas)

    def errors(self) -> list[str]:
        """Every formula cell that shows an error value, as "'Sheet'!A1 #N/A"."""
        get, kind = self._model.get_cell_value, self._model.get_cell_type
        found = []
        for name, places in self._formulas.items():
            sheet = self._index[name]
            for row, col in places:
                value = get(sheet, row + 1, col + 1)
                if not isinstance(value, str) or value[:1] != "#":
                    continue
                # the type is asked for only where the text looks like an error: it costs as much as the value
                if kind(sheet, row + 1, col + 1) == ironcalc.CellType.ErrorValue:
                    found.append(f"'{name}'!{address(row, col)} {value}")
        return found

    @contextmanager
    def edited(self, edits: Mapping[Ref, Value]) -> Iterator[None]:
        """Make edits, evaluate, and put the old values back at the end (without evaluating again)."""
        before = {ref: self.get(ref) for ref in edits}
        for ref, value in edits.items():
            self.set(ref, value)
        self.evaluate()
        try:
            yield
        finally:
            for ref, old in before.items():
                self.set(ref, old)

    def require_no_errors(self, state: str) -> None:
        """Raise when any cell shows an error value.

        Raises:
            DisagreementError: naming the state and the first cells.
        """
        found = self.errors()
        if found:
            msg = f"{state}: {len(found)} cells show an error value: {', '.join(found[:5])}. This is a bug of specxl"
            raise DisagreementError(msg)


@dataclass(frozen=True, slots=True)
class Budget:
    """What the evaluation of formulas from outside may take: seconds, and bytes of memory where the system keeps count."""

    seconds: float
    memory: int

    @classmethod
    def of(cls, formulas: int) -> Budget:
        """Ten times and more the seconds, and three times the memory, that as many formulas of a build take here."""
        return cls(min(20 + formulas / 2_000, _LONGEST), (512 << 20) + formulas * (6 << 10))


def evaluate_apart(path: Path, book: Book, budget: Budget) -> tuple[dict[tuple[str, int, int], Value], list[str]]:
    """Evaluate a workbook in a process of its own; return the values and the errors of all formulas as `Engine` does.

    Args:
        path: holds the constants and formulas of `book`; two more files are written beside it.
        book: says where formulas stand; budget: what they may take.

    Raises:
        WorkbookFileError: the evaluation took too long or too much memory, or ended its process.
    """
    places = [[(ref.row, ref.col) for ref, _ in sheet.formulas()] for sheet in book.sheets]
    task, answer = path.with_suffix(".task"), path.with_suffix(".answer")
    given = {"names": [sheet.name for sheet in book.sheets], "places": places, "memory": budget.memory}
    task.write_text(json.dumps({**given, "seconds": int(budget.seconds) + 1}), encoding="utf-8")
    _run([str(path), str(task), str(answer)], budget)
    try:
        found = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise _unfinished("the engine gave no answer") from exc
    keys = ((sheet.name, row, col) for sheet, at in zip(book.sheets, places, strict=True) for row, col in at)
    return dict(zip(keys, found["values"], strict=True)), found["errors"]


def _run(arguments: list[str], budget: Budget) -> None:
    folders = [str(Path(file).resolve().parents[1]) for file in (__file__, ironcalc.__file__ or __file__)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, with files of our own
            [sys.executable, "-P", "-c", _START, json.dumps(folders), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=budget.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise _unfinished(f"it was not done after {budget.seconds:.0f} s") from exc
    except OSError as exc:
        raise _unfinished(f"no process could be started for it: {exc.strerror}") from exc
    if done.returncode != 0:
        raise _unfinished(_ending(done.returncode))


def _ending(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"the engine was ended by {signal.Signals(-code).name}"
    return f"the engine ended with status {code}, perhaps for want of memory"


def _unfinished(why: str) -> WorkbookFileError:
    return WorkbookFileError(f"its formulas could not be computed: {why}")


def _limit(memory: int, seconds: int) -> None:
    """Keep this process within its budget, and leave no image of its memory behind."""
    if resource is None:
        return
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):  # a system may have a lower limit, or none of this kind
            resource.setrlimit(kind, (most, most))


def main(path: str, task: str, answer: str) -> None:
    """What the process does that `evaluate_apart` starts: limit itself, evaluate, and write the values as JSON."""
    given = json.loads(Path(task).read_text(encoding="utf-8"))
    _limit(given["memory"], given["seconds"])
    sheets = [
        Sheet(name, cells={(row, col): Cell(Formula(""), "") for row, col in places})
        for name, places in zip(given["names"], given["places"], strict=True)
    ]
    engine = Engine(Path(path), Book(sheets, Properties("", "", "", "", "", {})))
    found = {"values": list(engine.values().values()), "errors": engine.errors()}
    Path(answer).write_text(json.dumps(found), encoding="utf-8")
