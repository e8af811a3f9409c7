"""The index of the Curves sheet: one row per curve, by which a comparison finds its curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.curve_book import BEST, DAY, FAMILY, SERVING
from specxl.method.curves import METRICS
from specxl.model.cells import Formula, in_row, resolve
from specxl.schema import TOKEN_BASES, workload_label
from specxl.sheets.curves.checks import count_of, differs, is_not
from specxl.sheets.curves.layout import INDEX_HEAD, INDEX_LABELS, INDEX_TWINS, STRIP_SUMS, STRIPS, reference

if TYPE_CHECKING:
    from specxl.house import House
    from specxl.method.catalogue import CatalogueCurve
    from specxl.sheets.curves.layout import CurveLayout

POOLED = "best of all"


@dataclass
class _Firsts:
    """Where the next curve's knots, points off the frontier and samples begin in their tables, from 1."""

    knot: int = 1
    off: int = 1
    sample: int = 1

    def pass_by(self, curve: CatalogueCurve, samples: int) -> None:
        """Go on to the next curve."""
        self.knot += len(curve.knots)
        self.off += len(curve.off_frontier)
        self.sample += samples


def lay_index(layout: CurveLayout, house: House) -> None:
    """Lay out one row per curve: its labels, where its points stand, its ends and bounds, and its x side by side."""
    sheet = layout.sheet
    sheet.put(INDEX_HEAD - 1, 0, "Index: one row per curve; a comparison finds its curve by the id", "heading")
    headers = dict(enumerate(INDEX_LABELS))
    headers |= {col: key.replace("_", " ") for key, col in layout.index_col.items()}
    for name in STRIPS:
        first = layout.strip(name).first.col
        headers |= {first + i: f"{name} {i + 1}" for i in range(layout.strip_width)}
    headers |= {layout.index_twin_col + i: f"reference: {key}" for i, key in enumerate(INDEX_TWINS)}
    headers |= {layout.index_check_col: "differs from reference"}
    headers |= {layout.strip_twin_col + i: f"reference: {text}" for i, text in enumerate(STRIP_SUMS)}
    for col, text in headers.items():
        sheet.put(INDEX_HEAD, col, text, "head")
    patterns, firsts = _index_patterns(layout), _Firsts()
    strip_patterns = _strip_patterns(layout)
    for curve in layout.catalogue.curves:
        row = layout.index_first + curve.id - 1
        _lay_labels(layout, house, curve, row)
        for col, pattern, style in patterns:
            sheet.copy(row, col, pattern, style)
        # a search needs a strip of x to its end; beyond its knots a curve has no throughput, and nothing is laid there
        for col, pattern in (
            *strip_patterns["x"],
            *(p for t in TOKEN_BASES for p in strip_patterns[t][: len(curve.knots)]),
        ):
            sheet.copy(row, col, pattern, "tput")
        _lay_index_twins(layout, curve, row, firsts)
        firsts.pass_by(curve, layout.samples[curve.id - 1].knot.size)


def _lay_labels(layout: CurveLayout, house: House, curve: CatalogueCurve, row: int) -> None:
    sheet, key = layout.sheet, curve.key
    labels = (
        house.model(key.model).label,
        house.hardware(key.hardware).label,
        house.precision_label(key.precision),
        workload_label(key.workload),
        f"{house.variant_label(key.variant)}{f', {key.label}' if key.label else ''}",
        _scope_label(key.scope, house),
    )
    sheet.put(row, 0, curve.id, "id")
    sheet.row(row, 1, labels)


def _scope_label(scope: str, house: House) -> str:
    if scope == BEST:
        return POOLED
    if scope.startswith(SERVING):
        return scope.removeprefix(SERVING)
    if scope.startswith(DAY):
        return str(house.texts["labels"]["as_of"]).replace("{day}", scope.removeprefix(DAY))
    family = scope.removeprefix(FAMILY)
    return house.engine_label(scope) if family == scope else f"{house.family_label(family)} family"


def _index_patterns(layout: CurveLayout) -> list[tuple[int, str, str]]:
    """Column, formula and style: look a curve's rows up by its id, and take its ends and bounds from them."""
    own, at = in_row(0), {key: in_row(col) for key, col in layout.index_col.items()}
    ids, x, off_ids = layout.knots("id"), layout.knots("x"), layout.off(0)
    last = f"{at['first']}+{at['knots']}-1"
    # total throughput descends along a frontier, so its ends are its bounds
    entries = [
        ("first", f"MATCH({own},{ids},0)", "id"),
        ("knots", f"INDEX({layout.knots('knots')},{at['first']})", "id"),
        ("x_min", f"INDEX({x},{at['first']})", "tput"),
        ("x_max", f"INDEX({x},{last})", "tput"),
        ("total_min", f"INDEX({layout.knots('total')},{last})", "tput"),
        ("total_max", f"INDEX({layout.knots('total')},{at['first']})", "tput"),
    ]
    for m in METRICS[1:]:
        entries += [
            (f"{m}_min", f"INDEX({layout.knots(f'low_{m}')},{last})", "tput"),
            (f"{m}_max", f"INDEX({layout.knots(f'high_{m}')},{last})", "tput"),
            (f"{m}_count", f"INDEX({layout.knots(f'known_{m}')},{last})", "id"),
        ]
    # both tables ascend by curve, which checks hold, so a search finds where a curve ends: counting would read them whole
    before, until = (f"IFERROR(MATCH({own}{by}1/2,{off_ids},1),0)" for by in "-+")
    first_sample = f"IF({own}=1,1,{_above(layout, 'sample_first')}+{_above(layout, 'sample_count')})"
    entries += [
        ("off_count", f"{until}-{before}", "id"),
        ("off_first", f"IF({at['off_count']}=0,0,{before}+1)", "id"),
        ("sample_count", f"MATCH({own}+1/2,{layout.sampled(0)},1)-{at['sample_first']}+1", "id"),
        ("sample_first", first_sample, "id"),
    ]
    return [(layout.index_col[key], resolve(text, layout.sheet.name), style) for key, text, style in entries]


