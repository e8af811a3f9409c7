"""The lines of a data set: every configuration that was measured, with its curve, pooled and by way of serving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.method.curve_book import BEST, SERVING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.house import House
    from specxl.method.curve_book import CatalogueCurve, CurveBook, CurveKey

SERVINGS = ("aggregated", "disaggregated")
"""The ways of serving by which the curves of a line may be narrowed; a row that states none counts in the pooled curve only."""


@dataclass(frozen=True, slots=True)
class Line:
    """One model on one hardware in one precision, workload and variant; a run of one's own is a line of its own.

    `curve` pools all its points; `by_serving` holds the curve of the points of one way of serving, by SERVINGS, where there
    are any: their own frontier, which is the pooled curve itself where all points are served so.
    """

    key: CurveKey
    curve: CatalogueCurve
    by_serving: Mapping[str, CatalogueCurve]


def find_lines(book: CurveBook, house: House, workloads: Sequence[str]) -> tuple[Line, ...]:
    """Return every line of the points of a book, in the order of the registries: model, workload, hardware, precision, variant.

    `workloads` are those that come first. Curves that nobody asked for before are numbered behind all others.
    """
    labels = {pair: ("", *book.labels(*pair)) for pair in book.pairs}
    keys = [key for pair in labels for own in labels[pair] for key in book.keys(*pair, own) if key.scope == BEST]
    known = (workloads, house.precision_keys(), house.variant_keys())
    found = [_line(book, key) for key in sorted(keys, key=lambda key: _rank(house, key, known))]
    return tuple(line for line in found if line is not None)


def _line(book: CurveBook, key: CurveKey) -> Line | None:
    curve = book.curve(key)
    if curve is None:
        return None
    served = {name: book.curve(replace(key, scope=SERVING + name)) for name in SERVINGS}
    return Line(key, curve, {name: found for name, found in served.items() if found is not None})


def _rank(house: House, key: CurveKey, known: tuple[Sequence[str], ...]) -> tuple[object, ...]:
    model, hardware = house.model(key.model), house.hardware(key.hardware)
    workload, precision, variant = (
        (keys.index(own) if own in keys else len(keys), own)
        for keys, own in zip(known, (key.workload, key.precision, key.variant), strict=True)
    )
    return (model.order, key.model, workload, hardware.order, key.hardware, precision, variant, key.label)


def servings_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the ways of serving that any of the lines has points of, in order."""
    found = {name for line in lines for name in line.by_serving}
    return tuple(name for name in SERVINGS if name in found)
