"""The world of a file that came back: what blocks start from is read from its cells, by the addresses of the manifest.

Curves are fitted anew from the rows of Measurements that the knots name; prices, targets and choices are taken as they
stand. So a figure is wrong here when it is not what the reference makes of the inputs as they are now.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from specxl.errors import WorkbookFileError
from specxl.judge.board import stand
from specxl.judge.columns import compare
from specxl.judge.moved import moved_from
from specxl.judge.shown import result_figures
from specxl.judge.world import Board, BoardLine, Chosen, Moved, Overview, Sold, Standing
from specxl.method.curves import Curve
from specxl.method.fleet import Asked
from specxl.method.margin import Mix, TokenPrices
from specxl.method.samples import Samples
from specxl.method.service_level import Kind, Tried, Wanted
from specxl.method.verdict import Given, GivenSide, Known, KnownCurve
from specxl.returned.view import number, whole
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.anchors import ENTERED, Anchor
from specxl.sheets.measurements import FACT_COLUMNS
from specxl.sheets.moved.places import KIND as MOVED_KIND
from specxl.sheets.pair.figures import choice_kind
from specxl.sheets.performance.lines import CODED
from specxl.sheets.performance.places import CONTROLS
from specxl.sheets.prices import THRESHOLDS
from specxl.sheets.results import READS
from specxl.sheets.service_level.places import LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from specxl.judge.columns import Held
    from specxl.model.cells import Value
    from specxl.model.manifest import BlockPlace
    from specxl.returned.view import Figure, View

Cells = dict[str, "Value"]
TARGETS = 3


@dataclass
class FileWorld:
    """The world of one file."""

    view: View
    blocks: Sequence[BlockPlace]

    def __post_init__(self) -> None:
        self._rows: dict[BlockPlace, list[Cells]] = {}

    def rows(self, block: BlockPlace) -> list[Cells]:
        """The cells of a block as they stand, looked up once."""
        if block not in self._rows:
            self._rows[block] = list(self.view.rows(block))
        return self._rows[block]

    def block(self, kind: str, owner: str = "", tag: str = "") -> BlockPlace:
        """The block of a kind.

        Raises:
            WorkbookFileError: the manifest names none.
        """
        for block in self.blocks:
            if (block.kind, block.owner, block.tag) == (kind, owner, tag):
                return block
        msg = f"the manifest names no block {kind!r} {tag}".rstrip()
        raise WorkbookFileError(msg)

    def _force(self, name: str) -> Value:
        """A threshold or choice in force."""
        return self.rows(self.block("in force", tag=name))[0]["value"]

    @cached_property
    def known(self) -> Known:
        """Curves refitted from the file, facts of its measurements, thresholds and token basis in force.

        Raises:
            WorkbookFileError: a knot names no measurement, or a curve's knots do not ascend.
        """
        measured = self.rows(self.block("measurements"))
        there = set(self.block("measurements").keys)
        facts = {
            fact: [number(row[column]) for row in measured] for fact, column in FACT_COLUMNS.items() if column in there
        }
        thresholds = {t.name: number(self._force(t.name)) or t.value for t in THRESHOLDS}
        return Known(self._curves(measured), facts, thresholds, whole(self._force("basis")))

    def _curves(self, measured: Sequence[Cells]) -> dict[int, KnownCurve]:
        knots: dict[int, list[int]] = defaultdict(list)
        for row in self.rows(self.block("knot table")):
            place = whole(row["measurement"])
            if not 1 <= place <= len(measured):
                msg = f"a knot of curve {whole(row['id'])} names a measurement that does not exist"
                raise WorkbookFileError(msg)
            knots[whole(row["id"])].append(place)
        found, first = {}, 1
        for curve, numbers in knots.items():
            found[curve] = KnownCurve(curve, _fit(curve, [measured[n - 1] for n in numbers]), first, tuple(numbers))
            first += len(numbers)
        return found

    def entered(self, name: str) -> Value:
        """What an input holds."""
        return self.rows(self.block(ENTERED, tag=name))[0]["value"]

    def accept_length(self, measurement: int) -> Figure:
        """The acceptance length of a measurement, where the file holds one."""
        rows = self.rows(self.block("measurements"))
        return number(rows[measurement - 1].get("accept")) if 1 <= measurement <= len(rows) else None

    def sale(self) -> int:
        """The place of the comparison whose tokens are sold, as its cell says."""
        return whole(self.rows(self.block("margin"))[0]["choice"])

    def drawn(self) -> int:
        """The place of the comparison that Break-even draws, as its cell says."""
        return whole(self.rows(self.block("even-choice"))[0]["choice"])

    def sold(self, place: int) -> Sold:
        """The API prices and the mix of a comparison, as they stand in its row of Break-even."""
        found = self.rows(self.block("even"))[place - 1]
        prices = TokenPrices(*(number(found[key]) for key in ("p_in", "p_cached", "p_out")))
        return Sold(prices, Mix(*(number(found[key]) for key in ("n_in", "n_out", "share"))))

    def columns(self, given: Given) -> dict[str, Held]:
        """What a comparison block must hold."""
        return compare(self.known, given)

    def name(self, anchor: Anchor, row: int) -> str:
        """How an error names a row: by its address."""
        first = anchor.first
        owner = f" of {anchor.owner}" if anchor.owner else ""
        return f"{first.sheet} row {first.row + row + 1} ({anchor.kind}{owner})"

    def given(self, anchor: Anchor, row: int, found: Mapping[str, Value]) -> Given:
        """What a comparison block or a same-engine row is given, as it stands."""
        _ = (anchor, row)
        return self.read_given(found)

    def read_given(self, found: Mapping[str, Value]) -> Given:
        """What a row that begins like a comparison block is given, as its cells stand."""
        priced = {key: number(found.get(key)) for key in ("a_price", "b_price", "a_power", "b_power")}
        a = GivenSide(whole(found["a_id"]), priced["a_price"], priced["a_power"])
        b = GivenSide(whole(found["b_id"]), priced["b_price"], priced["b_power"])
        return Given(found["target_in"], a, b, bool(found.get("one_hardware", 1)), bool(found.get("stated", 1)))

    def reads(self, owner: str) -> Sequence[Given]:
        """What each read of a pair sheet is given, as its comparison blocks stand."""
        block = self.block("comparison", owner)
        return [self.given(anchor_of(block), row, found) for row, found in enumerate(self.rows(block))]

    def chosen(self, owner: str) -> Chosen:
        """What a pair sheet shows: its choice in force, and the targets of its reads."""
        choice = self.rows(self.block(choice_kind(owner), owner))[0]
        reads = self.rows(self.block("comparison", owner))[:TARGETS]
        a, b = (_side(choice, name) for name in "ab")
        return Chosen(a, b, whole(choice["metric"]), tuple(read["target_in"] for read in reads))

    def selection(self, owner: str) -> None:
        """Nothing but the cells of the choice says what they must hold; they are covered by the digests."""
        _ = owner

    def shown(self, anchor: Anchor, row: int) -> Mapping[str, Held]:
        """The figures that a row of Results must show: those of the comparison block in the same order."""
        block = self.block("comparison", tag=anchor.tag)
        given = self.given(anchor, row, self.rows(block)[row])
        return result_figures(compare(self.known, given))

    def result(self, anchor: Anchor, row: int, found: Mapping[str, Value]) -> Given:
        """What the comparison block is given that a row of Changes names."""
        _ = (anchor, row)
        blocks, place = self.reads_of_results(), whole(found["row"])
        if not 1 <= place <= len(blocks):
            msg = f"Changes refers to row {place} of Results, which does not exist"
            raise WorkbookFileError(msg)
        return self.read_given(blocks[place - 1])

    def reads_of_results(self) -> list[Cells]:
        """The comparison blocks behind all rows of Results: the official ones, then those of runs of one's own."""
        tags = [block.tag for block in self.blocks if (block.kind, block.owner) == ("comparison", "")]
        return [row for tag in sorted(tags) for row in self.rows(self.block("comparison", tag=tag))]

    def common(self, number: int) -> Given:
        """What a comparison is given at the Summary's speed."""
        return self.read_given(self.reads_of_results()[READS * (number - 1)])

    def missing(self, metric: str) -> None:
        """Which words a template chose is not known; they are covered by the digests."""
        _ = metric

    def samples(self, curve: int) -> Samples:
        """Where a curve is drawn, by the table of samples."""
        return self._samples[curve]

    @cached_property
    def _samples(self) -> dict[int, Samples]:
        found: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for row in self.rows(self.block("sample table")):
            found[whole(row["id"])].append((whole(row["knot"]), number(row["place"]) or 0.0))
        firsts = {curve: known.first for curve, known in self.known.curves.items()}
        return {
            curve: Samples(
                np.array([knot - firsts[curve] for knot, _ in points], dtype=np.intp),
                np.array([place for _, place in points]),
            )
            for curve, points in found.items()
        }

    def off_frontier(self, curve: int) -> Sequence[tuple[float, float | None]]:
        """The points beside a curve, from their measurements."""
        measured = self.rows(self.block("measurements"))
        basis = TOKEN_BASES[self.known.basis - 1]
        numbers = [whole(row["measurement"]) for row in self._off if whole(row["id"]) == curve]
        return [(number(measured[n - 1]["x"]) or 0.0, number(measured[n - 1][basis])) for n in numbers]

    @cached_property
    def _off(self) -> list[Cells]:
        return [row for row in self.rows(self.block("off table")) if number(row["id"]) is not None]

    def overview(self) -> Overview:
        """What the Summary starts from: the first of each comparison's four rows, and the numbers of the ranking."""
        reads, ranking = self.rows(self.block("comparison")), self.rows(self.block("ranking"))
        anchor = anchor_of(self.block("comparison"))
        per = len(reads) // len(ranking)
        givens, groups = {}, {}
        for place, row in enumerate(ranking):
            comparison = whole(row["number"])
            givens[comparison] = self.given(anchor, place, reads[per * place])
            groups[comparison] = whole(row["group"])
        first = next((groups[whole(row["number"])] for row in ranking if whole(row["turn"]) == 0), 0)
        return Overview(givens, groups, first)

    def asked(self) -> Asked:
        """What the Fleet sheet plans for, by the row of what is in force."""
        row = self.rows(self.block("fleet-choice"))[0]
        typed = (row[key] for key in ("speed", "volume", "users", "power", "load_in"))
        return Asked(whole(row["comparison"]), whole(row["mode"]), *typed)

    def planned(self, found: Mapping[str, Value]) -> Given:
        """What the read behind the Fleet sheet is given, as it stands."""
        block = self.block("fleet")
        return self.given(anchor_of(block), 0, found or self.rows(block)[0])

    def behind(self, comparison: int, kind: int) -> Given:
        """What the block behind Results is given, as it stands."""
        block, row = self.block("comparison"), READS * (comparison - 1) + kind
        return self.given(anchor_of(block), row, self.rows(block)[row])

    def fleet_words(self, line: str) -> None:
        """Which words a template chose is not known; they are covered by the digests."""
        _ = line

    def wanted(self) -> Wanted:
        """What the Service level sheet looks for, by the row of what is in force."""
        row = self.rows(self.block("level-choice"))[0]
        typed = (row[f"{name}_in"] for name in LIMITS)
        return Wanted(whole(row["group"]), whole(row["precision"]), whole(row["statistic"]), *typed)

    def kinds(self) -> Sequence[Kind]:
        """Every kind of deployment, with the rows of Measurements that its workings name."""
        measured, rows = self.rows(self.block("measurements")), self.rows(self.block("level-rows"))
        basis = TOKEN_BASES[max(self.known.basis, 1) - 1]

        def tried(row: Cells) -> Tried:
            held = measured[whole(row["n"]) - 1]
            y, median, p99, gpus, requests = (
                number(held[key]) for key in (basis, "ttft_median", "ttft_p99", "gpus", "concurrency")
            )
            osl, answer = number(row["osl"]), number(row["e2e"])
            return Tried(whole(row["n"]), number(held["x"]) or 0.0, y, median, p99, osl, answer, gpus, requests)

        found = []
        for slot in self.rows(self.block("level-slots")):
            start = whole(slot["first"]) - 1
            own = [tried(row) for row in rows[start : start + whole(slot["count"])]]
            facts = whole(slot["group"]), whole(slot["precision"]), bool(slot["off"]), number(slot["price"])
            found.append(Kind(*facts, own))
        return found

    def board(self) -> Board:
        """What the Performance sheet starts from, as its choices and lines stand."""
        return self._board

    @cached_property
    def _board(self) -> Board:
        choice = self.rows(self.block("performance_choice"))[0]
        block = self.block("performance_lines")
        curves = [key for key in block.keys if key.startswith("curve_")]
        words = [key for key in block.keys if key.endswith("_word")]
        lines = [
            BoardLine(
                codes={key: whole(row[key]) for key in CODED},
                curves=tuple(whole(row[key]) for key in curves),
                price=number(row["price"]),
                power=number(row["power"]),
                published=bool(row["published"]),
                words=tuple(str(row[key]) for key in words),
            )
            for row in self.rows(block)
        ]
        return Board(lines, {control: whole(choice[control]) for control in CONTROLS}, choice["target_in"])

    def standing(self) -> Standing:
        """The configurations on the Performance sheet, read and in order."""
        return self._standing

    @cached_property
    def _standing(self) -> Standing:
        return stand(self._board, self.known, self.block("performance_slots").rows)

    def board_words(self, slot: Mapping[str, Held], found: Mapping[str, Value]) -> dict[str, Held]:
        """Which words a template chose is not known; they are covered by the digests."""
        _ = slot, found
        return {}

    def moved(self) -> Moved:
        """What How it moved shows, as its choice, its table of days and its blocks stand."""
        return self._moved

    @cached_property
    def _moved(self) -> Moved:
        days, choice, blocks = (self.rows(self.block(f"{MOVED_KIND}{kind}")) for kind in ("days", "choice", "blocks"))
        found = [(whole(row["number"]), whole(row["date"]), whole(row["a_id"]), whole(row["b_id"])) for row in days]
        return moved_from(found, whole(choice[0]["choice"]), [self.read_given(row) for row in blocks])

    def engine(self, number: int) -> str:
        """The engine of a measurement, as its row says it."""
        return str(self.rows(self.block("measurements"))[number - 1]["engine"])

    def moved_words(self, slot: int) -> dict[str, Held]:
        """Which words a template chose is not known; they are covered by the digests."""
        _ = slot
        return {}

    def in_force(self, name: str) -> None:
        """Nothing but the cell itself says it; it is covered by the digests."""
        _ = name

    def rate(self, row: int, found: Mapping[str, Value]) -> Mapping[str, Held]:
        """The price in force: the own one, else that of the tier chosen, in the currency; the power likewise."""
        _ = row
        tier, factor = whole(self._force("tier")), number(self._force("factor"))
        listed = found[TIERS[tier - 1]] if tier else None
        usd = _positive(found["own"]) or _positive(listed)
        power = _positive(found["own_kw"]) or _positive(found["kw"])
        return {"price": "" if usd is None or factor is None else usd * factor, "power": "" if power is None else power}


