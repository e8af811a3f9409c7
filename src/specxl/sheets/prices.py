"""The Prices sheet: one table of rates, then the choices for the whole workbook, thresholds and constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link, Range, Ref
from specxl.model.flow import Flow
from specxl.model.formulas import choice_number, positive
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import CARD_LINE, HEAD_ROWS, PRICES, TIER_CHOICE, start_sheet
from specxl.sheets.inputs import as_released

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.house import House
    from specxl.house.rates import Rate, RateCard
    from specxl.model.cells import Sheet
    from specxl.sheets.inputs import Register

# The rate table from left to right.
HARDWARE, FIRST_TIER = 0, 1
OWN, IN_FORCE, KW, OWN_KW, KW_IN_FORCE, BASIS, SOURCE = range(FIRST_TIER + len(TIERS), FIRST_TIER + len(TIERS) + 7)
RATE_HEAD_ROWS = 2
NOTE_WIDTH = 42
"""Characters of a note that fit a line of its column."""
RATE_KEYS = ("hardware", *TIERS, "own", "price", "kw", "own_kw", "power")
# The lines below it: item, value, unit, value in force, what it decides.
ITEM, VALUE, UNIT, RELEASED, LIVE, NOTE = 0, 1, 2, 3, 5, 6
LINE_HEADS = (
    (ITEM, "Item", "head"),
    (VALUE, "Value", "head right"),
    (UNIT, "Unit", "head indent"),
    (RELEASED, "", "head"),
    (4, "", "head"),
    (LIVE, "In force", "head right"),
    (NOTE, "What it decides", "head line indent"),
)


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
    Threshold("tie_ratio", "Ratio below which two sides are level", 1.05, "ratio", "price", "run-to-run spread is not published"),
    Threshold("thin_knots", "Measured points below which a curve is thin", 3, "points", "whole", "caution: certainty"),
    Threshold("gap_x", "Gap between points in speed that is wide", 2, "ratio", "price", "caution: certainty"),
    Threshold("gap_y", "Gap between points in throughput that is wide", 3, "ratio", "price", "caution: certainty"),
    Threshold("stale_days", "Days between newest runs that are far apart", 90, "days", "whole", "not like for like"),
    Threshold("ttft_factor", "First token: times as long", 3, "ratio", "price", "not like for like, together with the next line"),
    Threshold("ttft_apart", "First token: seconds longer", 1, "s", "price", "not like for like, together with the line above"),
    Threshold("ttft_limit", "First token: seconds too long by themselves", 10, "s", "price", "not like for like"),
    Threshold("family_knots", "Points that a same-engine side needs", 3, "points", "whole", "same engine line"),
    Threshold("tie_out", "Difference of a published cost that is at odds", 0.05, "share", "percent1", "stop"),
)  # fmt: skip
CONSTANTS = (
    ("seconds_per_hour", "Seconds per hour", 3600, "s/h"),
    ("million", "Tokens in a million", 1_000_000, "tokens"),
    ("thousand", "Watts per kilowatt, kilowatts per megawatt", 1000, "1"),
    ("tolerance", "Relative distance that counts as on a point", 1e-9, "1"),
)


@dataclass(frozen=True, slots=True)
class HardwareCells:
    """One hardware: the prices of its tiers in US dollars, its own price, its price and kW per GPU in force."""

    tiers: Range
    own: Ref
    price: Ref
    power: Ref


@dataclass(frozen=True, slots=True)
class PriceCells:
    """The cells that other sheets refer to; `names` are thresholds, constants and choices in force by name."""

    sheet: Sheet
    anchors: tuple[Anchor, ...]
    hardware: Mapping[str, HardwareCells]
    names: Mapping[str, Ref]

    def context(self) -> dict[str, str]:
        """Thresholds, constants and choices as formula text, by name."""
        return {name: str(ref.fix) for name, ref in self.names.items()}


@dataclass
class _Draft:
    """The sheet while it is laid out."""

    flow: Flow
    register: Register
    house: House
    card: RateCard
    lists: Mapping[str, Range]

    @property
    def sheet(self) -> Sheet:
        return self.flow.sheet

    def input(
        self,
        item: str,
        value: str | float | None,
        style: str,
        message: str,
        choices: Range | None = None,
        most: float | None = None,
    ) -> Ref:
        """A line with an input: its name, the cell, and what it was released with once it differs."""
        row = self.flow.take()
        self.sheet.put(row, ITEM, item)
        ref = self.register.place(
            self.sheet, (row, VALUE), value, item, style=style, choices=choices, message=message, most=most
        )
        if style == "left":
            self.sheet.merges.append(self.sheet.area(row, VALUE, row, VALUE + 1))
        self.sheet.formula(row, RELEASED, as_released(self.register.released(ref)), "small changed")
        return ref


def build_prices(
    house: House,
    hardware: Sequence[str],
    card: RateCard,
    lists: Mapping[str, Range],
    register: Register,
) -> PriceCells:
    """Lay out prices and power of every hardware in the workbook, the choices, the thresholds and the constants.

    Args:
        hardware: keys in the order of the sheets.
        lists: the choices of dropdowns, by name.
    """
    sheet = start_sheet(PRICES, "Prices", tab="input", subtitle=CARD_LINE)
    draft = _Draft(Flow(sheet, HEAD_ROWS), register, house, card, lists)
    # the table of rates comes first for the reader, but it refers to the choices, which stand below it
    rates = Flow(sheet, draft.flow.take(RATE_HEAD_ROWS + len(hardware)))
    names = _lay_choices(draft)
    names |= _lay_demand(draft)
    cells = _lay_rates(draft, rates, hardware, names)
    names |= _lay_thresholds(draft)
    names |= _lay_constants(draft)
    sheet.widths |= {
        HARDWARE: 36.6,
        **dict.fromkeys(range(FIRST_TIER, FIRST_TIER + len(TIERS)), 14),
        OWN: 10.4,
        IN_FORCE: 10,
    }
    sheet.widths |= {KW: 8, OWN_KW: 8, KW_IN_FORCE: 11, BASIS: 18, SOURCE: 34}
    sheet.freeze = (HEAD_ROWS, 1)
    return PriceCells(sheet, _anchors(cells, names), cells, names)


def _lay_line_heads(draft: _Draft, heading: str) -> None:
    draft.flow.heading(heading)
    row = draft.flow.take()
    for col, text, style in (*LINE_HEADS, *((col, "", "head") for col in range(NOTE + 1, SOURCE + 1))):
        draft.sheet.put(row, col, text or None, style)


def _lay_choices(draft: _Draft) -> dict[str, Ref]:
    """The choices for the whole workbook in force, by name; the price basis is chosen on the Summary."""
    texts, lists, sheet = draft.house.texts["labels"], draft.lists, draft.sheet
    draft.flow.gap()
    _lay_line_heads(draft, "For the whole workbook")
    row = draft.flow.take()
    sheet.put(row, ITEM, "Price basis")
    sheet.put(row, VALUE, Link(TIER_CHOICE.link(), "chosen on the Summary"), "link")
    sheet.put(row, NOTE, "an own price of a hardware overrides it for that hardware alone", "muted indent")
    live = {"tier": sheet.formula(row, LIVE, choice_number(TIER_CHOICE, lists["tiers"]), "choice")}

    def line(item: str, value: str | float, style: str, message: str, note: str, choices: Range | None = None) -> Ref:
        ref = draft.input(item, value, style, message, choices)
        sheet.put(ref.row, NOTE, note, "muted indent")
        return ref

    basis = line(
        "Tokens counted", texts["bases"][TOKEN_BASES[0]], "left", "Which tokens throughput and cost count.",
        "output or input tokens alone carry the whole GPU: the two costs do not add up", lists["bases"],
    )  # fmt: skip
    live["basis"] = sheet.formula(basis.row, LIVE, choice_number(basis, lists["bases"]), "choice")
    currency = line(
        "Currency shown", draft.card.currency_label, "left", "A short name of the currency, such as EUR.",
        "a label; the next line converts",
    )  # fmt: skip
    live["currency"] = sheet.formula(currency.row, LIVE, f'IF({currency}="","USD",{currency})', "right")
    factor = line(
        "One US dollar in that currency", draft.card.currency_per_usd, "price", "What one US dollar costs, above zero.",
        "the rate card is in US dollars",
    )  # fmt: skip
    live["factor"] = sheet.formula(factor.row, LIVE, positive(factor), "price")
    row = draft.flow.take()
    sheet.put(row, ITEM, "Words for the tokens counted")
    tokens = f'IF({live["basis"]}=0,"tokens",INDEX({lists["tokens"]},MAX({live["basis"]},1)))'
    live["tokens"] = sheet.formula(row, LIVE, tokens, "right")
    return live | {"basis_text": basis}


def _lay_demand(draft: _Draft) -> dict[str, Ref]:
    """How much is asked for, and how full the GPUs are: inputs as `..._input`, and what is in force of them."""
    texts = draft.house.texts["fleet"]["prices"]
    draft.flow.gap()
    _lay_line_heads(draft, texts["heading"])
    load = draft.input(texts["load"], 1, "percent", texts["load_hint"], most=1)
    volume = draft.input(texts["volume"], VOLUME_RELEASED, "amount", texts["volume_hint"])
    for ref, key in ((load, "load"), (volume, "volume")):
        draft.sheet.put(ref.row, UNIT, texts[f"{key}_unit"], "muted indent")
        draft.sheet.put(ref.row, NOTE, texts[f"{key}_note"], "muted indent")
    at_most = f'IF(ISNUMBER({load}),IF({load}>1,"",{positive(load)}),"")'
    return {
        "load_input": load,
        "volume_input": volume,
        "load": draft.sheet.formula(load.row, LIVE, at_most, "percent"),
        "volume": draft.sheet.formula(volume.row, LIVE, positive(volume), "amount"),
    }


VOLUME_RELEASED = 10_000


def _lay_rates(
    draft: _Draft, flow: Flow, hardware: Sequence[str], names: Mapping[str, Ref]
) -> dict[str, HardwareCells]:
    """One row per hardware: a price per tier, an own one, power, and what is in force."""
    texts = draft.house.texts["labels"]
    flow.heading("Price of one GPU for one hour, US dollars, all in; power of one GPU, kW, all in")
    row = flow.take()
    heads = [
        "Hardware",
        *(texts["tiers"][tier] for tier in TIERS),
        "Own price",
        "In force",
        "kW",
        "Own kW",
        "kW in force",
    ]
    for col, text in enumerate(heads):
        draft.sheet.put(row, col, text, "head" if col == HARDWARE else "head right")
    draft.sheet.put(row, BASIS, "Basis", "head indent")
    draft.sheet.put(row, SOURCE, "Note", "head")
    draft.sheet.heights[row] = 30
    return {key: _lay_rate(draft, flow.take(), key, names) for key in hardware}


def _lay_rate(draft: _Draft, row: int, key: str, names: Mapping[str, Ref]) -> HardwareCells:
    sheet, rate, label = draft.sheet, draft.card.entries.get(key), draft.house.hardware(key).label
    sheet.put(row, HARDWARE, label, "strong")

    def place(col: int, value: float | None, item: str, style: str, message: str) -> Ref:
        return draft.register.place(sheet, (row, col), value, f"{label}: {item}"[:120], style=style, message=message)

    for col, tier in enumerate(TIERS, start=FIRST_TIER):
        words = draft.house.texts["labels"]["tiers"][tier]
        place(col, rate.usd_per_gpu_hr.get(tier) if rate else None, words, "price", _PRICE_MESSAGE)
    tiers = sheet.area(row, FIRST_TIER, row, FIRST_TIER + len(TIERS) - 1)
    own = place(
        OWN,
        own_price(rate),
        "own price",
        "price",
        "Your own price of one GPU-hour in US dollars. It overrides the price basis for this hardware alone.",
    )
    power = place(KW, rate.kw_per_gpu if rate else None, "power", "power", _POWER_MESSAGE)
    own_power = place(
        OWN_KW, None, "own power", "power", "Your own all-in kW per GPU. It replaces the figure beside it."
    )
    # relative, as if filled down
    listed = f"{tiers.first}:{tiers.last.address}"
    price = sheet.formula(
        row, IN_FORCE, price_in_force(listed, own, names["tier"].fix, names["factor"].fix), "price strong"
    )
    live_power = sheet.formula(row, KW_IN_FORCE, positive(own_power, otherwise=positive(power)), "power strong")
    sheet.put(row, BASIS, _basis(rate), "indent")
    note = _note(draft, rate, label)
    sheet.put(row, SOURCE, note, "wrap middle")
    sheet.heights[row] = 15.0 * max(1, -(-len(note) // NOTE_WIDTH))
    empty = sheet.area(row, IN_FORCE, row, IN_FORCE)
    sheet.highlights.append(Highlight(empty, f'{price.address}=""', "stop"))
    return HardwareCells(tiers, own, price, live_power)


_PRICE_MESSAGE = (
    "All-in price of one GPU for one hour in US dollars, above zero. Empty means unknown: costs then stay empty."
)
_POWER_MESSAGE = (
    "All-in kW per GPU: chip and its share of host, network and cooling. It moves tokens per MW and joules, not cost."
)


def own_price(rate: Rate | None) -> float | None:
    """The own price that a user's rate card brings along."""
    return rate.own_usd_per_gpu_hr if rate else None


