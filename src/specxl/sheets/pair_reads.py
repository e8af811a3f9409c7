"""A pair sheet's four reads (three targets and the Summary's), its same-engine reads and its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.formulas import cases, joined, literal, sentence
from specxl.sheets.comparison_row import ENGINE_ROW, FULL_ROW, lay_headers, lay_row
from specxl.sheets.flags import FLAGS
from specxl.sheets.frame import COMMON_TARGET
from specxl.sheets.same_engine import EngineReads, same_engine_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.cells import Range, Ref, Sheet
    from specxl.sheets.pair_selection import Controls, Selection, Tables
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

READS = ("Target 1", "Target 2", "Target 3", "Summary")
SITUATIONS = (
    "no_target", "no_curves", "no_a", "no_b", "not_published", "above_both", "above_a", "above_b", "both_below", "tie",
    "at_least", "at_most", "shown",
)  # fmt: skip


@dataclass(frozen=True)
class Reads:
    """The four reads: block cells by key, and for each the same-engine ratio and words, flags and statuses in words."""

    blocks: tuple[Mapping[str, Ref], ...]
    same_ratio: tuple[Ref, ...]
    same_words: tuple[Ref, ...]
    flag_words: tuple[Ref, ...]
    statuses: tuple[Mapping[str, str], ...]
    last_row: int


def lay_reads(
    sheet: Sheet,
    row: int,
    plan: Plan,
    controls: Controls,
    chosen: Selection,
    tables: Tables,
    page: tuple[ResultTable, int] | None,
    flag_texts: Mapping[str, Ref],
) -> Reads:
    """Lay out one comparison block per target, then the engines that have both variants at each target.

    Args:
        page: the Results table and the number of the published comparison whose printed costs are tied out, if any.
        flag_texts: the cell with the short text of each flag.
    """
    sheet.put(row, 0, "Reads: one comparison block per target, from left to right", "heading")
    lay_headers(sheet, row + 1, 3, FULL_ROW)
    targets = (*controls.targets, COMMON_TARGET)
    blocks = []
    for i, target in enumerate(targets):
        at = row + 2 + i
        sheet.put(at, 0, READS[i])
        given: dict[str, str | float] = {
            "target_in": f'IF({target}="","",{target})',
            "a_id": str(chosen["a_id"]),
            "b_id": str(chosen["b_id"]),
            "price": str(chosen["price"]),
            "power": str(chosen["power"]),
            "page_odds": _page_odds(sheet.ref(at, 3), chosen, tables, page),
        }
        blocks.append(lay_row(sheet, at, 3, FULL_ROW, given, plan.context))
    at = row + 7
    engine_reads, at = _lay_engines(sheet, at, plan, chosen, tables, blocks)
    statuses = tuple(
        {side: _status_words(plan, chosen, tables, block[f"{side}_status"]) for side in "ab"} for block in blocks
    )
    return _lay_words(sheet, at, plan, chosen, blocks, engine_reads, flag_texts, statuses)


def _status_words(plan: Plan, chosen: Selection, tables: Tables, code: Ref) -> str:
    """Formula: a status in words; the points of a published page are "as published", never "measured" (METHOD 4)."""
    lists = plan.assumptions.lists
    words, published = (f"INDEX({lists[name]},{code}+1)" for name in ("statuses", "published_statuses"))
    return (
        f"IF({chosen['combination']}={tables.page_combination},{published},{words})"
        if tables.page_combination
        else words
    )


def _page_odds(target: Ref, chosen: Selection, tables: Tables, page: tuple[ResultTable, int] | None) -> str | float:
    """1 at a target of the published page whose printed cost is at odds, for the page's combination only."""
    if page is None or tables.page_combination == 0:
        return 0
    results, number = page
    pairs = [(results.block[number, k]["target"], results.block[number, k]["page_odds"]) for k in (1, 2, 3)]
    tests = "+".join(f"IF({target}={page_target},{odds},0)" for page_target, odds in pairs)
    return f"IF({chosen['combination']}={tables.page_combination},{tests},0)"


