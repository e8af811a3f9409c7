"""The world of a build: what blocks start from follows from the catalogue, the rate card and the state of the controls."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from specxl.house.api_prices import TOKEN_CLASSES
from specxl.judge.board import stand
from specxl.judge.board_words import words_of
from specxl.judge.columns import compare
from specxl.judge.decisions import at_own_speed
from specxl.judge.explorer import ExplorerChoice, ExplorerView
from specxl.judge.known import Market, family_given, known_of, on_basis
from specxl.judge.level_states import opening_wanted
from specxl.judge.moved_build import moved_of
from specxl.judge.moved_words import table_words
from specxl.judge.shown import shown_results
from specxl.judge.state import Choice, Pick, State
from specxl.judge.world import Board, BoardLine, Chosen, Moved, Overview, Sold, Standing, cached_share
from specxl.method.catalogue import BEST
from specxl.method.margin import Mix, TokenPrices
from specxl.method.service_level import Kind, Tried, Wanted
from specxl.method.verdict import usable_target
from specxl.schema import TIERS, TOKEN_BASES, workload_tokens
from specxl.sheets.anchors import ENTERED
from specxl.sheets.api_prices import CACHED_SHARE, price_name
from specxl.sheets.break_even.plot import EVEN_CHOICE, comparison_names
from specxl.sheets.explorer.controls import ExplorerSheet
from specxl.sheets.fleet.places import opening_asked
from specxl.sheets.frame import EXPLORER
from specxl.sheets.margin.sheet import CHOICE as SALE_CHOICE
from specxl.sheets.measurements import engine_words
from specxl.sheets.moved.places import BLOCKS as MOVED_BLOCKS
from specxl.sheets.own_speed import KIND as DECIDED
from specxl.sheets.pair.reads import READS
from specxl.sheets.performance.lines import CODED
from specxl.sheets.performance.offers import curves_offered, key_of, offers_of, opening_choice, slot_count, variant_word
from specxl.sheets.results import COMMON
from specxl.sheets.service_level.places import slots
from specxl.sheets.summary.ranking import groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.method.catalogue import Comparison, Pair
    from specxl.method.fleet import Asked
    from specxl.method.lines import Line
    from specxl.method.samples import Samples
    from specxl.method.verdict import Given, Known
    from specxl.model.cells import Value
    from specxl.schema import Measurement
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.plan import Plan
    from specxl.sheets.service_level.places import Slot


class BuildWorld:
    """The world of a build in one state; what does not depend on the state is computed once and shared."""

    def __init__(self, plan: Plan, state: State, shared: BuildWorld | None = None) -> None:
        self.plan, self.state = plan, state
        self._columns: dict[Given, dict[str, Held]] = {}
        self._board: Board | None = None
        self._standing: Standing | None = None
        if shared is None:
            total = known_of(plan, TOKEN_BASES[0])
            self._by_basis = {basis: on_basis(total, basis) for basis in TOKEN_BASES}
            self._market = Market(plan.card)
            self._comparisons = {c.number: c for c in plan.catalogue.everything}
            self._pairs = {plan.sheet_name(pair): pair for pair in plan.catalogue.pairs}
            held = {item.ref: item.released for item in plan.register.items}
            self._released = {a.tag: held[a.first] for a in plan.anchors if a.kind == ENTERED}
            self._offers = offers_of(plan)
            driven = plan.driven.get(EXPLORER)
            self.explorer = ExplorerView(driven, self._market) if isinstance(driven, ExplorerSheet) else None
        else:
            self._by_basis, self._market = shared._by_basis, shared._market  # noqa: SLF001 - another of the same class
            self._comparisons, self._pairs = shared._comparisons, shared._pairs  # noqa: SLF001
            self._released = shared._released  # noqa: SLF001
            self._offers = shared._offers  # noqa: SLF001
            self.explorer = shared.explorer

    def at(self, state: State) -> BuildWorld:
        """The same build in another state."""
        return BuildWorld(self.plan, state, self)

    @property
    def known(self) -> Known:
        """Curves, facts, thresholds and token basis."""
        return self._by_basis[self.state.basis]

    def entered(self, name: str) -> Value:
        """What an input holds: what this state says, else its release value."""
        return self.state.entered.get(name, self._released.get(name))

    def accept_length(self, number: int) -> float | None:
        """The acceptance length that the source states of a measurement."""
        return self.plan.catalogue.measurements[number - 1].accept_length if number else None

    def sale(self) -> int:
        """The place of the comparison that the dropdown of Margin names; 0 for none."""
        return self._place(SALE_CHOICE)

    def drawn(self) -> int:
        """The place of the comparison that the dropdown of Break-even names; 0 for none."""
        return self._place(EVEN_CHOICE)

    def _place(self, name: str) -> int:
        names, chosen = comparison_names(self.plan), self.entered(name)
        return 1 if len(names) == 1 else names.index(chosen) + 1 if chosen in names else 0

    def sold(self, place: int) -> Sold:
        """The API prices of the model, in the workbook's currency, and the mix of the workload."""
        comparison = self.plan.catalogue.comparisons[place - 1]
        prices = [self._api(price_name(comparison.key.model, name)) for name in TOKEN_CLASSES]
        n_in, n_out = workload_tokens(comparison.key.workload) or (None, None)
        return Sold(TokenPrices(*prices), Mix(n_in, n_out, cached_share(self.entered(CACHED_SHARE))))

    def _api(self, name: str) -> float | None:
        usd = usable_target(self.entered(name))
        return None if usd is None else usd * self.plan.card.currency_per_usd

    def columns(self, given: Given) -> dict[str, Held]:
        """What a comparison block must hold, computed once in a state for all that look at it."""
        if given not in self._columns:
            self._columns[given] = compare(self.known, given)
        return self._columns[given]

    def name(self, anchor: Anchor, row: int) -> str:
        """How an error names a row."""
        if anchor.owner:
            shown = self._named(anchor.owner, self.state.choices[anchor.owner])
            return f"sheet {anchor.owner!r}, {shown}, {anchor.kind} {anchor.tag}".rstrip() + f", row {row + 1}"
        subject = anchor.subjects[row]
        if anchor.kind in ("comparison", "results", "family", "combinations") and subject:
            comparison, (kind, *family) = self._comparisons[int(subject[0])], subject[1:]
            read = "the Summary's speed" if kind == COMMON else f"its speed {kind}"
            where = f"{self.plan.sheet_name(comparison)}, {comparison.label}"
            return ", ".join([f"{anchor.kind} {subject[0]} ({where}) at {read}", *map(str, family)])
        return f"{anchor.kind} {subject}"

    def _named(self, owner: str, choice: Choice | ExplorerChoice) -> str:
        """What a sheet with two sides shows, for an error."""
        if isinstance(choice, ExplorerChoice):
            return self._explorer.named(choice)
        pair = self._pairs[owner]
        return f"{self._shown(pair, choice).label}, {(BEST, *pair.engines)[max(choice.scope, 1) - 1]}"

    @property
    def _explorer(self) -> ExplorerView:
        """The Explorer, which a state can have a choice of only where there is one."""
        assert self.explorer is not None  # noqa: S101 - a state is made from the sheets of the build
        return self.explorer

    @staticmethod
    def _shown(pair: Pair, choice: Choice) -> Comparison:
        """The comparison whose names a sheet shows: the first while none is chosen."""
        return pair.comparisons[max(choice.combination, 1) - 1]

    def given(self, anchor: Anchor, row: int, found: Mapping[str, Value]) -> Given:
        """What a comparison block or a same-engine row is given."""
        _ = found
        if anchor.kind == MOVED_BLOCKS:
            return self.moved().givens[row]
        if anchor.kind == "budget":
            comparison = self._comparisons[int(anchor.subjects[row][0])]
            return self._market.given(comparison, self.state.tier, self.entered("budget"), BEST)
        if anchor.kind == DECIDED:
            return at_own_speed(self, self._table_row(anchor, row))
        return self._pair_row(anchor, row) if anchor.owner else self._table_row(anchor, row)

    def _table_row(self, anchor: Anchor, row: int) -> Given:
        """A row of Results or of Same engine: its subject is the comparison, the read, and the family if it is one."""
        number, kind, *family = anchor.subjects[row]
        comparison = self._comparisons[int(number)]
        given = self._read(comparison, int(kind))
        if not family:
            return given
        scope = next(s for s in comparison.families if s.key == family[0])
        return family_given(given, {"a": scope.a.id if scope.a else 0, "b": scope.b.id if scope.b else 0})

    def _read(self, comparison: Comparison, kind: int) -> Given:
        """A comparison at the Summary's speed (0) or at one of its own three."""
        target = self.state.common if kind == 0 else comparison.targets[kind - 1]
        return self._market.given(comparison, self.state.tier, target, BEST)

    def _pair_row(self, anchor: Anchor, row: int) -> Given:
        """A read of a pair sheet, or a family at it: its subject is the read, and the slot if it is a family's."""
        read, *slot = (int(part) for part in anchor.subjects[row])
        choice, given = self.state.choices[anchor.owner], self._own_read(anchor.owner, read)
        if not slot or isinstance(choice, ExplorerChoice):
            return given
        pair = self._pairs[anchor.owner]
        families = self._shown(pair, choice).families if choice.combination else ()
        scope = families[slot[0]] if slot[0] < len(families) else None
        ids = {"a": scope.a.id if scope and scope.a else 0, "b": scope.b.id if scope and scope.b else 0}
        held = family_given(given, ids)
        # the row takes the target that its read uses: nothing that is no target comes to it
        return held if usable_target(held.target) is not None else replace(held, target=None)

    def _own_read(self, owner: str, read: int) -> Given:
        """What a read of a sheet with two sides is given."""
        choice = self.state.choices[owner]
        if isinstance(choice, ExplorerChoice):
            return self._explorer.given(choice, self.state.tier, (*choice.targets, self.state.common)[read])
        return self._pair_read(self._pairs[owner], choice, read)

    def _pair_read(self, pair: Pair, choice: Choice, read: int) -> Given:
        """What a read of a pair sheet is given; without a valid choice there is no curve."""
        target = (*choice.targets, self.state.common)[read]
        tier = TIERS[choice.tier - 1] if choice.tier else self.state.tier
        scope = (BEST, *pair.engines)[max(choice.scope, 1) - 1]
        given = self._market.given(self._shown(pair, choice), tier, target, scope)
        return given if choice.combination and choice.scope else family_given(given, {"a": 0, "b": 0})

    def reads(self, owner: str) -> Sequence[Given]:
        """What each read of a sheet with two sides is given: its three targets, and the Summary's speed."""
        return [self._own_read(owner, read) for read in range(READS)]

    def chosen(self, owner: str) -> Chosen:
        """What a pair sheet shows."""
        choice = self.state.choices[owner]
        given = self._own_read(owner, 0)
        return Chosen(given.a, given.b, choice.metric, choice.targets)

    def selection(self, owner: str) -> Mapping[str, Held]:
        """What the cells of a pair sheet's choice must hold."""
        choice, chosen = self.state.choices[owner], self.chosen(owner)
        if isinstance(choice, ExplorerChoice):
            return self._explorer.selection(choice, self.state.tier)
        pair = self._pairs[owner]
        comparison = self._shown(pair, choice)
        valid = bool(choice.combination and choice.scope)
        suggested = comparison.suggested((BEST, *pair.engines)[max(choice.scope, 1) - 1])
        tier = TIERS[choice.tier - 1] if choice.tier else self.state.tier
        return {
            "combination": choice.combination,
            "scope": choice.scope,
            "tier_choice": choice.tier + 1,
            "tier": TIERS.index(tier) + 1,
            "metric": choice.metric,
            "price": "" if chosen.a.price is None else chosen.a.price,
            "power": "" if chosen.a.power is None else chosen.a.power,
            "a_id": chosen.a.curve,
            "b_id": chosen.b.curve,
            "stated": int(comparison.stated),
            "published": int(comparison.page is not None),
            **{f"t{i}": target if valid else "" for i, target in enumerate(suggested, start=1)},
        }

    def shown(self, anchor: Anchor, row: int) -> Mapping[str, Held]:
        """What a row of Results must show, words included."""
        number, kind = (int(part) for part in anchor.subjects[row])
        comparison = self._comparisons[number]
        given = self._read(comparison, kind)
        return shown_results(self.plan, comparison, self.known, given, self.columns(given))

    def result(self, anchor: Anchor, row: int, found: Mapping[str, Value]) -> Given:
        """What the row of Results is given that a row of Changes refers to."""
        _ = found
        number, kind = (int(part) for part in anchor.subjects[row])
        return self._read(self._comparisons[number], kind)

    def missing(self, metric: str) -> str:
        """The words for a metric that is not known."""
        return str(self.plan.house.texts["labels"]["metrics"][metric]["missing"])

    def samples(self, curve: int) -> Samples:
        """Where a curve is drawn."""
        return self.plan.curves.samples[curve - 1]

    def off_frontier(self, curve: int) -> Sequence[tuple[float, float | None]]:
        """The points beside a curve."""
        held = self.plan.catalogue.curves[curve - 1].off_frontier
        return [(m.interactivity_tok_s_user or 0.0, getattr(m, f"{self.state.basis}_tok_s_gpu")) for m in held]

    def overview(self) -> Overview:
        """What the Summary starts from."""
        order = {group: place for place, group in enumerate(groups(self.plan), start=1)}
        official = self.plan.catalogue.comparisons
        of = {c.number: order[c.key.model, c.key.workload] for c in official}
        return Overview({c.number: self._read(c, 0) for c in official}, of, self.state.group)

    def common(self, number: int) -> Given:
        """What a comparison is given at the Summary's speed."""
        return self._read(self._comparisons[number], 0)

    def board(self) -> Board:
        """What the Performance sheet starts from."""
        if self._board is None:
            pick = self.state.pick or Pick(opening_choice(self.plan, self._offers), self.plan.catalogue.common_target)
            lines = [self._board_line(line) for line in self.plan.catalogue.lines]
            self._board = Board(lines, pick.chosen, pick.target)
        return self._board

    def _board_line(self, line: Line) -> BoardLine:
        house, key = self.plan.house, line.key
        return BoardLine(
            codes={name: self._offers[name].keys.index(key_of(self.plan, line, name)) + 1 for name in CODED},
            curves=curves_offered(line, self._offers["serving"]),
            price=self._market.price(key.hardware, self.state.tier),
            power=self._market.power(key.hardware),
            published=all(m.published for m in line.curve.knots),
            words=(
                house.hardware(key.hardware).label,
                house.precision_label(key.precision),
                variant_word(self.plan, line),
            ),
        )

    def standing(self) -> Standing:
        """The configurations on the Performance sheet, read and in order; found once in a state."""
        if self._standing is None:
            self._standing = stand(self.board(), self.known, slot_count(self.plan.catalogue))
        return self._standing

    def board_words(self, slot: Mapping[str, Held], found: Mapping[str, Value]) -> dict[str, Held]:
        """What a row of the Performance sheet's table must say of the configuration in a slot."""
        return words_of(self.plan, self.board(), slot, found)

    def moved(self) -> Moved:
        """What How it moved shows."""
        return moved_of(self.plan, self.state, self._market)

    def engine(self, number: int) -> str:
        """The engine of a measurement in words."""
        return engine_words(self.plan.catalogue.measurements[number - 1], self.plan.house)

    def moved_words(self, slot: int) -> dict[str, Held]:
        """What a row of its table must say in words."""
        return table_words(self.plan, self, slot)

    def in_force(self, name: str) -> Held:
        """What the cell of a threshold or choice in force must hold."""
        choices = {
            "tier": TIERS.index(self.state.tier) + 1,
            "basis": TOKEN_BASES.index(self.state.basis) + 1,
            "factor": self.plan.card.currency_per_usd,
        }
        return choices[name] if name in choices else self.known.thresholds[name]

    def rate(self, row: int, found: Mapping[str, Value]) -> Mapping[str, Held]:
        """The price and the power of a hardware that must be in force."""
        _ = found
        key = list(self.plan.prices.hardware)[row]
        price, power = self._market.price(key, self.state.tier), self._market.power(key)
        return {"price": "" if price is None else price, "power": "" if power is None else power}

    def asked(self) -> Asked:
        """What the Fleet sheet plans for."""
        return self.state.asked or opening_asked(self.plan)

    def planned(self, found: Mapping[str, Value]) -> Given:
        """What the read behind the Fleet sheet is given; without a comparison there are no curves."""
        _ = found
        asked = self.asked()
        comparison = self._comparisons[max(asked.comparison, 1)]
        target = "" if asked.speed is None else asked.speed
        given = self._market.given(comparison, self.state.tier, target, BEST)
        return given if asked.comparison else family_given(given, {"a": 0, "b": 0})

    def behind(self, comparison: int, kind: int) -> Given:
        """What the block behind Results is given for a comparison and a read."""
        return self._read(self._comparisons[comparison], kind)

    def fleet_words(self, line: str) -> str:
        """The words of a line of the Fleet sheet that has no figure."""
        return str(self.plan.house.texts["fleet"]["words"]["single" if line == "size" else "no_figure"])

    def wanted(self) -> Wanted:
        """What the Service level sheet looks for."""
        return self.state.wanted or opening_wanted(self.plan)

    def kinds(self) -> Sequence[Kind]:
        """Every kind of deployment with its measured rows."""
        return [
            Kind(
                slot.group,
                slot.precision,
                slot.off,
                self._market.price(slot.hardware, self.state.tier),
                [self._tried(m) for m in slot.rows],
            )
            for slot in self._slots
        ]

    @cached_property
    def _slots(self) -> Sequence[Slot]:
        return slots(self.plan)

    def _tried(self, m: Measurement) -> Tried:
        y: float | None = getattr(m, f"{self.state.basis}_tok_s_gpu")
        known = (m.ttft_median_s, m.ttft_p99_s, m.osl, m.agentic_e2el_s, m.gpus, m.concurrency)
        return Tried(m.number, m.interactivity_tok_s_user or 0.0, y, *known)
