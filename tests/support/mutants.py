"""Mutations of a workbook's model: the formulas of one judged column are made wrong, then the build's judge has its say.

What the judge looks at is not written down here but watched: a column counts as judged when the judge took its cells out of
the rows that the engine gave it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import DisagreementError
from specxl.evaluate import Engine
from specxl.judge.expect import CHECKS
from specxl.judge.states import Judge, judge_build
from specxl.model.cells import Formula, Ref
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from specxl.judge.compare import Tally
    from specxl.model.cells import Book, Cell, Sheet, Value
    from specxl.sheets.book import Layout

SAME = 1e-9
COUNTED = frozenset({"id", "flag"})
"""Styles of cells that hold codes and counts: a tenth less of a small whole number would be no code any more."""
_COMPARISON = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|(<>|<=|>=|<|>|=)')
_INVERTED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "<>", "<>": "="}


class _Row(dict[str, "Value"]):
    """A row of cells that says which of them were looked at."""

    def __init__(self, cells: dict[str, Value], seen: Callable[[str], None]) -> None:
        super().__init__(cells)
        self._seen = seen

    def __getitem__(self, key: str) -> Value:
        """Give a cell away, and note that."""
        self._seen(key)
        return super().__getitem__(key)


class WatchedEngine(Engine):
    """The engine, which notes every cell that the judge looked at, and what it held, state by state."""

    def __init__(self, path: Path, book: Book) -> None:
        super().__init__(path, book)
        self.states: list[dict[Ref, Value]] = []

    def require_no_errors(self, state: str) -> None:
        """Begin another state."""
        self.states.append({})
        super().require_no_errors(state)

    def rows(self, first: Ref, keys: Sequence[str], count: int) -> list[dict[str, Value]]:
        """Give rows away that note what is taken out of them."""
        return [self._watched(first.down(at), keys, row) for at, row in enumerate(super().rows(first, keys, count))]

    def _watched(self, first: Ref, keys: Sequence[str], row: dict[str, Value]) -> dict[str, Value]:
        state, places = self.states[-1], {key: first.right(col) for col, key in enumerate(keys)}

        def note(key: str) -> None:
            state[places[key]] = row[key]

        return _Row(row, note)


def judged(layout: Layout, folder: Path) -> tuple[WatchedEngine, Tally]:
    """Evaluate a layout as a build does, and have it judged in every state.

    Raises:
        DisagreementError: as a build would be stopped.
    """
    path = folder / "plain.xlsx"
    write_plain(layout.book, path)
    engine = WatchedEngine(path, layout.book)
    return engine, judge_build(layout, engine, lambda _: None)


@dataclass(frozen=True)
class Column:
    """The formula cells of one column of a judged block (of the answer: one row, which is one figure for every read)."""

    name: str
    kind: str
    cells: tuple[Ref, ...]


def judged_columns(layout: Layout, engine: WatchedEngine) -> list[Column]:
    """Every column that the judge looked at, in the order of the anchors; cells that hold constants are left out."""
    seen = {ref for state in engine.states for ref in state}
    sheets = {sheet.name: sheet for sheet in layout.book.sheets}
    found = []
    for anchor in layout.plan.anchors:
        if anchor.kind not in CHECKS:
            continue
        groups: dict[str, list[Ref]] = defaultdict(list)
        for number, row in enumerate(anchor.cells()):
            for key, ref in row.items():
                # the workings of the knots are looked at by the Checks sheet, whose verdict the judge reads
                if (ref in seen or anchor.kind == "knot table") and _formula(sheets, ref):
                    groups[f"row {number}" if anchor.kind == "answer" else key].append(ref)
        where = " ".join(part for part in (anchor.kind, anchor.owner, anchor.tag) if part)
        found += [Column(f"{where}: {key}", anchor.kind, tuple(cells)) for key, cells in groups.items()]
    return found


def _formula(sheets: dict[str, Sheet], ref: Ref) -> Formula | None:
    cell = sheets[ref.sheet].cells.get((ref.row, ref.col))
    return cell.content if cell and isinstance(cell.content, Formula) else None


Change = "Callable[[Layout, Ref, Formula], Formula | None]"


def _both(change: Callable[[str], str]) -> Change:  # type: ignore[valid-type]
    """A change of a formula's text, made in its pattern too."""
    return lambda _layout, _ref, old: old._replace(source=change(old.source))


def _scaled(layout: Layout, ref: Ref, old: Formula) -> Formula:
    style = layout.book.sheet(ref.sheet).cells[ref.row, ref.col].style
    wrong = "{0}+1" if COUNTED & set(style.split()) else "({0})*0.9"
    return _both(lambda text: f"IF(ISNUMBER({text}),{wrong.format(text)},{text})")(layout, ref, old)  # type: ignore[operator,no-any-return]


def _sixth_digit(layout: Layout, ref: Ref, old: Formula) -> Formula:
    return _both(lambda text: f"IF(ISNUMBER({text}),({text})*1.000001,{text})")(layout, ref, old)  # type: ignore[operator,no-any-return]


def _neighbour(layout: Layout, ref: Ref, _: Formula) -> Formula | None:
    """The formula of the cell to the right as it stands there, or of the one to the left."""
    sheets = {ref.sheet: layout.book.sheet(ref.sheet)}
    return _formula(sheets, ref.right()) or (_formula(sheets, ref.right(-1)) if ref.col else None)


def inversions(text: str) -> list[re.Match[str]]:
    """The comparisons of a formula, outside of its texts and of the names of sheets."""
    return [match for match in _COMPARISON.finditer(text) if match[1]]


