"""What a line of the Break-even sheet says in words: of the speed, of the price, and of the load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Grade, Verdict
from specxl.method.curves import Status
from specxl.model.formulas import cases, first_true, literal, speed
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.words import BOUNDS, flag_words, stop_first, verdict_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref
    from specxl.sheets.plan import Plan


@dataclass(frozen=True)
class Line:
    """A comparison in words: the cells of its row and of its crossings, its read at the speed in force, its sides' names."""

    plan: Plan
    even: Mapping[str, Ref]
    crossings: Sequence[Mapping[str, Ref]]
    at_speed: Mapping[str, Ref]
    names: Mapping[str, Ref]

    def _say(self, name: str, fields: Mapping[str, str]) -> str:
        return self.plan.say("budget", "even_words", name, fields)

    @property
    def _tie(self) -> str:
        return ROUNDINGS["tokens"].text(self.plan.context["tie_ratio"])

    @property
    def _labels(self) -> dict[str, str]:
        return {side: str(cell) for side, cell in self.names.items()}

    def speed(self) -> str:
        """Formula: which side is cheaper from where to where; a stop first, reasons for care last."""
        even, tie, labels = self.even, self.plan.context["tie_ratio"], self._labels
        ahead = f"{even['ahead']}=1"
        fields = {
            **labels,
            "tie": self._tie,
            "low": speed(even["x_low"]),
            "high": speed(even["x_high"]),
            "count": f"FIXED({even['count']},0)",
            "first": f"IF({ahead},{labels['a']},{labels['b']})",
            "other": f"IF({ahead},{labels['b']},{labels['a']})",
            **{f"x{k}": speed(cells["x"]) for k, cells in enumerate(self.crossings, start=1)},
        }
        level = f"AND({even['most']}<{tie},{even['least']}*{tie}>1)"
        rules = [
            (level, self._say("level", fields)),
            (f"{even['ahead']}=0", self._say("equal", fields)),
            (f"AND({even['count']}=0,{ahead})", self._say("always_a", fields)),
            (f"{even['count']}=0", self._say("always_b", fields)),
        ]
        known = [name for name, _ in zip(("once", "twice", "thrice"), self.crossings, strict=False)]
        rules += [(f"{even['count']}={k}", self._say(name, fields)) for k, name in enumerate(known, start=1)]
        several = self._say("often", fields) if len(known) == len(_MANY) else '""'
        small = {side: self._say("small", {"side": labels[side], "tie": self._tie}) for side in "ab"}
        small_lead = first_true(
            ((f"{even['count']}=0", '""'), (level, '""'), (f"{even['most']}<{tie}", small["a"]),
             (f"{even['least']}*{tie}>1", small["b"])),
            '""',
        )  # fmt: skip
        care = f"{literal(self._text('care'))}&{flag_words(self.plan, even, Grade.CAUTION)}"
        told = f'{stop_first(self.plan, even)}&{first_true(rules, several)}&{small_lead}&IF({even["cautions"]}=0,"",{care})'
        plain = self.plan.house.texts["labels"]["verdicts"]
        reasons = cases(
            even["reason"], [(code, literal(plain[code - 1])) for code in Verdict if code <= Verdict.NO_PRICE]
        )
        apart = literal(self._text("apart"))
        return first_true(((f"{even['reason']}>0", reasons), (f"{even['to']}=0", apart)), told)

    def _text(self, name: str) -> str:
        found: str = self.plan.house.texts["budget"]["even_words"][name]
        return found

    def signed(self, key: str, style: str, rises: str, falls: str) -> str:
        """Formula: a figure, as text behind a sign where it is only a bound: `rises` and `falls` with a side's throughput."""
        cell, percent = self.even[key], " %" if ROUNDINGS[style].percent else ""
        shown = f'{ROUNDINGS[style].text(cell)}&"{percent}"'
        floors = [(side, sign) for side, sign in ((rises, BOUNDS[False]), (falls, BOUNDS[True])) if side]
        rules = [(f"{self.at_speed[f'{side}_status']}={Status.BELOW}", f'"{sign} "&{shown}') for side, sign in floors]
        return f'IF({cell}="","",{first_true(rules, cell)})'

    def price(self) -> str:
        """Formula: up to which price of its GPU-hour the cheaper side stays the cheaper one."""
        at_speed, even, labels, names = self.at_speed, self.even, self._labels, self.plan.context
        ahead = f"{at_speed['ratio']}>=1"
        a, b = (ROUNDINGS["price"].text(even[f"turn_{side}"]) for side in "ab")
        floor = f"IF({ahead},{at_speed['a_status']},{at_speed['b_status']})={Status.BELOW}"
        least, upper = (f'IF({floor},{literal(self._text(name))},"")' for name in ("least", "upper"))
        fields = {
            "currency": names["currency"],
            "winner": f"IF({ahead},{labels['a']},{labels['b']})",
            "loser": f"IF({ahead},{labels['b']},{labels['a']})",
            "least": least,
            "upper": upper,
            "high": f"IF({ahead},{a},{b})",
            "low": f"IF({ahead},{b},{a})",
        }
        level = {**labels, "currency": names["currency"], "a_turn": a, "b_turn": b}
        unpriced = (
            f"{literal(self._text('no_price'))}&{verdict_word(self.plan, at_speed, (self.names['a'], self.names['b']))}"
        )
        known = f"COUNT({even['turn_a']},{even['turn_b']})=2"
        missing = literal(self._text("no_price") + self.plan.house.texts["labels"]["verdicts"][Verdict.NO_PRICE - 1])
        rules = (
            (f'{at_speed["ratio"]}=""', unpriced),
            (f"NOT({known})", missing),
            (f"{at_speed['better']}=0", self._say("level_price", level)),
        )
        return f"{stop_first(self.plan, at_speed)}&{first_true(rules, self._say('winner', fields))}"

    def load(self) -> str:
        """Formula: the load from which each side costs less than the API."""
        even, labels = self.even, self._labels

        def clause(side: str) -> str:
            """What is said of a side: nothing where it has no cost."""
            cell = even[f"load_{side}"]
            floor = f"{self.at_speed[f'{side}_status']}={Status.BELOW}"
            fields = {"side": labels[side], "upper": f'IF({floor},{literal(self._text("upper"))},"")'}
            much = fields | {"load": ROUNDINGS["percent1"].text(cell)}
            never, unsure = self._say("never", much), self._say("unsure", much)
            enough = self._say("from", fields | {"load": ROUNDINGS["percent"].text(cell)})
            return f'IF(COUNT({cell})=0,"",IF({cell}>1,IF({floor},{unsure},{never}),{enough}))'

        counts = {side: f"COUNT({even[f'load_{side}']})" for side in "ab"}
        missing = f"COUNT({even['p_in']},{even['p_out']})<2"
        between = f'IF({counts["a"]}+{counts["b"]}=2,{literal(self._text("both"))},"")'
        rules = (
            (missing, literal(self._text("no_api"))),
            (f"{even['priced']}=0", literal(self._text("no_cached"))),
            (f"{even['tokens']}=0", literal(self._text("no_mix"))),
            (f"{counts['a']}+{counts['b']}>0", f"{clause('a')}&{between}&{clause('b')}"),
        )
        stop = f'IF({counts["a"]}+{counts["b"]}=0,"",{stop_first(self.plan, self.at_speed)})'
        return f"{stop}&{first_true(rules, literal(self._text('no_cost')))}"


_MANY = ("once", "twice", "thrice")
