"""The second opinion: the evaluated workbook against the reference, in the opening state and in every state of every dropdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl import curves
from specxl.catalogue import BEST
from specxl.errors import DisagreementError
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.frame import CURVES, OVERALL
from specxl.sheets.pair_selection import distinct, scope_curve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.catalogue import CatalogueCurve, Comparison
    from specxl.cells import Ref, Value
    from specxl.evaluate import Engine
    from specxl.sheets.book import Layout
    from specxl.sheets.pair import PairSheet

TOLERANCE = 1e-9
UNUSABLE_TARGETS: tuple[Value, ...] = (None, "text", -1.0)
_FIELDS = ("total", "output", "input", "concurrency")
_KEYS = {"total": "total", "output": "output", "input": "input", "concurrency": "conc"}


@dataclass(frozen=True, slots=True)
class State:
    """The choices for the whole workbook that a set of reads is compared under."""

    tier: str
    basis: str


@dataclass
class Verdict:
    """What was compared: reads, states, and the largest relative disagreement of the two engines."""

    reads: int = 0
    states: int = 0
    worst: float = 0.0

    def compare(self, name: str, found: Value, expected: float | None) -> None:
        """Note one figure; None must show as empty text.

        Raises:
            DisagreementError: the engine and the reference differ by more than 1e-9.
        """
        if expected is None:
            if found not in ("", None):
                msg = f"{name}: the workbook shows {found!r} where the reference has nothing. Nothing was written"
                raise DisagreementError(msg)
            return
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            msg = f"{name}: the workbook shows {found!r}, the reference {expected!r}. Nothing was written"
            raise DisagreementError(msg)
        error = abs(found - expected) / max(abs(expected), 1e-300)
        self.worst = max(self.worst, error)
        if error > TOLERANCE:
            msg = f"{name}: the workbook shows {found!r}, the reference {expected!r} ({error:.1e} apart). Nothing was written"
            raise DisagreementError(msg)


@dataclass
class _Verifier:
    layout: Layout
    engine: Engine
    verdict: Verdict
    known: dict[tuple[int, float], curves.Read] = field(default_factory=dict)

    def read(self, curve: CatalogueCurve | None, target: float) -> curves.Read:
        """The reference's read, computed once per curve and target."""
        key = (curve.id if curve else 0, target)
        if key not in self.known:
            self.known[key] = curves.read(curve.fit if curve else None, target)
        return self.known[key]

    def rate(self, hardware: str, tier: str) -> float | None:
        """The release price at a tier in the workbook's currency."""
        card = self.layout.plan.card
        entry = card.entries.get(hardware)
        price = entry.usd_per_gpu_hr.get(tier) if entry else None
        return None if price is None else price * card.currency_per_usd

    def power(self, hardware: str) -> float | None:
        """The release power in kW per GPU."""
        entry = self.layout.plan.card.entries.get(hardware)
        return entry.kw_per_gpu if entry else None

    def block(
        self,
        name: str,
        cells: Mapping[str, Ref],
        sides: tuple[CatalogueCurve | None, CatalogueCurve | None],
        target: float,
        state: State,
        hardware: str,
    ) -> None:
        """Compare one comparison block with the reference."""
        get = self.engine.get
        rate, power = self.rate(hardware, state.tier), self.power(hardware)
        figures = []
        for side, curve in zip("ab", sides, strict=True):
            read = self.read(curve, target)
            where = f"{name}, side {side.upper()} at {target:g} tok/s/user"
            if get(cells[f"{side}_status"]) != int(read.status):
                msg = f"{where}: status {get(cells[f'{side}_status'])!r}, the reference {read.status.name}. Nothing was written"
                raise DisagreementError(msg)
            for field in _FIELDS:
                self.verdict.compare(f"{where}: {field}", get(cells[f"{side}_{_KEYS[field]}"]), getattr(read, field))
            y = getattr(read, state.basis)
            figures.append((read.status, y))
            self.verdict.compare(f"{where}: throughput", get(cells[f"{side}_y"]), y)
            self.verdict.compare(f"{where}: cost", get(cells[f"{side}_cost"]), curves.cost_usd_per_mtok(rate, y))
            self.verdict.compare(f"{where}: tok/s/MW", get(cells[f"{side}_mw"]), curves.throughput_tok_s_mw(y, power))
            self.verdict.compare(f"{where}: joules", get(cells[f"{side}_joules"]), curves.joules_per_token(y, power))
        self.verdict.compare(f"{name}: ratio", get(cells["ratio"]), _ratio(figures))
        self.verdict.reads += 1

    def results(self, state: State) -> None:
        """Compare every row of Results."""
        for comparison in self.layout.plan.catalogue.comparisons:
            targets = (self.layout.plan.catalogue.common_target, *comparison.targets)
            for kind, target in enumerate(targets):
                cells = self.layout.results.block[comparison.number, kind]
                name = f"Results, comparison {comparison.number} ({comparison.label})"
                self.block(name, cells, (comparison.a, comparison.b), target, state, comparison.hardware)
        for (number, kind, engine), cells in self.layout.same_engine.cells.items():
            self._engine_row((number, kind, engine), cells, state.basis)

    def _engine_row(self, key: tuple[int, int, str], cells: Mapping[str, Ref], basis: str) -> None:
        number, kind, engine = key
        comparison = next(c for c in self.layout.plan.catalogue.comparisons if c.number == number)
        target = (self.layout.plan.catalogue.common_target, *comparison.targets)[kind]
        for side in "ab":
            curve = scope_curve(comparison, engine, side)
            read = self.read(curve, target)
            name = f"Same engine, comparison {number}, {engine} at {target:g}"
            self.verdict.compare(name, self.engine.get(cells[f"{side}_y"]), getattr(read, basis))

    def pair(self, pair: PairSheet, comparison: Comparison, scope: str, state: State) -> None:
        """Compare the four reads of a pair sheet in the state it is in."""
        sides = (scope_curve(comparison, scope, "a"), scope_curve(comparison, scope, "b"))
        targets = (*pair.pair.canonical.targets, self.layout.plan.catalogue.common_target)
        for cells, target in zip(pair.reads.blocks, targets, strict=True):
            name = f"sheet {pair.sheet.name!r}, {comparison.label}, {scope}"
            self.block(name, cells, sides, target, state, pair.pair.hardware)


