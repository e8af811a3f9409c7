"""The index workbook: which workbooks a split build made, with what is in each, and how to tell each from any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Book, Link, Properties, Sheet, TableSpec
from specxl.sheets.frame import head_style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.pipeline import Judged

NAME = "Index"
HEAD_ROW, LINK_COL = 3, 1
_STYLES = ("left", "link", "whole", "whole", "whole", "whole", "whole", "left", "left")
_WIDTHS = (34, 30, 12, 12, 12, 12, 12, 36, 66)
_BETTER, _LEVEL = ("better",), ("level",)


@dataclass(frozen=True, slots=True)
class Listed:
    """A workbook that was made: its group, its file's name and digest, and what there is to say of it."""

    label: str
    file: str
    sha256: str
    rows: int
    judged: Judged


def index_book(listed: Sequence[Listed], faults: Mapping[str, str], texts: Mapping[str, str], created: str) -> Book:
    """Lay out the index: a line per workbook, then the groups that have none, each with the reason.

    Args:
        listed: the workbooks in the order of their labels.
        faults: why a group has no workbook, by label.
        texts: the words of `templates/index.toml`.
        created: an ISO date that becomes the file's creation date.
    """
    sheet = Sheet(NAME, tab="front")
    sheet.put(0, 0, texts["title"], "title")
    sheet.put(1, 0, texts["note"], "muted")
    for col, (key, style) in enumerate(zip(_COLUMNS, _STYLES, strict=True)):
        sheet.put(HEAD_ROW, col, texts[key], head_style(style))
        sheet.widths[col] = _WIDTHS[col]
    for row, made in enumerate(listed, start=HEAD_ROW + 1):
        for col, (content, style) in enumerate(zip(_line(made), _STYLES, strict=True)):
            sheet.put(row, col, content, style)
    if listed:
        area = sheet.area(HEAD_ROW, 0, HEAD_ROW + len(listed), len(_COLUMNS) - 1)
        sheet.tables.append(TableSpec(area, "IndexRows", texts["note"]))
    below = HEAD_ROW + len(listed) + 2
    for row, (label, fault) in enumerate(faults.items(), start=below):
        sheet.put(row, 0, label, "left")
        sheet.put(row, LINK_COL, fault, "stop")
    sheet.freeze = (HEAD_ROW + 1, 1)
    return Book([sheet], Properties(texts["title"], "", "", "", created, {}), texts["note"])


_COLUMNS = ("group", "workbook", "rows", "comparisons", "better", "level", "other", "digest", "sha256")


def _line(made: Listed) -> tuple[str | int | Link, ...]:
    """What the index says of a workbook; verdicts are those at the Summary's speed, as it opens."""
    table = made.judged.table
    read, verdict = table.columns.index("read"), table.columns.index("verdict")
    found = [row[verdict] for row in table.rows if row[read] == "common"]
    better, level = found.count("better"), found.count("level")
    return (
        made.label, Link(f"external:{made.file}", made.file), made.rows, made.judged.comparisons, better, level,
        len(found) - better - level, made.judged.root_digest, made.sha256,
    )  # fmt: skip
