"""How figures are rounded for people, each rule once: in a cell by its number format, in a sentence by FIXED.

A headline and the table below it therefore never show different digits of one figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref

# A bare blank is what parts thousands in French, where the figure would be shown a thousand times smaller.
_PERCENT = r"\ %"


@dataclass(frozen=True, slots=True)
class Rounding:
    """A number of decimals; figures smaller than `fine_below` get `fine_decimals`, or they would read as nothing.

    Where `coarse_from` is not 0, figures from there on get `coarse_decimals`: for a column that shows any metric.

    `prefix` and `suffix` stand around the number in a cell. A `percent` is stored as a share and shown times a hundred.
    """

    decimals: int
    fine_below: float = 0
    fine_decimals: int = 0
    prefix: str = ""
    suffix: str = ""
    percent: bool = False
    coarse_from: float = 0
    coarse_decimals: int = 0

    @property
    def number_format(self) -> str:
        """The number format of a cell."""
        sections = [self._section(self.decimals)]
        if self.coarse_from:
            sections = [f"[<{self.coarse_from:g}]{sections[0]}", self._section(self.coarse_decimals)]
        if self.fine_decimals:
            sections.insert(0, f"[<{self.fine_below:g}]{self._section(self.fine_decimals)}")
        return ";".join(sections)

    def _section(self, decimals: int) -> str:
        quoted = [f'"{text}"' if text else "" for text in (self.prefix, self.suffix)]
        whole = "0" if self.percent else "#,##0"
        return (
            f"{quoted[0]}{whole}{'.' if decimals else ''}{'0' * decimals}{_PERCENT if self.percent else ''}{quoted[1]}"
        )

    def text(self, cell: Ref | str) -> str:
        """Formula: the number as text with the same decimals, without prefix and suffix."""
        value = f"100*{cell}" if self.percent else f"{cell}"
        places = f"{self.decimals}"
        if self.coarse_from:
            places = f"IF({cell}<{self.coarse_from:g},{places},{self.coarse_decimals})"
        if self.fine_decimals:
            places = f"IF({cell}<{self.fine_below:g},{self.fine_decimals},{places})"
        return f"FIXED({value},{places})"

    def plain(self, value: float) -> str:
        """The text that `text` makes of a number, but for ties in its last digit."""
        places = self.coarse_decimals if self.coarse_from and value >= self.coarse_from else self.decimals
        if self.fine_decimals and value < self.fine_below:
            places = self.fine_decimals
        return f"{100 * value if self.percent else value:,.{places}f}"


ROUNDINGS: Mapping[str, Rounding] = MappingProxyType(
    {
        "speed": Rounding(1),
        "tput": Rounding(1),
        "cost": Rounding(3, fine_below=0.01, fine_decimals=5),
        "cost_page": Rounding(3),
        "tokens": Rounding(2, fine_below=0.01, fine_decimals=4),
        "price": Rounding(3),
        "power": Rounding(3),
        "joules": Rounding(3, fine_below=0.01, fine_decimals=5),
        "whole": Rounding(0),
        "about": Rounding(0, prefix="~"),
        "times": Rounding(2, suffix="x"),
        "percent": Rounding(0, percent=True),
        "percent1": Rounding(1, percent=True),
        "seconds": Rounding(1),
        "money": Rounding(0),
        "figure": Rounding(3, fine_below=0.01, fine_decimals=5, coarse_from=100, coarse_decimals=0),
    }
)
"""The rules by the names of the styles that show them (`templates/theme.toml` says how such a cell is aligned)."""


def two_digits(cell: Ref | str) -> str:
    """Formula: a ratio with two significant digits, as sentences and headlines print it (METHOD 7): 7.3, 0.71, 26, 130."""
    hundreds = f"FIXED(10*ROUND({cell}/10,0),0)"
    return (
        f"IF({cell}<0.995,FIXED({cell},2),IF({cell}<9.95,FIXED({cell},1),IF({cell}<99.5,FIXED({cell},0),{hundreds})))"
    )
