"""A pair sheet's sentences: what each read comes to, cost first, then its certainty, the speed at equal cost, and care.

Every case of every sentence is a cell of its own on Workings, empty unless it applies; what people read joins them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Certainty, EqualCost, Grade, Verdict
from specxl.method.curves import Status
from specxl.model.formulas import cases, joined, literal, sentence, speed
from specxl.model.numbers import ROUNDINGS, two_digits
from specxl.sheets.words import at_least, flag_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, Shown
    from specxl.sheets.pair.reads import Reads


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one sentence: its place in the template and the condition under which it is said.

    In the condition {name} is a cell of the comparison block, or else of what the sheet shows.
    """

    piece: str
    name: str
    condition: str


_RATED = (Verdict.A_BETTER, Verdict.B_BETTER, Verdict.LEVEL)
_PRICED = "COUNT({a_cost},{b_cost})=2"
_SETTLED = f"OR({{certainty}}={Certainty.SETTLED},{{certainty}}={Certainty.SETTLED_AT_LEAST})"
_EQUAL = {
    "exact": EqualCost.EXACT,
    "at_least": EqualCost.AT_LEAST,
    "at_most": EqualCost.AT_MOST,
    "never": EqualCost.NEVER,
}
LEADS = (
    *(Case("lead", v.name.lower(), f"{{verdict}}={v}") for v in Verdict if v not in _RATED),
    *(Case("lead", v.name.lower(), f"AND({{verdict}}={v},{_PRICED})") for v in _RATED),
    *(Case("unpriced", v.name.lower(), f"AND({{verdict}}={v},NOT({_PRICED}))") for v in _RATED),
)
_OWN_WORDS = ("problem", "differing")
"""Cells with words that a sheet may show besides, which its sentences can use."""
FOLLOWING = (
    Case("certainty", "settled", _SETTLED),
    Case("certainty", "interpolated", f"AND({{certainty}}>0,NOT({_SETTLED}))"),
    *(Case("equal_cost", name, f"{{eq_code}}={code}") for name, code in _EQUAL.items()),
    Case("care", "stop", "{stops}>0"),
    Case("care", "some", "AND({stops}=0,{cautions}>0)"),
)


def lay_sentences(draft: Draft, flow: Flow, chosen: Shown, reads: Reads, caveats: Sequence[Case] = ()) -> list[Ref]:
    """Lay out every case of every sentence once per read, and join those that apply; return the joined cells.

    `caveats` are cases of the sheet itself, said before what else follows a lead.
    """
    sheet = flow.sheet
    flow.heading("Sentences: each line is one case and stays empty unless it applies")
    columns: list[list[str]] = [[] for _ in reads.blocks]
    shown = {key: str(chosen[key]) for key in chosen.cells}
    names = [shown | {key: str(ref) for key, ref in block.items()} for block in reads.blocks]
    fields = [_fields(draft, chosen, reads, number) for number in range(len(reads.blocks))]
    for case in (*LEADS, *caveats, *FOLLOWING):
        row = flow.take()
        sheet.put(row, 0, f"{case.piece}: {case.name}".replace("_", " "))
        for number in range(len(reads.blocks)):
            test = case.condition.format_map(names[number])
            text = say(draft, case.piece, case.name, fields[number])
            columns[number].append(str(sheet.formula(row, 2 + number, f'IF({test},{text},"")')))
    row = flow.take()
    sheet.put(row, 0, "joined", "strong")
    # one lead applies in every state, so each group begins with one
    whole = [
        sheet.formula(row, 2 + number, joined(cells[: len(LEADS)], cells[len(LEADS) :]))
        for number, cells in enumerate(columns)
    ]
    flow.gap()
    return whole


def say(draft: Draft, piece: str, name: str, fields: Mapping[str, str]) -> str:
    """Formula: a sentence of the sheet's template."""
    return sentence(draft.texts[piece][name], fields, origin=draft.origin(piece, name))


def _fields(draft: Draft, chosen: Shown, reads: Reads, number: int) -> dict[str, str]:
    """The placeholders of the sentences for a read (from 0), as formula texts; all of them are text in every state."""
    block, names, lines = reads.blocks[number], draft.plan.context, draft.texts["lines"]
    label_a, label_b = map(str, chosen.labels)
    return _side_fields(draft, block) | {
        "n": str(number + 1),
        "a": label_a,
        "b": label_b,
        "missing": f"IF({block['a_knots']}=0,{label_a},{label_b})",
        "target": speed(block["target"], 2),
        "tokens": names["tokens"],
        "tokens_start": f'IF({names["basis"]}=2,"Output tokens",IF({names["basis"]}=3,"Input tokens","Tokens of this kind"))',
        "currency": names["currency"],
        "ratio": two_digits(block["larger"]),
        "saving": f'{ROUNDINGS["percent"].text(block["saving"])}&" %"',
        "at_least": f'IF({at_least(block)},{literal(lines["at_least"])},"")',
        **_floor_fields(block, label_a, label_b),
        "points": points_word(chosen),
        "low": two_digits(block["larger_low"]),
        "high": _high(block),
        "eq_x": f"FIXED({block['eq_x']},0)",
        "eq_ratio": two_digits(block["eq_ratio"]),
        "stops": flag_words(draft.plan, block, Grade.STOP),
        "flags": str(reads.words[number]["flags"]),
        **{name: str(chosen[name]) for name in _OWN_WORDS if name in chosen.cells},
    }


