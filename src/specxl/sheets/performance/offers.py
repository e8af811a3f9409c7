"""What the controls of the Performance sheet offer, and what they open on: the same for the sheet and for its judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.lines import servings_of
from specxl.method.metrics import METRICS
from specxl.schema import workload_label
from specxl.sheets.pair.selection import distinct
from specxl.sheets.performance.places import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.method.catalogue import Catalogue
    from specxl.method.lines import Line
    from specxl.sheets.plan import Plan

ALL = 1
"""The number of the choice that lets everything through, in a control that has one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices of one control: the keys that it tells apart, and its texts, with one for all of them first if any."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def single(self) -> bool:
        """Whether there is one choice only, which is a word and no dropdown."""
        return len(self.labels) == 1

    @property
    def numbers(self) -> range:
        """The numbers of the choices, from 1."""
        return range(1, len(self.labels) + 1)


def key_of(plan: Plan, line: Line, control: str) -> str:
    """What a filter tells a line by."""
    return plan.house.hardware(line.key.hardware).vendor if control == "vendor" else str(getattr(line.key, control))


def variant_word(plan: Plan, line: Line) -> str:
    """The variant of a line, and the label of a run of one's own."""
    word = plan.house.variant_label(line.key.variant)
    return f"{word}, {line.key.label}" if line.key.label else word


def offers_of(plan: Plan) -> dict[str, Offer]:
    """What each control offers, in the order of CONTROLS."""
    house, lines = plan.house, plan.catalogue.lines
    texts, labels = house.texts["performance"]["controls"], house.texts["labels"]
    names = {
        "model": lambda key: house.model(key).label,
        "workload": workload_label,
        "precision": house.precision_label,
        "variant": house.variant_label,
        "vendor": lambda key: key or texts["unknown"],
    }
    ranks: dict[str, Sequence[str]] = {"precision": house.precision_keys(), "variant": house.variant_keys()}
    found = {"metric": Offer(tuple(m.key for m in METRICS), tuple(labels["metrics"][m.key]["name"] for m in METRICS))}
    for control, name in names.items():
        keys = _in_order(dict.fromkeys(key_of(plan, line, control) for line in lines), ranks.get(control, ()))
        every = (
            []
            if control in ("model", "workload") or len(keys) == 1
            else [texts["any" if control == "variant" else "all"]]
        )
        found[control] = Offer(keys, tuple(distinct([*every, *map(name, keys)])))
    found["serving"] = _servings(plan)
    return {control: found[control] for control in CONTROLS}


def _in_order(keys: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Keys as they came, but registered ones first, in the order of their registry."""
    return tuple(sorted(keys, key=lambda key: known.index(key) if key in known else len(known)))


def _servings(plan: Plan) -> Offer:
    """The ways of serving; a word where every point that states one states the same, and none leaves it out."""
    lines, texts = plan.catalogue.lines, plan.house.texts["performance"]["controls"]
    keys = servings_of(lines)
    words = plan.house.texts["labels"]["servings"]
    named = {"aggregated": words[1], "disaggregated": words[2]}
    if not keys:
        return Offer((), (texts["unknown"],))
    if len(keys) == 1 and all(line.by_serving.get(keys[0]) is line.curve for line in lines):
        return Offer(keys, (named[keys[0]],))
    return Offer(keys, tuple(distinct([texts["any"], *(named[key] for key in keys)])))


def opening_choice(plan: Plan, offers: Mapping[str, Offer]) -> dict[str, int]:
    """The numbers of the choices on which the sheet opens: all of the model and workload of which most is in range."""
    model, workload = fullest(plan.catalogue)
    places = {"model": offers["model"].keys.index(model), "workload": offers["workload"].keys.index(workload)}
    return {control: places.get(control, 0) + 1 for control in CONTROLS}


def fullest(catalogue: Catalogue) -> tuple[str, str]:
    """The model and workload of which most lines were measured around the workbook's speed, of these the most lines."""
    speed, counts, within = catalogue.common_target, Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for line in catalogue.lines:
        group, (low, high) = (line.key.model, line.key.workload), line.curve.measured_range
        counts[group] += 1
        within[group] += low <= speed <= high
    return max(counts, key=lambda group: (within[group], counts[group]))  # the first of several


def slot_count(catalogue: Catalogue) -> int:
    """The most lines that any model and workload have: so many rows the table needs."""
    return max(Counter((line.key.model, line.key.workload) for line in catalogue.lines).values())


def curves_offered(line: Line, serving: Offer) -> tuple[int, ...]:
    """The curve ids of a line by the choices of the serving control; 0 where it has no point served so."""
    narrowed = () if serving.single else tuple(line.by_serving.get(key) for key in serving.keys)
    return (line.curve.id, *(curve.id if curve else 0 for curve in narrowed))
