"""Codes of a comparison block in words: formulas that look a word up by its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Certainty, Grade, Verdict
from specxl.method.curves import Status
from specxl.model.formulas import cases, first_true, literal
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.block.flags import FLAGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.metrics import Metric
    from specxl.model.cells import Range, Ref
    from specxl.sheets.plan import Plan

BOUNDS = {False: "≥", True: "≤"}
"""What stands before a figure that is only a bound: of the throughput, and of what falls as that rises."""
LONGEST = 999
"""More characters than all flags together have."""
Labels = tuple["Ref | str", "Ref | str"]


def verdict_word(plan: Plan, block: Mapping[str, Ref], labels: Labels) -> str:
    """Formula: the verdict by itself: "better", "level", "undecided", "only MTP reaches it", or why there is none."""
    words = plan.house.texts["labels"]["verdicts"]
    named = [(code, _filled(words[code - 1], labels)) for code in Verdict if names_a_side(words[code - 1])]
    return cases(block["verdict"], named, word_or_nothing(plan.workings.lists["verdicts"], block["verdict"]))


def names_a_side(text: str) -> bool:
    """Whether a word has the label of a side in it."""
    return "{" in text


def no_data_word(plan: Plan, block: Mapping[str, Ref], labels: Labels) -> str:
    """Formula: which side has no data, "no MTP data"; the other one may have a figure beside these words."""
    before, after = plan.house.texts["labels"]["short"]["no_data"].split("{side}")
    missing = f"IF({block['a_status']}={Status.NO_DATA},{labels[0]},{labels[1]})"
    return f"{literal(before)}&{missing}&{literal(after)}"


def _filled(text: str, labels: Labels) -> str:
    """Formula: a word with the labels of the sides in it."""
    for name, label in zip(("{a}", "{b}"), labels, strict=True):
        if name in text:
            before, _, after = text.partition(name)
            parts = [literal(before) if before else "", str(label), literal(after) if after else ""]
            return "&".join(part for part in parts if part)
    return literal(text)


def better_label(block: Mapping[str, Ref], labels: Labels) -> str:
    """Formula: the label of the better side, or empty text."""
    return cases(block["better"], ((1, str(labels[0])), (2, str(labels[1]))))


def word_or_nothing(words: Range, code: Ref) -> str:
    """Formula: the word of a code from 1 on, empty text for 0."""
    return f'IF({code}=0,"",INDEX({words},{code}))'


def certainty_word(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: settled, interpolated, and whether it is a floor; empty where no side is better."""
    return word_or_nothing(plan.workings.lists["certainties"], block["certainty"])


def equal_cost_word(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: what the speed at equal cost is: exact, at least, at most, or never reached."""
    return word_or_nothing(plan.workings.lists["equal_costs"], block["eq_code"])


def likeness_words(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: "yes", or what differs between the sides, separated by commas; empty without two reads."""
    texts, yes = plan.house.texts["labels"]["unlike"], plan.house.texts["labels"]["likeness"][1]
    words = {flag.id: literal(texts[flag.id]) for flag in FLAGS if flag.unlike}
    words["engine_family"] = f"IF({block['family_low']}=0,{literal(texts['not_stated'])},{words['engine_family']})"
    differing = joined_flags([(block[f"f_{id_}"], word) for id_, word in words.items()])
    return f'IF({block["like"]}=0,"",IF({block["like"]}=1,{literal(yes)},{differing}))'


def flag_words(plan: Plan, block: Mapping[str, Ref], grade: Grade | None = None) -> str:
    """Formula: the short texts of the flags that are raised, worst first, separated by commas; of one grade or of all.

    A block that does without some flags does not name them.
    """
    flags = [(i, flag) for i, flag in enumerate(plan.flags) if grade in (None, flag.grade) and f"f_{flag.id}" in block]
    lists = plan.workings.lists["flags"]
    return joined_flags([(block[f"f_{flag.id}"], str(lists.cell(i).fix)) for i, flag in flags])


def joined_flags(raised: Sequence[tuple[Ref | str, str]]) -> str:
    """Formula: the texts whose cells hold 1, separated by commas: each comes with a comma, and the first one is cut off."""
    parts = "&".join(f'IF({cell}=1,", "&{text},"")' for cell, text in raised)
    return f"MID({parts},3,{LONGEST})"


def grade_word(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: the worst grade of the flags: stop, caution, note, or empty."""
    return word_or_nothing(plan.workings.lists["grades"], block["grade"])


def stopped_or(plan: Plan, block: Mapping[str, Ref], text: str) -> str:
    """Formula: "stop: reported fault" where a stop flag stands, which overrides any other word; else the text."""
    return f'IF({block["stops"]}>0,{literal(plan.house.texts["labels"]["grades"][Grade.STOP])}&": "&{flag_words(plan, block, Grade.STOP)},{text})'


def worst_stop_or(plan: Plan, block: Mapping[str, Ref], text: str) -> str:
    """Formula: "stop: no price +1" where stop flags stand: the worst of them and how many more; else the text."""
    stop = literal(f"{plan.house.texts['labels']['grades'][Grade.STOP]}: ")
    lists = plan.workings.lists["flags"]
    flags = [(i, flag) for i, flag in enumerate(FLAGS) if flag.grade == Grade.STOP]
    worst = first_true([(f"{block[f'f_{flag.id}']}=1", str(lists.cell(i).fix)) for i, flag in flags], '""')
    more = f'IF({block["stops"]}>1," +"&FIXED({block["stops"]}-1,0),"")'
    return f"IF({block['stops']}>0,{stop}&{worst}&{more},{text})"


def stop_first(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: "stop: reported fault. " where a stop stands, which goes before all else that is said; else nothing."""
    stop = literal(plan.house.texts["labels"]["grades"][Grade.STOP])
    return f'IF({block["stops"]}=0,"",{stop}&": "&{flag_words(plan, block, Grade.STOP)}&". ")'


def bounded(status: Ref | str, value: Ref | str, metric: Metric) -> str:
    """Formula: a figure; as text behind a sign where it is only a bound, below the first measurement of its side."""
    shown = f'"{BOUNDS[metric.better_low]} "&{ROUNDINGS[metric.style].text(value)}'
    return f"IF(AND({status}={Status.BELOW},ISNUMBER({value})),{shown},{value})"


def at_least(block: Mapping[str, Ref]) -> str:
    """Condition: the better side is only a floor, so that its lead is at least what is shown."""
    return f"{block['certainty']}>={Certainty.SETTLED_AT_LEAST}"
