"""Two snapshots -> what changed from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from specxl.errors import WorkbookFileError
from specxl.judge.columns import compare
from specxl.method.codes import Verdict
from specxl.returned.world import strict_arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.changes.snapshot import Entry, InputKey, Key, Price, Snapshot
    from specxl.method.verdict import Given, GivenSide, Known
    from specxl.model.cells import Value

MOVED = 0.05
"""A figure that moved by more than this share of what it was has changed."""
SAME = 1e-9
FIGURES = {
    "ratio": "ratio",
    "equal_cost_tok_s_user": "eq_x",
    "a_tok_s_gpu": "a_y",
    "b_tok_s_gpu": "b_y",
    "a_cost_per_mtok": "a_cost",
    "b_cost_per_mtok": "b_cost",
}
"""The figures that are compared: their columns on Results, and their keys in a comparison block."""


class Move(NamedTuple):
    """A figure before and after; None where there was or is none."""

    old: float | None
    new: float | None

    @property
    def change(self) -> float | None:
        """By which share of what it was the figure moved; None where there is nothing to compare."""
        return self.new / self.old - 1 if self.old is not None and self.new is not None else None

    @property
    def counts(self) -> bool:
        """Whether that is a change: by more than 5 %, or to or from no figure at all."""
        moved = self.change
        return (self.old is None) != (self.new is None) if moved is None else abs(moved) > MOVED


@dataclass(frozen=True, slots=True)
class Read:
    """What a comparison comes to at a speed, as far as it is compared."""

    verdict: Verdict
    stops: int
    figures: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class ReadChange:
    """A read of a comparison that changed: `read` is 0 at the Summary's speed, 1 to 3 at the comparison's own.

    `place` is its row of Results in the new workbook, from 0.
    """

    key: Key
    read: int
    place: int
    speed: float
    old: Read
    new: Read

    @property
    def moves(self) -> dict[str, Move]:
        """Every figure before and after, by its column on Results."""
        return {name: Move(self.old.figures[name], self.new.figures[name]) for name in FIGURES}

    @property
    def counts(self) -> bool:
        """Whether that is a change: another verdict, a stop that came or went, or a figure that moved."""
        return self.turned or any(move.counts for move in self.moves.values())

    @property
    def turned(self) -> bool:
        """Whether the verdict is another, or a stop came or went."""
        return self.old.verdict != self.new.verdict or bool(self.old.stops) != bool(self.new.stops)

    @property
    def price_alone(self) -> bool:
        """Whether nothing but a price moved: costs did, while verdict, stops and throughput stayed."""
        if self.turned:
            return False
        moves = self.moves
        stayed = all(same_value(*moves[f"{side}_tok_s_gpu"]) for side in "ab")
        return stayed and any(moves[f"{side}_cost_per_mtok"].counts for side in "ab")


@dataclass(frozen=True, slots=True)
class Standing:
    """A comparison that is in one of the two workbooks only: its verdict there, and its place among the comparisons."""

    key: Key
    place: int
    speed: object
    read: Read


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A hardware whose price or power in force changed; None where it is not in one of the workbooks."""

    hardware: str
    old: Price | None
    new: Price | None