def _lay_engines(
    sheet: Sheet, row: int, plan: Plan, chosen: Selection, tables: Tables, blocks: list[dict[str, Ref]]
) -> tuple[list[EngineReads | None], int]:
    sheet.put(row, 0, "Same engine: each engine with both variants at each target", "heading")
    if tables.slots is None:
        sheet.put(row + 1, 0, "No engine measured both variants of any combination of this sheet.", "muted")
        return [None] * len(blocks), row + 3
    area = tables.slots
    slots = area.columns // 3
    sheet.row(row + 1, 0, ("Target", "Slot", "Engine"), "head")
    lay_headers(sheet, row + 1, 3, ENGINE_ROW)
    at = row + 2
    reads: list[EngineReads | None] = []
    combination = chosen["combination"]
    for i, block in enumerate(blocks):
        first = at
        rows = []
        for s in range(slots):
            sheet.put(at, 0, READS[i])
            sheet.put(at, 1, s + 1, "id")
            sheet.formula(at, 2, f'IF({combination}=0,"-",INDEX({area},{combination},{3 * s + 1}))')
            given = {
                "target_in": f'IF({block["valid"]}=1,{block["target"]},"")',
                "a_id": f"IF({combination}=0,0,INDEX({area},{combination},{3 * s + 2}))",
                "b_id": f"IF({combination}=0,0,INDEX({area},{combination},{3 * s + 3}))",
            }
            rows.append(lay_row(sheet, at, 3, ENGINE_ROW, given, plan.context))
            at += 1

        def column(col: int, start: int = first, end: int = at - 1) -> Range:
            return sheet.area(start, col, end, col)

        cell = rows[0]
        reads.append(
            EngineReads(column(2), column(cell["usable"].col), column(cell["enough"].col), column(cell["a_to_b"].col))
        )
    return reads, at + 1


def _lay_words(
    sheet: Sheet,
    row: int,
    plan: Plan,
    chosen: Selection,
    blocks: list[dict[str, Ref]],
    engines: list[EngineReads | None],
    flag_texts: Mapping[str, Ref],
    statuses: tuple[Mapping[str, str], ...],
) -> Reads:
    sheet.put(row, 0, "Same engine and flags in words", "heading")
    sheet.row(row + 1, 3, READS, "head")
    labels = ("Same engine, A : B", "Engine", "Same engine in words", "Flags in words")
    for i, label in enumerate(labels):
        sheet.put(row + 2 + i, 0, label)
    ratios, words, flags = [], [], []
    for i, (block, reads) in enumerate(zip(blocks, engines, strict=True)):
        col = 3 + i
        ratio = sheet.formula(row + 2, col, reads.best() if reads else '""', "times")
        engine = sheet.formula(row + 3, col, reads.engine(ratio) if reads else '""')
        words.append(
            sheet.formula(
                row + 4, col, same_engine_words(reads, ratio, engine, (chosen["label_a"], chosen["label_b"]), plan)
            )
        )
        flags.append(sheet.formula(row + 5, col, _listed_flags(block, flag_texts)))
        ratios.append(ratio)
    return Reads(tuple(blocks), tuple(ratios), tuple(words), tuple(flags), statuses, row + 6)


def fields(plan: Plan, chosen: Selection, reads: Reads, i: int, model: str, hardware: Ref) -> dict[str, str]:
    """The placeholders of the narrative for read `i`, as formula texts; all of them are text in every state."""
    block, names = reads.blocks[i], plan.context
    lists = plan.assumptions.lists
    label_a, label_b = chosen["label_a"], chosen["label_b"]
    target = block["target"]

    def speed(cell: Ref | str) -> str:
        return f"FIXED({cell},IF({cell}=ROUND({cell},0),0,IF({cell}=ROUND({cell},1),1,2)))"

    def cost(cell: Ref) -> str:
        return f"FIXED({cell},IF({cell}<0.01,5,IF({cell}<10,3,2)))"

    return {
        "n": str(i + 1),
        "model": model,
        "hardware": str(hardware.fix),
        "a": str(label_a),
        "b": str(label_b),
        "target": speed(target),
        "tokens": names["tokens"],
        "currency": names["currency"],
        "a_tput": f"FIXED({block['a_y']},1)",
        "b_tput": f"FIXED({block['b_y']},1)",
        "a_cost": cost(block["a_cost"]),
        "b_cost": cost(block["b_cost"]),
        "a_first": speed(block["a_x_first"]),
        "a_last": speed(block["a_x_last"]),
        "b_first": speed(block["b_x_first"]),
        "b_last": speed(block["b_x_last"]),
        "a_status": reads.statuses[i]["a"],
        "b_status": reads.statuses[i]["b"],
        "ratio": f"FIXED({block['ratio']},2)",
        "saving": f'FIXED(100*{block["saving"]},0)&" %"',
        "winner": f"IF({block['better']}=2,{label_b},{label_a})",
        "loser": f"IF({block['better']}=2,{label_a},{label_b})",
        "bound_words": bound_words(plan, block["bound"]),
        "same_engine": str(reads.same_words[i]),
        "flags": str(reads.flag_words[i]),
        "grade": f"INDEX({lists['grades']},{block['grade']}+1)",
    }


