"""A chart of the model -> a native chart on its sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specxl.errors import LayoutError
from specxl.workbook.strict import strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from specxl.model.cells import Chart, Series
    from specxl.workbook.styles import Styles

_MOVE_WITH_CELLS = 2


def _look(series: Series, looks: Mapping[str, Any], styles: Styles) -> dict[str, Any]:
    look = looks[series.look]
    if "bar" in look:
        colour = styles.colour(look["bar"])
        if "pattern" in look:
            return {"pattern": {"pattern": look["pattern"], "fg_color": colour, "bg_color": "#FFFFFF"}}
        return {"fill": {"color": colour}}
    if "line" in look:
        line = {"color": styles.colour(look["line"]), "width": look["width"], "dash_type": look["dash"]}
        return {"line": line, "marker": {"type": "none"}}
    # without a fill a mark is hollow; a program that cannot draw it so fills it with the colour of its border
    fill = {"color": styles.colour(look["fill"])} if "fill" in look else {"none": True}
    border = {"color": styles.colour(look["border"]), "width": 1.25}
    marker = {"type": look["marker"], "size": look["size"], "fill": fill, "border": border}
    return {"line": {"none": True}, "marker": marker}


def _labels(series: Series, theme: Mapping[str, Any], styles: Styles) -> dict[str, Any]:
    """The values of a series beside its marks, in the colour of its side."""
    if not series.labelled:
        return {}
    look = theme["looks"][series.look]
    colour = styles.colour(look.get("border") or look["bar"])
    font = {"name": theme["page"]["font"], "size": 9, "bold": True, "color": colour}
    place = look.get("label", "outside_end" if "bar" in look else "above")
    return {"data_labels": {"value": True, "num_format": series.labelled, "position": place, "font": font}}


def _span(chart: Chart) -> dict[str, Any]:
    """Where the horizontal axis of a scatter chart begins and ends; what stands outside is not drawn."""
    if chart.x_span is None:
        return {"min": 0}
    return {"min": chart.x_span[0], "max": chart.x_span[1], "num_format": chart.x_format}


def add_chart(book: Workbook, sheet: Worksheet, chart: Chart, styles: Styles, theme: Mapping[str, Any]) -> None:
    """Add a chart to its sheet, in the looks and colours of the theme.

    Raises:
        LayoutError: the theme lacks a colour, or XlsxWriter refused the chart.
    """
    kind = {"type": "scatter", "subtype": "straight"} if chart.kind == "scatter" else {"type": "bar"}
    native = book.add_chart(kind)
    if native is None:
        msg = f"no chart of kind {chart.kind!r}"
        raise LayoutError(msg)
    for series in chart.series:
        options = {
            "name": [series.name.sheet, series.name.row, series.name.col],
            "categories": [series.x.sheet, *series.x.corners],
            "values": [series.y.sheet, *series.y.corners],
            **_look(series, theme["looks"], styles),
            **_labels(series, theme, styles),
        }
        strict(native.add_series(options), f"series of {chart.name}")
    font = {"name": theme["page"]["font"], "size": 9, "bold": False, "color": styles.colour("ink")}
    grid = {"visible": True, "line": {"color": styles.colour("rule"), "width": 0.5}}
    axis = {"num_font": font, "name_font": font, "line": {"color": styles.colour("muted")}}
    values = {**axis, "name": chart.y_title, "major_gridlines": grid, "num_format": chart.number_format}
    if chart.kind == "scatter":
        # a mark at a negative place, or at 0 on a logarithmic axis, is not drawn: so idle marks leave no trace
        native.set_x_axis({**axis, **_span(chart), "name": chart.x_title, "major_gridlines": {"visible": False}})
        native.set_y_axis({**values, "log_base": 10} if chart.log else {**values, "min": 0})
    else:
        native.set_x_axis({**values, "name": chart.x_title, "min": 0})
        native.set_y_axis(
            {**axis, "name": chart.y_title, "reverse": True, "crossing": "max", "major_gridlines": {"visible": False}}
        )
    native.set_title({"none": True})
    legend = {"position": "top", "font": font, "delete_series": list(chart.unlisted)}
    native.set_legend(legend if chart.kind == "scatter" else {"position": "top", "font": font})
    native.set_size({"width": chart.width, "height": chart.height})
    native.show_hidden_data()
    place = {"description": chart.alt_text, "object_position": _MOVE_WITH_CELLS}
    strict(sheet.insert_chart(chart.at.row, chart.at.col, native, place), chart.name)