def strict_arithmetic() -> AbstractContextManager[None]:
    """Within it a division by zero or a number out of range is an ArithmeticError, and no warning of NumPy's."""
    return np.errstate(divide="raise", over="raise", invalid="raise")


def _side(choice: Mapping[str, Value], name: str) -> GivenSide:
    """A side of a choice in force: its curve, and the price and the power, which a pair's sheet has once for both."""
    price, power = (number(choice.get(f"{name}_{fact}", choice.get(fact))) for fact in ("price", "power"))
    return GivenSide(whole(choice[f"{name}_id"]), price, power)


def _positive(value: Value) -> Figure:
    found = number(value)
    return found if found is not None and found > 0 else None


def _fit(curve: int, rows: Sequence[Cells]) -> Curve:
    def column(name: str) -> list[float] | None:
        values = [number(row[name]) for row in rows]
        return None if any(value is None for value in values) else [value for value in values if value is not None]

    try:
        parts = (column(name) for name in ("output", "input", "concurrency"))
        return Curve.fit(column("x") or [], column("total") or [], *parts)
    except ValueError as exc:
        msg = f"curve {curve} cannot be fitted from its measurements: {exc}"
        raise WorkbookFileError(msg) from exc


def anchor_of(block: BlockPlace) -> Anchor:
    """A block of the manifest as the judge takes it."""
    return Anchor(block.kind, block.owner, block.first, block.keys, ((),) * block.rows, block.tag)