def bound_words(plan: Plan, bound: Ref) -> str:
    """Formula: "at least ", "at most " or nothing."""
    words = plan.house.texts["narrative"]["bound_words"]
    return cases(bound, [(1, literal(words["at_least"])), (2, literal(words["at_most"]))])


def _listed_flags(block: Mapping[str, Ref], flag_texts: Mapping[str, Ref]) -> str:
    """Formula: the short texts of the flags that are raised, separated by commas."""
    first = block[f"f_{FLAGS[0].id}"]
    parts = []
    for flag in FLAGS:
        raised = block[f"f_{flag.id}"]
        comma = "" if raised == first else f'IF(SUM({first}:{raised.right(-1).address})>0,", ","")&'
        parts.append(f'IF({raised}=1,{comma}{flag_texts[flag.id].fix},"")')
    return "&".join(parts)


def lay_sentences(
    sheet: Sheet, row: int, plan: Plan, chosen: Selection, reads: Reads, model: str, hardware: Ref
) -> tuple[list[Ref], int]:
    """Lay out every case of every sentence once per read, and join those that apply; return the joined cells."""
    texts = plan.house.texts["narrative"]
    sheet.put(row, 0, "Sentences: each line is one case and stays empty unless it applies", "heading")
    sheet.row(row + 1, 3, READS, "head")
    plans: list[tuple[str, str, str, str]] = [
        ("lead", name, "{situation}=" + str(code), texts["lead"][name]) for code, name in enumerate(SITUATIONS, start=1)
    ]
    shown = "{better}>0"
    plans += [
        (
            "cost",
            "no_price",
            "AND({valid}=1,NOT(ISNUMBER({price})),MAX({a_knots},{b_knots})>0)",
            texts["cost"]["no_price"],
        ),
        ("cost", "level", "AND(COUNT({a_cost},{b_cost})=2,OR({better}=3,{bound}=3))", texts["cost"]["level"]),
        (
            "cost",
            "saving",
            "AND(COUNT({a_cost},{b_cost})=2,{better}<3,{bound}<3," + shown + ")",
            texts["cost"]["saving"],
        ),
        ("engine_line", "shown", shown, texts["engine_line"]["shown"]),
        ("flag_line", "some", "{flag_count}>0", texts["flag_line"]["some"]),
    ]
    columns: list[list[Ref]] = [[] for _ in reads.blocks]
    for offset, (piece, name, condition, template) in enumerate(plans):
        at = row + 2 + offset
        sheet.put(at, 0, f"{piece.replace('_', ' ')}: {name.replace('_', ' ')}")
        for i, block in enumerate(reads.blocks):
            test = condition.format_map({key: str(ref) for key, ref in block.items()})
            text = sentence(
                template, fields(plan, chosen, reads, i, model, hardware), origin=f"narrative.toml [{piece}] {name}"
            )
            columns[i].append(sheet.formula(at, 3 + i, f'IF({test},{text},"")'))
    at = row + 2 + len(plans)
    sheet.put(at, 0, "joined", "strong")
    joined_cells = [sheet.formula(at, 3 + i, joined(str(ref) for ref in refs)) for i, refs in enumerate(columns)]
    return joined_cells, at + 2
