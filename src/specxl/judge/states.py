"""The second opinion: the evaluated workbook against the reference.

It is compared in the opening state and in every state of every dropdown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.errors import DisagreementError
from specxl.method import curves
from specxl.method.catalogue import BEST
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.frame import ALL_PASSED, CURVES, OVERALL
from specxl.sheets.pair.selection import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.evaluate import Engine
    from specxl.method.catalogue import CatalogueCurve, Comparison
    from specxl.model.cells import Ref, Value
    from specxl.sheets.book import Layout
    from specxl.sheets.pair.sheet import PairSheet

TOLERANCE = 1e-9
UNUSABLE_TARGETS: tuple[Value, ...] = (None, "text", -1.0)
_NOTHING_WRITTEN = "Nothing was written"
_BLOCK_KEYS = {"total": "total", "output": "output", "input": "input", "concurrency": "conc"}


@dataclass(frozen=True, slots=True)
class State:
    """The choices for the whole workbook that a set of reads is compared under."""

    tier: str
    basis: str


@dataclass(frozen=True, slots=True)
class _Case:
    """One comparison block: what is read at which target, and how an error names it."""

    name: str
    comparison: Comparison
    scope: str
    target: float


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
                msg = f"{name}: the workbook shows {found!r} where the reference has nothing. {_NOTHING_WRITTEN}"
                raise DisagreementError(msg)
            return
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            msg = f"{name}: the workbook shows {found!r}, the reference {expected!r}. {_NOTHING_WRITTEN}"
            raise DisagreementError(msg)
        error = abs(found - expected) / max(abs(expected), 1e-300)
        self.worst = max(self.worst, error)
        if error > TOLERANCE:
            apart = f"the workbook shows {found!r}, the reference {expected!r} ({error:.1e} apart)"
            msg = f"{name}: {apart}. {_NOTHING_WRITTEN}"
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

    def block(self, case: _Case, cells: Mapping[str, Ref], state: State) -> None:
        """Compare one comparison block with the reference: both sides, then the ratio."""
        reads = {side: self._side(case, cells, side, state) for side in "ab"}
        ratio = _ratio(reads["a"], reads["b"], state.basis)
        self.verdict.compare(f"{case.name}: ratio", self.engine.get(cells["ratio"]), ratio)
        self.verdict.reads += 1

    def _side(self, case: _Case, cells: Mapping[str, Ref], side: str, state: State) -> curves.Read:
        """Compare status and figures of one side; return the reference's read."""
        hardware = case.comparison.hardware
        rate, power = self.rate(hardware, state.tier), self.power(hardware)
        read = self.read(case.comparison.curve(side, case.scope), case.target)
        where = f"{case.name}, side {side.upper()} at {case.target:g} tok/s/user"
        status = self.engine.get(cells[f"{side}_status"])
        if status != int(read.status):
            msg = f"{where}: status {status!r}, the reference {read.status.name}. {_NOTHING_WRITTEN}"
            raise DisagreementError(msg)
        y = getattr(read, state.basis)
        expected = {key: (metric, getattr(read, metric)) for metric, key in _BLOCK_KEYS.items()} | {
            "y": ("throughput", y),
            "cost": ("cost", curves.cost_usd_per_mtok(rate, y)),
            "mw": ("tok/s/MW", curves.throughput_tok_s_mw(y, power)),
            "joules": ("joules", curves.joules_per_token(y, power)),
        }
        for key, (words, figure) in expected.items():
            self.verdict.compare(f"{where}: {words}", self.engine.get(cells[f"{side}_{key}"]), figure)
        return read

    def results(self, state: State) -> None:
        """Compare every row of Results and of Same engine."""
        catalogue = self.layout.plan.catalogue
        comparisons = {comparison.number: comparison for comparison in catalogue.comparisons}
        for (number, kind), cells in self.layout.results.block.items():
            comparison = comparisons[number]
            name = f"Results, comparison {number} ({comparison.label})"
            self.block(_Case(name, comparison, BEST, catalogue.targets(comparison)[kind]), cells, state)
        for (number, kind, engine), cells in self.layout.same_engine.cells.items():
            target = catalogue.targets(comparisons[number])[kind]
            for side in "ab":
                read = self.read(comparisons[number].curve(side, engine), target)
                name = f"Same engine, comparison {number}, {engine} at {target:g}"
                self.verdict.compare(name, self.engine.get(cells[f"{side}_y"]), getattr(read, state.basis))

    def pair(self, choice: _Choice, state: State) -> None:
        """Compare the four reads of a pair sheet that shows `choice` at its release targets."""
        pair = choice.pair
        targets = (*pair.pair.canonical.targets, self.layout.plan.catalogue.common_target)
        name = f"sheet {pair.sheet.name!r}, {choice.comparison.label}, {choice.scope}"
        for cells, target in zip(pair.reads.blocks, targets, strict=True):
            self.block(_Case(name, choice.comparison, choice.scope, target), cells, state)

    def everything(self, state: State) -> None:
        """Compare Results, Same engine and every pair sheet as it opens."""
        self.results(state)
        for pair in self.layout.pairs:
            self.pair(_Choice(pair, pair.pair.canonical, BEST, {}), state)


