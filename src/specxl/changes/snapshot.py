"""What a release is compared by, whether it is read from a file or about to be written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from specxl.method.verdict import Given, Known
    from specxl.model.cells import Value

KEY_COLUMNS = ("model", "hardware", "precision", "workload", "side_a", "side_b", "variant")


class Key(NamedTuple):
    """What tells a comparison from the others of its release: its names, and a number where several share them all."""

    model: str
    hardware: str
    precision: str
    workload: str
    side_a: str
    side_b: str
    variant: str = ""
    number: int = 1

    def __str__(self) -> str:
        again = f" ({self.number})" if self.number > 1 else ""
        names = (*self[:4], *([self.variant] if self.variant else []))
        return f"{', '.join(names)}, {self.side_a} against {self.side_b}{again}"


class InputKey(NamedTuple):
    """The sheet and the label of an input, and a number where several share both."""

    sheet: str
    label: str
    number: int = 1


class Entry(NamedTuple):
    """An input: its cell, what it holds, and whether that is not what it was released with."""

    cell: str
    value: Value
    edited: bool


class Price(NamedTuple):
    """What is in force for a hardware: the price of a GPU-hour in the workbook's currency and the kW per GPU."""

    price: float | None
    power: float | None


@dataclass(frozen=True)
class Snapshot:
    """One release as it stands.

    `facts` are said of the whole ("Data as of", "Rate card", "specxl version"). `comparisons` hold what each of their
    reads is given: at the Summary's speed, then at the three of their own. `factor` is what one US dollar costs in the
    currency of its prices; `altered` is in how many places the file is not as it was built.
    """

    name: str
    facts: Mapping[str, str]
    known: Known
    comparisons: Mapping[Key, tuple[Given, ...]]
    prices: Mapping[str, Price]
    inputs: Mapping[InputKey, Entry]
    factor: float = 1.0
    altered: int = 0


def keys_of(names: Iterable[tuple[str, ...]]) -> Iterator[Key]:
    """The keys of comparisons from their names, in order of `KEY_COLUMNS`."""
    for name, number in _numbered(names):
        model, hardware, precision, workload, side_a, side_b, variant = name
        yield Key(model, hardware, precision, workload, side_a, side_b, variant, number)


def input_keys(names: Iterable[tuple[str, str]]) -> Iterator[InputKey]:
    """The keys of inputs from their sheets and labels."""
    for (sheet, label), number in _numbered(names):
        yield InputKey(sheet, label, number)


_Name = TypeVar("_Name", bound=tuple[str, ...])


def _numbered(names: Iterable[_Name]) -> Iterator[tuple[_Name, int]]:
    """Say of each name how often it has come up by then, so that no two of the pairs are the same."""
    seen: Counter[tuple[str, ...]] = Counter()
    for name in names:
        seen[name] += 1
        yield name, seen[name]
