"""What the Explorer says of its choices: the names of the sides, what they differ in, and why a side has no curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Range
from specxl.model.formulas import cases, first_true, literal, sentence, speed
from specxl.sheets.explorer.offer import CHOICES, STEPS
from specxl.sheets.explorer.selection import NOT_THERE, WORK, Explored
from specxl.sheets.pair.draft import SIDES, Draft
from specxl.sheets.pair.sentences import points_word
from specxl.sheets.words import LONGEST, joined_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow

NAMED = 2
"""In so many differences a side is called by them; beyond, its name would be longer than a line."""
LONGEST_NAME = 22
"""Characters of such a name, which stands before the rows of its side."""
UNNAMED = "-"
"""Stands for a choice that a cell does not hold."""


def say(draft: Draft, part: str, name: str, fields: Mapping[str, str]) -> str:
    """Formula: a sentence of the sheet's template."""
    return sentence(draft.texts[part][name], fields, origin=draft.origin(part, name))


def lay_words(draft: Draft, flow: Flow, chosen: Explored) -> Explored:
    """Lay out the words, a row each for both sides and one for what they have in common; return the choice with them."""
    flow.heading(draft.texts["workings"]["words"])
    flow.heads(("Side", *CHOICES, "head", "label", "mark", "before", "short", "named", "problem"))
    found: dict[str, Ref] = {}
    for side in SIDES:
        _lay_side(draft, flow, chosen, side, found)
    flow.gap()
    flow.heads(("Both", "differing", "unlike", "shared", "subject", "problem", "short"))
    row = flow.take()
    differ = {step: chosen[f"d_{step}"] for step in CHOICES}

    def put(col: int, name: str, text: str) -> Ref:
        found[name] = flow.sheet.formula(row, col, text)
        return found[name].fix

    names = {step: draft.texts["differences"]["precision_name" if step == "precision" else step] for step in CHOICES}
    put(1, "differing", joined_flags([(differ[step], literal(names[step])) for step in CHOICES]))
    put(2, "apart_words", literal(draft.texts["differences"]["unlike"]))
    texts = {step: found[f"a_{step}"] for step in STEPS}
    shared = put(3, "shared", _joined((f"{differ[step]}=0", texts[step]) for step in STEPS))
    works = joined_flags([(differ[step], literal(names[step])) for step in WORK])
    work = say(draft, "message", "work", {"differing": works})
    put(4, "subject", f"IF({chosen['work']}=1,{work},{shared})")
    for col, name in ((5, "problem"), (6, "short")):
        put(col, name, f'IF({found["short_a"]}="",{found[f"{name}_b"]},{found[f"{name}_a"]})')
    flow.gap()
    return Explored({**chosen.cells, **found}, chosen.controls, chosen.tables)


def _joined(parts: Iterable[tuple[str, Ref]]) -> str:
    """Formula: the texts whose condition holds, separated by blanks: each comes with one, and the first one is cut off."""
    pieces = "&".join(f'IF({condition}," "&{text},"")' for condition, text in parts)
    return f"MID({pieces},2,{LONGEST})"


def _lay_side(draft: Draft, flow: Flow, chosen: Explored, side: str, found: dict[str, Ref]) -> None:
    """One side: its choices as text, its names, and its problem."""
    sheet, row, words = flow.sheet, flow.take(), draft.texts
    named = words["controls"][f"side_{side}"]
    sheet.put(row, 0, named)
    for col, step in enumerate(CHOICES, start=1):
        number, choices = chosen[f"{side}_n_{step}"], chosen.tables.lists[step]
        text = f"IF({number}=0,{literal(UNNAMED)},INDEX({choices},{number}))"
        found[f"{side}_{step}"] = sheet.formula(row, col, text)
    texts = {step: found[f"{side}_{step}"] for step in CHOICES}
    count, col = chosen["differences"], len(CHOICES) + 1
    named_by = _joined((f"{chosen[f'd_{step}']}=1", texts[step]) for step in CHOICES)
    differing = sheet.formula(row, col + 5, named_by)
    unnamed = f'OR({count}=0,{count}>{NAMED},MID({differing},{LONGEST_NAME + 1},1)<>"")'
    label = sheet.formula(row, col + 1, f"IF({unnamed},{literal(named)},{differing})")
    mark = sheet.put(row, col + 2, side.upper())
    found[f"label_{side}"], found[f"mark_{side}"] = label, mark
    found[f"head_{side}"] = sheet.formula(row, col, f'IF({unnamed},{label},{mark}&": "&{label})')
    missing = chosen[f"{side}_missing"]
    before = f"{texts['model']}" + "".join(
        f'&IF({missing}>{NOT_THERE + place},{literal(" ")}&{texts[step]},"")'
        for place, step in enumerate(CHOICES[1:-1], start=2)
    )
    fields = {"side": literal(named), "before": str(sheet.formula(row, col + 3, before))}
    short, others = _problem(draft, chosen, side, fields, texts)
    found[f"short_{side}"] = sheet.formula(row, col + 4, short)
    there_is = f'IF({missing}<={len(CHOICES)},"",{others})'
    found[f"problem_{side}"] = sheet.formula(row, col + 6, f"{found[f'short_{side}']}&{there_is}")


