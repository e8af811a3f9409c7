"""The Assumptions sheet: prices, power, dropdowns of the whole workbook, thresholds and the constants of the method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.formulas import choice_number, positive
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.frame import ASSUMPTIONS, put_input, start_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.house import House
    from specxl.house.rates import Rate, RateCard
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.sheets.frame import Release

ITEM, VALUE, RELEASED, UNIT, IN_FORCE, BASIS, AS_OF, SOURCE, NOTE = range(9)
# How many rows each kind of block takes; the lists below them are referred to before they are reached.
FIRST_ROW, HEADING_ROWS, CHOICE_ROWS, HARDWARE_ROWS, GAP_ROWS = 5, 3, 5, len(TIERS) + 3, 5
OWN_TIER = "own"
HEADERS = ("Item", "Value", "As released", "Unit", "In force", "Basis", "As of", "Source", "Note")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold of METHOD 7: an input with its unit and what it decides."""

    name: str
    item: str
    value: float
    unit: str
    style: str
    note: str


THRESHOLDS = (
    Threshold(
        "tie_ratio", "Ratio below which two sides tie", 1.01, "ratio", "price", "Run-to-run spread is not published."
    ),
    Threshold(
        "stale_days", "Days between the two sides' newest dates before they count as stale", 90, "days", "whole", ""
    ),
    Threshold("thin_knots", "Knots below which a curve is thin", 3, "knots", "whole", ""),
    Threshold("same_engine_knots", "Knots each curve of a same-engine comparison needs", 3, "knots", "whole", ""),
    Threshold("gap_factor", "Ratio of bracketing knots above which the gap is wide", 2, "ratio", "price", ""),
    Threshold("tie_out", "Difference to a published figure that is flagged", 0.05, "share", "percent1", ""),
)
CONSTANTS = (
    ("seconds_per_hour", "Seconds per hour", 3600, "s/h"),
    ("million", "Tokens in a million", 1_000_000, "tokens"),
    ("thousand", "Watts per kilowatt, kilowatts per megawatt", 1000, "1"),
    ("tolerance", "Relative distance to a knot that still counts as measured", 1e-9, "1"),
)


@dataclass(frozen=True, slots=True)
class HardwareCells:
    """Prices of the tiers in force (in the order of TIERS), price at the workbook's tier, and kW per GPU in force."""

    tiers: Range
    price: Ref
    power: Ref


@dataclass(frozen=True, slots=True)
class AssumptionCells:
    """The anchors that other sheets refer to."""

    sheet: Sheet
    hardware: Mapping[str, HardwareCells]
    names: Mapping[str, Ref]
    lists: Mapping[str, Range]

    def context(self) -> dict[str, str]:
        """Thresholds, constants and the token basis as formula text, by name."""
        return {name: str(ref.fix) for name, ref in self.names.items()}


@dataclass
class _Cursor:
    """Lays the sheet out from top to bottom."""

    sheet: Sheet
    house: House
    row: int = FIRST_ROW

    def heading(self, text: str) -> None:
        """Start a block: its heading and the headers of the columns."""
        self.row += 1
        self.sheet.put(self.row, ITEM, text, "heading")
        self.row += 1
        for col, header in enumerate(HEADERS):
            self.sheet.put(self.row, col, header, "head right" if col in (RELEASED, IN_FORCE) else "head")
        self.row += 1

    def facts(self, unit: str, basis: str = "", as_of: str = "", source: str = "", note: str = "") -> None:
        """Say what the row's value is and where it comes from."""
        for col, text in ((UNIT, unit), (BASIS, basis), (AS_OF, as_of), (SOURCE, source), (NOTE, note)):
            if text:
                self.sheet.put(self.row, col, text, "indent")

    def input(
        self, item: str, value: str | float | None, style: str, message: str, choices: Range | None = None
    ) -> Ref:
        """Place the row's input with its release value."""
        self.sheet.put(self.row, ITEM, item)
        places = (self.row, VALUE), (self.row, RELEASED)
        return put_input(self.sheet, *places, value, item, style=style, choices=choices, message=message)

    def in_force(self, text: str, style: str) -> Ref:
        """Place the formula of the value that the row puts in force."""
        return self.sheet.formula(self.row, IN_FORCE, text, style)

    @property
    def released(self) -> Ref:
        """The row's release value."""
        return self.sheet.ref(self.row, RELEASED)


