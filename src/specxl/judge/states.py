"""Drives a built workbook through the states of its dropdowns and has every anchored block judged in each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.errors import DisagreementError
from specxl.judge import fleet_states, level_states
from specxl.judge.board import KIND as PERFORMANCE_KIND
from specxl.judge.build_world import BuildWorld
from specxl.judge.compare import Tally
from specxl.judge.expect import CHECKS, block_faults
from specxl.judge.explorer import ExplorerChoice
from specxl.judge.fleet import FROM_RESULTS
from specxl.judge.picks import moved_edits, moved_picks, pick_edits, picks
from specxl.judge.service_level import LEVEL_CHECKS
from specxl.judge.spread import MOST_CHOICES, MOST_STATES, spread
from specxl.judge.state import Choice, MovedPick, Pick, State
from specxl.method.metrics import METRICS
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.anchors import ENTERED
from specxl.sheets.fleet.places import FLEET_ROWS, opening_asked
from specxl.sheets.frame import (
    COMMON_TARGET,
    CURVES,
    EXPLORER,
    FAILED,
    FLEET,
    GROUP_CHOICE,
    MEASUREMENTS,
    MOVED,
    OVERALL,
    PERFORMANCE,
    PRICES,
    SERVICE_LEVEL,
    SUMMARY,
    TIER_CHOICE,
    WORKINGS,
)
from specxl.sheets.moved.places import KIND as MOVED_KIND
from specxl.sheets.pair.selection import choice_labels
from specxl.sheets.performance.offers import offers_of, opening_choice
from specxl.sheets.performance.places import CELLS
from specxl.sheets.summary.draft import group_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from specxl.evaluate import Engine
    from specxl.method.fleet import Asked
    from specxl.model.cells import Input, Ref, Value
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.book import Layout
    from specxl.sheets.pair.sheet import PairSheet

    AnyChoice = Choice | ExplorerChoice | Pick | MovedPick

FACTORS, SHARES = (0.3, 4.0, 0.02, 60.0), (0.25, 0.0, 1.0)
"""By how much inputs of decisions are moved, and what shares hold, in the states that are looked at."""
UNUSABLE_TARGETS: tuple[Value, ...] = (None, "text", -1.0)
SHOWN_FAULTS = 3
PLANNED = (*FLEET_ROWS, *LEVEL_CHECKS)
"""Kinds of the sheets that plan, which no other sheet moves."""
WHOLE_GROUPS = 8
"""How many groups stand first while the whole workbook is looked at; more of them would be looked at for the Summary alone."""
PLANNED_STEPS = 4
"""How many times every token basis comes up while the sheets that plan are looked at with the pair sheets."""


@dataclass
class Judge:
    """A workbook in the spreadsheet engine, the reference beside it, and what has been compared so far."""

    layout: Layout
    engine: Engine
    progress: Callable[[str], None]

    def __post_init__(self) -> None:
        self.tally = Tally()
        self.texts = self.layout.plan.house.texts["labels"]
        self.pairs = {pair.sheet.name: pair for pair in self.layout.pairs}
        plan = self.layout.plan
        self.world = BuildWorld(plan, State(plan.tier, TOKEN_BASES[0], plan.catalogue.common_target))
        self.explorer = self.world.explorer
        items = {item.ref: item for item in plan.register.items}
        self.inputs = {anchor.tag: items[anchor.first] for anchor in plan.anchors if anchor.kind == ENTERED}
        self.anchors = [anchor for anchor in self.layout.plan.anchors if anchor.kind in CHECKS]

    def opening(self) -> State:
        """The state in which the workbook opens."""
        plan = self.layout.plan
        choices: dict[str, Choice | ExplorerChoice] = {name: self._canonical(pair) for name, pair in self.pairs.items()}
        if self.explorer is not None:
            choices[EXPLORER] = self.explorer.opening()
        return State(plan.tier, TOKEN_BASES[0], plan.catalogue.common_target, 1, choices)

    @staticmethod
    def _canonical(pair: PairSheet) -> Choice:
        place = pair.pair.comparisons.index(pair.pair.canonical) + 1
        return Choice(place, 1, 0, 1, pair.pair.canonical.targets)

    def look(self, state: State, what: str, anchors: Iterable[Anchor]) -> None:
        """Hold every row of some anchors against the reference in a state that the engine shows.

        Raises:
            DisagreementError: a cell does not hold what it must, or shows an error value.
        """
        self.engine.require_no_errors(what)
        world = self.world.at(state)
        for anchor in anchors:
            rows = self.engine.rows(anchor.first, anchor.keys, anchor.rows)
            found = list(block_faults(world, anchor, rows, self.tally))
            if found:
                more = f" and {len(found) - SHOWN_FAULTS} more cells" if len(found) > SHOWN_FAULTS else ""
                shown = "; ".join(map(str, found[:SHOWN_FAULTS]))
                raise DisagreementError(f"{what}: {shown}{more}. Nothing was written")
        self.tally.seen.add(what)

    def whole_workbook(self) -> None:
        """The opening state, then every price basis and token basis, the first groups that may stand first, no target at all."""
        opening = self.opening()
        self.progress("opening state")
        self.look(opening, "opening state", self.anchors)
        if self.engine.get(FAILED) != 0:
            says = self.engine.get(OVERALL)
            raise DisagreementError(f"the Checks sheet says {says!r} in the opening state. Nothing was written")
        # no input reaches the curves themselves, so they need no further evaluation
        self.engine.freeze(lambda sheet, _: sheet != CURVES)
        moving = [anchor for anchor in self.anchors if anchor.first.sheet not in (CURVES, MEASUREMENTS)]
        for state in self._workbook_states(opening):
            what = f"price basis {state.tier}, token basis {state.basis}, group {state.group} first"
            self.progress(what)
            with self.engine.edited(self._workbook_edits(state)):
                self.look(state, what, moving)
        self._unusable(opening, moving)

    def _workbook_states(self, opening: State) -> Iterator[State]:
        """Every price basis, token basis and some groups at least once: they act on different factors of a figure."""
        tiers = [tier for tier in TIERS if tier != opening.tier]
        bases = (*TOKEN_BASES[1:], TOKEN_BASES[0])
        count = len(group_labels(self.layout.plan))
        asked, wanted = self._asks(), level_states.wants(self.layout.plan)
        for turn in range(max(len(tiers), len(bases) - 1, min(count, WHOLE_GROUPS) - 1)):
            group = 1 + (turn + 1) % count
            tier, basis = tiers[turn % len(tiers)], bases[min(turn, len(bases) - 1)]
            planned = asked[turn % len(asked)], wanted[turn % len(wanted)], self._entered(turn)
            yield State(tier, basis, opening.common, group, opening.choices, *planned)

    def groups(self) -> None:
        """The groups that have not stood first yet, `MOST_CHOICES` at most. Only the Summary follows them: all else stands still."""
        labels = group_labels(self.layout.plan)
        if len(labels) <= WHOLE_GROUPS:
            return
        self.engine.evaluate()
        rows = range(*self.layout.plan.workings.regions[SUMMARY])
        self.engine.freeze(lambda sheet, row: sheet == SUMMARY or (sheet == WORKINGS and row in rows))
        places = [(anchor, anchor.first.sheet, anchor.first.row) for anchor in self.anchors]
        anchors = [a for a, sheet, row in places if sheet == SUMMARY or (sheet == WORKINGS and row in rows)]
        opening = self.opening()
        for group in spread(range(WHOLE_GROUPS + 1, len(labels) + 1), MOST_CHOICES):
            what = f"group {group} first"
            self.progress(what)
            with self.engine.edited({GROUP_CHOICE: labels[group - 1]}):
                self.look(replace(opening, group=group), what, anchors)

    def _asks(self) -> list[Asked]:
        """What the Fleet sheet is made to plan for, from one state to the next."""
        speeds = {c.number: c.targets for c in self.layout.plan.catalogue.comparisons}
        return fleet_states.asks(opening_asked(self.layout.plan), speeds)

    def _planned(self, state: State) -> dict[Ref, Value]:
        """The cells of the sheets that plan: what they are made to plan for and to look for, and inputs by name."""
        plan = self.layout.plan
        found = fleet_states.edits(plan, state.asked) if state.asked else {}
        found |= level_states.edits(plan, state.wanted) if state.wanted else {}
        return found | {self.inputs[name].ref: value for name, value in state.entered.items()}

    def _entered(self, turn: int) -> dict[str, Value]:
        """Other values of the inputs that decisions start from: each a few times as large or small as at the release."""
        found: dict[str, Value] = {}
        for place, (name, item) in enumerate(self.inputs.items()):
            if item.choices is not None:
                found[name] = self._offered(item)[(turn + 1) % item.choices.rows]
                continue
            size = item.released if isinstance(item.released, (int, float)) else 1
            by = SHARES if item.share else FACTORS
            found[name] = (1 if item.share else size) * by[(turn + place) % len(by)]
        return found

    def _offered(self, item: Input) -> list[Value]:
        """What a dropdown offers."""
        return [self.engine.get(item.choices.cell(at)) for at in range(item.choices.rows)] if item.choices else []

    def _workbook_edits(self, state: State) -> dict[Ref, Value]:
        plan = self.layout.plan
        groups = group_labels(plan)
        edits: dict[Ref, Value] = {
            TIER_CHOICE: self.texts["tiers"][state.tier],
            plan.prices.names["basis_text"]: self.texts["bases"][state.basis],
        }
        edits |= self._planned(state)
        return edits | ({GROUP_CHOICE: groups[state.group - 1]} if len(groups) > 1 else {})

    def _unusable(self, opening: State, anchors: Iterable[Anchor]) -> None:
        """Every speed of the workbook holds something that is none: the sheets by turns something else."""
        edits: dict[Ref, Value] = {COMMON_TARGET: UNUSABLE_TARGETS[0], CELLS["target"]: UNUSABLE_TARGETS[1]}
        pick = Pick(opening_choice(self.layout.plan, offers_of(self.layout.plan)), UNUSABLE_TARGETS[1])
        choices = {}
        for place, (name, choice) in enumerate(opening.choices.items()):
            targets = [UNUSABLE_TARGETS[(place + i) % len(UNUSABLE_TARGETS)] for i in range(len(choice.targets))]
            edits |= dict(zip(self._target_cells(name), targets, strict=True))
            choices[name] = replace(choice, targets=tuple("" if target is None else target for target in targets))
        entered = {name: UNUSABLE_TARGETS[place % len(UNUSABLE_TARGETS)] for place, name in enumerate(self.inputs)}
        what = "no speed is a number above 0"
        self.progress(what)
        several = len(self.layout.plan.catalogue.comparisons) > 1
        asked = replace(fleet_states.unusable(opening_asked(self.layout.plan), 1), comparison=0 if several else 1)
        wanted = level_states.unusable(self.layout.plan)
        state = State(opening.tier, opening.basis, "", 1, choices, asked, wanted, entered, pick)
        with self.engine.edited(edits | self._planned(state)):
            self.look(state, what, anchors)

    def states_of_pairs(self) -> dict[str, list[list[AnyChoice]]]:
        """What each sheet with two sides, and Performance, is looked at in, by token basis."""
        bases, every = range(len(TOKEN_BASES)), picks(self.layout.plan)
        found: dict[str, list[list[AnyChoice]]] = {
            name: [[*self._choices(pair, place)] for place in bases] for name, pair in self.pairs.items()
        }
        if self.explorer is not None:
            found[EXPLORER] = [[*self.explorer.choices(place)] for place in bases]
        found[PERFORMANCE] = [[*every[place :: len(TOKEN_BASES)]] for place in bases]
        if pasts := moved_picks(self.layout.plan):
            found[MOVED] = [[*pasts[place :: len(TOKEN_BASES)]] or [pasts[0]] for place in bases]
        return found

    def _target_cells(self, name: str) -> tuple[Ref, ...]:
        """The cells of the three speeds of a sheet with two sides."""
        if self.explorer is not None and name == EXPLORER:
            return self.explorer.sheet.controls.targets
        return self.pairs[name].chosen.controls.targets

    def pair_sheets(self) -> None:
        """Every combination on every token basis, every engine, price basis and metric of every pair sheet.

        Performance and the Explorer are among them: each choice of their dropdowns, from what they open on. The sheets are
        independent of each other, so each step brings up one state on every sheet at once. What no dropdown of a sheet moves is
        frozen, and so is a sheet of which every state has been seen.
        """
        self.engine.evaluate()
        states = self.states_of_pairs()
        left = {name: max(map(len, own)) for name, own in states.items()}
        step = 0
        kept: set[str] = set()
        while live := {name for name, count in left.items() if count > step}:
            wanted = live | {SUMMARY} | ({FLEET, SERVICE_LEVEL} if step < PLANNED_STEPS else set())
            if wanted != kept:
                kept = wanted
                self._keep_live(kept)
            for place, basis in enumerate(TOKEN_BASES):
                fresh = {name for name in live if step < len(states[name][place])}
                if fresh:
                    shown = {name: states[name][place][min(step, len(states[name][place]) - 1)] for name in live}
                    self._pair_state(self._state_of(basis, shown), fresh, step)
            step += 1

    def _state_of(self, basis: str, shown: Mapping[str, AnyChoice]) -> State:
        """The state of the workbook in which each sheet shows its own."""
        plan, held = self.layout.plan, shown.values()
        choices = {name: choice for name, choice in shown.items() if isinstance(choice, (Choice, ExplorerChoice))}
        pick = next((choice for choice in held if isinstance(choice, Pick)), None)
        past = next((choice.place for choice in held if isinstance(choice, MovedPick)), None)
        return State(plan.tier, basis, plan.catalogue.common_target, 1, choices, pick=pick, moved=past)

    def _keep_live(self, names: Collection[str]) -> None:
        """Freeze all but some sheets, their workings and the prices."""
        regions = self.layout.plan.workings.regions
        rows = {row for name in names for row in range(*regions[name])}
        self.engine.freeze(lambda sheet, row: sheet == PRICES or sheet in names or (sheet == WORKINGS and row in rows))

    def _pair_state(self, state: State, fresh: Collection[str], step: int) -> None:
        """Look at the sheets that show something new in a state of all sheets."""
        what = f"token basis {state.basis}, state {step + 1} of every sheet"
        self.progress(what)
        anchors = [anchor for anchor in self.anchors if anchor.owner in fresh]
        anchors += [a for a in self.anchors if PERFORMANCE in fresh and a.kind.startswith(PERFORMANCE_KIND)]
        anchors += [a for a in self.anchors if MOVED in fresh and a.kind.startswith(MOVED_KIND)]
        if step < PLANNED_STEPS:
            asked, wanted = self._asks(), level_states.wants(self.layout.plan)
            turn = len(TOKEN_BASES) * step + TOKEN_BASES.index(state.basis)
            state = replace(state, asked=asked[turn % len(asked)], wanted=wanted[turn % len(wanted)])
            # what rests on Results stands still here, where another token basis is in force
            anchors += [a for a in self.anchors if a.kind in PLANNED and a.kind not in FROM_RESULTS]
        with self.engine.edited(self._edits(state)):
            self.look(state, what, anchors)

    def _choices(self, pair: PairSheet, place: int) -> list[Choice]:
        """The states of a sheet on a token basis: every combination; the engines, price bases and metrics in turns.

        Where a sheet has more than `MOST_STATES`, they are those that lie evenly between the first and the last.
        """
        shown: list[tuple[int, int]] = []
        for number, comparison in enumerate(pair.pair.comparisons, start=1):
            measured = {scope.key for scope in comparison.engines}
            engines = [2 + i for i, engine in enumerate(pair.pair.engines) if engine in measured]
            # each engine of each combination is seen once, on one of the token bases
            shown += [(number, 1)]
            shown += [(number, scope) for i, scope in enumerate(engines) if i % len(TOKEN_BASES) == place]
        wanted = -(-max(len(TIERS) + 1, len(METRICS)) // len(TOKEN_BASES))
        shown = spread(shown, MOST_STATES)
        shown += [(shown[0][0], 1)] * (wanted - len(shown))
        turns = range(place, place + len(TOKEN_BASES) * len(shown), len(TOKEN_BASES))
        targets = pair.pair.canonical.targets
        return [
            Choice(number, scope, turn % (len(TIERS) + 1), 1 + turn % len(METRICS), targets)
            for (number, scope), turn in zip(shown, turns, strict=True)
        ]

    def _edits(self, state: State) -> dict[Ref, Value]:
        plan = self.layout.plan
        edits: dict[Ref, Value] = {plan.prices.names["basis_text"]: self.texts["bases"][state.basis]}
        edits |= self._planned(state)
        for name, choice in state.choices.items():
            if isinstance(choice, ExplorerChoice):
                edits |= self._explorer_edits(choice)
                continue
            pair = self.pairs[name]
            names, engines = choice_labels(pair.pair, plan)
            controls = pair.chosen.controls
            edits[controls.combination] = names[choice.combination - 1]
            edits[controls.engine] = engines[choice.scope - 1]
            edits[controls.tier], edits[controls.metric] = self._words(choice)
        edits |= pick_edits(offers_of(plan), state.pick) if state.pick else {}
        return edits | moved_edits(plan, state.moved)

    def _words(self, choice: Choice | ExplorerChoice) -> tuple[str, str]:
        """The texts of the price basis and of the metric that a choice takes."""
        tier = self.texts["tiers"][TIERS[choice.tier - 1]] if choice.tier else self.texts["as_workbook"]
        return tier, self.texts["metrics"][METRICS[choice.metric - 1].key]["name"]

    def _explorer_edits(self, choice: ExplorerChoice) -> dict[Ref, Value]:
        if self.explorer is None:
            return {}
        controls = self.explorer.sheet.controls
        tier, metric = self._words(choice)
        return {controls.tier: tier, controls.metric: metric, **self.explorer.edits(choice)}


def judge_build(layout: Layout, engine: Engine, progress: Callable[[str], None]) -> Tally:
    """Judge a built workbook in every state of every dropdown; `engine` is used up.

    Raises:
        DisagreementError: a cell does not hold what the reference says, shows an error, or fewer rows were compared than laid.
    """
    judge = Judge(layout, engine, progress)
    judge.whole_workbook()
    judge.pair_sheets()
    judge.groups()
    require_all(judge.anchors, judge.tally)
    return judge.tally


def require_all(anchors: Iterable[Anchor], tally: Tally) -> None:
    """Require that every row that was laid out was compared at least once.

    Raises:
        DisagreementError: naming the kind of block of which rows are missing.
    """
    laid: dict[str, int] = {}
    for anchor in anchors:
        laid[anchor.kind] = laid.get(anchor.kind, 0) + anchor.rows
    for kind, rows in laid.items():
        if tally.rows.get(kind, 0) < rows:
            raise DisagreementError(
                f"{tally.rows.get(kind, 0)} of {rows} rows of kind {kind!r} were compared. Nothing was written"
            )
