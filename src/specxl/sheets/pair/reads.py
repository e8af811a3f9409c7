"""A pair sheet's four reads (three targets and the Summary's), its same-engine reads and its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Better, Bound, Situation
from specxl.model.formulas import amount, cases, content, joined, literal, sentence, speed, word
from specxl.sheets.block.columns import ENGINE_ROW, FULL_ROW, Stack
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.frame import COMMON_TARGET
from specxl.sheets.pair.selection import SLOT_WIDTH
from specxl.sheets.same_engine import engine_reads, same_engine_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Range, Ref
    from specxl.sheets.pair.selection import Draft, Selection
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable
    from specxl.sheets.same_engine import EngineReads

READS = ("Target 1", "Target 2", "Target 3", "Summary")
FIRST_READ = 3


@dataclass(frozen=True, slots=True)
class _Case:
    """One case of one sentence: its place in `narrative.toml` and the condition under which it is said."""

    piece: str
    name: str
    condition: str


_PRICED = "COUNT({a_cost},{b_cost})=2"
_LEVEL = f"OR({{better}}={Better.TIE},{{bound}}={Bound.OPEN})"
_DECIDED = f"{{better}}<{Better.TIE},{{bound}}<{Bound.OPEN},{{better}}>0"
_CASES = (
    *(_Case("lead", situation.name.lower(), f"{{situation}}={situation}") for situation in Situation),
    _Case("cost", "no_price", "AND({valid}=1,NOT(ISNUMBER({price})),MAX({a_knots},{b_knots})>0)"),
    _Case("cost", "level", f"AND({_PRICED},{_LEVEL})"),
    _Case("cost", "saving", f"AND({_PRICED},{_DECIDED})"),
    _Case("engine_line", "shown", "{better}>0"),
    _Case("flag_line", "some", "{flag_count}>0"),
)


@dataclass(frozen=True)
class Reads:
    """The four reads: block cells by key, and for each same engine and flags in words, and both statuses in words."""

    blocks: tuple[Mapping[str, Ref], ...]
    same_words: tuple[Ref, ...]
    flag_words: tuple[Ref, ...]
    statuses: tuple[Mapping[str, str], ...]
    last_row: int


def lay_reads(draft: Draft, row: int, chosen: Selection, results: ResultTable) -> Reads:
    """Lay out one comparison block per target, then the engines that have both variants at each target."""
    sheet = draft.sheet
    sheet.put(row, 0, "Reads: one comparison block per target, from left to right", "heading")
    stack = Stack(sheet, FIRST_READ, FULL_ROW, draft.plan.context)
    stack.lay_headers(row + 1)
    blocks = []
    for at, (name, target) in enumerate(zip(READS, (*chosen.controls.targets, COMMON_TARGET), strict=True), row + 2):
        sheet.put(at, 0, name)
        given: dict[str, str | float] = {
            "target_in": content(target),
            **{key: str(chosen[key]) for key in ("a_id", "b_id", "price", "power")},
            "page_odds": _page_odds(draft, sheet.ref(at, FIRST_READ), chosen, results),
        }
        blocks.append(stack.lay(at, given))
    engines, at = _lay_engines(draft, row + len(READS) + 3, chosen, blocks)
    return _lay_words(draft, at, chosen, blocks, engines)


def _status_words(draft: Draft, chosen: Selection, code: Ref) -> str:
    """Formula: a status in words; the points of a published page are "as published", never "measured" (METHOD 4)."""
    lists, page = draft.plan.assumptions.lists, chosen.tables.page_combination
    words, published = (word(lists[name], code) for name in ("statuses", "published_statuses"))
    return f"IF({chosen['combination']}={page},{published},{words})" if page else words


def _page_odds(draft: Draft, target: Ref, chosen: Selection, results: ResultTable) -> str | float:
    """1 at a target of the published page whose printed cost is at odds, for the page's combination only."""
    canonical, page = draft.pair.canonical, chosen.tables.page_combination
    if canonical.page is None or page == 0:
        return 0
    blocks = [results.block[canonical.number, kind] for kind in (1, 2, 3)]
    tests = "+".join(f"IF({target}={block['target']},{block['page_odds']},0)" for block in blocks)
    return f"IF({chosen['combination']}={page},{tests},0)"


