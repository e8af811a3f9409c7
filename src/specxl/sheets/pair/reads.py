"""A pair sheet's four reads (three targets and the Summary's): comparison blocks, same-engine rows, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.formulas import content, literal, word
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.columns import FAMILY_ROW, FULL_ROW
from specxl.sheets.block.scored import with_scores
from specxl.sheets.block.stack import Stack
from specxl.sheets.frame import COMMON_TARGET
from specxl.sheets.pair.selection import SLOT_WIDTH
from specxl.sheets.same_engine import family_words, lay_family_rows
from specxl.sheets.words import certainty_word, flag_words, likeness_words, stopped_or, verdict_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, Shown
    from specxl.sheets.same_engine import FamilyReads

READS = 4
SUMMARY_READ = 3
TARGETS = 3
_BLOCK_COL = 2
WORDS = ("verdict", "certainty", "like", "flags", "same_engine", "a_status", "b_status")


@dataclass(frozen=True)
class Reads:
    """The four reads: block cells by key, and what is said of each in words, by WORDS."""

    blocks: tuple[Mapping[str, Ref], ...]
    words: tuple[Mapping[str, Ref], ...]


def lay_reads(draft: Draft, flow: Flow, chosen: Shown) -> Reads:
    """Lay out one comparison block per target, then the families that have both sides at each target, then words."""
    flow.heading("Reads: one comparison block per speed, from left to right; the last is the Summary's")
    row_of_cells = with_scores(FULL_ROW, scored=draft.plan.scored)
    stack = Stack(flow.sheet, _BLOCK_COL, row_of_cells, draft.plan.context)
    stack.lay_headers(flow.take())
    shared: dict[str, str | float] = {
        **{f"{side}_{fact}": str(chosen[f"{side}_{fact}"]) for side in "ab" for fact in ("price", "power")},
        **{key: str(chosen[key]) for key in ("a_id", "b_id", "stated")},
        "one_hardware": chosen.one_hardware,
    }
    blocks = []
    for number, target in enumerate((*chosen.targets, COMMON_TARGET), start=1):
        row = flow.take()
        flow.sheet.put(row, 0, f"Speed {number}" if number < READS else "Summary")
        blocks.append(stack.lay(row, shared | {"target_in": content(target)}))
    draft.plan.anchors.append(
        Anchor("comparison", draft.name, blocks[0]["target_in"], stack.keys, tuple((read,) for read in range(READS)))
    )
    flow.gap()
    families = _lay_families(draft, flow, chosen, blocks)
    return Reads(tuple(blocks), _lay_words(draft, flow, chosen, blocks, families))


def _lay_families(
    draft: Draft, flow: Flow, chosen: Shown, blocks: Sequence[Mapping[str, Ref]]
) -> list[FamilyReads | None]:
    """Lay out one row per read and slot: a family of the combination in force at the read's target."""
    slots = chosen.slots
    if slots is None:
        return [None] * len(blocks)
    flow.heading("Same engine: each family with both sides at each speed")
    sheet, stack = flow.sheet, Stack(flow.sheet, _BLOCK_COL, FAMILY_ROW, draft.plan.context)
    head = flow.take()
    sheet.row(head, 0, ("Family", "Read"), "head")
    stack.lay_headers(head)
    found: list[FamilyReads | None] = []
    first: Ref | None = None
    count = slots.columns // SLOT_WIDTH
    for number, block in enumerate(blocks):
        rows = []
        for slot in range(count):
            row = flow.take()
            name, given = _slot(chosen["combination"], slots, slot, block)
            sheet.formula(row, 0, name)
            sheet.put(row, 1, number, "id")
            rows.append(stack.lay(row, given))
        first = first or rows[0]["target_in"]
        top = rows[0]["target_in"].row
        found.append(lay_family_rows(rows, sheet.area(top, 0, top + count - 1, 0)))
    if first is not None:
        subjects = tuple((read, slot) for read in range(len(blocks)) for slot in range(count))
        draft.plan.anchors.append(Anchor("family", draft.name, first, stack.keys, subjects))
    flow.gap()
    return found


def _slot(combination: Ref, slots: Range, slot: int, block: Mapping[str, Ref]) -> tuple[str, dict[str, str | float]]:
    """Formulas: one family of the combination in force, and what its row is given; a free slot has no curves."""

    def held(column: int, otherwise: str) -> str:
        return f"IF({combination}=0,{otherwise},INDEX({slots},{combination},{SLOT_WIDTH * slot + column}))"

    target = f'IF({block["valid"]}=1,{block["target"]},"")'
    return held(1, '"-"'), {"target_in": target, "a_id": held(2, "0"), "b_id": held(3, "0")}


def _lay_words(
    draft: Draft,
    flow: Flow,
    chosen: Shown,
    blocks: Sequence[Mapping[str, Ref]],
    families: Sequence[FamilyReads | None],
) -> tuple[Mapping[str, Ref], ...]:
    """Lay out what is said of each read: a row per read, a column per word."""
    sheet, plan = flow.sheet, draft.plan
    flow.heading("Words of each speed")
    flow.heads(("Read", "Best same-engine ratio", "Its family", *WORDS))
    said: list[Mapping[str, Ref]] = []
    stated = chosen["engines_stated"]
    for number, (block, family) in enumerate(zip(blocks, families, strict=True)):
        row = flow.take()
        sheet.put(row, 0, number, "id")
        ratio = sheet.formula(row, 1, family.best() if family else '""', "times")
        name = sheet.formula(row, 2, family.family(ratio) if family else '""')
        already = f"{literal(draft.texts['same_engine']['already'])}&{word_of_family(draft, block['family_low'])}"
        same = f"AND({block['like']}>0,{block['f_engine_family']}=0)"
        texts = {
            "verdict": verdict_word(plan, block, chosen.labels),
            "certainty": stopped_or(plan, block, certainty_word(plan, block)),
            "like": likeness_words(plan, block),
            "flags": flag_words(plan, block),
            "same_engine": f"IF({same},{already},{family_words(family, ratio, name, chosen.labels, stated, plan, draft.texts)})",
            **{f"{side}_status": _status_words(draft, chosen, block[f"{side}_status"]) for side in "ab"},
        }
        said.append({key: sheet.formula(row, 3 + col, texts[key]) for col, key in enumerate(WORDS)})
    flow.gap()
    return tuple(said)


def word_of_family(draft: Draft, code: Ref) -> str:
    """Formula: the name of an engine family by its number."""
    families = draft.plan.workings.lists["families"]
    return f"INDEX({families},MAX({code},1))"


def _status_words(draft: Draft, chosen: Shown, code: Ref) -> str:
    """Formula: a status in words; the points of a published page are "as published", never "measured" (METHOD 4)."""
    lists = draft.plan.workings.lists
    words, published = (word(lists[name], code) for name in ("statuses", "published_statuses"))
    return f"IF({chosen['published']}=1,{published},{words})"
