"""A finished workbook in the spreadsheet engine, beside the points it was built from: edit it, and ask the oracle the same.

Where a cell stands comes from the layout's anchors; what it must hold comes from `support.oracle` alone.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Self

from specxl.house import House, data_file
from specxl.method.catalogue import BEST
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.frame import COMMON_TARGET, GROUP_CHOICE, PRICES, TIER_CHOICE, WORKINGS
from specxl.sheets.pair.selection import choice_labels
from specxl.sheets.summary.draft import group_labels
from support.curvesets import CurveKey
from support.expectations import ERROR as ERROR  # noqa: PLC0414 - other tests find it here
from support.expectations import compared
from support.oracle import Side, Thresholds, same_family
from support.oracle_curve import is_positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Ref
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.pair.sheet import PairSheet
    from support import Cell, Value
    from support.books import Built
    from support.curvesets import Curves
    from support.engine import Book
    from support.oracle import Comparison as Compared

LIMITS = {
    "tie_ratio": "tau", "thin_knots": "thin_knots", "gap_x": "gap_x", "gap_y": "gap_y", "stale_days": "stale_days",
    "ttft_factor": "first_token_factor", "ttft_apart": "first_token_apart", "ttft_limit": "first_token_longest",
    "family_knots": "same_family_knots", "tie_out": "tie_out",
}  # fmt: skip
"""The thresholds on Prices by the names that the oracle has for them."""


class Labels(NamedTuple):
    """How the two sides of a comparison are written."""

    a: str
    b: str

    def of(self, side: str) -> str:
        """The label of side "a" or "b"."""
        return self.a if side == "a" else self.b


@dataclass(frozen=True)
class State:
    """What is in force besides speeds: a price basis, a token basis ("" for none), thresholds, a currency.

    `typed` holds what was typed into the table of rates, by hardware and column ("own", "kw", "own_kw" or a tier).
    """

    tier: str = TIERS[0]
    basis: str = TOKEN_BASES[0]
    limits: Thresholds = field(default_factory=Thresholds)
    factor: float = 1.0
    currency: str = "USD"
    typed: Mapping[tuple[str, str], Value] = field(default_factory=dict)


def place(ref: Ref) -> Cell:
    """A reference of the layout as sheet and address."""
    return ref.sheet, ref._replace(fixed=False).address


def rates(card: str) -> dict[str, dict[str, float | None]]:
    """Return prices by tier and kW per GPU of every hardware on a bundled rate card."""
    with data_file("rates.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["hardware"]: {
                **{tier: _number(row.get(f"usd_per_gpu_hr_{tier}")) for tier in TIERS},
                "kw": _number(row["kw_per_gpu"]),
            }
            for row in csv.DictReader(lines)
            if row["as_of"] == card
        }


def _number(text: str | None) -> float | None:
    return float(text) if text else None


class Desk:
    """One workbook, its engine, and the points of its curves."""

    def __init__(self, built: Built, book: Book, curves: Curves, card: str) -> None:
        self.layout, self.book, self.curves, self.rates = built.layout, book, curves, rates(card)
        self.plan = built.layout.plan
        self.house: House = self.plan.house
        self.comparisons = {c.number: c for c in self.plan.catalogue.comparisons}
        self.pairs = {pair.sheet.name: pair for pair in built.layout.pairs}
        self._sides: dict[tuple[object, ...], Side] = {}
        self._keys = {key._replace(model=key.model.casefold()): key for key in curves}

    def only(self, *owners: str) -> Self:
        """Freeze everything but Prices, the sheets named and their workings; only for an engine of one's own."""
        spans = [self.plan.workings.regions[name] for name in owners if name in self.plan.workings.regions]

        def live(sheet: str, row: int) -> bool:
            return sheet in (PRICES, *owners) or (
                sheet == WORKINGS and any(first < row <= last for first, last in spans)
            )

        self.book.freeze(live)
        return self

    # what the cells are called

    def anchors(self, kind: str, owner: str | None = None, tag: str | None = None) -> list[Anchor]:
        """The anchors of a kind, of one owner and tag if they are given."""
        return [
            anchor
            for anchor in self.plan.anchors
            if anchor.kind == kind and owner in (None, anchor.owner) and tag in (None, anchor.tag)
        ]

    def rows(
        self, kind: str, owner: str = "", tag: str = ""
    ) -> Iterator[tuple[tuple[int | str, ...], dict[str, Cell]]]:
        """Yield the subject and the cells of every row of an anchored block."""
        [anchor] = self.anchors(kind, owner, tag)
        for subject, cells in zip(anchor.subjects, anchor.cells(), strict=True):
            yield subject, {key: place(ref) for key, ref in cells.items()}

    def values(self, cells: Mapping[str, Cell]) -> dict[str, Value]:
        """What some cells hold now, by their keys."""
        return {key: self.book.value(cell) for key, cell in cells.items()}

    def results(self) -> Iterator[tuple[int, int, dict[str, Value]]]:
        """Yield every row of Results as it stands now: the comparison's number, the read, the columns."""
        for (number, read), cells in self.rows("results"):
            yield int(number), int(read), self.values(cells)

    def labels(self, comparison: Comparison) -> Labels:
        """How the sides are written."""
        held = self.plan.labels(comparison)
        return Labels(held["side_a"], held["side_b"])

    # what can be edited

    @cached_property
    def inputs(self) -> dict[str, Cell]:
        """The inputs of the whole workbook by name: speed, group, tier, basis, currency, factor and the thresholds."""
        named = self.plan.prices.names
        on_prices = {item.ref.row: place(item.ref) for item in self.plan.register.items if item.ref.sheet == PRICES}
        lines = {name: on_prices[named[name].row] for name in (*LIMITS, "basis", "currency", "factor")}
        shared = {"speed": COMMON_TARGET, "group": GROUP_CHOICE, "tier": TIER_CHOICE}
        return lines | {name: place(ref) for name, ref in shared.items()}

    @cached_property
    def rate_cells(self) -> dict[tuple[str, str], Cell]:
        """The cells of the table of rates by hardware and column."""
        return {(str(hardware), key): cell for (hardware,), cells in self.rows("rates") for key, cell in cells.items()}

    def edits(self, state: State) -> dict[Cell, Value]:
        """The edits that bring a state about, from the workbook as it was released."""
        texts, released, inputs = self.house.texts["labels"], State(), self.inputs
        found: dict[Cell, Value] = {}
        if state.tier != self.plan.tier:
            found[inputs["tier"]] = texts["tiers"].get(state.tier, state.tier)
        if state.basis != released.basis:
            found[inputs["basis"]] = texts["bases"].get(state.basis, state.basis)
        if (state.factor, state.currency) != (released.factor, released.currency):
            found |= {inputs["factor"]: state.factor, inputs["currency"]: state.currency}
        for name, of_oracle in LIMITS.items():
            if (value := getattr(state.limits, of_oracle)) != getattr(released.limits, of_oracle):
                found[inputs[name]] = value
        return found | {self.rate_cells[at]: value for at, value in state.typed.items()}

    def groups(self) -> list[str]:
        """What the Summary may show first."""
        return group_labels(self.plan)

    def chosen(
        self, pair: PairSheet, comparison: Comparison, targets: Sequence[Value], **controls: Value
    ) -> dict[Cell, Value]:
        """The edits that bring a comparison up on its sheet at three speeds; `controls` are typed into engine, tier, metric."""
        own = pair.chosen.controls
        names = choice_labels(pair.pair, self.plan)[0]
        found: dict[Cell, Value] = {place(ref): value for ref, value in zip(own.targets, targets, strict=True)}
        if len(names) > 1:
            found[place(own.combination)] = names[pair.pair.comparisons.index(comparison)]
        return found | {place(getattr(own, name)): value for name, value in controls.items()}

    # what the oracle says

    def price(self, hardware: str, state: State) -> float | None:
        """The price per GPU-hour in force: an own one, else that of the tier, in the currency shown."""
        own, listed = self._rate(hardware, "own", state), self._rate(hardware, state.tier, state)
        usd = own if is_positive(own) else listed
        return usd * state.factor if is_positive(usd) else None  # type: ignore[operator]

    def power(self, hardware: str, state: State) -> float | None:
        """The kW per GPU in force."""
        own, listed = self._rate(hardware, "own_kw", state), self._rate(hardware, "kw", state)
        found = own if is_positive(own) else listed
        return found if is_positive(found) else None  # type: ignore[return-value]

    def _rate(self, hardware: str, column: str, state: State) -> Value:
        return state.typed.get((hardware, column), self.rates.get(hardware, {}).get(column))

    def side(self, comparison: Comparison, name: str, state: State, scope: str = BEST) -> Side:
        """One side for the oracle; a scope narrows it to an engine."""
        key, stated = comparison.side(name).key, comparison.side(name).stated
        held = CurveKey(key.model.casefold(), key.hardware, key.precision, key.workload, key.variant)
        rows = self.curves.get(self._keys.get(held, held), [])
        price, power = self.price(key.hardware, state), self.power(key.hardware, state)
        at = (held, scope, price, power, stated)
        if at not in self._sides:
            points = tuple(row.point for row in rows if scope in (BEST, row.engine))
            self._sides[at] = Side(points, price, power, name, stated)
        return self._sides[at]

    def sides(self, comparison: Comparison, state: State, scope: str = BEST) -> tuple[Side, Side]:
        """Both sides for the oracle."""
        return self.side(comparison, "a", state, scope), self.side(comparison, "b", state, scope)

    def compared(self, comparison: Comparison, target: Value, state: State, scope: str = BEST) -> Compared:
        """What the oracle makes of a comparison at a speed."""
        return compared(self.sides(comparison, state, scope), target, state)

    def families(self, comparison: Comparison, target: Value, state: State) -> dict[str, Compared] | str:
        """What the oracle makes of every engine family of a comparison at a speed, or what is missing."""
        return (
            same_family(*self.sides(comparison, state), target, state.basis, state.limits)
            if state.basis
            else "no basis"
        )


def matrix(knots: Iterable[float], shares: Sequence[float] = (0.03125, 0.5)) -> list[Value]:
    """The speeds of the edit matrix for curves with these knots: below, on, between and above them, and what is none."""
    x = sorted(set(knots))
    between = [low + (high - low) * share for low, high in pairwise(x) for share in shares]
    odd: list[Value] = [None, "", "text", "60", 0, -5.0, True, 1e300, 1e-6]
    return [x[0] / 2, *x, *between, x[-1] * (1 + 5e-10), x[-1] * 1.5, *odd]


def in_threes(targets: Sequence[Value]) -> Iterator[tuple[Value, Value, Value]]:
    """Yield the speeds three at a time, the last ones filled up from the first."""
    filled = [*targets, *targets[: -len(targets) % 3]]
    for at in range(0, len(filled), 3):
        yield filled[at], filled[at + 1], filled[at + 2]
