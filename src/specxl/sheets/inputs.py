"""The Inputs sheet: every cell that can be edited, its release value, and whether it still holds it.

Any sheet places its inputs through `Register.place`; so no input is unlocked that does not stand on this sheet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Input, Link, Ref, Validation
from specxl.model.formulas import choice_number, differs, if_positive, if_share
from specxl.sheets.frame import EMPTY, INPUTS, head_style, start_sheet

if TYPE_CHECKING:
    from specxl.model.cells import Range, Sheet

HEAD_ROW = 7
LONGEST_TITLE = 32
LABEL, SHEET, CELL, NOW, RELEASED, DIFFERS, USABLE = range(7)
HEADERS = (
    ("Input", "text"),
    ("Sheet", "text"),
    ("Cell", "text"),
    ("Now", "right"),
    ("As released", "right"),
    ("Differs (1)", "centre"),
    ("Usable (1)", "centre"),
)
_UNUSABLE_ROW, _EDITED_ROW = 4, 5
# Cells that other sheets refer to, whatever the order in which sheets are laid out.
EDITED = Ref(INPUTS, _EDITED_ROW, 1, fixed=True)
UNUSABLE = Ref(INPUTS, _UNUSABLE_ROW, 1, fixed=True)


class Register:
    """Collects the inputs of all sheets in the order in which they are placed."""

    def __init__(self) -> None:
        self.items: list[Input] = []

    def place(  # noqa: PLR0913 - all that an input can be is said where it is placed
        self,
        sheet: Sheet,
        at: tuple[int, int],
        value: str | float | None,
        label: str,
        *,
        style: str,
        choices: Range | None = None,
        message: str = "",
        most: float | None = None,
        share: bool = False,
    ) -> Ref:
        """Place an input with one validation rule, and give it a line on the Inputs sheet.

        `message` is the prompt (at most 255 characters) and must stay true whatever is edited. A number's rule only
        warns: the status formulas catch what pasting brings past it. `most` is the largest that can be used, if there is one;
        a `share` is a number from 0 to 1.
        """
        ref = sheet.put(*at, value, f"{style} input")
        released = Ref(INPUTS, HEAD_ROW + 1 + len(self.items), RELEASED, fixed=True)
        item = Input(ref, label, value, released, choices, most, share)
        self.items.append(item)
        sheet.inputs.append(item)
        words = isinstance(value, str) and choices is None
        sheet.validations.append(
            Validation(
                ref, _title(label), message[:255], choices=choices, stop=choices is not None, text=words, share=share
            )
        )
        return ref

    def released(self, ref: Ref) -> Input:
        """The input at a cell."""
        return next(item for item in self.items if item.ref == ref)


def _title(label: str) -> str:
    """The title of a prompt: 32 characters as Excel counts them, of which those beyond the basic plane are two."""
    kept = label[:LONGEST_TITLE]
    while len(kept.encode("utf-16-le", "replace")) > 2 * LONGEST_TITLE:
        kept = kept[:-1]
    return kept


def as_released(item: Input) -> str:
    """Formula: "was 60" while an input holds something else, else nothing."""
    return f'IF({differs(item.ref, item.released_ref, empty=item.released is None)}=0,"","was "&{item.released_ref})'


def build_inputs(register: Register) -> Sheet:
    """Lay out the register; called when every other sheet has placed its inputs."""
    sheet = start_sheet(
        INPUTS, "Inputs", tab="input", subtitle="Every cell that can be edited, beside its release value"
    )
    first, last = HEAD_ROW + 1, HEAD_ROW + len(register.items)
    columns = {col: str(sheet.area(first, col, last, col)) for col in (SHEET, CELL, DIFFERS, USABLE)}
    sheet.put(_UNUSABLE_ROW, 0, "Inputs that cannot be used", "strong")
    sheet.formula(_UNUSABLE_ROW, 1, f"ROWS({columns[USABLE]})-SUM({columns[USABLE]})", "id strong")
    where = (
        f'INDEX({columns[SHEET]},MATCH(0,{columns[USABLE]},0))&" "&INDEX({columns[CELL]},MATCH(0,{columns[USABLE]},0))'
    )
    sheet.formula(_UNUSABLE_ROW, 2, f'IF({UNUSABLE}=0,"","first: "&{where})', "text")
    sheet.put(_EDITED_ROW, 0, "Inputs that differ from the release", "strong")
    sheet.formula(_EDITED_ROW, 1, f"SUM({columns[DIFFERS]})", "id strong")
    for col, (header, style) in enumerate(HEADERS):
        sheet.put(HEAD_ROW, col, header, head_style(style))
    for row, item in enumerate(register.items, start=first):
        _lay_item(sheet, row, item)
    usable = sheet.area(first, USABLE, last, USABLE)
    sheet.highlights.append(Highlight(usable, f"{usable.first.address}=0", "stop"))
    changed = sheet.area(first, LABEL, last, RELEASED)
    sheet.highlights.append(Highlight(changed, f"${sheet.ref(first, DIFFERS).address}=1", "caution"))
    sheet.widths |= {LABEL: 58, SHEET: 28, CELL: 8, NOW: 30, RELEASED: 30, DIFFERS: 10, USABLE: 10}
    sheet.freeze = (HEAD_ROW + 1, 1)
    sheet.repeat_rows = (HEAD_ROW, HEAD_ROW)
    return sheet


def _lay_item(sheet: Sheet, row: int, item: Input) -> None:
    style = "general right" if isinstance(item.released, (int, float)) else "right"
    sheet.put(row, LABEL, Link(item.ref.link(), item.label), "link")
    sheet.put(row, SHEET, item.ref.sheet)
    sheet.put(row, CELL, item.ref.address)
    sheet.formula(row, NOW, f'IF({item.ref}="","{EMPTY}",{item.ref})', style)
    sheet.put(row, RELEASED, EMPTY if item.released is None else item.released, style)
    sheet.formula(row, DIFFERS, differs(item.ref, item.released_ref, empty=item.released is None), "flag")
    sheet.formula(row, USABLE, _usable(item), "flag")


def _usable(item: Input) -> str:
    """Formula: 1 when an input holds one of its choices, a text, a share, or a number above zero.

    A number may be empty: then the figures that need it are empty too, and say so in words.
    """
    if item.choices is not None:
        return f"IF({choice_number(item.ref, item.choices)}>0,1,0)"
    if isinstance(item.released, str):
        return f'IF({item.ref}="",0,1)'
    within = 1 if item.most is None else f"IF({item.ref}<={item.most:g},1,0)"
    usable = if_share(item.ref, 1, 0) if item.share else if_positive(item.ref, within, 0)
    return f'IF({item.ref}="",1,{usable})'