def price_in_force(tiers: Range | str, own: Ref, tier: Ref | str, factor: Ref | str) -> str:
    """Formula: the own price, else that of a tier by its number, in the workbook's currency; empty text if unknown."""
    price = f"INDEX({tiers},{tier})"
    listed = f'IF({tier}=0,"",{positive(price)})'
    return in_currency(positive(own, otherwise=listed), factor)


def in_currency(usd: Ref | str, factor: Ref | str) -> str:
    """Formula: a price in US dollars in the workbook's currency; empty text where either is unknown."""
    return f'IF(ISNUMBER({factor}),IF(ISNUMBER({usd}),({usd})*{factor},""),"")'


def _basis(rate: Rate | None) -> str:
    """What the figures of a hardware rest on: one word where it is the same for all."""
    words = list(dict.fromkeys(rate.basis.values())) if rate else []
    return ", ".join(words) or "unknown"


def _note(draft: _Draft, rate: Rate | None, label: str) -> str:
    if rate is None:
        return f"{label} is not on rate card {draft.card.name}: fill in an own price and an own kW"
    missing = [draft.house.texts["labels"]["tiers"][tier] for tier in TIERS if tier not in rate.usd_per_gpu_hr]
    lacking = f"not on this card: {', '.join(missing)}" if missing else ""
    return "; ".join(part for part in (rate.note, lacking) if part)