def _lay_lists(cursor: _Cursor, engines: Sequence[str]) -> dict[str, Range]:
    """The texts that dropdowns and code columns refer to; they stand at the bottom of the sheet."""
    texts = cursor.house.texts["labels"]
    lists = {
        "tiers": [texts["tiers"][t] for t in TIERS],
        "sheet_tiers": [texts["as_workbook"], *(texts["tiers"][t] for t in TIERS)],
        "bases": [texts["bases"][b] for b in TOKEN_BASES],
        "tokens": [texts["tokens"][b] for b in TOKEN_BASES],
        "metrics": list(texts["metrics"].values()),
        "statuses": list(texts["statuses"]),
        "published_statuses": list(texts["published_statuses"]),
        "servings": list(texts["servings"]),
        "grades": list(texts["grades"]),
        "flags": [cursor.house.texts["flags"][flag.id]["short"] for flag in FLAGS],
        "engines": [cursor.house.engine_label(e) for e in engines] or ["none named"],
    }
    cursor.row += 1
    cursor.sheet.put(cursor.row, ITEM, "Lists that dropdowns and codes refer to", "heading")
    placed: dict[str, Range] = {}
    for name, items in lists.items():
        cursor.row += 1
        cursor.sheet.put(cursor.row, ITEM, name.replace("_", " "), "head")
        first = cursor.row + 1
        for item in items:
            cursor.row += 1
            cursor.sheet.put(cursor.row, ITEM, item)
        placed[name] = cursor.sheet.area(first, ITEM, cursor.row, ITEM)
        cursor.row += 1
    return placed


def _lay_hardware(cursor: _Cursor, key: str, card: RateCard, names: Mapping[str, Ref]) -> HardwareCells:
    """One block of one hardware: a price per tier, the power, and the price at the workbook's tier and currency."""
    hardware, rate = cursor.house.hardware(key), card.entries.get(key)
    maker = f" ({hardware.vendor} {hardware.architecture})" if hardware.vendor else " (not in the registry)"
    cursor.heading(hardware.label + maker)
    first = cursor.row
    for tier in TIERS:
        _lay_price(cursor, hardware.label, tier, rate, card)
    tiers = cursor.sheet.area(first, IN_FORCE, cursor.row - 1, IN_FORCE)
    power = _lay_power(cursor, hardware.label, rate, card)
    cursor.sheet.put(cursor.row, ITEM, "Price at the workbook's tier", "strong")
    cursor.sheet.formula(cursor.row, UNIT, f'{names["currency"]}&" per GPU-hour"')
    price = cursor.in_force(price_at_tier(tiers, names["tier"].fix, names["factor"].fix), "price strong")
    unknown = f'IF({price}="","no usable price: costs of this hardware are empty","")'
    cursor.sheet.formula(cursor.row, BASIS, unknown, "strong")
    cursor.row += 1
    return HardwareCells(tiers, price, power)


def price_at_tier(tiers: Range, tier: Ref, factor: Ref | str) -> str:
    """Formula: the price of a tier by its number in the workbook's currency; empty text where it is unknown."""
    price = f"INDEX({tiers},{tier})"
    return f'IF({tier}=0,"",IF(ISNUMBER({price}),{price}*{factor},""))'


def _lay_price(cursor: _Cursor, label: str, tier: str, rate: Rate | None, card: RateCard) -> None:
    value = rate.usd_per_gpu_hr.get(tier) if rate else None
    known = rate if value is not None else None
    ref = cursor.input(
        cursor.house.texts["labels"]["tiers"][tier],
        value,
        "price",
        "All-in price of one GPU for one hour in US dollars, above zero. Empty means unknown: costs then stay empty.",
    )
    cursor.in_force(positive(ref), "price")
    basis, note = "unknown", f"no {tier} price for {label} in rate card {card.name}"
    if known:
        basis, note = known.basis.get(tier, ""), known.note
    elif tier == OWN_TIER:
        basis = "own figure to fill in"
    _say_source(cursor, "USD per GPU-hour", known, basis, "" if tier == OWN_TIER else note)
    cursor.row += 1


def _lay_power(cursor: _Cursor, label: str, rate: Rate | None, card: RateCard) -> Ref:
    value = rate.kw_per_gpu if rate else None
    known = rate if value is not None else None
    from_card = cursor.input(
        "Power per GPU, all-in",
        value,
        "power",
        "All-in facility kW per GPU: chip and its share of host, network and cooling. It moves tok/s/MW and joules, not cost.",
    )
    basis = known.basis.get("power", "estimate") if known else "unknown"
    note = "" if known else f"no power figure for {label} in rate card {card.name}"
    _say_source(cursor, "kW per GPU", known, basis, note)
    of_card = cursor.in_force(positive(from_card), "power")
    cursor.row += 1
    own = cursor.input(
        "Power per GPU, own value",
        None,
        "power",
        "Your own all-in kW per GPU. When filled in, it replaces the line above.",
    )
    cursor.facts("kW per GPU", "own figure to fill in")
    ref = cursor.in_force(positive(own, otherwise=of_card), "power strong")
    cursor.row += 1
    return ref


def _say_source(cursor: _Cursor, unit: str, known: Rate | None, basis: str, note: str) -> None:
    """The facts of a value of the rate card, or of one that the card does not have."""
    cursor.facts(unit, basis, known.as_of if known else "", known.source if known else "", note)


def _lay_thresholds(cursor: _Cursor) -> dict[str, Ref]:
    cursor.heading("Thresholds of the comparability flags")
    placed: dict[str, Ref] = {}
    for threshold in THRESHOLDS:
        ref = cursor.input(
            threshold.item,
            threshold.value,
            threshold.style,
            "A number above zero; anything else leaves the release value in force.",
        )
        placed[threshold.name] = cursor.in_force(positive(ref, otherwise=cursor.released), threshold.style)
        cursor.facts(threshold.unit, "convention", source="method", note=threshold.note)
        cursor.row += 1
    return placed


