"""The answer of a pair sheet, in the order of a buyer's questions: cost, saving, speed, throughput, wait, size, verdict."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from specxl.method.codes import Certainty, Grade, Verdict
from specxl.method.metrics import BY_KEY
from specxl.model.cells import Highlight
from specxl.model.formulas import cases, literal
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.pair.draft import SIDES
from specxl.sheets.pair.places import FIRST_READ, LABEL, LAST_READ, ROW_HEIGHT
from specxl.sheets.pair.plot import metric_unit
from specxl.sheets.pair.sentences import equal_cost_words, interval_words
from specxl.sheets.words import bounded, flag_words, likeness_words, no_data_word, verdict_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, Shown
    from specxl.sheets.pair.reads import Reads
    from specxl.sheets.plan import Plan


@dataclass(frozen=True)
class _Answer:
    """The rows of the answer while they are laid out, one after the other."""

    draft: Draft
    flow: Flow
    chosen: Shown
    reads: Reads

    @property
    def words(self) -> Mapping[str, str]:
        return self.draft.texts["lines"]

    @property
    def own(self) -> bool:
        """Whether runs of one's own can be chosen, whose names are longer than a method's."""
        return self.draft.own and not self.draft.neither_leads

    def named(
        self, label: str, figure: Callable[[Mapping[str, Ref]], str], style: str, label_style: str = "text"
    ) -> int:
        """A row in which a side is named: two lines high where that needs them."""
        if not self.own:
            return self.row(label, figure, style, label_style)
        at = self.row(label, figure, f"{style} wrap middle", f"{label_style} wrap middle")
        self.draft.sheet.heights[at] = 2 * ROW_HEIGHT
        return at

    def row(self, label: str, figure: Callable[[Mapping[str, Ref]], str], style: str, label_style: str = "text") -> int:
        """A row of one formula per read under a label, which is a formula too; return its number."""
        at, sheet = self.flow.take(), self.draft.sheet
        sheet.formula(at, LABEL, label, label_style)
        for col, block in enumerate(self.reads.blocks, start=FIRST_READ):
            sheet.formula(at, col, figure(block), style)
        sheet.heights[at] = ROW_HEIGHT
        return at

    def heading(self, key: str) -> None:
        """The name of a metric with its unit, over a rule."""
        at, sheet, plan = self.flow.take(), self.draft.sheet, self.draft.plan
        name = plan.house.texts["labels"]["metrics"][key]["name"]
        sheet.formula(at, LABEL, f'{literal(name)}&", "&{metric_unit(plan, key)}', "strong top")
        for col in range(FIRST_READ, LAST_READ):
            sheet.put(at, col, None, "top")
        # the last column is read at the speed that stands on the Summary, which its head says once
        last = self.draft.texts["controls"]["summary_speed"] if key == "cost" else None
        sheet.put(at, LAST_READ, last, "small right top")
        sheet.heights[at] = ROW_HEIGHT

    def sides(self, key: str, style: str) -> None:
        """A metric of both sides, in the order of the sheet."""
        plan = self.draft.plan
        for side in self.draft.order:
            label = str(self.chosen.heads[side])
            self.row(label, partial(figure_or_words, plan, side=side, key=key), f"{style} {side}", f"indent {side}")

    def both(self, label: str) -> str:
        """Formula: a label for a row that shows both sides: "First token, s: Off | MTP"; longer names stand in the rows above."""
        if self.own:
            return literal(f"{label}{self.words['in_order']}")
        first, second = (self.chosen.marks[side] for side in self.draft.order)
        return f'{literal(f"{label}: ")}&{first}&" | "&{second}'


def lay_answer(draft: Draft, flow: Flow, chosen: Shown, reads: Reads) -> None:
    """The answer in the order of a buyer's questions; saving and verdict are the only bold figures."""
    answer, words = _Answer(draft, flow, chosen, reads), draft.texts["lines"]
    mark_a, mark_b = (chosen.marks[side] for side in SIDES)
    answer.heading("cost")
    answer.sides("cost", "cost")
    _lay_saving(answer, mark_a)
    answer.row(literal(words["between"]), lambda block: interval_words(draft, block), "right muted", "indent muted")
    answer.named(f"{literal(words['equal_cost'])}&{mark_b}", lambda block: equal_cost_words(draft, block), "right")
    answer.heading("y")
    answer.sides("y", "tput")
    answer.row(literal(words["times"]), lambda block: str(block["ratio"]), "times")
    answer.row(answer.both(words["first_token"]), lambda block: _first_token(draft, block), "right")
    answer.row(answer.both(words["requests"]), lambda block: _requests(draft, block), "right")
    top = answer.named(
        literal(words["verdict"]), lambda block: _verdict_shown(draft, block, chosen), "right strong", "strong top"
    )
    answer.row(literal(words["certainty"]), lambda block: _certainty(draft, block), "right")
    last = answer.row(literal(words["like"]), lambda block: _likeness(draft, block, chosen), "small right wrap middle")
    draft.sheet.heights[last] = 2 * ROW_HEIGHT
    _mark(draft, chosen, reads, top, last)


def _lay_saving(answer: _Answer, mark_a: Ref) -> None:
    """The saving with side A, or with the cheaper side where neither leads."""
    words = answer.words["saving"]
    if answer.draft.neither_leads:
        answer.named(literal(words), lambda block: str(block["saving"]), "percent answer", "answer")
    else:
        answer.named(f"{literal(words)}&{mark_a}", signed_saving, "percent answer", "answer")


