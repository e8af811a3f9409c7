"""Comparisons of another kind than with against without: hardware against hardware, precision against precision.

Both sides share model, workload and variant, and what is not compared; each is held against one reference. They come after
everything else, so that nothing there moves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.errors import OptionError, nearest
from specxl.labels import clean_label
from specxl.method.catalogue import BEST, WORKLOAD_ORDER, Comparison, Side, default_targets
from specxl.schema import workload_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.house import House
    from specxl.method.catalogue import Catalogue, CatalogueCurve, CurveKey

HARDWARE, PRECISION, VARIANT = "hardware", "precision", "variant"
KINDS = (HARDWARE, PRECISION, VARIANT)
"""What `--compare` takes; variants are compared in any case."""


def with_kinds(catalogue: Catalogue, house: House, wanted: Sequence[str]) -> Catalogue:
    """Return the catalogue with comparisons of further kinds.

    Args:
        wanted: kinds, each with its reference behind a colon or without one ("hardware", "hardware:h200"). Without one the
            reference is what was measured most often.

    Raises:
        OptionError: there is no such kind, or no such reference in the data.
    """
    sides = [side for c in catalogue.comparisons for _, side in c.sides if side.curve]
    curves = {
        side.key: side.curve for side in sides if side.curve and house.variant_kind(side.key.variant) != "unknown"
    }
    found: list[Comparison] = []
    start = len(catalogue.everything) + 1
    for kind, reference in _asked(wanted).items():
        if kind != VARIANT:
            chosen = _reference(kind, reference, curves, house)
            found += _against(kind, chosen, curves, house, start + len(found))
    return replace(catalogue, crossed=tuple(found))


def _asked(wanted: Sequence[str]) -> dict[str, str]:
    """The reference of each kind that is asked for; empty for none in particular."""
    asked: dict[str, str] = {}
    for text in wanted:
        kind, _, reference = text.partition(":")
        if kind not in KINDS:
            hint = nearest(kind, KINDS)
            raise OptionError(
                f"--compare {clean_label(text, limit=60)}: no such kind; allowed: {', '.join(KINDS)}"
                + (f"; {hint}" if hint else "")
            )
        asked[kind] = reference.strip() or asked.get(kind, "")
    return asked


def _reference(kind: str, name: str, curves: Mapping[CurveKey, CatalogueCurve], house: House) -> str:
    """The key of the reference: the one that is named, else the one that most curves have."""
    keys: Counter[str] = Counter(getattr(key, kind) for key in curves)
    if not name:
        return min(keys, key=lambda key: (-keys[key], _order(kind, key, house), key))
    labels = {key: house.hardware(key).label if kind == HARDWARE else house.precision_label(key) for key in keys}
    resolved = house.resolve_hardware(name) if kind == HARDWARE else house.resolve_precision(name)
    for key, label in labels.items():
        if name.casefold() in (key.casefold(), label.casefold()) or key == resolved:
            return key
    near = nearest(name, keys)
    raise OptionError(
        f"--compare {kind}:{clean_label(name, limit=60)} matches no row; allowed: {', '.join(sorted(keys))}"
        + (f"; {near}" if near else "")
    )


def _order(kind: str, key: str, house: House) -> int:
    if kind == HARDWARE:
        return house.hardware(key).order
    known = house.precision_keys()
    return known.index(key) if key in known else len(known)


def _against(
    kind: str, reference: str, curves: Mapping[CurveKey, CatalogueCurve], house: House, start: int
) -> Iterator[Comparison]:
    """Every curve against its twin with the reference, in the order of models, workloads, and what is not compared."""

    def place(key: CurveKey) -> tuple[object, ...]:
        workload = WORKLOAD_ORDER.index(key.workload) if key.workload in WORKLOAD_ORDER else len(WORKLOAD_ORDER)
        hardware, precision = _order(HARDWARE, key.hardware, house), _order(PRECISION, key.precision, house)
        fixed = precision if kind == HARDWARE else hardware
        return (
            house.model(key.model).order,
            key.model,
            workload,
            key.workload,
            fixed,
            key.variant,
            hardware,
            precision,
        )

    number = start
    for key in sorted((k for k in curves if k.scope == BEST and getattr(k, kind) != reference), key=place):
        twin = replace(key, **{kind: reference})
        if twin in curves:
            yield _comparison(kind, key, twin, curves, house, number)
            number += 1


def _comparison(
    kind: str, key: CurveKey, twin: CurveKey, curves: Mapping[CurveKey, CatalogueCurve], house: House, number: int
) -> Comparison:
    a, b = Side(key, curves[key]), Side(twin, curves[twin])
    fixed = house.precision_label(key.precision) if kind == HARDWARE else house.hardware(key.hardware).label
    parts = (house.model(key.model).short_label, fixed, workload_label(key.workload), house.variant_label(key.variant))
    targets = default_targets(a.curve, b.curve)
    return Comparison(
        number=number, a=a, b=b, engines=(), families=(), targets=targets, suggestion=targets, page=None,
        label=", ".join(parts), kind=kind,
    )  # fmt: skip