def _strip_patterns(layout: CurveLayout) -> dict[str, list[tuple[int, str]]]:
    """The cells of each strip by column: x, which repeats the last knot to the end; the highest throughput from each knot on."""
    first, knots = (in_row(layout.index_col[key]) for key in ("first", "knots"))
    found: dict[str, list[tuple[int, str]]] = {}
    for name in STRIPS:
        held = layout.knots(f"top_{name}" if name in TOKEN_BASES[1:] else name)
        places = (f"MIN({i + 1},{knots})" if name == "x" else f"{i + 1}" for i in range(layout.strip_width))
        texts = (resolve(f"INDEX({held},{first}+{place}-1)", layout.sheet.name) for place in places)
        found[name] = list(enumerate(texts, start=layout.strip(name).first.col))
    return found


def _above(layout: CurveLayout, key: str) -> str:
    """The cell of the curve before, in a pattern."""
    return in_row(layout.index_col[key], -1)


def _index_reference(layout: CurveLayout, curve: CatalogueCurve, firsts: _Firsts) -> dict[str, float | None]:
    """What the reference holds for a row of the index; None for the bounds of a class that is not published."""
    twins: dict[str, float | None] = {
        "first": firsts.knot,
        "knots": len(curve.knots),
        "x_min": float(curve.fit.x[0]),
        "x_max": float(curve.fit.x[-1]),
        "off_count": len(curve.off_frontier),
        "off_first": firsts.off if curve.off_frontier else 0,
        "sample_count": int(layout.samples[curve.id - 1].knot.size),
        "sample_first": firsts.sample,
    }
    for m in METRICS:
        values = reference(curve, m)
        known = [v for v in values if v is not None]
        complete = len(known) == len(values)
        twins[f"{m}_min"], twins[f"{m}_max"] = (min(known), max(known)) if complete else (None, None)
    return twins


def strip_values(curve: CatalogueCurve, name: str, width: int) -> list[float]:
    """What the reference holds for a strip: x padded with the last; the highest throughput from each knot on."""
    values = [value or 0.0 for value in reference(curve, name)]
    if name == "x":
        return values + [values[-1]] * (width - len(values))
    return [max(values[i:]) for i in range(len(values))]


def _lay_index_twins(layout: CurveLayout, curve: CatalogueCurve, row: int, firsts: _Firsts) -> None:
    sheet, col = layout.sheet, layout.index_col
    at = {key: str(sheet.ref(row, c)) for key, c in col.items()}
    checks = [is_not(str(sheet.ref(row, 0)), curve.id)]
    for key, twin in _index_reference(layout, curve, firsts).items():
        if twin is None:
            formula = sheet.cells[row, col[key]].content
            checks.append(is_not(at[key], formula.text(row) if isinstance(formula, Formula) else 0))
        else:
            ref = sheet.put(row, layout.index_twin_col + INDEX_TWINS.index(key), twin, "released full")
            checks.append(is_not(at[key], ref) if isinstance(twin, int) else differs(at[key], str(ref)))
    checks.append(f"(COUNT({at['first']}:{at[f'{METRICS[-1]}_count']})<>{len(col)})")
    every = sheet.area(row, layout.strip_col, row, layout.strip_col + len(STRIPS) * layout.strip_width - 1)
    held = layout.strip_width + len(TOKEN_BASES) * len(curve.knots)
    checks.append(f"(COUNT({every})<>{held})")  # a text among them would add nothing to a sum
    for i, name in enumerate(STRIPS):
        first = layout.strip(name).first.col
        strip = sheet.area(row, first, row, first + layout.strip_width - 1)
        total = sheet.put(
            row, layout.strip_twin_col + i, sum(strip_values(curve, name, layout.strip_width)), "released full"
        )
        checks.append(differs(f"{strip}", str(total)))
    for m in METRICS[1:]:
        known = sum(v is not None for v in reference(curve, m))
        checks.append(is_not(at[f"{m}_count"], known))
    checks += _label_terms(layout, curve, row)
    sheet.formula(row, layout.index_check_col, count_of(checks), "flag")


def _label_terms(layout: CurveLayout, curve: CatalogueCurve, row: int) -> list[str]:
    """The labels of a curve must be those of the measurement behind its first knot."""
    sheet = layout.sheet
    number = f"INDEX({layout.knots('measurement')},{sheet.ref(row, layout.index_col['first'])})"
    scope = curve.key.scope
    narrowed = "serving" if scope.startswith(SERVING) else "engine"
    engine = [] if scope == BEST or scope.startswith((FAMILY, DAY)) else [narrowed]
    keys = ["model", "hardware", "precision", "workload", "variant", *engine]
    held = {key: f"INDEX({layout.measured[key]},{number})" for key in keys}
    if curve.key.label:
        held["variant"] += f'&", "&INDEX({layout.measured["label"]},{number})'
    terms = [is_not(str(sheet.ref(row, i)), held[key]) for i, key in enumerate(keys, start=1)]
    return [*terms, is_not(str(sheet.ref(row, 6)), f'"{POOLED}"')] if scope == BEST else terms
