"""API prices on the Prices sheet: what a provider asks for a million tokens of each model, and the share of cached input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.house.api_prices import TOKEN_CLASSES, ApiPrice
from specxl.model.flow import Flow
from specxl.model.formulas import if_positive, if_share
from specxl.sheets.anchors import Anchor, entered
from specxl.sheets.inputs import as_released

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.house import House
    from specxl.model.cells import Ref, Sheet
    from specxl.sheets.inputs import Register
    from specxl.sheets.prices import PriceCells

MODEL, FIRST_PRICE, FIRST_LIVE, AS_OF, SOURCE = 0, 1, 4, 9, 10
SHARE_VALUE, SHARE_UNIT, SHARE_RELEASED, SHARE_LIVE, SHARE_NOTE = 1, 2, 3, 5, 6
CACHED_SHARE = "cached_share"
SOURCE_LINE, LINE_HEIGHT = 40, 13.0
"""Characters of a source that fit a line of its column, and the points of a line."""


def price_name(model: str, token_class: str) -> str:
    """What an API price is called among the inputs that a judge looks up."""
    return f"api_{token_class}_{model}"


@dataclass(frozen=True, slots=True)
class ApiCells:
    """API prices in force by model and token class, in the workbook's currency; the share of cached input in force."""

    prices: Mapping[str, Mapping[str, Ref]]
    share: Ref
    anchors: tuple[Anchor, ...]


def lay_api_prices(prices: PriceCells, models: Sequence[str], house: House, register: Register) -> ApiCells:
    """Lay out a row per model below the other prices, and the share of cached input."""
    sheet, texts = prices.sheet, house.texts["budget"]["api"]
    flow = Flow(sheet, max(row for row, _ in sheet.cells) + 2)
    flow.heading(texts["heading"])
    row = flow.take()
    for col, key in enumerate(("model", *TOKEN_CLASSES, *(f"live_{name}" for name in TOKEN_CLASSES))):
        sheet.put(row, col, texts[key], "head" if col == MODEL else "head right")
    for col, text in ((7, None), (8, None), (AS_OF, texts["as_of"]), (SOURCE, texts["source"])):
        sheet.put(row, col, text, "head indent" if text else "head")
    sheet.heights[row] = 30
    anchors: list[Anchor] = []
    placed = {}
    for model in models:
        listed = house.api_prices.get(model) or ApiPrice(dict.fromkeys(TOKEN_CLASSES), *[texts["unknown"]] * 2)
        label = house.model(model).label
        placed[model] = _lay_model(sheet, flow.take(), register, label, listed, texts, prices.names["factor"].fix)
        cells = zip(TOKEN_CLASSES, _typed(sheet, placed[model]), strict=True)
        anchors += [entered(price_name(model, name), ref) for name, ref in cells]
    flow.gap()
    share, typed = _lay_share(sheet, flow.take(), register, texts)
    return ApiCells(placed, share, (*anchors, entered(CACHED_SHARE, typed)))


def _typed(sheet: Sheet, live: Mapping[str, Ref]) -> list[Ref]:
    """The input cells of a row whose cells in force are known."""
    return [sheet.ref(ref.row, ref.col - len(TOKEN_CLASSES)) for ref in live.values()]


def _lay_model(
    sheet: Sheet, row: int, register: Register, label: str, listed: ApiPrice, texts: Mapping[str, str], factor: Ref
) -> dict[str, Ref]:
    sheet.put(row, MODEL, label, "strong")
    live = {}
    for col, name in enumerate(TOKEN_CLASSES):
        item = f"{label}: {texts['item']}, {texts[name]}"[:120]
        listed_usd = listed.usd_per_mtok[name]
        typed = register.place(sheet, (row, FIRST_PRICE + col), listed_usd, item, style="price", message=texts["hint"])
        text = f'IF(ISNUMBER({factor}),{if_positive(typed, f"{typed}*{factor}", _NOTHING)},"")'
        live[name] = sheet.formula(row, FIRST_LIVE + col, text, "price")
    for col, value, key, style in (
        (AS_OF, listed.as_of, "as_of", "left"),
        (SOURCE, listed.source, "source", "left wrap"),
    ):
        item = f"{label}: {texts['item']}, {texts[key]}"[:120]
        register.place(sheet, (row, col), value, item, style=style, message=texts["source_hint"])
    if lines := len(listed.source) // SOURCE_LINE:
        sheet.heights[row] = LINE_HEIGHT * (1 + lines)
    return live


def _lay_share(sheet: Sheet, row: int, register: Register, texts: Mapping[str, str]) -> tuple[Ref, Ref]:
    """Empty means that nothing is served from a cache; what is no share leaves none in force."""
    sheet.put(row, MODEL, texts["share"])
    typed = register.place(
        sheet, (row, SHARE_VALUE), None, texts["share"], style="percent", message=texts["share_hint"], share=True
    )
    sheet.put(row, SHARE_UNIT, texts["share_unit"], "muted indent")
    sheet.formula(row, SHARE_RELEASED, as_released(register.released(typed)), "changed")
    live = sheet.formula(row, SHARE_LIVE, f'IF({typed}="",0,{if_share(typed, typed, _NOTHING)})', "percent")
    sheet.put(row, SHARE_NOTE, texts["share_note"], "muted indent")
    return live, typed


_NOTHING = '""'
