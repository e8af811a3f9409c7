"""What the inputs of a workbook file say now: tier, token basis, prices, power, and the choices of a pair sheet.

Read from the input cells and the constant tables beside them, never from the formulas that the sheets use for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.assumptions import ITEM, RELEASED, VALUE
from specxl.sheets.frame import ASSUMPTIONS, COMMON_TARGET
from specxl.sheets.pair.reads import FIRST_READ
from specxl.sheets.pair.sheet import COMBINATION_ROW, ENGINE_ROW, TARGET_ROW, TIER_ROW

if TYPE_CHECKING:
    from specxl.model.cells import Value
    from specxl.returned.view import View

_LISTS = "Lists that dropdowns and codes refer to"
_WORKINGS = "Workings: everything above is computed here, from top to bottom"
_FIRST_ID = 3  # the column in which the curve ids of a pair sheet's combinations begin


def _choice(value: Value, choices: list[str]) -> int:
    """The number of a choice from 1, as a dropdown's MATCH finds it; 0 for anything else."""
    folded = [choice.casefold() for choice in choices]
    return folded.index(value.casefold()) + 1 if isinstance(value, str) and value.casefold() in folded else 0


def _positive(value: Value) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return float(value) if usable and value is not None else None


class StandingInputs:
    """The Assumptions sheet and the common target, as they stand."""

    def __init__(self, view: View) -> None:
        """Read the sheet.

        Raises:
            WorkbookFileError: a line is missing that every build has.
        """
        self._view = view
        self._sections = self._read_sections()
        self._lists = self._read_lists()
        choices = self._section("Choices for the whole workbook")
        self.tier = _choice(self._input(choices["Price tier"]), self._lists["tiers"])
        basis = _choice(self._input(choices["Token basis"]), self._lists["bases"])
        self.basis = TOKEN_BASES[basis - 1] if basis else None
        factor = choices["Currency units per US dollar"]
        released = _positive(view.value(ASSUMPTIONS, factor, RELEASED))
        self.factor = _positive(self._input(factor)) or released or 1.0
        self.common_target = view.value(COMMON_TARGET.sheet, COMMON_TARGET.row, COMMON_TARGET.col)

    def _input(self, row: int) -> Value:
        return self._view.value(ASSUMPTIONS, row, VALUE)

    def _read_sections(self) -> dict[str, dict[str, int]]:
        """The rows of every section by heading and item."""
        found = {}
        for row, col in self._view.places(ASSUMPTIONS, "Item"):
            if col == ITEM:
                rows = self._view.rows_below(ASSUMPTIONS, row, ITEM)
                items = {self._view.text(ASSUMPTIONS, at, ITEM): at for at in rows}
                found[self._view.text(ASSUMPTIONS, row - 1, ITEM)] = items
        return found

    def _read_lists(self) -> dict[str, list[str]]:
        """The lists behind the dropdowns by name: a name, its items, an empty row."""
        row, _ = self._view.place(ASSUMPTIONS, _LISTS, ITEM)
        found: dict[str, list[str]] = {}
        while self._view.text(ASSUMPTIONS, row + 1, ITEM):
            name = self._view.text(ASSUMPTIONS, row + 1, ITEM)
            rows = list(self._view.rows_below(ASSUMPTIONS, row + 1, ITEM))
            found[name] = [self._view.text(ASSUMPTIONS, at, ITEM) for at in rows]
            row = (rows[-1] if rows else row + 1) + 1
        return found

    def _section(self, start: str) -> dict[str, int]:
        for heading in sorted(self._sections, key=len):
            if heading == start or heading.startswith(f"{start} ("):
                return self._sections[heading]
        msg = f"{ASSUMPTIONS} has no section {start!r}"
        raise WorkbookFileError(msg)

    def price(self, hardware: str, tier: int) -> float | None:
        """The price per GPU-hour in the workbook's currency, by the hardware's label and a tier's number (0: none)."""
        rows = list(self._section(hardware).values())
        dollars = _positive(self._input(rows[tier - 1])) if 0 < tier <= len(TIERS) else None
        return None if dollars is None else dollars * self.factor

    def power(self, hardware: str) -> float | None:
        """The kW per GPU: the own value where it is usable, else the rate card's."""
        rows = self._section(hardware)
        own, card = rows["Power per GPU, own value"], rows["Power per GPU, all-in"]
        return _positive(self._input(own)) or _positive(self._input(card))

    def sheet_tier(self, value: Value) -> int:
        """The tier's number that a pair sheet's own dropdown brings into force."""
        chosen = _choice(value, self._lists["sheet tiers"])
        return self.tier if chosen == 1 else max(chosen - 1, 0)


@dataclass(frozen=True, slots=True)
class PairChoice:
    """What a pair sheet's controls choose: curve ids (0 for none), hardware label, tier and the four targets."""

    ids: tuple[int, int]
    hardware: str
    tier: int
    targets: tuple[Value, ...]


def pair_choice(view: View, sheet: str, inputs: StandingInputs) -> PairChoice:
    """Read a pair sheet's controls, and look its choice up in the constant tables of its workings.

    Raises:
        WorkbookFileError: a line is missing that every pair sheet has.
    """
    workings, _ = view.place(sheet, _WORKINGS)
    head = next((row for row, col in view.places(sheet, "Combination") if col == 0 and row > workings), None)
    if head is None:
        msg = f"{sheet} has no table of combinations"
        raise WorkbookFileError(msg)
    rows = list(view.rows_below(sheet, head))
    scopes = list(view.rows_below(sheet, view.place(sheet, "Engine scopes")[0]))
    combination = _choice(view.value(sheet, COMBINATION_ROW, FIRST_READ), [view.text(sheet, row, 0) for row in rows])
    scope = _choice(view.value(sheet, ENGINE_ROW, FIRST_READ), [view.text(sheet, row, 0) for row in scopes])
    ids = [0, 0]
    if combination and scope:
        first = _FIRST_ID + scope - 1
        ids = [int(view.number(sheet, rows[combination - 1], first + side * len(scopes)) or 0) for side in (0, 1)]
    targets = tuple(view.value(sheet, TARGET_ROW, FIRST_READ + i) for i in range(3))
    return PairChoice(
        (ids[0], ids[1]),
        view.text(sheet, workings + 2, 1),
        inputs.sheet_tier(view.value(sheet, TIER_ROW, FIRST_READ)),
        (*targets, inputs.common_target),
    )