def _problem(
    draft: Draft, chosen: Explored, side: str, fields: Mapping[str, str], texts: Mapping[str, Ref]
) -> tuple[str, str]:
    """Formulas: why a side has no curve, and what there is instead.

    A cell holds none of its choices, or its choice was not measured together with those before it.
    """
    missing, controls = chosen[f"{side}_missing"], draft.texts["controls"]
    what = cases(missing, [(place, literal(controls[step])) for place, step in enumerate(CHOICES, start=1)])
    unset = say(draft, "missing", "unset", {**fields, "what": what})
    step = f"{missing}-{NOT_THERE}"
    rows = Range(chosen[f"{side}_row_{STEPS[0]}"], chosen[f"{side}_row_{STEPS[-1]}"])
    choice = f"INDEX({Range(texts[CHOICES[0]], texts[CHOICES[-1]])},1,{step})"
    others = f"INDEX({chosen.tables.leads_to},INDEX({rows},1,{step}-1))"
    none = say(draft, "missing", "none", {**fields, "choice": choice})
    short = first_true(((f"{missing}=0", '""'), (f"{missing}<={len(CHOICES)}", unset)), none)
    return short, say(draft, "missing", "there_is", {"others": others})


def lay_lines(draft: Draft, flow: Flow, chosen: Explored, block: Mapping[str, Ref]) -> dict[str, Ref]:
    """Lay out the line of differences, that of the range, and the range of each side; return their cells by name."""
    flow.heading(draft.texts["workings"]["lines"])
    texts = {
        "differences": differences_line(draft, chosen),
        "range": _range_line(draft, chosen, block),
        **{f"range_{side}": _side_range(draft, block, side) for side in SIDES},
    }
    found = {}
    for name, text in texts.items():
        row = flow.take()
        flow.sheet.put(row, 0, name.replace("_", " "))
        found[name] = flow.sheet.formula(row, 2, text)
    flow.gap()
    return found


def differences_line(draft: Draft, chosen: Explored) -> str:
    """Formula: what the sides differ in, with what that means; or why a side has no curve."""
    some = say(draft, "differences", "some", {"differing": str(chosen["differing"])})
    work, precision = (say(draft, "differences", name, {}) for name in ("work", "precision"))
    said = f'{some}&IF({chosen["work"]}=1,{work},"")&IF({chosen["d_precision"]}=1,{precision},"")'
    none = say(draft, "differences", "none", {})
    return f'IF({chosen["problem"]}<>"",{chosen["problem"]},IF({chosen["differences"]}=0,{none},{said}))'


def _range_line(draft: Draft, chosen: Explored, block: Mapping[str, Ref]) -> str:
    """Formula: the speeds at which both sides were measured."""
    low = f"MAX({block['a_x_first']},{block['b_x_first']})"
    high = f"MIN({block['a_x_last']},{block['b_x_last']})"
    fields = {"low": speed(low, 1), "high": speed(high, 1), "points": points_word(chosen)}
    both, apart = (say(draft, "ranges", name, fields) for name in ("both", "apart"))
    return f'IF(MIN({block["a_knots"]},{block["b_knots"]})=0,"",IF({low}<={high},{both},{apart}))'


def _side_range(draft: Draft, block: Mapping[str, Ref], side: str) -> str:
    """Formula: "59 to 144", the range of a side's measured points."""
    first, last = (speed(block[f"{side}_x_{end}"], 1) for end in ("first", "last"))
    texts = draft.texts["ranges"]
    return f"IF({block[f'{side}_knots']}=0,{literal(texts['none'])},{first}&{literal(texts['to'])}&{last})"