def _ratio(a: curves.Read, b: curves.Read, basis: str) -> float | None:
    """The larger throughput to the smaller; None where a side has none or lies above its measured range."""
    y_a, y_b = getattr(a, basis), getattr(b, basis)
    if y_a is None or y_b is None or min(a.status, b.status) < curves.Status.BELOW:
        return None
    return float(max(y_a / y_b, y_b / y_a))


@dataclass(frozen=True, slots=True)
class _Choice:
    """A combination and an engine scope of a pair sheet, and the edits of its controls that bring it up."""

    pair: PairSheet
    comparison: Comparison
    scope: str
    edits: Mapping[Ref, Value]


def _choices(pair: PairSheet) -> list[_Choice]:
    """Every combination by every engine scope that has a curve for it."""
    controls, labels = pair.chosen.controls, distinct([c.label for c in pair.pair.comparisons])
    choices = []
    for comparison, label in zip(pair.pair.comparisons, labels, strict=True):
        measured = {BEST, *(scope.engine for scope in comparison.scopes)}
        for number, scope in enumerate((BEST, *pair.pair.engines)):
            if scope in measured:
                cell = pair.chosen.tables.scopes.cell(number)
                engine: Value = str(pair.sheet.cells[cell.row, cell.col].content)
                edits: dict[Ref, Value] = {controls.combination: label, controls.engine: engine}
                choices.append(_Choice(pair, comparison, scope, edits))
    return choices


def verify_opening(layout: Layout, engine: Engine, tier: str) -> Verdict:
    """Compare everything in the opening state, and under every tier and token basis of the workbook.

    Args:
        layout: the model with its anchors; engine: the same model, evaluated; tier: the workbook's tier.

    Raises:
        DisagreementError: a figure, a status or a check differs, or a cell shows an error value.
    """
    verifier = _Verifier(layout, engine, Verdict())
    engine.require_no_errors("opening state")
    verifier.everything(State(tier, TOKEN_BASES[0]))
    if engine.get(OVERALL) != ALL_PASSED:
        msg = f"the Checks sheet says {engine.get(OVERALL)!r} in the opening state. {_NOTHING_WRITTEN}"
        raise DisagreementError(msg)
    verifier.verdict.states += 1
    # no input reaches the curves themselves, so they need no further evaluation
    engine.freeze_all_but([sheet.name for sheet in layout.book.sheets if sheet.name != CURVES])
    names, labels = layout.plan.assumptions.names, layout.plan.house.texts["labels"]
    # Tier and basis act on different factors of a figure, so one pass visits the remaining states of both.
    remaining = [other for other in TIERS if other != tier]
    for other, basis in zip(remaining, (*TOKEN_BASES[1:], TOKEN_BASES[0]), strict=True):
        state = State(other, basis)
        edits: dict[Ref, Value] = {
            names["tier_text"]: labels["tiers"][state.tier],
            names["basis_text"]: labels["bases"][state.basis],
        }
        with engine.edited(edits):
            engine.require_no_errors(f"price tier {state.tier}, token basis {state.basis}")
            verifier.everything(state)
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
        empty: dict[Ref, Value] = {ref: target for pair in layout.pairs for ref in pair.chosen.controls.targets}
        with engine.edited(empty):
            engine.require_no_errors(f"target {target!r}")
        verdict.states += 1
    engine.evaluate()
    labels = layout.plan.house.texts["labels"]
    metrics = tuple(labels["metrics"].values())
    choices = {pair.sheet.name: _choices(pair) for pair in layout.pairs}
    turns = max(len(TIERS) + 1, len(metrics))
    for number in range(max(turns, *map(len, choices.values()))):
        # a sheet whose states have all been seen need not be evaluated again
        live = {sheet: own for sheet, own in choices.items() if number < max(turns, len(own))}
        engine.freeze_all_but(live)
        state = State((tier, *TIERS)[number % (len(TIERS) + 1)], TOKEN_BASES[0])
        tier_text = labels["tiers"][state.tier] if number % (len(TIERS) + 1) else labels["as_workbook"]
        shown = [own[number % len(own)] for own in live.values()]
        edits: dict[Ref, Value] = {}
        for choice in shown:
            controls = choice.pair.chosen.controls
            edits |= choice.edits
            edits |= {controls.tier: tier_text, controls.metric: metrics[number % len(metrics)]}
        name = f"state {number + 1} of every sheet"
        progress(name)
        with engine.edited(edits):
            engine.require_no_errors(name)
            for choice in shown:
                verifier.pair(choice, state)
        verdict.states += 1