def _side_fields(draft: Draft, block: Mapping[str, Ref]) -> dict[str, str]:
    """What the sentences say of each side, by "a_" or "b_" and a name."""
    return {
        f"{side}_{name}": text
        for side in "ab"
        for name, text in (
            ("cost", ROUNDINGS["cost"].text(block[f"{side}_cost"])),
            ("first", speed(block[f"{side}_x_first"], 1)),
            ("last", speed(block[f"{side}_x_last"], 1)),
            ("cost_words", _cost_words(draft, block, side)),
        )
    }


def _floor_fields(block: Mapping[str, Ref], label_a: str, label_b: str) -> dict[str, str]:
    """What the sentences say of the side that is only a floor: A where it is one, else B."""
    tput = ROUNDINGS["tput"]
    sides = {
        "floor": (label_a, label_b),
        "floor_first": (speed(block["a_x_first"], 1), speed(block["b_x_first"], 1)),
        "floor_y": (tput.text(block["a_y"]), tput.text(block["b_y"])),
    }
    return {name: f"IF({block['a_status']}={Status.BELOW},{a},{b})" for name, (a, b) in sides.items()}


def points_word(chosen: Shown) -> str:
    """Formula: "measured", or "published" where the points are those of a published page."""
    return f'IF({chosen["published"]}=1,"published","measured")'


def _high(block: Mapping[str, Ref]) -> str:
    high = block["larger_high"]
    return f'IF({high}="","any multiple",{two_digits(high)}&"x")'


def _cost_words(draft: Draft, block: Mapping[str, Ref], side: str) -> str:
    """Formula: "USD 0.234 per million tokens", or the throughput where there is no price."""
    names, cost = draft.plan.context, block[f"{side}_cost"]
    priced = f'{names["currency"]}&" "&{ROUNDINGS["cost"].text(cost)}&" per million "&{names["tokens"]}'
    plain = f'{ROUNDINGS["tput"].text(block[f"{side}_y"])}&" "&{names["tokens"]}&"/s per GPU"'
    return f"IF(ISNUMBER({cost}),{priced},{plain})"


def range_line(draft: Draft, chosen: Shown, reads: Reads) -> str:
    """Formula: the ranges of both sides, and the speeds that suit them."""
    block = reads.blocks[0]
    ranges = draft.texts["ranges"]
    fields = {
        **{f"{s}_{end}": speed(block[f"{s}_x_{end}"], 1) for s in "ab" for end in ("first", "last")},
        **{f"t{i}": speed(chosen[f"t{i}"], 3) for i in (1, 2, 3)},
        **dict(zip("ab", map(str, chosen.labels), strict=True)),
        "measured": f"IF({chosen['published']}=1,{literal(ranges['published'])},{literal(ranges['measured'])})",
    }
    a, b = block["a_knots"], block["b_knots"]
    both, only_a, only_b, none = (say(draft, "ranges", name, fields) for name in ("both", "only_a", "only_b", "none"))
    return f"IF(MIN({a},{b})>0,{both},IF({a}>0,{only_a},IF({b}>0,{only_b},{none})))"


def interval_words(draft: Draft, block: Mapping[str, Ref]) -> str:
    """Formula: the saving that the measurements allow, "-20 to 90 %"; empty where no ratio stands.

    It is that with side A, or with the side of the larger figure where neither leads.
    """
    of, percent = "larger" if draft.neither_leads else "ratio", ROUNDINGS["percent"]
    low, high = block[f"{of}_low"], block[f"{of}_high"]
    start = f'IF({low}=0,"any",{percent.text(f"(1-1/{low})")})'
    end = f'IF({high}="","100",{percent.text(f"(1-1/{high})")})'
    return f'IF({block["ratio"]}="","",{start}&{literal(draft.texts["lines"]["to"])}&{end}&" %")'


def equal_cost_words(draft: Draft, block: Mapping[str, Ref]) -> str:
    """Formula: the speed at equal cost and how many times the target it is: "126 (1.8x)", "≥ 289 (3.1x)", or never."""
    shown = f'FIXED({block["eq_x"]},0)&" ("&{two_digits(block["eq_ratio"])}&"x)"'
    words = (
        (EqualCost.EXACT, shown),
        (EqualCost.AT_LEAST, f'"≥ "&{shown}'),
        (EqualCost.AT_MOST, f'"≤ "&{shown}'),
        (EqualCost.NEVER, literal(draft.texts["lines"]["never"])),
    )
    return cases(block["eq_code"], words)