def _lay_engines(
    draft: Draft, row: int, chosen: Selection, blocks: Sequence[Mapping[str, Ref]]
) -> tuple[list[EngineReads | None], int]:
    """Lay out one row per target and slot; return the reads per target and the first free row."""
    sheet, area = draft.sheet, chosen.tables.slots
    sheet.put(row, 0, "Same engine: each engine with both variants at each target", "heading")
    if area is None:
        sheet.put(row + 1, 0, "No engine measured both variants of any combination of this sheet.", "muted")
        return [None] * len(blocks), row + 3
    sheet.row(row + 1, 0, ("Target", "Slot", "Engine"), "head")
    stack = Stack(sheet, FIRST_READ, ENGINE_ROW, draft.plan.context)
    stack.lay_headers(row + 1)
    at = row + 2
    reads = []
    for name, block in zip(READS, blocks, strict=True):
        rows = []
        for slot in range(area.columns // SLOT_WIDTH):
            sheet.put(at, 0, name)
            sheet.put(at, 1, slot + 1, "id")
            engine, given = _slot(chosen["combination"], area, slot, block)
            sheet.formula(at, 2, engine)
            rows.append(stack.lay(at, given))
            at += 1
        reads.append(engine_reads(sheet, FIRST_READ - 1, rows))
    return reads, at + 1


def _slot(combination: Ref, area: Range, slot: int, block: Mapping[str, Ref]) -> tuple[str, dict[str, str | float]]:
    """Formulas: one engine of the combination in force, and what its row is given; a free slot has no curves.

    It is read at the target of `block`.
    """

    def held(column: int, otherwise: str) -> str:
        return f"IF({combination}=0,{otherwise},INDEX({area},{combination},{SLOT_WIDTH * slot + column}))"

    target = f'IF({block["valid"]}=1,{block["target"]},"")'
    return held(1, '"-"'), {"target_in": target, "a_id": held(2, "0"), "b_id": held(3, "0")}


def _lay_words(
    draft: Draft,
    row: int,
    chosen: Selection,
    blocks: Sequence[Mapping[str, Ref]],
    engines: Sequence[EngineReads | None],
) -> Reads:
    sheet = draft.sheet
    sheet.put(row, 0, "Same engine and flags in words", "heading")
    sheet.row(row + 1, FIRST_READ, READS, "head")
    labels = ("Same engine, A : B", "Engine", "Same engine in words", "Flags in words")
    for at, label in enumerate(labels, start=row + 2):
        sheet.put(at, 0, label)
    words, flags = [], []
    for col, (block, reads) in enumerate(zip(blocks, engines, strict=True), start=FIRST_READ):
        ratio = sheet.formula(row + 2, col, reads.best() if reads else '""', "times")
        engine = sheet.formula(row + 3, col, reads.engine(ratio) if reads else '""')
        words.append(sheet.formula(row + 4, col, same_engine_words(reads, ratio, engine, chosen.labels, draft.plan)))
        flags.append(sheet.formula(row + 5, col, _listed_flags(draft.plan, block)))
    statuses = [{s: _status_words(draft, chosen, block[f"{s}_status"]) for s in "ab"} for block in blocks]
    return Reads(tuple(blocks), tuple(words), tuple(flags), tuple(statuses), row + 6)


def _listed_flags(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: the short texts of the flags that are raised, separated by commas."""
    first = block[f"f_{FLAGS[0].id}"]
    parts = []
    for i, flag in enumerate(FLAGS):
        raised, text = block[f"f_{flag.id}"], plan.assumptions.lists["flags"].cell(i)
        comma = f'IF(SUM({first}:{raised.right(-1).address})>0,", ","")&' if i else ""
        parts.append(f'IF({raised}=1,{comma}{text.fix},"")')
    return "&".join(parts)


def _fields(draft: Draft, chosen: Selection, reads: Reads, number: int) -> dict[str, str]:
    """The placeholders of the narrative for a read (from 0), as formula texts; all of them are text in every state."""
    block, names, lists = reads.blocks[number], draft.plan.context, draft.plan.assumptions.lists
    label_a, label_b = chosen.labels
    b_is_better = f"{block['better']}={Better.B}"
    sides = {
        f"{side}_{name}": text
        for side in "ab"
        for name, text in (
            ("tput", f"FIXED({block[f'{side}_y']},1)"),
            ("cost", amount(block[f"{side}_cost"], ((0.01, 5), (10, 3)), 2)),
            ("first", speed(block[f"{side}_x_first"], 2)),
            ("last", speed(block[f"{side}_x_last"], 2)),
            ("status", reads.statuses[number][side]),
        )
    }
    return sides | {
        "n": str(number + 1),
        "model": str(draft.model),
        "hardware": str(draft.hardware),
        "a": str(label_a),
        "b": str(label_b),
        "target": speed(block["target"], 2),
        "tokens": names["tokens"],
        "currency": names["currency"],
        "ratio": f"FIXED({block['ratio']},2)",
        "saving": f'FIXED(100*{block["saving"]},0)&" %"',
        "winner": f"IF({b_is_better},{label_b},{label_a})",
        "loser": f"IF({b_is_better},{label_a},{label_b})",
        "bound_words": _bound_words(draft.plan, block["bound"]),
        "same_engine": str(reads.same_words[number]),
        "flags": str(reads.flag_words[number]),
        "grade": word(lists["grades"], block["grade"]),
    }


def _bound_words(plan: Plan, bound: Ref) -> str:
    """Formula: "at least ", "at most " or nothing."""
    words = plan.house.texts["narrative"]["bound_words"]
    return cases(bound, [(code, literal(words[code.name.lower()])) for code in (Bound.AT_LEAST, Bound.AT_MOST)])


def lay_sentences(draft: Draft, row: int, chosen: Selection, reads: Reads) -> tuple[list[Ref], int]:
    """Lay out every case of every sentence once per read, and join those that apply.

    Returns the joined cells, one per read, and the first free row.
    """
    sheet, texts = draft.sheet, draft.plan.house.texts["narrative"]
    sheet.put(row, 0, "Sentences: each line is one case and stays empty unless it applies", "heading")
    sheet.row(row + 1, FIRST_READ, READS, "head")
    columns: list[list[Ref]] = [[] for _ in reads.blocks]
    for at, case in enumerate(_CASES, start=row + 2):
        sheet.put(at, 0, f"{case.piece}: {case.name}".replace("_", " "))
        for i, block in enumerate(reads.blocks):
            test = case.condition.format_map({key: str(ref) for key, ref in block.items()})
            origin = f"narrative.toml [{case.piece}] {case.name}"
            text = sentence(texts[case.piece][case.name], _fields(draft, chosen, reads, i), origin=origin)
            columns[i].append(sheet.formula(at, FIRST_READ + i, f'IF({test},{text},"")'))
    at = row + 2 + len(_CASES)
    sheet.put(at, 0, "joined", "strong")
    whole = []
    for col, refs in enumerate(columns, start=FIRST_READ):
        cells = [str(ref) for ref in refs]
        # the leads stand first, one for every situation: each group begins with its one
        whole.append(sheet.formula(at, col, joined(cells[: len(Situation)], cells[len(Situation) :])))
    return whole, at + 2