def _anchors(cells: Mapping[str, HardwareCells], names: Mapping[str, Ref]) -> tuple[Anchor, ...]:
    """Where the rates, and the thresholds and choices in force, stand."""
    tiers = next(iter(cells.values())).tiers.first
    first = Ref(PRICES, tiers.row, HARDWARE)
    rates = Anchor("rates", "", first, RATE_KEYS, tuple((key,) for key in cells))
    wanted = (*(threshold.name for threshold in THRESHOLDS), "tier", "basis", "factor")
    return (rates, *(Anchor("in force", "", names[name], ("value",), ((),), name) for name in wanted))


def _lay_thresholds(draft: _Draft) -> dict[str, Ref]:
    draft.flow.gap()
    _lay_line_heads(draft, "Thresholds: what counts as level, thin, wide, apart")
    placed: dict[str, Ref] = {}
    for threshold in THRESHOLDS:
        ref = draft.input(
            threshold.item,
            threshold.value,
            threshold.style,
            "A number above zero; anything else leaves the release value in force.",
        )
        released = draft.register.released(ref).released_ref
        placed[threshold.name] = draft.sheet.formula(
            ref.row, LIVE, positive(ref, otherwise=released), f"{threshold.style} right"
        )
        draft.sheet.put(ref.row, UNIT, threshold.unit, "muted indent")
        draft.sheet.put(ref.row, NOTE, threshold.note, "muted indent")
    return placed


def _lay_constants(draft: _Draft) -> dict[str, Ref]:
    draft.flow.gap()
    draft.flow.heading("Constants of the method (locked)")
    placed: dict[str, Ref] = {}
    for name, item, value, unit in CONSTANTS:
        row = draft.flow.take()
        draft.sheet.put(row, ITEM, item)
        placed[name] = draft.sheet.put(row, VALUE, value, "full")
        draft.sheet.put(row, UNIT, unit, "muted")
    return placed
