"""Static audits of a workbook's formulas: references, circularity, functions, consistency, size. Nothing is calculated."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from support import Cell
from support.parts import formula_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_REFERENCE = re.compile(
    r"(?:(?P<sheet>'(?:[^']|'')+'|[^'!]+)!)?(?P<first>\$?[A-Z]+\$?\d+)(?::(?P<last>\$?[A-Z]+\$?\d+))?$"
)
_ADDRESS = re.compile(r"(\$?)([A-Z]+)(\$?)(\d+)$")


@dataclass(frozen=True)
class Area:
    """A rectangle of cells on one sheet, ends included, rows and columns counted from 1."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> int:
        """How many cells the area has."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)


@dataclass(frozen=True)
class Formula:
    """One formula of a workbook, with its text as it stands in the file, equals sign first."""

    sheet: str
    address: str
    text: str

    @cached_property
    def tokens(self) -> list[Token]:
        """The formula's tokens in openpyxl's reading."""
        return list(Tokenizer(self.text).items)

    @cached_property
    def areas(self) -> list[Area]:
        """Every cell or range that the formula names. Raises ValueError for a name, table or whole column."""
        return [_area(token.value, self.sheet) for token in self._operands(Token.RANGE)]

    @property
    def functions(self) -> list[str]:
        """Every function called, in order, with its prefix if it has one."""
        return [token.value[:-1].upper() for token in self._of(Token.FUNC) if token.subtype == Token.OPEN]

    @property
    def depth(self) -> int:
        """How deep functions and parentheses nest; Excel allows 64 levels of functions."""
        deepest = level = 0
        for token in self.tokens:
            if token.type in {Token.FUNC, Token.PAREN}:
                level += 1 if token.subtype == Token.OPEN else -1
                deepest = max(deepest, level)
        return deepest

    @property
    def literals(self) -> list[str]:
        """The text of every string literal, without its quotes; Excel allows 255 characters each."""
        return [token.value[1:-1].replace('""', '"') for token in self._operands(Token.TEXT)]

    @property
    def shape(self) -> str:
        """The formula in R1C1 form: two cells that were filled from one another have the same shape."""
        row, column = coordinate_to_tuple(self.address)
        parts = [_relative(t.value, row, column) if t.subtype == Token.RANGE else t.value for t in self.tokens]
        return "=" + "".join(parts)

    def _of(self, kind: str) -> Iterator[Token]:
        return (token for token in self.tokens if token.type == kind)

    def _operands(self, subtype: str) -> Iterator[Token]:
        return (token for token in self._of(Token.OPERAND) if token.subtype == subtype)


def formulas(path: Path) -> list[Formula]:
    """Return every formula of a workbook, in the order of the file."""
    return [Formula(sheet, address, f"={text}") for (sheet, address), text in formula_texts(path).items()]


def functions_used(found: Iterable[Formula]) -> set[str]:
    """Return the names of all functions that any formula calls."""
    return {name for formula in found for name in formula.functions}


def shapes_by_column(found: Iterable[Formula]) -> dict[tuple[str, str], set[str]]:
    """Return the distinct R1C1 shapes per sheet and column letters; a consistent column has one."""
    shapes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for formula in found:
        shapes[formula.sheet, formula.address.rstrip("0123456789")].add(formula.shape)
    return dict(shapes)


def circular(found: Iterable[Formula]) -> list[list[Cell]]:
    """Return each group of cells that depend on one another, as the reference graph has it (its strong components).

    A range counts with all its cells, whichever of them the formula would pick: so do the dependency trees of
    spreadsheet programs. A group of one is a cell that refers to itself.
    """
    graph = _graph(list(found))
    groups = [[node for node in group if isinstance(node, tuple)] for group in _components(graph)]
    return sorted(sorted(group) for group in groups)


Node = Cell | Area


def _graph(found: list[Formula]) -> dict[Node, list[Node]]:
    """Return formula cell -> areas it names -> formula cells inside; each area is one node however often it is named."""
    columns: dict[tuple[str, int], list[int]] = defaultdict(list)
    for formula in found:
        row, column = coordinate_to_tuple(formula.address)
        columns[formula.sheet, column].append(row)
    for rows in columns.values():
        rows.sort()
    graph: dict[Node, list[Node]] = {}
    for formula in found:
        graph[formula.sheet, formula.address] = list(dict.fromkeys(formula.areas))
        for area in formula.areas:
            if area not in graph:
                graph[area] = list(_inside(area, columns))
    return graph


def _inside(area: Area, columns: dict[tuple[str, int], list[int]]) -> Iterator[Cell]:
    for column in range(area.left, area.right + 1):
        rows = columns.get((area.sheet, column), [])
        for row in rows[bisect_left(rows, area.top) : bisect_right(rows, area.bottom)]:
            yield area.sheet, f"{get_column_letter(column)}{row}"


def _components(graph: dict[Node, list[Node]]) -> list[list[Node]]:
    """Return the strongly connected components that hold more than one node: a cell that names itself has two."""
    nodes = list(graph)
    number = {node: index for index, node in enumerate(nodes)}
    edges = [(number[node], number[following]) for node, followers in graph.items() for following in followers]
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    matrix = coo_array((np.ones(len(edges), dtype=np.int8), (rows, columns)), shape=(len(nodes), len(nodes)))
    _, labels = connected_components(matrix.tocsr(), directed=True, connection="strong")
    groups: dict[int, list[Node]] = defaultdict(list)
    for node, label in zip(nodes, labels.tolist(), strict=True):
        groups[label].append(node)
    return [group for group in groups.values() if len(group) > 1]


def _area(reference: str, sheet: str) -> Area:
    parts = _REFERENCE.match(reference)
    if parts is None:
        raise ValueError(f"{reference} on sheet {sheet} is no plain reference to cells")
    named = parts["sheet"]
    if named:
        sheet = named[1:-1].replace("''", "'") if named.startswith("'") else named
    top, left = coordinate_to_tuple(parts["first"].replace("$", ""))
    bottom, right = coordinate_to_tuple((parts["last"] or parts["first"]).replace("$", ""))
    return Area(sheet, min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def _relative(reference: str, row: int, column: int) -> str:
    """Return a reference in R1C1 form, as seen from the cell in this row and column."""
    sheet, mark, cells = reference.rpartition("!")
    return sheet + mark + ":".join(_relative_cell(cell, row, column) for cell in cells.split(":"))


def _relative_cell(cell: str, row: int, column: int) -> str:
    parts = _ADDRESS.match(cell)
    if parts is None:
        raise ValueError(f"{cell} is no plain reference to a cell")
    fixed_column, letters, fixed_row, digits = parts.groups()
    down, across = int(digits), column_index_from_string(letters)
    return (f"R{down}" if fixed_row else f"R[{down - row}]") + (
        f"C{across}" if fixed_column else f"C[{across - column}]"
    )
