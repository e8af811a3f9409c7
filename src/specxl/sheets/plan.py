"""What every sheet of one release is built from: the catalogue, the house, and the tables already laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.schema import workload_label
from specxl.sheets.frame import FIXED_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.house import House
    from specxl.house.rates import RateCard
    from specxl.method.catalogue import Catalogue, Comparison, Pair
    from specxl.model.formulas import Context
    from specxl.sheets.assumptions import AssumptionCells
    from specxl.sheets.curves.sheet import CurveTables
    from specxl.sheets.frame import Release
    from specxl.sheets.measurements import MeasurementTable

LONGEST_NAME = 31
LONGEST_HARDWARE = 14
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\!|", "-"))


@dataclass(frozen=True)
class Plan:
    """The inputs of the sheets that compare."""

    catalogue: Catalogue
    house: House
    release: Release
    card: RateCard
    measured: MeasurementTable
    curves: CurveTables
    assumptions: AssumptionCells
    sheet_names: Mapping[tuple[str, str], str]
    context: Context
    findings: Mapping[str, str]

    def labels(self, comparison: Comparison) -> dict[str, str]:
        """The names of a comparison for people: model, hardware, vendor, precision, workload and both variants."""
        hardware = self.house.hardware(comparison.hardware)
        return {
            "model": self.house.model(comparison.model).label,
            "hardware": hardware.label,
            "vendor": hardware.vendor,
            "precision": self.house.precision_label(comparison.precision),
            "workload": workload_label(comparison.workload),
            "label_a": self.house.variant_label(comparison.variant_a),
            "label_b": self.house.variant_label(comparison.variant_b),
        }

    def sheet_name(self, model: str, hardware: str) -> str:
        """The name of a pair's sheet."""
        return self.sheet_names[model, hardware]


def mint_sheet_names(pairs: Sequence[Pair], house: House) -> dict[tuple[str, str], str]:
    """Name every pair's sheet by Excel's rules: 31 characters, no bracket, colon, star or slash, unique in any case.

    A name always holds a space, so it is never a cell address such as B300. Exclamation marks and bars go too, though Excel
    takes them: a program that reads "'sheet'!A1" may stumble over the one, and see a link to another in the other.
    """
    taken = {name.casefold() for name in (*FIXED_NAMES, "History")}
    names: dict[tuple[str, str], str] = {}
    for pair in pairs:
        hardware = _part(house.hardware(pair.hardware).short_label, LONGEST_HARDWARE) or "hardware"
        label = house.model(pair.model).short_label
        name, number, suffix = "", 1, ""
        while not name or name.casefold() in taken:
            model = _part(label, LONGEST_NAME - _units(f" {hardware}{suffix}")) or "model"
            name = f"{model} {hardware}{suffix}"
            number += 1
            suffix = f" ({number})"
        taken.add(name.casefold())
        names[pair.model, pair.hardware] = name
    return names


def _part(label: str, units: int) -> str:
    """A label as part of a sheet's name: no character that Excel forbids, no quote at its ends, cut to the length."""
    kept = label.translate(_FORBIDDEN).strip(" '")
    while _units(kept) > units:
        kept = kept[:-1]
    return kept.strip(" '")


def _units(text: str) -> int:
    """The length that Excel counts: characters beyond the basic plane take two."""
    return len(text.encode("utf-16-le")) // 2
