"""The sentences of a pair sheet, read back by their own templates: which was said, and with which figures.

A template's words may change; what its placeholders stand for may not, and no other words may stand between them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

from support.expectations import FLAG_TEXTS, flags_agree
from support.figures_in_words import NUMBER, prints, prints_cost, prints_fewest, prints_two_digits
from support.oracle import GRADES
from support.oracle_compare import (
    BETTER,
    LEVEL,
    NEITHER,
    NO_PRICE,
    NOT_STATED,
    ONLY_A,
    ONLY_B,
    UNDECIDED,
)
from support.oracle_curve import BELOW, NO_DATA, NO_TARGET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from specxl.house import House
    from support.desk import Labels, State
    from support.oracle import Comparison, Side

LEADS = {
    NO_TARGET: "no_target", NOT_STATED: "not_stated", NO_DATA: "no_data", NO_PRICE: "no_price", ONLY_A: "only_a",
    ONLY_B: "only_b", NEITHER: "neither", UNDECIDED: "undecided", LEVEL: "level",
}  # fmt: skip
EQUAL = {"": "exact", "at least": "at_least", "at most": "at_most", "never": "never"}
WINNERS = re.compile(r"\d%|\d %|\dx\b| less\b|cheaper|better|dearer|gain|faster|wins", re.IGNORECASE)
"""What a sentence says that names a winner or a ratio."""


def pattern(template: str, groups: Mapping[str, str]) -> str:
    """The expression that a sentence of a template matches, each placeholder a group named once per place."""
    count: dict[str, int] = defaultdict(int)
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(text))
        if name is not None:
            count[name] += 1
            parts.append(f"(?P<{name}_{count[name]}>{groups.get(name, '.+?')})")
    return "".join(parts)


def fields_of(template: str, text: str, groups: Mapping[str, str]) -> dict[str, set[str]] | None:
    """What stands in place of each placeholder; None where the text is no sentence of the template."""
    match = re.fullmatch(pattern(template, groups), text)
    if match is None:
        return None
    found: dict[str, set[str]] = defaultdict(set)
    for name, value in match.groupdict().items():
        found[name.rpartition("_")[0]].add(value)
    return dict(found)


@dataclass(frozen=True)
class Said:
    """What a sentence group must be about."""

    got: Comparison
    target: Any
    number: int
    labels: Labels
    state: State
    published: bool
    house: House
    prices: tuple[float | None, float | None]

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """The words of pair sheets."""
        texts: dict[str, dict[str, str]] = self.house.texts["pair"]
        return texts

    @property
    def words(self) -> dict[str, dict[str, Any]]:
        """The short words that all sheets share."""
        words: dict[str, dict[str, Any]] = self.house.texts["labels"]
        return words

    @property
    def priced(self) -> bool:
        """Whether both sides have a cost."""
        return self.got.a_cost_per_mtok is not None and self.got.b_cost_per_mtok is not None

    @property
    def tokens(self) -> str:
        """What the tokens counted are called."""
        tokens: str = self.words["tokens"][self.state.basis or "total"]
        return tokens

    @property
    def cases(self) -> list[tuple[str, str]]:
        """The sentences that must follow each other, as places in the templates."""
        got, lead = self.got, LEADS.get(self.got.verdict, "not_published")
        if got.verdict == BETTER:
            lead = f"{got.better}_better"
        rated = got.verdict in (BETTER, LEVEL)
        found = [("unpriced" if rated and not self.priced else "lead", lead)]
        if got.certainty:
            found.append(("certainty", got.certainty.partition(",")[0]))
        if rated:
            found.append(("equal_cost", EQUAL[got.equal_cost_kind]))
        if got.worst_flag in ("stop", "caution"):
            found.append(("care", "stop" if got.worst_flag == "stop" else "some"))
        return found

    def faults(self, text: str) -> Iterator[str]:
        """Yield what a sentence group says that is not so, or does not say."""
        template = " ".join(self.texts[piece][name] for piece, name in self.cases)
        fields = fields_of(template, text, self._groups())
        if fields is None:
            yield f"not a sentence about {self.cases}: {text!r}"
            return
        checks = self._checks()
        for name, values in fields.items():
            for value in values:
                if not checks[name](value):
                    yield f"{name} {value!r} in {text!r}"
        if self.got.verdict not in (BETTER, LEVEL) and WINNERS.search(text):
            yield f"a winner where there is none: {text!r}"
        if self.published and "measured" in text:
            yield f"published points are called measured: {text!r}"

    def mark(self, side: str, metric: str) -> tuple[float, float] | None:
        """Where the speed is marked on a side's curve: its place and the metric there; None without a read of it."""
        y, knots = getattr(self.got, f"{side}_tok_s_gpu"), getattr(self.got, f"{side}_knots")
        cost = getattr(self.got, f"{side}_cost_per_mtok")
        values = {
            "cost": cost,
            "tokens": None if cost is None else 1 / cost,
            "y": y,
            "mw": getattr(self.got, f"{side}_tok_s_mw"),
            "joules": getattr(self.got, f"{side}_joules_per_tok"),
        }
        value = values[metric]
        return None if y is None or value is None else (max(float(self.target), knots[0].x), value)

    def same_engine_faults(
        self, text: str, families: Mapping[str, Comparison] | str, sides: tuple[Side, Side]
    ) -> Iterator[str]:
        """Yield where the same-engine line names another family or ratio than the best one in range, or another reason."""
        got, words = self.got, self.texts["same_engine"]
        if got.a_tok_s_gpu is not None and got.b_tok_s_gpu is not None and "engine_family" not in got.flags:
            family = (*got.a_knots, *got.b_knots)[0].family
            if text != f"{words['already']}{self.house.family_label(family)}":
                yield f"{text!r} where all knots are of {family}"
            return
        best: dict[str, float] = {}
        if not isinstance(families, str):
            best = {
                family: made.a_tok_s_gpu / made.b_tok_s_gpu
                for family, made in families.items()
                if made.a_tok_s_gpu is not None and made.b_tok_s_gpu is not None
            }
        if not best:
            if text not in self._why_no_family(families if isinstance(families, str) else "no figure", sides):
                yield f"{text!r} where {families}"
            return
        family, ratio = max(best.items(), key=lambda item: item[1])
        larger = max(ratio, 1 / ratio)
        shown, _, named = text.partition(", ")
        level = larger < self.state.limits.tau
        winner = f"x {self.labels.a if ratio > 1 else self.labels.b}"
        right = shown == words["level"] if level else prints_two_digits(shown.removesuffix(winner), larger)
        if not right or named != self.house.family_label(family):
            yield f"{text!r} where {family} has {ratio}"

    def _why_no_family(self, reason: str, sides: tuple[Side, Side]) -> tuple[str, ...]:
        """The words for a reason; a side that was not measured at all has no engine, stated or not."""
        words = self.texts["same_engine"]
        few = f"{words['few']}{self.state.limits.same_family_knots}{words['few_end']}"
        if not all(side.points for side in sides) or not all(side.stated_method for side in sides):
            return (words["none"], words["unstated"])
        return {
            "engine not stated": (words["unstated"],),
            "no family has both sides": (words["none"],),
            "too few knots": (few,),
        }.get(reason, (words["out_of_range"],))

    def _groups(self) -> dict[str, str]:
        """What each placeholder may hold, so far as the words beside it do not tell."""
        numbers = (
            "target", "n", "a_cost", "b_cost", "a_first", "b_first", "a_last", "b_last", "floor_first", "floor_y",
            "ratio", "low", "eq_x", "eq_ratio",
        )  # fmt: skip
        lines = self.texts["lines"]
        return dict.fromkeys(numbers, NUMBER) | {
            "saving": rf"{NUMBER} %",
            "at_least": f"(?:{re.escape(lines['at_least'])})?",
            "high": f"{NUMBER}x|any multiple",
        }

    def _checks(self) -> dict[str, Callable[[str], bool]]:
        """For each placeholder whether a text is what it must be."""
        got, labels, basis = self.got, self.labels, self.state.basis
        floor = "a" if got.a_status == BELOW else "b"
        starts = {"output": "Output tokens", "input": "Input tokens"}
        larger = None if got.ratio is None else max(got.ratio, 1 / got.ratio)
        low, high = _larger(got)
        found: dict[str, Callable[[str], bool]] = {
            "n": lambda text: text == str(self.number),
            "a": labels.a.__eq__,
            "b": labels.b.__eq__,
            "missing": lambda text: text in {labels.of(s) for s in "ab" if getattr(got, f"{s}_status") == NO_DATA},
            "target": lambda text: prints_fewest(text, float(self.target), 2),
            "tokens": self.tokens.__eq__,
            "tokens_start": starts.get(basis, "Tokens of this kind").__eq__,
            "currency": self.state.currency.__eq__,
            "ratio": lambda text: prints_two_digits(text, larger),
            "saving": lambda text: prints(text.removesuffix(" %"), 100 * (got.saving or 0), 0),
            "at_least": (self.texts["lines"]["at_least"] if "at least" in got.certainty else "").__eq__,
            "floor": labels.of(floor).__eq__,
            "floor_first": lambda text: prints_fewest(text, getattr(got, f"{floor}_knots")[0].x, 1),
            "floor_y": lambda text: prints(text, getattr(got, f"{floor}_tok_s_gpu"), 1),
            "points": ("published" if self.published else "measured").__eq__,
            "low": lambda text: prints_two_digits(text, low),
            "high": lambda text: text == "any multiple" if high is None else prints_two_digits(text[:-1], high),
            "eq_x": lambda text: prints(text, got.equal_cost_tok_s_user, 0),
            "eq_ratio": lambda text: prints_two_digits(text, got.equal_cost_ratio),
            "stops": lambda text: flags_agree(text, got.flags & set(GRADES["stop"])),
            "flags": lambda text: flags_agree(text, got.flags),
        }
        for side in "ab":
            found |= self._side_checks(side)
        return found

    def _side_checks(self, side: str) -> dict[str, Callable[[str], bool]]:
        cost, y = getattr(self.got, f"{side}_cost_per_mtok"), getattr(self.got, f"{side}_tok_s_gpu")
        last = getattr(self.got, f"{side}_last_tok_s_user")

        def in_words(text: str) -> bool:
            figure, _, unit = text.removeprefix(f"{self.state.currency} ").partition(" ")
            if cost is None:
                return prints(figure, y, 1) and unit == f"{self.tokens}/s per GPU"
            return (
                text.startswith(self.state.currency)
                and prints_cost(figure, cost)
                and unit == f"per million {self.tokens}"
            )

        return {
            f"{side}_cost": lambda text: prints_cost(text, cost),
            f"{side}_cost_words": in_words,
            f"{side}_last": lambda text: prints_fewest(text, last, 1),
        }


def _larger(got: Comparison) -> tuple[float | None, float | None]:
    """The interval of the larger over the smaller side; no upper end where nothing bounds it."""
    low, high = got.ratio_low, got.ratio_high
    if got.ratio is None or low is None or high is None:
        return None, None
    if got.ratio >= 1:
        return low, None if high == float("inf") else high
    return 1 / high, 1 / low if low else None


def holds_a_figure(text: str) -> bool:
    """Whether a sentence group gives a throughput, a cost or a ratio, so that it can be true of one token basis only."""
    bare = text
    for words in FLAG_TEXTS.values():
        bare = bare.replace(words, "")
    return bool(re.search(r"\d+(?:\.\d+)?x| %|million|/s per GPU", bare))
