"""What the Explorer can show: what was measured, by the choices that lead there, and the two sides that it opens on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from specxl.method import curves
from specxl.method.catalogue import BEST, WORKLOAD_ORDER, CurveKey, default_targets
from specxl.schema import workload_label
from specxl.sheets.pair.selection import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from specxl.house import House
    from specxl.method.catalogue import Catalogue, CatalogueCurve, Comparison
    from specxl.sheets.plan import Plan

STEPS = ("model", "hardware", "precision", "workload", "variant")
"""What leads to a side, each step narrowing what there is; the serving engine comes last and picks one of its curves."""
CHOICES = (*STEPS, "scope")
BESIDE = "|"
"""Parts a method from the name of runs of one's own."""
LISTED = 6
"""How many choices are named where one does not exist, before it says that there are more."""
FEWEST = 2
CONSIDERED = 60
"""How many sides of one model and workload the opening is chosen from."""

Key = tuple[str, ...]
Places = tuple[int, ...]


@dataclass(frozen=True)
class Entry:
    """One side that was measured: its key by STEPS, and its curves by engine scope, the best of all engines first.

    `own` is the name of runs of one's own, empty for official ones.
    """

    key: Key
    curves: Mapping[str, CatalogueCurve]
    stated: bool
    own: str

    @property
    def best(self) -> CatalogueCurve:
        """The curve over all engines."""
        return self.curves[BEST]

    @property
    def published(self) -> bool:
        """Whether its points are those of a published page."""
        return any(m.published for m in self.best.knots)

    @property
    def engines_stated(self) -> bool:
        """Whether the engine of a run at least is known."""
        return len(self.curves) > 1


@dataclass(frozen=True)
class Row:
    """One row of the table of what there is: a choice under a row above (0 for none), what it leads to, and its entry.

    `parent` and its own place count rows from 1; `choice` is the place of the choice in its list.
    """

    parent: int
    choice: int
    prefix: Key
    leads_to: str
    entry: Entry | None


@dataclass(frozen=True)
class Offer:
    """The choices by step with their keys and labels, what was measured, and the rows of the table."""

    keys: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]
    entries: Mapping[Key, Entry]
    rows: tuple[Row, ...]

    @property
    def base(self) -> int:
        """More than any list has choices: a row of the table and a choice make one number with it."""
        return 1 + max(len(keys) for keys in self.keys.values())

    def places(self, entry: Entry) -> Places:
        """The places of an entry's choices in their lists, from 1; the engine scope is the best of all."""
        return (*(self.keys[step].index(part) + 1 for step, part in zip(STEPS, entry.key, strict=True)), 1)

    def row(self, prefix: Key) -> int:
        """The number of a row from 1; 0 where nothing was measured."""
        return next((number for number, row in enumerate(self.rows, start=1) if row.prefix == prefix), 0)


@dataclass(frozen=True)
class Opening:
    """What the sheet opens on: both sides, and three speeds."""

    a: Entry
    b: Entry
    targets: tuple[float, ...]


def make_offer(plan: Plan) -> Offer | None:
    """Collect what was measured; None where there are not two sides to set against each other."""
    catalogue, house = plan.catalogue, plan.house
    entries = dict(_entries(catalogue))
    if len(entries) < FEWEST:
        return None
    keys = {
        "model": tuple(dict.fromkeys(pair.model for pair in catalogue.pairs)),
        "hardware": tuple(plan.prices.hardware),
        "precision": _ordered((key[2] for key in entries), house.precision_keys()),
        "workload": _ordered((key[3] for key in entries), WORKLOAD_ORDER),
        "variant": _ordered((key[4] for key in entries), house.variant_keys()),
        "scope": (BEST, *sorted({scope for entry in entries.values() for scope in entry.curves} - {BEST})),
    }
    labels = {step: tuple(distinct([_label(house, step, key) for key in keys[step]])) for step in CHOICES}
    more = house.texts["explorer"]["workings"]["more"]
    return Offer(keys, labels, entries, tuple(_rows(keys, labels, entries, more)))


def _entries(catalogue: Catalogue) -> Iterator[tuple[Key, Entry]]:
    for comparison in catalogue.everything:
        for name, side in comparison.sides:
            if side.curve is not None:
                key = (*(getattr(side.key, step) for step in STEPS[:-1]), _method(side.key))
                found = {BEST: side.curve, **_by_engine(comparison, name)}
                yield key, Entry(key, found, side.stated, side.key.label)


def _method(key: CurveKey) -> str:
    """The last step: the method, and for runs of one's own their name too, so that they are never taken for official ones."""
    return f"{key.variant}{BESIDE}{key.label}" if key.label else key.variant


