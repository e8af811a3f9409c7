"""List prices of APIs: what a provider asks for a million input, cached input and output tokens of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import TemplateError
from specxl.house.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

TOKEN_CLASSES = ("input", "cached", "output")


@dataclass(frozen=True, slots=True)
class ApiPrice:
    """The list price of one model, US dollars per million tokens by TOKEN_CLASSES; None where none is asked or known."""

    usd_per_mtok: Mapping[str, float | None]
    as_of: str
    source: str


def read_api_prices(path: Path, models: Collection[str]) -> dict[str, ApiPrice]:
    """Read one list price per model, by the model's key.

    Raises TemplateError for an unknown or doubled model, and for a price without a date or a source.
    """
    rows = read_table(path, TemplateError, required=("model", *TOKEN_CLASSES, "as_of", "source"))
    found: dict[str, ApiPrice] = {}
    for row in rows:
        model = row.choice("model", tuple(models))
        if model in found:
            row.fail("model", f"{model!r} stands twice", next_step="Keep the newer price.")
        prices = {name: row.positive(name, unit="US dollars per million tokens") for name in TOKEN_CLASSES}
        found[model] = ApiPrice(prices, row.required("as_of"), row.required("source"))
    return found
