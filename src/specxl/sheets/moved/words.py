"""What How it moved says: the message, a sentence per side, and the words of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.curves import Status
from specxl.method.metrics import BY_KEY
from specxl.model.formulas import cases, first_true, literal, speed, word
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.frame import COMMON_TARGET
from specxl.sheets.moved.places import ORDER, Move
from specxl.sheets.words import BOUNDS, better_label, bounded, verdict_word, worst_stop_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.moved.draft import Draft, Workings

_MOVES = {Move.FELL: "fell", Move.ROSE: "rose", Move.LEVEL: "level", Move.UNDECIDED: "undecided"}
COST = BY_KEY["cost"]
TOLD_KEYS = ("first_date", "last_date", "first", "last", "engine", "size", "short", "sentence")


def lay_told(draft: Draft, work: Workings) -> dict[str, dict[str, Ref]]:
    """Lay out what the sentences are made of, a row per side, and the sentences themselves; return their cells by side and name."""
    flow, sheet = draft.flow, draft.flow.sheet
    flow.heading(draft.texts["workings"]["told"])
    flow.heads([draft.texts["columns"].get(key, key) for key in TOLD_KEYS])
    found = {}
    for side in ORDER:
        row = flow.take()
        cells = {key: sheet.ref(row, col) for col, key in enumerate(TOLD_KEYS)}
        for key, text in _pieces(draft, work, side).items():
            sheet.formula(row, cells[key].col, text)
        cells = {key: cell.fix for key, cell in cells.items()}
        fields = {
            "side": str(work.label(side)),
            "speed": speed(COMMON_TARGET, 2),
            "currency": draft.plan.context["currency"],
            "tokens": draft.plan.context["tokens"],
            "tie": ROUNDINGS["tokens"].text(draft.plan.context["tie_ratio"]),
            **{key: str(cells[key]) for key in ("first_date", "last_date", "first", "last")},
            "changes": f"{cells['engine']}&{cells['size']}",
        }
        for piece in ("short", "sentence"):
            sheet.formula(row, cells[piece].col, _said(draft, work, side, piece, fields))
        found[side] = cells
    flow.gap()
    return found


def message(draft: Draft, work: Workings, told: Mapping[str, Mapping[str, Ref]], name: Ref | str) -> str:
    """Formula: what the cost of side A came to; of side B where A has none on any two days."""
    line = f"IF({work.lines['a']['move']}>0,{told['a']['short']},{told['b']['short']})"
    rules = (
        (f"{work.choice['choice'].fix}=0", draft.word("message", "no_choice")),
        (f"INDEX({work.blocks['valid']},1)=0", draft.say("message", "no_target", {"name": f"{name}"})),
    )
    return first_true(rules, draft.say("message", "line", {"name": f"{name}", "told": line}))


def _pieces(draft: Draft, work: Workings, side: str) -> dict[str, str]:
    """Formulas: the first and the last date with a cost, both costs, and which engine and how many GPUs they rest on."""
    line, texts = work.lines[side], {}
    some = f"{line['count']}=0"
    for end in ("first", "last"):
        day = f"INDEX({work.texts},INDEX({work.reads['day']},{line[end]}))"
        status = f"INDEX({work.blocks[f'{side}_status']},{line[end]})"
        sign = f'IF({status}={Status.BELOW},"{BOUNDS[COST.better_low]} ","")'
        texts[f"{end}_date"] = f'IF({some},"",{day})'
        texts[end] = f'IF({some},"",{sign}&{ROUNDINGS[COST.style].text(line[f"cost_{end}"])})'
    own = {
        fact: [f"INDEX({work.reads[f'{side}_{fact}']},{line[end]})" for end in ("first", "last")]
        for fact in ("left", "right", "gpus_low", "gpus_high")
    }
    engines = [engine_words(draft, *pair) for pair in zip(own["left"], own["right"], strict=True)]
    sizes = [gpu_words(draft, *pair) for pair in zip(own["gpus_low"], own["gpus_high"], strict=True)]
    for flag, (old, new) in (("engine", engines), ("size", sizes)):
        changed = draft.say("changes", flag, {"old": old, "new": new})
        same = draft.say("changes", f"same_{flag}", {"now": new})
        texts[flag] = f'IF({line["count"]}<2,"",IF({line[flag]}=1,{changed},{same}))'
    return texts


def _said(draft: Draft, work: Workings, side: str, piece: str, fields: Mapping[str, str]) -> str:
    """Formula: from when to when the cost moved from what to what, or on how many days there is one; nothing without a speed."""
    line = work.lines[side]
    rules = (
        (f"INDEX({work.blocks['valid']},1)=0", '""'),
        (f"{line['count']}=0", draft.say(piece, "none", fields)),
        (f"{line['count']}=1", draft.say(piece, "one", fields)),
    )
    moves = [(code, draft.say(piece, name, fields)) for code, name in _MOVES.items()]
    return first_true(rules, cases(line["move"], moves))


def _engine_short(draft: Draft, left: Ref, right: Ref) -> str:
    """Formula: the engine of the slower of both measurements around a speed, and that there is another one."""
    return f'{left}&IF({left}={right},"",{draft.word("table", "more")})'


def engine_words(draft: Draft, left: Ref | str, right: Ref | str) -> str:
    """Formula: the engines behind a read, each once."""
    return f'{left}&IF({left}={right},"",{draft.word("table", "between")}&{right})'


def gpu_words(draft: Draft, low: Ref | str, high: Ref | str) -> str:
    """Formula: the GPUs of the deployments behind a read: "8", "4 to 36", or that nothing states them."""
    to = f"{draft.word('table', 'to')}&FIXED({high},0)"
    return f'IF({low}="",{draft.word("table", "unstated")},FIXED({low},0)&IF({low}={high},"",{to}))'


def row_texts(draft: Draft, work: Workings, slot: int) -> dict[str, str]:
    """Formulas of a row of the table by its keys."""
    block = {key: area.cell(slot) for key, area in work.blocks.items()}
    reads = {key: area.cell(slot) for key, area in work.reads.items()}
    texts = {"date": str(reads["date"]), "ratio": f'IF({reads["day"]}=0,"",{block["ratio"]})'}
    for side in ORDER:
        own = {fact: reads[f"{side}_{fact}"] for fact in ("left", "right", "gpus_low", "gpus_high")}
        status = block[f"{side}_status"]
        nothing = f"OR({reads['day']}=0,{block[f'{side}_left']}=0)"
        texts[f"{side}_cost"] = bounded(status, block[f"{side}_cost"], COST)
        texts[f"{side}_status"] = f'IF({reads["day"]}=0,"",{_status(draft, block, side)})'
        texts[f"{side}_engine"] = f'IF({nothing},"",{_engine_short(draft, own["left"], own["right"])})'
        texts[f"{side}_gpus"] = f'IF({nothing},"",{gpu_words(draft, own["gpus_low"], own["gpus_high"])})'
    texts["words"] = f'IF({reads["day"]}=0,"",{worst_stop_or(draft.plan, block, _verdict(draft, work, block))})'
    return texts


def _status(draft: Draft, block: Mapping[str, Ref], side: str) -> str:
    """Formula: where a figure comes from, or why there is none."""
    metrics, status = draft.plan.house.texts["labels"]["metrics"], block[f"{side}_status"]
    rules = (
        (f"{status}<{Status.BELOW}", word(draft.plan.workings.lists["statuses"], status)),
        (f"{block[f'{side}_has']}=0", literal(metrics["y"]["missing"])),
        (f'{block[f"{side}_cost"]}=""', literal(metrics["cost"]["missing"])),
    )
    return first_true(rules, word(draft.plan.workings.lists["statuses"], status))


def _verdict(draft: Draft, work: Workings, block: Mapping[str, Ref]) -> str:
    """Formula: the verdict, with the side that is better before it."""
    labels = work.label("a"), work.label("b")
    better = f"{better_label(block, labels)}&{literal(draft.plan.house.texts['labels']['short']['better'])}"
    return f"IF({block['better']}>0,{better},{verdict_word(draft.plan, block, labels)})"