def _inverted(place: int) -> Change:  # type: ignore[valid-type]
    def change(text: str) -> str:
        found = inversions(text)
        match = found[place % len(found)]
        return text[: match.start()] + _INVERTED[match[1]] + text[match.end() :]

    return _both(change)


PLAIN = {
    "times 0.9, or one more": _scaled,
    "wrong in the sixth digit": _sixth_digit,
    "always 0": lambda *_: Formula("0"),
    "always empty": lambda *_: Formula('""'),
    "its neighbour's formula": _neighbour,
}
"""The mutations that any column may suffer, by name."""


@dataclass(frozen=True)
class Mutation:
    """One column, and what is done to the formulas in it."""

    column: Column
    what: str
    change: Change  # type: ignore[valid-type]

    def __str__(self) -> str:
        return f"{self.column.name}, {self.what}"


def mutations_of(layout: Layout, column: Column) -> list[Mutation]:
    """Every mutation that a column can suffer: the plain ones, and each of its comparisons inverted."""
    found = [Mutation(column, what, change) for what, change in PLAIN.items()]
    first = _formula({sheet.name: sheet for sheet in layout.book.sheets}, column.cells[0])
    count = len(inversions(first.source)) if first else 0
    return found + [Mutation(column, f"comparison {place + 1} inverted", _inverted(place)) for place in range(count)]


def draw(layout: Layout, columns: Sequence[Column], count: int, chance: random.Random) -> list[Mutation]:
    """Draw mutations without repeating one: a kind of block, a column of it, what is done to it."""
    by_kind: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        by_kind[column.kind].append(column)
    drawn: dict[str, Mutation] = {}
    while len(drawn) < count:
        column = chance.choice(by_kind[chance.choice(sorted(by_kind))])
        mutation = chance.choice(mutations_of(layout, column))
        drawn[str(mutation)] = mutation
    return list(drawn.values())


@contextmanager
def mutated(layout: Layout, mutation: Mutation) -> Iterator[Mapping[Ref, Cell]]:
    """Make the formulas of a column wrong, yield what the changed cells were, and put that back."""
    sheets = {sheet.name: sheet for sheet in layout.book.sheets}
    before = {}
    for ref in mutation.column.cells:
        cells = sheets[ref.sheet].cells
        cell = cells[ref.row, ref.col]
        wrong = mutation.change(layout, ref, cell.content)  # type: ignore[operator]
        if wrong is not None and wrong != cell.content:
            before[ref] = cell
    for ref, cell in before.items():
        wrong = mutation.change(layout, ref, cell.content)  # type: ignore[operator]
        sheets[ref.sheet].cells[ref.row, ref.col] = cell._replace(content=wrong)
    try:
        yield before
    finally:
        for ref, cell in before.items():
            sheets[ref.sheet].cells[ref.row, ref.col] = cell


class Bench:
    """A workbook that stays in the engine, so that a mutation costs an evaluation and not a new file."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        path = folder / "bench.xlsx"
        write_plain(layout.book, path)
        self.layout, self.engine = layout, _Retyped(path, layout.book)

    def stops(self, mutation: Mutation) -> bool:
        """Whether the judge stops a mutated workbook in the state that it is built in, which is what is looked at first."""
        with mutated(self.layout, mutation) as before, self.engine.retyped(self.layout, before):
            judge = Judge(self.layout, self.engine, lambda _: None)
            try:
                judge.look(judge.opening(), "opening state", judge.anchors)
            except DisagreementError:
                return True
        return False


class _Retyped(Engine):
    """The engine, in which formulas can be typed anew."""

    @contextmanager
    def retyped(self, layout: Layout, before: Mapping[Ref, Cell]) -> Iterator[None]:
        """Type the formulas that some cells have now, evaluate, and type at the end what they had before."""
        sheets = {sheet.name: sheet for sheet in layout.book.sheets}
        self._type({ref: sheets[ref.sheet].cells[ref.row, ref.col] for ref in before})
        self.evaluate()
        yield
        self._type(before)

    def _type(self, cells: Mapping[Ref, Cell]) -> None:
        for ref, cell in cells.items():
            assert isinstance(cell.content, Formula)
            self._model.set_user_input(
                self._index[ref.sheet], ref.row + 1, ref.col + 1, f"={cell.content.text(ref.row)}"
            )


def fate(bench: Bench, mutation: Mutation, base: WatchedEngine, folder: Path) -> str:
    """Return what becomes of a mutation: "stopped", "equivalent" (no judged cell changes in any state), or "survived".

    What is not seen in the first state is laid out, loaded and judged in every state, as a build does.
    """
    if bench.stops(mutation):
        return "stopped"
    with mutated(bench.layout, mutation) as changed:
        if not changed:
            return "equivalent"
        try:
            engine, _ = judged(bench.layout, folder)
        except DisagreementError:
            return "stopped"
    alike = len(engine.states) == len(base.states) and all(map(_alike, engine.states, base.states))
    return "equivalent" if alike else "survived"


def _alike(now: dict[Ref, Value], before: dict[Ref, Value]) -> bool:
    return now.keys() == before.keys() and all(same(value, before[ref]) for ref, value in now.items())


def same(a: Value, b: Value) -> bool:
    """Whether two cells show the same: numbers to 1e-9, an empty text and nothing."""
    a, b = ("" if value is None else value for value in (a, b))
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return abs(a - b) <= SAME * max(abs(a), abs(b))