@dataclass(frozen=True, slots=True)
class InputChange:
    """An input that holds something else; it stands in both workbooks."""

    key: InputKey
    old: Entry
    new: Entry


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed from one release to another."""

    old: Snapshot
    new: Snapshot
    changed: tuple[ReadChange, ...]
    added: tuple[Standing, ...]
    gone: tuple[Standing, ...]
    prices: tuple[PriceChange, ...]
    inputs: tuple[InputChange, ...]

    @property
    def comparisons(self) -> tuple[Key, ...]:
        """The comparisons of which a read changed."""
        return tuple(dict.fromkeys(read.key for read in self.changed))

    @property
    def by_price(self) -> int:
        """How many of these comparisons changed by the price alone."""
        others = {read.key for read in self.changed if not read.price_alone}
        return sum(key not in others for key in self.comparisons)

    @property
    def none(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.changed or self.added or self.gone or self.prices or self.inputs)


def find_changes(old: Snapshot, new: Snapshot) -> Changes:
    """Compare two releases: both at the speeds, the token basis and the currency of the new one, each with its own prices.

    Raises:
        WorkbookFileError: a figure of one of them breaks the arithmetic, which no build's does.
    """
    old = in_currency(old, new.factor / old.factor)
    # a cost of output tokens cannot be held against one of all tokens
    known = replace(old.known, basis=new.known.basis)
    return Changes(
        old=old,
        new=new,
        # verdicts come first; what a price moved is said of the price already, so it comes last
        changed=tuple(sorted(_changed(old, known, new), key=lambda read: (read.price_alone, not read.turned))),
        added=tuple(_standing(new, new.known, new, old)),
        gone=tuple(_standing(old, known, new, new)),
        prices=tuple(_prices(old, new)),
        inputs=tuple(_inputs(old, new)),
    )


def in_currency(snapshot: Snapshot, factor: float) -> Snapshot:
    """The same with its prices in another currency, `factor` of which cost one of its own."""
    if factor == 1:
        return snapshot

    def side(given: GivenSide) -> GivenSide:
        return replace(given, price=None if given.price is None else given.price * factor)

    def priced(given: Given) -> Given:
        return replace(given, a=side(given.a), b=side(given.b))

    prices = {
        hardware: held._replace(price=None if held.price is None else held.price * factor)
        for hardware, held in snapshot.prices.items()
    }
    comparisons = {key: tuple(map(priced, givens)) for key, givens in snapshot.comparisons.items()}
    return replace(snapshot, prices=prices, comparisons=comparisons)


def _changed(old: Snapshot, known: Known, new: Snapshot) -> Iterator[ReadChange]:
    for number, (key, givens) in enumerate(new.comparisons.items()):
        before = old.comparisons.get(key)
        for read, given in enumerate(givens) if before else ():
            then = read_at(old, known, replace(before[read], target=given.target))  # type: ignore[index]
            now = read_at(new, new.known, given)
            found = ReadChange(key, read, len(givens) * number + read, _speed(given.target), then, now)
            if found.counts:
                yield found


def _standing(of: Snapshot, known: Known, speeds: Snapshot, other: Snapshot) -> Iterator[Standing]:
    """The comparisons of one that the other has not, at the Summary's speed of the new one."""
    common = next((givens[0].target for givens in speeds.comparisons.values()), None)
    for place, (key, givens) in enumerate(of.comparisons.items()):
        if key not in other.comparisons:
            given = replace(givens[0], target=common)
            yield Standing(key, place, common, read_at(of, known, given))


def read_at(snapshot: Snapshot, known: Known, given: Given) -> Read:
    """Read a comparison by the reference.

    Raises:
        WorkbookFileError: its figures break the arithmetic.
    """
    try:
        with strict_arithmetic():
            found = compare(known, given)
        figures = {name: _figure(found[key]) for name, key in FIGURES.items()}
        return Read(Verdict(int(found["verdict"])), int(found["stops"]), figures)
    except (ArithmeticError, LookupError, TypeError, ValueError) as exc:
        msg = f"{snapshot.name}: a comparison cannot be read: its measurements or prices are none that a build holds"
        raise WorkbookFileError(msg) from exc


def _figure(value: float | str) -> float | None:
    return float(value) if not isinstance(value, str) and isfinite(value) and value > 0 else None


def _speed(target: object) -> float:
    return float(target) if isinstance(target, (int, float)) and not isinstance(target, bool) else 0.0


def _prices(old: Snapshot, new: Snapshot) -> Iterator[PriceChange]:
    for hardware in dict.fromkeys((*new.prices, *old.prices)):
        before, after = old.prices.get(hardware), new.prices.get(hardware)
        both = before is not None and after is not None
        if not both or not all(same_value(a, b) for a, b in zip(before or (), after or (), strict=True)):
            yield PriceChange(hardware, before, after)


def _inputs(old: Snapshot, new: Snapshot) -> Iterator[InputChange]:
    for key, after in new.inputs.items():
        before = old.inputs.get(key)
        if before is not None and not same_value(before.value, after.value):
            yield InputChange(key, before, after)


def same_value(old: Value, new: Value) -> bool:
    """Whether two cells hold the same; numbers within the last digits that programs keep."""
    numbers = [float(v) for v in (old, new) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) == 2:  # noqa: PLR2004 - both
        return abs(numbers[0] - numbers[1]) <= SAME * max(map(abs, numbers))
    return old == new and type(old) is type(new)