def _ratio(figures: list[tuple[curves.Status, float | None]]) -> float | None:
    (status_a, a), (status_b, b) = figures
    if a is None or b is None or min(status_a, status_b) < curves.Status.BELOW:
        return None
    return max(a / b, b / a)


def _pair_states(pair: PairSheet) -> list[tuple[Mapping[Ref, Value], Comparison, str]]:
    """Every combination by every engine scope that has a curve for it: the edits that bring it up."""
    labels = distinct([c.label for c in pair.pair.comparisons])
    states = []
    for comparison, label in zip(pair.pair.comparisons, labels, strict=True):
        for number, scope in enumerate((BEST, *pair.pair.engines)):
            if scope == BEST or any(s.engine == scope for s in comparison.scopes):
                cell = pair.tables.scopes.cell(number)
                engine: Value = str(pair.sheet.cells[cell.row, cell.col].content)
                edits: dict[Ref, Value] = {pair.controls.combination: label, pair.controls.engine: engine}
                states.append((edits, comparison, scope))
    return states


def verify_opening(layout: Layout, engine: Engine, tier: str) -> Verdict:
    """Compare everything in the opening state, and under every tier and token basis of the workbook.

    Args:
        layout: the model with its anchors; engine: the same model, evaluated; tier: the workbook's tier.

    Raises:
        DisagreementError: a figure, a status or a check differs, or a cell shows an error value.
    """
    verifier = _Verifier(layout, engine, Verdict())
    opening = State(tier, "total")
    engine.require_no_errors("opening state")
    verifier.results(opening)
    for pair in layout.pairs:
        verifier.pair(pair, pair.pair.canonical, BEST, opening)
    if engine.get(OVERALL) != "all passed":
        msg = f"the Checks sheet says {engine.get(OVERALL)!r} in the opening state. Nothing was written"
        raise DisagreementError(msg)
    verifier.verdict.states += 1
    # no input reaches the curves themselves, so they need no further evaluation
    engine.freeze_all_but([sheet.name for sheet in layout.book.sheets if sheet.name != CURVES])
    assumptions, labels = layout.plan.assumptions, layout.plan.house.texts["labels"]
    # Tier and basis act on different factors of a figure, so one pass visits the states of both.
    for number, other in enumerate(TIERS):
        state = State(other, TOKEN_BASES[(number + 1) % len(TOKEN_BASES)])
        edits: dict[Ref, Value] = {
            assumptions.names["tier_text"]: labels["tiers"][state.tier],
            assumptions.names["basis_text"]: labels["bases"][state.basis],
        }
        name = f"price tier {state.tier}, token basis {state.basis}"
        with engine.edited(edits):
            engine.require_no_errors(name)
            verifier.results(state)
            for pair in layout.pairs:
                verifier.pair(pair, pair.pair.canonical, BEST, state)
        verifier.verdict.states += 1
    return verifier.verdict


def verify_sheets(layout: Layout, engine: Engine, tier: str, verdict: Verdict, progress: Callable[[str], None]) -> None:
    """Drive every pair sheet through unusable targets, and every combination, engine, tier and metric.

    The sheets are independent of each other, so each step brings up one state on every sheet at once; tiers and metrics
    turn with the steps. `engine` is used up: whatever the remaining steps cannot change is frozen in it.

    Raises:
        DisagreementError: as `verify_opening`.
    """
    verifier = _Verifier(layout, engine, verdict)
    for target in UNUSABLE_TARGETS:
        progress(f"target {target!r}")
        empty: dict[Ref, Value] = {ref: target for pair in layout.pairs for ref in pair.controls.targets}
        with engine.edited(empty):
            engine.require_no_errors(f"target {target!r}")
        verdict.states += 1
    engine.evaluate()
    labels = layout.plan.house.texts["labels"]
    metrics = tuple(labels["metrics"].values())
    states = {pair.sheet.name: _pair_states(pair) for pair in layout.pairs}
    turns = max(len(TIERS) + 1, len(metrics))
    for number in range(max(turns, *(len(own) for own in states.values()))):
        # a sheet whose states have all been seen need not be evaluated again
        live = [pair for pair in layout.pairs if number < max(turns, len(states[pair.sheet.name]))]
        engine.freeze_all_but([pair.sheet.name for pair in live])
        state = State((tier, *TIERS)[number % (len(TIERS) + 1)], "total")
        tier_text = labels["tiers"][state.tier] if number % (len(TIERS) + 1) else labels["as_workbook"]
        shown = [(pair, *states[pair.sheet.name][number % len(states[pair.sheet.name])]) for pair in live]
        edits: dict[Ref, Value] = {}
        for pair, changes, _, _ in shown:
            edits |= changes
            edits |= {pair.controls.tier: tier_text, pair.controls.metric: metrics[number % len(metrics)]}
        name = f"state {number + 1} of every sheet"
        progress(name)
        with engine.edited(edits):
            engine.require_no_errors(name)
            for pair, _, comparison, scope in shown:
                verifier.pair(pair, comparison, scope, state)
        verdict.states += 1
