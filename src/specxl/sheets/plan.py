"""What every sheet of one release is built from: the catalogue, the house, and the tables already laid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from specxl.model.cells import Ref
from specxl.model.formulas import literal, sentence
from specxl.schema import workload_label
from specxl.sheets.block.flags import LOW_SCORE, flags_of
from specxl.sheets.frame import FIXED_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.house import House
    from specxl.house.rates import RateCard
    from specxl.method.catalogue import Catalogue, Comparison, Pair, Side
    from specxl.model.formulas import Context
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.api_prices import ApiCells
    from specxl.sheets.block.flags import FlagRule
    from specxl.sheets.curves.sheet import CurveTables
    from specxl.sheets.frame import Release
    from specxl.sheets.inputs import Register
    from specxl.sheets.measurements import MeasurementTable
    from specxl.sheets.prices import PriceCells
    from specxl.sheets.workings import Workings

LONGEST_NAME = 31
LONGEST_HARDWARE = 14
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\!|", "-"))


class Check(NamedTuple):
    """One integrity check: `formula` counts the faults it finds on a sheet; 0 is right."""

    text: str
    sheet: str
    formula: str


@dataclass(frozen=True)
class Plan:
    """What the sheets refer to, and the lists to which each adds: inputs, checks and anchors.

    `driven` holds, by a sheet's name, what a judge needs in order to drive a sheet of its own kind.
    """

    catalogue: Catalogue
    house: House
    release: Release
    card: RateCard
    tier: str
    register: Register
    workings: Workings
    prices: PriceCells
    api: ApiCells
    measured: MeasurementTable
    curves: CurveTables
    sheet_names: Mapping[tuple[str, str], str]
    context: Context
    meanings: Mapping[str, str]
    added: tuple[str, ...] = ()
    """The sheets that only some builds have, by name."""
    checks: list[Check] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    driven: dict[str, object] = field(default_factory=dict)

    @property
    def scored(self) -> bool:
        """Whether there are scores of evaluations, and with them a flag."""
        return LOW_SCORE.id in self.measured.columns

    @property
    def flags(self) -> tuple[FlagRule, ...]:
        """The flags of this workbook, worst first."""
        return flags_of(scored=self.scored)

    def labels(self, comparison: Comparison) -> dict[str, str]:
        """The names of a comparison for people: what it is of, the variant that both sides share, and both sides."""
        key = comparison.key
        hardware = self.house.hardware(key.hardware)
        variants = {self.house.variant_label(side.key.variant) for _, side in comparison.sides}
        return {
            "model": self.house.model(key.model).label,
            "hardware": hardware.label,
            "vendor": hardware.vendor,
            "precision": self.house.precision_label(key.precision),
            "workload": workload_label(key.workload),
            "variant": variants.pop() if len(variants) == 1 else "",
            "side_a": self.side_label(comparison, comparison.a),
            "side_b": self.side_label(comparison, comparison.b),
        }

    def side_label(self, comparison: Comparison, side: Side) -> str:
        """What a side is called beside the other: by what they differ in."""
        names = {
            "model": self.house.model(side.key.model).label,
            "hardware": self.house.hardware(side.hardware).label,
            "precision": self.house.precision_label(side.key.precision),
            "workload": workload_label(side.key.workload),
            "variant": self.house.variant_label(side.key.variant),
            "label": side.key.label or self.house.texts["labels"]["official"],
        }
        differ = [name for name in names if getattr(comparison.a.key, name) != getattr(comparison.b.key, name)]
        # runs of one's own are called so in every sentence and legend
        own = ["label"] if side.key.label and "label" not in differ else []
        return " ".join(names[name] for name in (*own, *(differ or ["variant"])))

    def shared_sides(self) -> dict[str, str]:
        """Formulas of what sides "a" and "b" are called: the name that all comparisons share, else what the sides are."""
        texts = self.house.texts["summary"]["table"]
        words, first = {"a": texts["with"], "b": texts["without"]}, self.side_cells(self.catalogue.comparisons[0])
        names = [self.labels(comparison) for comparison in self.catalogue.comparisons]
        return {
            side: str(first[side].fix)
            if len({labels[f"side_{side}"] for labels in names}) == 1
            else literal(words[side])
            for side in "ab"
        }

    def noun(self, count: Ref) -> str:
        """Formula: "comparison" or "comparisons", as a count asks for."""
        texts = self.house.texts["labels"]["nouns"]
        return f"IF({count}=1,{literal(texts[0])},{literal(texts[1])})"

    def say(self, file: str, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of a template, by the file's stem, its table and its name there."""
        return sentence(self.house.texts[file][piece][name], fields, origin=f"{file}.toml [{piece}] {name}")

    def common_read(self, comparison: Comparison) -> dict[str, Ref]:
        """The cells of the comparison block at the Summary's speed, by key; Results has laid it out."""
        return self._common("comparison", comparison)

    def side_cells(self, comparison: Comparison) -> dict[str, Ref]:
        """The cells that hold the names of sides "a" and "b": text from data is referenced, never pasted into a formula."""
        shown = self._common("results", comparison)
        return {side: shown[f"side_{side}"] for side in "ab"}

    def _common(self, kind: str, comparison: Comparison) -> dict[str, Ref]:
        """The cells of a comparison in the first of its rows in a block of the whole workbook."""
        anchor = next(a for a in self.anchors if (a.kind, a.owner) == (kind, ""))
        row = anchor.first.row + anchor.subjects.index((comparison.number, 0))
        return {key: Ref(anchor.first.sheet, row, anchor.first.col + col) for col, key in enumerate(anchor.keys)}

    def sheet_name(self, pair: Pair | Comparison) -> str:
        """The name of the pair's sheet that a comparison stands on."""
        key = (pair.key.model, pair.key.hardware) if hasattr(pair, "key") else (pair.model, pair.hardware)
        return self.sheet_names[key]

    def given(self, comparison: Comparison) -> dict[str, str | float]:
        """What every block of a comparison is given besides target and curves: prices, power, and whether they cancel."""
        sides = {name: self.prices.hardware[side.hardware] for name, side in comparison.sides}
        return {
            **{f"{name}_price": str(cells.price.fix) for name, cells in sides.items()},
            **{f"{name}_power": str(cells.power.fix) for name, cells in sides.items()},
            "one_hardware": int(comparison.one_hardware),
            "stated": int(comparison.stated),
        }


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