def _mark(draft: Draft, chosen: Shown, reads: Reads, top: int, last: int) -> None:
    """Colours beside the words: a stop over verdict, certainty and likeness; what is not like for like."""
    sheet = draft.sheet
    for col, block in enumerate(reads.blocks, start=FIRST_READ):
        sheet.highlights.append(Highlight(sheet.area(top, col, last, col), f"{block['stops'].fix}>0", "stop"))
        unlike = f"{block['like'].fix}=2"
        if "apart" in chosen.cells:
            unlike = f"OR({unlike},AND({chosen['apart']}=1,{block['like'].fix}>0))"
        sheet.highlights.append(Highlight(sheet.area(last, col, last, col), unlike, "caution"))


def _certainty(draft: Draft, block: Mapping[str, Ref]) -> str:
    """Formula: the certainty in words that fit the column, or the word for a stop, whose reason stands in the row below."""
    texts, code = draft.plan.house.texts["labels"], block["certainty"]
    words = [(number, literal(texts["short"]["certainties"][number])) for number in Certainty]
    return f"IF({block['stops']}>0,{literal(texts['grades'][Grade.STOP])},{cases(code, words)})"


def _likeness(draft: Draft, block: Mapping[str, Ref], chosen: Shown) -> str:
    """Formula: what differs between the sides, or the reason of a stop, which overrides it."""
    stops, words = flag_words(draft.plan, block, Grade.STOP), likeness_words(draft.plan, block)
    if "apart" in chosen.cells:
        # what was chosen to differ stands before what the measurements differ in
        after = f'IF({block["like"]}=2,", "&{words},"")'
        words = f"IF(OR({block['like']}=0,{chosen['apart']}=0),{words},{chosen['apart_words']}&{after})"
    return f"IF({block['stops']}>0,{stops},{words})"


def figure_or_words(plan: Plan, block: Mapping[str, Ref], side: str, key: str) -> str:
    """Formula: a figure of one side, a bound behind its sign, or in words why there is none although the speed is reached."""
    words = plan.house.texts["labels"]["metrics"]
    value, y = block[f"{side}_{key}"], block[f"{side}_y"]
    published = literal(words["y"]["missing"])
    reached = f"{block[f'{side}_status']}>2"
    shown = bounded(block[f"{side}_status"], value, BY_KEY[key])
    return (
        f'IF(ISNUMBER({value}),{shown},IF(ISNUMBER({y}),{literal(words[key]["missing"])},IF({reached},{published},"")))'
    )


def signed_saving(block: Mapping[str, Ref]) -> str:
    """Formula: the saving with side A, negative where B is the cheaper one; empty where no side is better."""
    return f'IF({block["better"]}=0,"",1-1/{block["ratio"]})'


def in_order(draft: Draft, a: str, b: str) -> tuple[str, str]:
    """What is said of both sides in the order of the sheet."""
    return (a, b) if draft.order[0] == "a" else (b, a)


def _first_token(draft: Draft, block: Mapping[str, Ref]) -> str:
    """Formula: how long both sides wait for the first token, "1.9 | 3.4": the longer of the measurements around the speed."""

    def side(name: str) -> str:
        high = block[f"{name}_ttft_high"]
        return f'IF({high}="","-",{ROUNDINGS["seconds"].text(high)})'

    first, second = in_order(draft, side("a"), side("b"))
    return f'IF(AND({block["a_ttft_high"]}="",{block["b_ttft_high"]}=""),"",{first}&" | "&{second})'


def _requests(draft: Draft, block: Mapping[str, Ref]) -> str:
    """Formula: how many requests both deployments hold, about: "~137 | ~1,092"."""

    def side(name: str) -> str:
        held = block[f"{name}_requests"]
        return f'IF(ISNUMBER({held}),"~"&FIXED({held},0),"-")'

    first, second = in_order(draft, side("a"), side("b"))
    return f'IF(COUNT({block["a_requests"]},{block["b_requests"]})=0,"",{first}&" | "&{second})'


def _verdict_shown(draft: Draft, block: Mapping[str, Ref], chosen: Shown) -> str:
    """Formula: "MTP", the better side, or the verdict in a word that fits the column."""
    mark_a, mark_b = (chosen.marks[side] for side in SIDES)
    texts = draft.plan.house.texts["labels"]
    a, b, only_a, only_b = (Verdict.A_BETTER, Verdict.B_BETTER, Verdict.ONLY_A, Verdict.ONLY_B)
    code, other = block["verdict"], verdict_word(draft.plan, block, (mark_a, mark_b))
    better, only = texts["short"]["better"], texts["short"]["only"]
    other = f"IF({code}={Verdict.NEITHER},{literal(texts['short']['neither'])},{other})"
    other = f"IF({code}={Verdict.NO_DATA},{no_data_word(draft.plan, block, (mark_a, mark_b))},{other})"
    return (
        f"IF({code}={a},{mark_a}&{literal(better)},IF({code}={b},{mark_b}&{literal(better)},"
        f"IF({code}={only_a},{literal(only)}&{mark_a},IF({code}={only_b},{literal(only)}&{mark_b},{other}))))"
    )
