"""What a judge takes as given: where the values that blocks start from come from, in a build and in a file that came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.method.fleet import Asked
    from specxl.method.margin import Mix, TokenPrices
    from specxl.method.samples import Samples
    from specxl.method.service_level import Kind, Wanted
    from specxl.method.verdict import Given, GivenSide, Known
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a pair sheet shows: its two sides, the number of the metric drawn, and its three targets as entered."""

    a: GivenSide
    b: GivenSide
    metric: int
    targets: tuple[object, ...]

    def side(self, name: str) -> GivenSide:
        """Side "a" or "b"."""
        return self.a if name == "a" else self.b


@dataclass(frozen=True, slots=True)
class Overview:
    """What the Summary starts from: what each comparison is given, its group, and the group that stands first."""

    givens: Mapping[int, Given]
    groups: Mapping[int, int]
    first_group: int


@dataclass(frozen=True, slots=True)
class Sold:
    """What tokens of a comparison are sold at: the prices in force, and the mix of a request."""

    prices: TokenPrices
    mix: Mix


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A line of the Performance sheet: its codes by filter, its curves by way of serving (pooled first), price and power."""

    codes: Mapping[str, int]
    curves: tuple[int, ...]
    price: float | None
    power: float | None
    published: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What the Performance sheet starts from: every line, the numbers of the choices by control, the speed as entered."""

    lines: Sequence[BoardLine]
    chosen: Mapping[str, int]
    target: object


@dataclass(frozen=True)
class Standing:
    """The configurations that pass, by the number of their line, and what every row of the slots must hold."""

    passing: tuple[int, ...]
    slots: tuple[dict[str, Held], ...]

    def at(self, place: int) -> dict[str, Held]:
        """The slot that stands at a place, from 1."""
        return self.slots[int(self.slots[place - 1]["holds"]) - 1]

    @property
    def best(self) -> float:
        """The best figure; 0 without any."""
        return next((float(slot["figure"]) for slot in self.slots if slot["rank"] == 1), 0.0)


@dataclass(frozen=True, slots=True)
class Moved:
    """What How it moved shows: the place of the choice (0 for none), the comparison, where its days begin in the table of days.

    `days` are its dates as day numbers, each with the curves of both sides; `givens` what the comparison block of each row is
    given; `left_out` counts older days, None where only the cell says it.
    """

    choice: int
    number: int
    first: int
    days: Sequence[tuple[float, int, int]]
    givens: Sequence[Given]
    left_out: int | None = None


class World(Protocol):
    """The starting points of every block. `row` counts from 0 within an anchor; `found` are its cells as they stand."""

    @property
    def known(self) -> Known:
        """Curves, facts of measurements, thresholds and token basis."""

    def entered(self, name: str) -> Value:
        """What an input holds that decisions start from, by the tag of its anchor."""

    def sold(self, place: int) -> Sold:
        """The API prices and the mix of a comparison, by its place from 1 in the order of the sheets."""

    def accept_length(self, number: int) -> float | None:
        """The acceptance length that the source states of a measurement, by its number."""

    def sale(self) -> int:
        """The place of the comparison whose tokens are sold on Margin, from 1; 0 for none."""

    def drawn(self) -> int:
        """The place of the comparison that the chart of Break-even draws, from 1; 0 for none."""

    def columns(self, given: Given) -> dict[str, Held]:
        """What a comparison block must hold."""

    def name(self, anchor: Anchor, row: int) -> str:
        """How an error names a row."""

    def given(self, anchor: Anchor, row: int, found: Mapping[str, Value]) -> Given:
        """What a comparison block or a same-engine row is given."""

    def reads(self, owner: str) -> Sequence[Given]:
        """What each read of a pair sheet is given, from left to right."""

    def chosen(self, owner: str) -> Chosen:
        """What a pair sheet shows."""

    def selection(self, owner: str) -> Mapping[str, Held] | None:
        """What the cells of a pair sheet's choice must hold; None where nothing but these cells says it."""

    def shown(self, anchor: Anchor, row: int) -> Mapping[str, Held]:
        """What a row of Results must show."""

    def result(self, anchor: Anchor, row: int, found: Mapping[str, Value]) -> Given:
        """What the row of Results is given that a row of Changes refers to."""

    def missing(self, metric: str) -> str | None:
        """The words for a metric that is not known; None where nothing says them."""

    def samples(self, curve: int) -> Samples:
        """Where a curve is drawn, by its id."""

    def off_frontier(self, curve: int) -> Sequence[tuple[float, float | None]]:
        """The points beside a curve: speed and throughput on the token basis, None where that is not published."""

    def common(self, number: int) -> Given:
        """What a comparison is given at the Summary's speed, by its number."""

    def overview(self) -> Overview:
        """What the Summary starts from."""

    def board(self) -> Board:
        """What the Performance sheet starts from."""

    def standing(self) -> Standing:
        """The configurations on the Performance sheet, read and in order."""

    def board_words(self, slot: Mapping[str, Held], found: Mapping[str, Value]) -> dict[str, Held]:
        """What a row of its table must say of the configuration in a slot; nothing where only the cells say it."""

    def moved(self) -> Moved:
        """What How it moved shows."""

    def engine(self, number: int) -> str:
        """The engine of a measurement in words, by its number."""

    def moved_words(self, slot: int) -> dict[str, Held]:
        """What a row of its table must say in words; nothing where only the cells say it."""

    def in_force(self, name: str) -> Held | None:
        """What the cell of a threshold or choice in force must hold; None where nothing but this cell says it."""

    def rate(self, row: int, found: Mapping[str, Value]) -> Mapping[str, Held]:
        """The price and the power of a hardware that must be in force."""

    def asked(self) -> Asked:
        """What the Fleet sheet plans for."""

    def planned(self, found: Mapping[str, Value]) -> Given:
        """What the read behind the Fleet sheet is given; `found` are its cells as they stand, or none."""

    def behind(self, comparison: int, kind: int) -> Given:
        """What the block behind Results is given for a comparison and a read."""

    def fleet_words(self, line: str) -> str | None:
        """The words of a line of the Fleet sheet that has no figure; None where nothing says them."""

    def wanted(self) -> Wanted:
        """What the Service level sheet looks for."""

    def kinds(self) -> Sequence[Kind]:
        """Every kind of deployment with its measured rows, in the order of the sheet's workings."""


def cached_share(entered: Value) -> float | None:
    """The share of cached input that an input puts in force: none where it is empty, None where it is no share."""
    if entered is None or entered == "":
        return 0.0
    if isinstance(entered, bool) or not isinstance(entered, (int, float)) or not 0 <= entered <= 1:
        return None
    return float(entered)