def _lay_constants(cursor: _Cursor) -> dict[str, Ref]:
    cursor.heading("Constants of the method (locked)")
    placed: dict[str, Ref] = {}
    for name, item, value, unit in CONSTANTS:
        cursor.sheet.put(cursor.row, ITEM, item)
        placed[name] = cursor.sheet.put(cursor.row, VALUE, value, "full")
        cursor.facts(unit, "definition", source="method")
        cursor.row += 1
    return placed


def _lay_choices(cursor: _Cursor, tier: str, card: RateCard, lists: Mapping[str, Range]) -> dict[str, Ref]:
    """The choices for the whole workbook; return the cells in force, and those of the two dropdowns as ..._text."""
    texts = cursor.house.texts["labels"]
    cursor.heading("Choices for the whole workbook")
    tier_text = cursor.input(
        "Price tier", texts["tiers"][tier], "left", "Whose price of a GPU-hour the costs rest on.", lists["tiers"]
    )
    tier_number = cursor.in_force(choice_number(tier_text, lists["tiers"]), "id")
    zero = "0 in force: not one of the choices, so no price applies."
    cursor.facts("choice", as_of=card.as_of, source=card.source, note=zero)
    cursor.row += 1
    basis_text = cursor.input(
        "Token basis",
        texts["bases"][TOKEN_BASES[0]],
        "left",
        "Which tokens carry the whole cost of the GPU. The bases do not add up.",
        lists["bases"],
    )
    basis = cursor.in_force(choice_number(basis_text, lists["bases"]), "id")
    whole = "Output and input throughput are whole-deployment figures; a curve without them says so."
    cursor.facts("choice", source="method", note=whole)
    cursor.row += 1
    tokens = cursor.in_force(f'IF({basis}=0,"(no token basis)",INDEX({lists["tokens"]},{basis}))', "right")
    cursor.sheet.put(cursor.row, ITEM, "Words for the token basis")
    cursor.row += 1
    placed = {"tier": tier_number, "tier_text": tier_text, "basis": basis, "basis_text": basis_text, "tokens": tokens}
    return placed | _lay_currency(cursor, card)


def _lay_currency(cursor: _Cursor, card: RateCard) -> dict[str, Ref]:
    factor_in = cursor.input(
        "Currency units per US dollar",
        card.currency_per_usd,
        "price",
        "One factor applied to every price. 1 keeps US dollars.",
    )
    factor = cursor.in_force(positive(factor_in, otherwise=cursor.released), "price")
    cursor.facts("per USD", "own figure", note="Set the label below with it.")
    cursor.row += 1
    label = cursor.input(
        "Currency label",
        card.currency_label,
        "left",
        "The label that every price and cost carries, such as USD or EUR.",
    )
    currency = cursor.in_force(f'IF({label}="","USD",{label})', "right")
    cursor.row += 1
    return {"factor": factor, "currency": currency}


def build_assumptions(
    house: House, hardware: Sequence[str], card: RateCard, tier: str, engines: Sequence[str], release: Release
) -> AssumptionCells:
    """Lay out every input that is not a target, each with unit, basis, source and as-of date.

    Args:
        hardware: keys of the hardware in the workbook; one without a rate gets empty prices to fill in.
        tier: the tier that applies, one of `schema.TIERS`.
        engines: keys of the engines, in the order of their codes.
    """
    sheet = start_sheet(
        ASSUMPTIONS, "Assumptions", release, tab="input", subtitle=f"Rate card {card.name}: {card.source}"
    )
    legend = (
        "Blue on yellow: cells to edit. Everything else is computed or read. As released: the value in this release."
    )
    sheet.put(4, 0, legend, "muted")
    cursor = _Cursor(sheet, house)
    # The lists stand below; their addresses are needed first, so they are laid out on a cursor of their own.
    rows_above = (
        FIRST_ROW
        + (HEADING_ROWS + CHOICE_ROWS)
        + (HEADING_ROWS + HARDWARE_ROWS) * len(hardware)
        + (HEADING_ROWS + len(THRESHOLDS))
        + (HEADING_ROWS + len(CONSTANTS))
        + GAP_ROWS
    )
    below = _Cursor(sheet, house, row=rows_above)
    lists = _lay_lists(below, engines)
    names = _lay_choices(cursor, tier, card, lists)
    cells = {key: _lay_hardware(cursor, key, card, names) for key in hardware}
    names |= _lay_thresholds(cursor)
    names |= _lay_constants(cursor)
    sheet.widths |= {
        ITEM: 46,
        VALUE: 30,
        RELEASED: 28,
        UNIT: 19,
        IN_FORCE: 14,
        BASIS: 22,
        AS_OF: 10,
        SOURCE: 62,
        NOTE: 60,
    }
    sheet.freeze = (5, 1)
    sheet.print_area = sheet.area(0, 0, rows_above - 1, NOTE)
    return AssumptionCells(sheet, cells, names, lists)
