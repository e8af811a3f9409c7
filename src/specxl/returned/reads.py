"""Every judged block of a workbook file against the reference, by the judge of the build."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.judge.compare import Tally
from specxl.judge.expect import CHECKS, block_faults
from specxl.labels import clean_label
from specxl.returned.blocks import incomplete
from specxl.returned.world import FileWorld, anchor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.manifest import BlockPlace
    from specxl.returned.view import View


@dataclass
class ReadVerdict:
    """What was compared, and what disagrees: rows by kind of block, cells, the largest difference of those that agree."""

    tally: Tally = field(default_factory=Tally)
    disagreements: list[str] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """The number of comparison blocks that were compared."""
        return self.tally.reads

    @property
    def worst(self) -> float:
        """The largest relative difference of two numbers that agree."""
        return self.tally.worst


def compare_reads(view: View, blocks: Sequence[BlockPlace]) -> ReadVerdict:
    """Hold every block that the manifest names against the reference.

    What cannot be compared, because a sheet is missing or a block is not where the build laid it, is a disagreement too;
    so is a manifest that leaves out a block or a part of one.
    """
    verdict, world = ReadVerdict(), FileWorld(view, blocks)
    try:
        view.require_bounded(blocks)
    except WorkbookFileError as exc:
        verdict.disagreements.append(f"no block was compared: {exc}")
        return verdict
    judged = [block for block in blocks if block.kind in CHECKS]
    for block in judged:
        rows = verdict.tally.rows.get(block.kind, 0)
        try:
            faults = block_faults(world, anchor_of(block), world.rows(block), verdict.tally)
            verdict.disagreements += [str(fault) for fault in faults]
        except (WorkbookFileError, ArithmeticError, LookupError, TypeError, ValueError) as exc:
            # figures that no build holds may break the arithmetic
            verdict.disagreements.append(f"{block.kind} on {block.sheet} cannot be compared: {clean_label(exc)}")
            continue
        if verdict.tally.rows.get(block.kind, 0) - rows < block.rows:
            verdict.disagreements.append(f"{block.kind} on {block.sheet}: fewer rows were compared than were laid out")
    try:
        verdict.disagreements += incomplete(view, blocks)
    except WorkbookFileError as exc:
        verdict.disagreements.append(f"the blocks cannot be told to be whole: {clean_label(exc)}")
    return verdict