def _by_engine(comparison: Comparison, side: str) -> dict[str, CatalogueCurve]:
    return {scope.key: curve for scope in comparison.engines if (curve := scope.curve(side))}


def _ordered(keys: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Keys in the order of a registry, then those that it lacks."""
    return tuple(sorted(set(keys), key=lambda key: (known.index(key) if key in known else len(known), key)))


def _label(house: House, step: str, key: str) -> str:
    """What a choice is called in a dropdown: short, so that it fits its column and the names of sides."""
    if step == "model":
        return house.model(key).short_label
    if step == "hardware":
        return house.hardware(key).short_label
    if step == "precision":
        return house.precision_label(key)
    if step == "workload":
        return workload_label(key)
    if step == "variant":
        variant, _, own = key.partition(BESIDE)
        return f"{house.variant_label(variant)} ({own})" if own else house.variant_label(variant)
    return str(house.texts["labels"]["best_engine"]) if key == BEST else house.engine_label(key)


def _rows(
    keys: Mapping[str, tuple[str, ...]], labels: Mapping[str, tuple[str, ...]], entries: Mapping[Key, Entry], more: str
) -> Iterator[Row]:
    """The rows, step by step, so that every row stands below the one that leads to it; `more` ends a list that is cut."""
    placed: dict[Key, int] = {(): 0}
    for depth, step in enumerate(STEPS, start=1):
        following, place = CHOICES[depth], {key: number for number, key in enumerate(keys[step], start=1)}
        held: dict[Key, set[str]] = defaultdict(set)
        for key, entry in entries.items():
            held[key[:depth]].update(key[depth : depth + 1] or entry.curves)
        for prefix in sorted(held, key=lambda prefix: (placed[prefix[:-1]], place[prefix[-1]])):
            placed[prefix] = len(placed)
            choices = zip(keys[following], labels[following], strict=True)
            names = [name for key, name in choices if key in held[prefix]]
            yield Row(placed[prefix[:-1]], place[prefix[-1]], prefix, _listed(names, more), entries.get(prefix))


def _listed(names: Sequence[str], more: str) -> str:
    """The names of choices, as many as can be read at a glance."""
    return ", ".join(names[:LISTED]) + (more if len(names) > LISTED else "")


def opening(offer: Offer, plan: Plan) -> Opening:
    """The two sides that say most: one model and workload on two hardware, priced, both measured at the Summary's speed.

    Then the same precision and method, then the most measured points on the smaller side. What cannot be had is left out
    from the last wish on, so that any two sides will do where there is nothing better.
    """
    held = list(offer.entries.values())
    alike: dict[Key, list[Entry]] = {}
    for entry in held:
        alike.setdefault((entry.key[0], entry.key[3]), []).append(entry)
    groups = [group for group in alike.values() if len(group) >= FEWEST] or [held]
    pairs = (pair for group in groups for pair in combinations(_fullest(offer, group), FEWEST))
    a, b = min(pairs, key=lambda pair: _preference(offer, plan, *pair))
    return Opening(a, b, _targets(plan.catalogue, a.best, b.best))


def _fullest(offer: Offer, group: Iterable[Entry]) -> list[Entry]:
    """The sides with most measured points, in the order of the lists: as many as can be set in pairs without a wait."""
    most = sorted(group, key=lambda entry: -len(entry.best.knots))[:CONSIDERED]
    return sorted(most, key=offer.places)


def _preference(offer: Offer, plan: Plan, a: Entry, b: Entry) -> tuple[object, ...]:
    """Sort key: the smallest is the pair that the sheet opens on."""
    sides = (a, b)
    first, second = (CurveKey(*entry.key) for entry in sides)
    ranges = [entry.best.measured_range for entry in sides]
    knots = [len(entry.best.knots) for entry in sides]
    return (
        not (a.stated and b.stated),
        bool(a.own or b.own),
        first.hardware == second.hardware,
        not all(_priced(plan, entry.key[1]) for entry in sides),
        not all(low <= plan.catalogue.common_target <= high for low, high in ranges),
        curves.overlap(*ranges) is None,
        first.precision != second.precision,
        first.variant != second.variant,
        -min(knots),
        -sum(knots),
        offer.places(a),
        offer.places(b),
    )


def _priced(plan: Plan, hardware: str) -> bool:
    entry = plan.card.entries.get(hardware)
    return entry is not None and (entry.own_usd_per_gpu_hr or entry.usd_per_gpu_hr.get(plan.tier)) is not None


def _targets(catalogue: Catalogue, a: CatalogueCurve, b: CatalogueCurve) -> tuple[float, ...]:
    """The three speeds: those that the user gave for all comparisons, else those that suit both curves."""
    given = next((c.targets for c in catalogue.comparisons if c.targets != c.suggestion), None)
    return given or default_targets(a, b)
