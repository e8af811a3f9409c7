"""The Summary as it shows itself: message, counts, large figures and table as values, and what the oracle says of all rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from specxl.sheets.frame import SUMMARY
from specxl.sheets.summary.draft import FIGURE_COLS, FIGURE_ROW, HEAD_ROW, LABEL_ROW, LISTED, LONGEST, TABLE
from support.answers import MARKS
from support.desk import place
from support.expectations import FLAG_TEXTS, Shown, agrees, compared
from support.figures_in_words import (
    NUMBER,
    bounds,
    prints,
    prints_cost,
    prints_fewest,
    prints_two_digits,
    speed_at_cost,
    value_of,
)
from support.oracle import summary
from support.oracle_compare import BETTER, LEVEL, NEITHER, ONLY_A, ONLY_B, UNDECIDED
from support.oracle_curve import BELOW, NO_DATA, is_positive
from support.sentences import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.method.catalogue import Comparison
    from support import Value
    from support.desk import Desk, State
    from support.oracle import Comparison as Compared

CLASSES = {BETTER: 1, LEVEL: 1, ONLY_A: 2, ONLY_B: 2, NEITHER: 2, UNDECIDED: 3}
"""Where a verdict stands in the table; whatever has no comparison stands last."""
COUNTS = ("better", "settled", "worse", "level", "undecided", "only", "neither", "none")


class Row(NamedTuple):
    """A comparison, and what the oracle makes of it at the Summary's speed."""

    comparison: Comparison
    got: Compared

    @property
    def cost(self) -> float | None:
        """The lower of its costs."""
        known = [c for c in (self.got.a_cost_per_mtok, self.got.b_cost_per_mtok) if c is not None]
        return min(known, default=None)


