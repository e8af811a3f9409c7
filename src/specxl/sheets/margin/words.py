"""What the Margin sheet says in words: its message, a sentence per side, and reasons for care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Missing
from specxl.method.curves import Status
from specxl.model.formulas import cases, first_true, literal
from specxl.model.numbers import ROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.plan import Plan


@dataclass(frozen=True)
class Sale:
    """The cells of the row, the cell that names what is sold, what the sides are called, and the flags in words."""

    plan: Plan
    cells: Mapping[str, Ref]
    name: str
    sides: Mapping[str, str]
    flags: Mapping[str, Ref]

    def _say(self, name: str, fields: Mapping[str, str]) -> str:
        return self.plan.say("margin", "words", name, fields)

    def _text(self, name: str) -> str:
        found: str = self.plan.house.texts["margin"]["words"][name]
        return found

    @property
    def _row(self) -> str:
        return str(self.cells["row"])

    def _results(self, key: str) -> str:
        """Formula: what the chosen row of Results says."""
        anchor = next(a for a in self.plan.anchors if (a.kind, a.owner) == ("results", ""))
        first = anchor.first.right(anchor.keys.index(key))
        return f"INDEX({first.fix}:{first.down(anchor.rows - 1).fix.address},{self._row})"

    def _stop(self) -> str:
        """Formula: a stop of the read goes before all else."""
        stop = self._say("stop", {"flags": str(self.flags["stops"])})
        return f'IF({self.flags["stops"]}="","",{stop})'

    def message(self) -> str:
        """Formula: what both sides earn, or lose, per GPU-hour; a stop first."""
        parts = {f"{side}_part": self._part(side) for side in "ba"}
        load = f'IF({self.cells["load"]}="","-",{ROUNDINGS["percent"].text(self.cells["load"])})'
        line = self._say("message", {"name": self.name, "load": load, **parts})
        reasons = [
            (code, literal(f"{text[:1].upper()}{text[1:]}")) for code, text in self._reasons() if code < Missing.READ
        ]
        why = cases(self.cells["why"], reasons)
        estimate = f'IF({self.cells["own_mix"]}=1,{literal(self._text("estimate"))},"")'
        return f"{self._stop()}&IF({self.cells['why']}>0,{why},{estimate}&{line})"

    def _part(self, side: str) -> str:
        profit, label = self.cells[f"{side}_profit"], self.sides[side]
        fields = {
            "side": label,
            "currency": self.plan.context["currency"],
            "profit": ROUNDINGS["price"].text(f"ABS({profit})"),
        }
        rules = (
            (f"{self.cells[f'{side}_missing']}>0", self._say("none", {"side": label})),
            (f"{profit}<0", self._say("loses", fields)),
        )
        return first_true(rules, self._say("earns", fields))

    def _reasons(self) -> tuple[tuple[int, str], ...]:
        return (
            (Missing.CHOICE, self._text("no_choice")),
            (Missing.LOAD, self._text("no_load")),
            (Missing.SHARE, self._text("no_share")),
            (Missing.MIX, self._text("no_mix")),
            (Missing.PRICE, self._text("no_price")),
            (Missing.GPU, self._text("no_gpu")),
        )

    def side(self, side: str) -> str:
        """Formula: margin, break-even load and break-even price of a side; "at least" where its throughput is a floor."""
        cells, label = self.cells, self.sides[side]
        margin, even, price = (cells[f"{side}_{key}"] for key in ("margin", "load_even", "price_even"))
        floor = f"{cells[f'{side}_status']}={Status.BELOW}"
        fields = {
            "side": label,
            "least": f'IF({floor},{literal(self._text("least"))},"")',
            "most": f'IF({floor},{literal(self._text("most"))},"")',
            "margin": ROUNDINGS["percent"].text(margin),
            "load_even": ROUNDINGS["percent"].text(even),
            "currency": self.plan.context["currency"],
            "price_even": ROUNDINGS["cost"].text(price),
        }
        reasons = [(code, literal(text)) for code, text in self._reasons()]
        reasons.append((Missing.READ, self._results(f"{side}_status")))
        missing = self._say("no_figure", {"side": label, "reason": cases(cells[f"{side}_missing"], reasons)})
        rules = (
            (f"{cells[f'{side}_missing']}>0", missing),
            (f'{even}=""', self._say("all_paid", {"side": label})),
            (f"{even}>1", self._say("never", fields)),
            (f"{margin}<0", self._say("deep", fields)),
        )
        return f"{self._stop()}&{first_true(rules, self._say('sentence', fields))}"

    def care(self) -> str:
        """Formula: a mix that was not measured, and the flags of the read."""
        flags = self.flags["flags"]
        care = self._say("care", {"flags": str(flags)})
        mix = f'IF({self.cells["own_mix"]}=1,{literal(self._text("mix"))},"")'
        return f'IF({self.cells["choice"]}=0,"",{mix}&IF({flags}="","",{care}))'
