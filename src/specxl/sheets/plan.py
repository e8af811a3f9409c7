"""What every sheet of one release is built from: the catalogue, the house, and the tables already laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.schema import workload_label
from specxl.sheets.frame import FIXED_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.catalogue import Catalogue, Comparison, Pair
    from specxl.formulas import Context
    from specxl.house import House
    from specxl.rates import RateCard
    from specxl.sheets.assumptions import AssumptionCells
    from specxl.sheets.curves_sheet import CurveTables
    from specxl.sheets.frame import Release
    from specxl.sheets.measurements import MeasurementTable

LONGEST_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


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

    A name always holds a space, so it is never a cell address such as B300.
    """
    taken = {name.casefold() for name in (*FIXED_NAMES, "History")}
    names: dict[tuple[str, str], str] = {}
    for pair in pairs:
        hardware = house.hardware(pair.hardware).short_label.translate(_FORBIDDEN).strip(" '")[:14] or "hardware"
        room = LONGEST_NAME - len(hardware) - 1
        model = house.model(pair.model).short_label.translate(_FORBIDDEN).strip(" '")[:room].strip() or "model"
        name, number = f"{model} {hardware}", 2
        while name.casefold() in taken:
            suffix = f" ({number})"
            name, number = f"{model[: room - len(suffix)]} {hardware}{suffix}", number + 1
        taken.add(name.casefold())
        names[pair.model, pair.hardware] = name
    return names