@dataclass(frozen=True)
class Overview:
    """The Summary of a workbook at a speed, with one group of the table first, in a state."""

    desk: Desk
    speed: Value
    group: int
    state: State

    @cached_property
    def rows(self) -> list[Row]:
        """Every comparison in its own order."""
        desk, state = self.desk, self.state
        return [Row(c, compared(desk.sides(c, state), self.speed, state)) for c in desk.comparisons.values()]

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """The words of the Summary."""
        texts: dict[str, dict[str, str]] = self.desk.house.texts["summary"]
        return texts

    @property
    def tokens(self) -> str:
        """What the tokens counted are called."""
        words: str = self.desk.house.texts["labels"]["tokens"][self.state.basis or "total"]
        return words

    def groups(self) -> list[tuple[str, str]]:
        """Model and workload of every group, the one shown first at its head."""
        keys = list(dict.fromkeys((row.comparison.key.model, row.comparison.key.workload) for row in self.rows))
        return [keys[self.group], *keys[: self.group], *keys[self.group + 1 :]]

    @property
    def ranked(self) -> list[Row]:
        """The rows sorted by hand: by group, then what is decided, reached, undecided, the rest; then by cost."""
        groups = self.groups()

        def key(row: Row) -> tuple[Any, ...]:
            group = groups.index((row.comparison.key.model, row.comparison.key.workload))
            unknown = row.cost is None
            return group, CLASSES.get(row.got.verdict, 4), unknown, row.cost or 0.0, row.comparison.number

        return sorted(self.rows, key=key)

    def shown(self, row: int, key: str) -> Value:
        """A cell of the table, rows counted from 0."""
        return self.desk.book.value(place(self.desk.layout.book.sheet(SUMMARY).ref(HEAD_ROW + 1 + row, TABLE[key])))

    def text(self, row: int, col: int = 0) -> str:
        """A cell above the table as text."""
        return str(self.desk.book.value(place(self.desk.layout.book.sheet(SUMMARY).ref(row, col))))

    # what it shows

    def table_faults(self) -> Iterator[str]:
        """Yield what a row of the table shows that is not of the comparison that belongs there."""
        for at, row in enumerate(self.ranked):
            for key, wanted in self._wanted(at, row).items():
                found = self.shown(at, key)
                right = wanted(str(found or "")) if callable(wanted) else agrees(found, wanted)
                if not right:
                    yield f"rank {at + 1}, {row.comparison.key}, {key}: {found!r}, not {wanted!r}"

    def _wanted(self, at: int, row: Row) -> dict[str, Any]:
        desk, got, comparison = self.desk, row.got, row.comparison
        names, labels = desk.plan.labels(comparison), desk.labels(comparison)
        better = got.better and f"{labels.of(got.better)}{self.texts['cells']['better']}"
        only = {ONLY_A: labels.a, ONLY_B: labels.b}.get(got.verdict)
        if got.verdict == NO_DATA:
            lacking = labels.a if got.a_status == NO_DATA else labels.b
            better = desk.house.texts["labels"]["short"]["no_data"].format(side=lacking)
        house, reaches = desk.house, self.texts["cells"]["reaches"]
        stopped = got.worst_flag == "stop"
        return {
            "rank": float(at + 1),
            "hardware": _cut(names["hardware"], "hardware"),
            "model": _cut(house.model(comparison.key.model).short_label, "model"),
            "combination": _cut(comparison.label, "combination"),
            **{f"{side}_cost": _shown_cost(got, side) for side in "ab"},
            "saving": 1 - 1 / got.ratio if got.better and got.ratio else None,
            "ratio": got.ratio,
            "interval": self._interval(got),
            "equal": self._equal(got),
            "verdict": better or (only and f"{reaches}{only}") or Shown(labels).verdict(got.verdict),
            "certainty": (lambda text: text.startswith("stop: ")) if stopped else got.certainty,
            "like": Shown(labels).row(got, self.speed)["like_for_like"],
        }

    def _interval(self, got: Compared) -> Any:  # noqa: ANN401 - a text, or a test of one
        if got.ratio is None:
            return ""
        anything = self.texts["cells"]["any"]

        def right(text: str) -> bool:
            low, _, high = text.partition(" to ")
            starts = low == anything if not got.ratio_low else prints_two_digits(low, got.ratio_low)
            open_end = got.ratio_high == float("inf")
            return starts and (
                high == anything if open_end else prints_two_digits(high.removesuffix("x"), got.ratio_high)
            )

        return right

    def _equal(self, got: Compared) -> Any:  # noqa: ANN401 - a text, or a test of one
        if got.ratio is None:
            return ""
        if got.equal_cost_kind == "never":
            return self.texts["cells"]["never"]
        mark = MARKS[got.equal_cost_kind]
        return lambda text: speed_at_cost(text, mark, got.equal_cost_tok_s_user, got.equal_cost_ratio)

    def counts(self) -> dict[str, int]:
        """The counts line, read back; "stops" are the comparisons that rest on one."""
        texts = self.texts["counts"]
        groups = dict.fromkeys(("all", *COUNTS), NUMBER) | {"stops": ".+"}
        fields = fields_of(texts["line"], self.text(1), groups)
        assert fields is not None, self.text(1)
        found = {name: int(value_of(fields[name].pop())) for name in ("all", *COUNTS)}
        stops = fields["stops"].pop()
        told = fields_of(texts["stops"], stops, {"count": NUMBER})
        assert told is not None or stops == texts["no_stops"], stops
        count = int(value_of(told["count"].pop())) if told else 0
        assert told is None or told["rest"] == {texts["rests"] if count == 1 else texts["rest"]}
        return found | {"stops": count}

    def expected_counts(self) -> dict[str, int]:
        """The same from the oracle."""
        made = summary([row.got for row in self.rows])
        better = made.counts["better settled"] + made.counts["better interpolated"]
        return {
            "all": len(self.rows), "better": better, "settled": made.counts["better settled"],
            "worse": made.counts["worse"], "level": made.counts["level"], "undecided": made.counts["undecided"],
            "only": made.counts["only one side reaches it"], "neither": made.counts["neither"],
            "none": made.counts["no data"], "stops": made.on_a_stop,
        }  # fmt: skip

    def message_faults(self) -> Iterator[str]:
        """Yield what the message says that is not so."""
        texts, text = self.texts["message"], self.text(0)
        made = summary([row.got for row in self.rows])
        sound = [row.got for row in self.rows if row.got.better and row.got.worst_flag != "stop"]
        median = made.ratio[1] if made.ratio else None
        names = {True: "cuts", False: "raises"}
        only = sum(row.got.verdict == ONLY_A for row in self.rows)
        wanted = names[median >= 1] if median is not None else "only" if only else "open"
        wanted = wanted if is_positive(self.speed) else "no_target"
        groups = {"saving": rf"{NUMBER} %", "rise": rf"{NUMBER} %", "one": f"(?:{re.escape(texts['median'])})?"}
        groups |= dict.fromkeys(("target", "only", "all"), NUMBER)
        fields = fields_of(texts[wanted], text, groups)
        if fields is None:
            yield f"not the message {wanted!r}: {text!r}"
            return
        checks = {
            "target": lambda value: prints_fewest(value, float(self.speed), 2),  # type: ignore[arg-type]
            "tokens": self.tokens.__eq__,
            "only": lambda value: int(value_of(value)) == only,
            "all": lambda value: int(value_of(value)) == len(self.rows),
            "one": (texts["one"] if len(sound) == 1 else texts["median"]).__eq__,
            "saving": lambda value: prints(value.removesuffix(" %"), 100 * (1 - 1 / (median or 1)), 0),
            "rise": lambda value: prints(value.removesuffix(" %"), 100 * (1 / (median or 1) - 1), 0),
        }
        yield from (
            f"{key} {value!r} in {text!r}" for key, held in fields.items() for value in held if not checks[key](value)
        )

    def figure_faults(self) -> Iterator[str]:
        """Yield each large figure that is not what stands under it."""
        figures = [self.text(FIGURE_ROW, col) for col in FIGURE_COLS]
        words = [self.text(LABEL_ROW, col) for col in FIGURE_COLS]
        made = summary([row.got for row in self.rows])
        decided = [row.got for row in self.rows if row.got.better]
        sound = [got for got in decided if got.worst_flag != "stop"]
        counts = self.expected_counts()
        wanted = {
            "saving": self._saving(figures[0], words[0], made.ratio, len(sound)),
            "speed": self._speed(figures[1], words[1], made.equal_cost_ratio, sound),
            "better": figures[2] == f"{counts['better']} of {len(self.rows)}",
            "like": figures[3] == f"{sum(got.like_for_like == 'yes' for got in decided)} of {len(decided)}",
            "cheapest": self._cheapest(figures[4], words[4]),
        }
        yield from (f"{name}: {dict(zip(figures, words, strict=True))}" for name, right in wanted.items() if not right)

    def _saving(self, figure: str, words: str, quartiles: tuple[float, ...] | None, count: int) -> bool:
        texts = self.texts["figures"]
        if quartiles is None:
            return figure == "-" and words == texts["saving_none"]
        low, median, high = (100 * (1 - 1 / ratio) for ratio in quartiles)
        if count == 1:
            fields = fields_of(texts["saving_one"], words, {})
            tokens = fields is not None and fields.get("tokens", {self.tokens}) == {self.tokens}
            return tokens and prints(figure.removesuffix(" %"), median, 0)
        # ends that read alike are one figure
        half = texts["half_one" if f"{low:.0f}" == f"{high:.0f}" else "half"]
        template = texts["saving"].replace("{half}", half)
        fields = fields_of(template, words, {"low": NUMBER, "high": rf"{NUMBER} %", "count": NUMBER})
        return (
            fields is not None
            and prints(figure.removesuffix(" %"), median, 0)
            and fields["count"] == {str(count)}
            and all(prints(text, low, 0) for text in fields.get("low", ()))
            and all(prints(text.removesuffix(" %"), high, 0) for text in fields["high"])
            and fields.get("tokens", {self.tokens}) == {self.tokens}
        )

    def _speed(self, figure: str, words: str, quartiles: tuple[float, ...] | None, sound: list[Compared]) -> bool:
        texts = self.texts["figures"]
        if quartiles is None:
            return figure == "-" and words == texts["speed_none"]
        count = sum(got.equal_cost_ratio is not None for got in sound)
        if count == 1:
            return words == texts["speed_one"] and prints_two_digits(figure.removesuffix("x"), quartiles[1])
        fields = fields_of(texts["speed"], words, {"count": NUMBER})
        return (
            fields is not None
            and prints_two_digits(figure.removesuffix("x"), quartiles[1])
            and fields["count"] == {str(count)}
        )

    def _cheapest(self, figure: str, words: str) -> bool:
        """The lowest cost of the group shown first that rests on no stop, whoever has it."""
        texts, first = self.texts["figures"], self.groups()[0]
        own = [row for row in self.rows if (row.comparison.key.model, row.comparison.key.workload) == first]
        own = [row for row in own if row.got.worst_flag != "stop"]
        costs = [(cost, row, side) for row in own for side in "ab" if (cost := _cost(row, side)) is not None]
        if not costs:
            return figure == "-" and words == texts["cheapest_none"]
        lowest = min(cost for cost, _, _ in costs)
        names = {
            f"{self.desk.plan.labels(row.comparison)['hardware']} {row.comparison.label}, {self.desk.labels(row.comparison).of(side)}"
            for cost, row, side in costs
            if cost <= lowest * (1 + 1e-9)
        }
        fields = fields_of(texts["cheapest"], words, {"tokens": re.escape(self.tokens)})
        return (
            fields is not None
            and prints_cost(figure, lowest)
            and fields["what"] <= names
            and fields["currency"] == {self.state.currency}
        )

    def caveat_faults(self) -> Iterator[str]:
        """Yield where the caveats below the table are not those of its rows, the worst first, with the rows they hit."""
        found = list(self._caveats())
        ranked = self.ranked
        hit = {flag: [at for at, row in enumerate(ranked, start=1) if flag in row.got.flags] for flag in FLAG_TEXTS}
        wanted = {FLAG_TEXTS[flag]: ranks for flag, ranks in hit.items() if ranks}
        if {str(line["name"]) for line in found} != set(wanted) or len(found) != len(wanted):
            yield f"caveats {[line['name'] for line in found]}, not {list(wanted)}"
            return
        grades = [("stop", "caution", "note").index(str(line["grade"])) for line in found]
        if grades != sorted(grades):
            yield f"grades in the order {grades}"
        for line in found:
            ranks = wanted[str(line["name"])]
            listed = ", ".join(map(str, ranks[:LISTED]))
            more = self.texts["caveats"]["more"] if len(ranks) > LISTED else ""
            if (line["count"], line["rows"]) != (len(ranks), f"{listed}{more}"):
                yield f"{line}, not {ranks}"

    def _caveats(self) -> Iterator[dict[str, Value]]:
        """The lines of the caveats that are not empty, by what stands in each of their columns."""
        sheet, texts = self.desk.layout.book.sheet(SUMMARY), self.texts
        held = {cell.content: at for at, cell in sheet.cells.items() if isinstance(cell.content, str)}
        head = held[texts["headings"]["caveats"]][0] + 1
        columns = {
            key: col
            for (row, col), cell in sheet.cells.items()
            for key in ("name", "grade", "count", "rows")
            if row == head and cell.content == texts["caveats"][key]
        }
        for row in range(head + 1, head + 1 + len(FLAG_TEXTS)):
            line = {key: self.desk.book.value(place(sheet.ref(row, col))) for key, col in columns.items()}
            if line["name"]:
                yield line

    def bar_faults(self) -> Iterator[str]:
        """Yield each bar of the chart that is not the tokens for the money of its row in the group shown first."""
        first = self.groups()[0]
        for (at,), cells in self.desk.rows("bars"):
            row, shown = self.ranked[int(at) - 1], self.desk.values(cells)
            inside = (row.comparison.key.model, row.comparison.key.workload) == first
            for side in "ab":
                cost = _cost(row, side) if inside else None
                if not agrees(shown[side], 0.0 if cost is None else 1 / cost):
                    yield f"bar {at} of {side}: {shown[side]!r} at a cost of {cost!r}"


def _shown_cost(got: Compared, side: str) -> Any:  # noqa: ANN401 - a figure, or a test of a bound in words
    cost = getattr(got, f"{side}_cost_per_mtok")
    if cost is None or getattr(got, f"{side}_status") != BELOW:
        return cost
    return lambda text: bounds(text, cost, falls=True)


def _cost(row: Row, side: str) -> float | None:
    cost: float | None = getattr(row.got, f"{side}_cost_per_mtok")
    return cost


def _cut(name: str, key: str) -> str:
    """A name as a column of the table shows it: what is too long ends in an ellipsis."""
    longest = LONGEST[key]
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
