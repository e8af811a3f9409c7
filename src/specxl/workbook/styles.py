"""The theme -> formats and colours: the only place where a style's name becomes properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specxl.errors import LayoutError
from specxl.model.numbers import ROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

_COLOURED = ("font_color", "bg_color", "border_color", "bottom_color", "top_color")


class Styles:
    """Style names -> XlsxWriter formats, one object per distinct set of properties."""

    def __init__(self, book: Workbook, theme: Mapping[str, Any]) -> None:
        self._book, self._theme = book, theme
        self._made: dict[tuple[str, bool], Format] = {}

    def colour(self, name: str) -> str:
        """A colour of the theme by name."""
        found = self._theme["colours"].get(name)
        if found is None:
            msg = f"the theme has no colour {name!r}"
            raise LayoutError(msg)
        return str(found)

    def properties(self, style: str) -> dict[str, Any]:
        """The merged properties of a style, colours resolved."""
        page = self._theme["page"]
        merged: dict[str, Any] = {
            "font_name": page["font"],
            "font_size": page["size"],
            "font_color": "ink",
            "valign": "vcenter",
        }
        for token in style.split():
            if token not in self._theme["styles"]:
                msg = f"the theme has no style {token!r}"
                raise LayoutError(msg)
            merged.update(self._theme["styles"][token])
            if token in ROUNDINGS:
                merged["num_format"] = ROUNDINGS[token].number_format
        return {k: self.colour(v) if k in _COLOURED else v for k, v in merged.items()}

    def format(self, style: str, *, quoted: bool = False) -> Format:
        """The XlsxWriter format of a style."""
        key = (style, quoted)
        if key not in self._made:
            extra = {"quote_prefix": True} if quoted else {}
            self._made[key] = self._book.add_format({**self.properties(style), **extra})
        return self._made[key]

    def highlight(self, style: str) -> Format:
        """A format for conditional formatting: colours and weight only."""
        wanted = {k: v for k, v in self.properties(style).items() if k in ("font_color", "bg_color", "bold", "italic")}
        return self._book.add_format(wanted)
