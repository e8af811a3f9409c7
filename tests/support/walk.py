"""A walk through a workbook: every pair sheet in state after state, all at once, each read held against the oracle."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from specxl.method.catalogue import BEST
from specxl.model.cells import column_name
from specxl.sheets.pair.places import LABEL
from specxl.sheets.pair.selection import choice_labels
from support.answers import Answer, Sheet, block_faults, label_tells, only_cites
from support.desk import State, place
from support.drawn import IDLE, Drawn
from support.expectations import ERROR, agrees, compared
from support.messages import message_faults
from support.sentences import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.sheets.pair.sheet import PairSheet
    from support import Cell, Value
    from support.books import Built
    from support.desk import Desk


class Shown(NamedTuple):
    """A comparison on its sheet at three speeds, all engines or one, at the workbook's price basis or the sheet's own.

    `typed` goes into controls by name after everything else; `nothing` says that what is typed chooses no curve.
    """

    pair: PairSheet
    comparison: Comparison
    targets: Sequence[Value]
    scope: str = BEST
    tier: str = ""
    typed: Mapping[str, Value] = MappingProxyType({})
    nothing: bool = False


class Walk:
    """What was found wrong by kind, and how much was looked at; `sentences` keeps every group by token basis and place."""

    def __init__(self, desk: Desk, built: Built) -> None:
        self.desk, self.built = desk, built
        self.found: dict[str, list[str]] = defaultdict(list)
        self.looked_at: dict[str, int] = defaultdict(int)
        self.sentences: dict[str, dict[tuple[str, int, str], str]] = {}
        self.verdicts: set[str] = set()
        self.answers = {
            name: [Answer(Sheet.of(pair), block) for block in pair.reads.blocks] for name, pair in desk.pairs.items()
        }
        self.drawn = Drawn(desk, built)
        said = built.said
        self._sentences = {
            name: [only_cites(pair, ref)[0] for ref in said["lay_sentences"][name]] for name, pair in desk.pairs.items()
        }
        self._messages = {name: only_cites(pair, said["lay_message"][name])[0] for name, pair in desk.pairs.items()}

    def go(self, steps: Iterable[Sequence[Shown]], state: State, metric: str = "cost") -> None:
        """Walk through the steps in a state, and look at every sheet in each."""
        for step in steps:
            self.desk.book.edit(self.desk.edits(state) | typed(self.desk, step, metric))
            for shown in step:
                self.look(shown, state, metric)
            self.note("error", "", self._errors())
        self.desk.book.reset()

    def look(self, shown: Shown, state: State, metric: str) -> None:
        """Hold every read of a sheet against the oracle."""
        pair, comparison, targets = shown[:3]
        desk, name = self.desk, pair.sheet.name
        state = replace(state, tier=shown.tier or state.tier)
        sides = desk.sides(comparison, state, shown.scope)
        pooled = desk.sides(comparison, state)
        if shown.nothing:
            sides = tuple(replace(side, points=()) for side in sides)  # type: ignore[assignment]
        speed = desk.book.value(desk.inputs["speed"])
        said: list[Said] = []
        for number, target in enumerate((*targets, speed)):
            got = compared(sides, target, state)
            paged, prices = comparison.page is not None, (sides[0].price, sides[1].price)
            about = Said(got, target, number + 1, desk.labels(comparison), state, paged, desk.house, prices)
            said.append(about)
            where = f"{name}, {comparison.label} at {target!r}"
            block = {key: desk.book.value(place(ref)) for key, ref in pair.reads.blocks[number].items()}
            self.note("block", where, block_faults(block, got))
            self.note("answer", where, self.answers[name][number].faults(desk.book.value, about))
            text = str(desk.book.value(self._sentences[name][number]))
            self.sentences.setdefault(state.basis, {})[name, comparison.number, repr(target)] = text
            self.note("sentence", where, about.faults(text))
            self.note("label", where, self._label(name, number, target))
            if not shown.nothing:
                families = desk.families(comparison, target, state)
                [cell] = only_cites(pair, pair.reads.words[number]["same_engine"])
                self.note("same engine", where, about.same_engine_faults(str(desk.book.value(cell)), families, pooled))
            self.verdicts.add(got.verdict)
        text = str(desk.book.value(self._messages[name]))
        self.note("message", f"{name}, {comparison.label} at {targets}", message_faults(text, said[:3], pair.pair))
        self.note("chart", name, self._marks(shown, said, metric))
        self.note("evidence", name, self._evidence(name, said))

    def note(self, kind: str, where: str, faults: Iterator[str]) -> None:
        """Keep what was found."""
        self.looked_at[kind] += 1
        self.found[kind] += [f"{where}: {text}" for text in faults]

    def _label(self, name: str, number: int, target: Value) -> Iterator[str]:
        """Yield the words before a sentence where they name another speed than it is about."""
        sheet, address = self._sentences[name][number]
        cell = (sheet, column_name(LABEL) + address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        text = str(self.desk.book.value(cell))
        if not label_tells(text, target):
            yield f"{text!r} at {target!r}"

    def _evidence(self, name: str, said: Sequence[Said]) -> Iterator[str]:
        """Yield where the measurements listed below are not those that the reads rest on, each once."""
        listed, measurements = self.built.said["lay_evidence_list"][name], self.desk.plan.catalogue.measurements
        found = []
        for at in range(listed.numbers.rows):
            number = self.desk.book.value(place(listed.numbers.cell(at)))
            side = self.desk.book.value(place(listed.sides.cell(at)))
            if number:
                held = measurements[int(str(number).partition(".")[0]) - 1]
                found.append((side, held.interactivity_tok_s_user, held.total_tok_s_gpu))
        wanted = {
            (float(code), knot.x, knot.total)
            for code, side in enumerate("ab", start=1)
            for about in said
            for knot in getattr(about.got, f"{side}_knots")
        }
        if len(found) != len(wanted) or set(found) != wanted:
            yield f"evidence {found}, not {sorted(wanted)}"

    def _errors(self) -> Iterator[str]:
        """Yield every formula that shows an error value, and every plotted cell that is no number."""
        for cell, value in self.desk.book.read(self.desk.book.formulas()).items():
            if isinstance(value, str) and ERROR.match(value):
                yield f"{cell} {value}"
        yield from self.drawn.faults()

    def _marks(self, shown: Shown, said: Sequence[Said], metric: str) -> Iterator[str]:
        """Yield the marks of the three speeds that stand where there is no read, or elsewhere than the read."""
        value = self.desk.book.value
        for side in "ab":
            both = self.drawn.series(shown.pair.sheet.name, "targets", side) or ()
            for series, drawn in zip(both, (metric, "y"), strict=True):
                for about, x, y in zip(said, series.x, series.y):  # noqa: B905 - the Summary's speed has no mark
                    wanted, found = about.mark(side, drawn), (value(x), value(y))
                    right = found[0] == IDLE if wanted is None else all(map(agrees, found, wanted))
                    if not right:
                        yield f"mark of {side} at {about.target!r}: {drawn} at {found}, not {wanted}"


def typed(desk: Desk, step: Iterable[Shown], metric: str) -> dict[Cell, Value]:
    """What is typed to bring comparisons up on their sheets, with a metric on the large chart."""
    texts, found = desk.house.texts["labels"], dict["Cell", "Value"]()
    for shown in step:
        own, tier = shown.pair.pair, texts["tiers"].get(shown.tier, shown.tier) or texts["as_workbook"]
        controls: dict[str, Value] = {"metric": texts["metrics"][metric]["name"], "tier": tier}
        if own.engines:
            controls["engine"] = choice_labels(own, desk.plan)[1][(BEST, *own.engines).index(shown.scope)]
        found |= desk.chosen(shown.pair, shown.comparison, shown.targets, **{**controls, **shown.typed})
    return found


def steps(shown: Iterable[Shown]) -> Iterator[list[Shown]]:
    """Yield what may stand on all sheets at once: one state of each sheet, until all have been shown."""
    by_sheet: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        by_sheet[one.pair.sheet.name].append(one)
    for row in zip_longest(*by_sheet.values()):
        yield [one for one in row if one is not None]
