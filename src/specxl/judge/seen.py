"""Holds the figures that people see on the Summary and on pair sheets against the reference, as they stand there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.compare import HAIR, faults
from specxl.judge.overview import ranked
from specxl.method.curves import Status
from specxl.method.metrics import BY_KEY
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.pair.figures import CHEAPER, COMBINATION_KEYS, lines_of
from specxl.sheets.words import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Fault, Tally
    from specxl.judge.world import World
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]

TABLE_KEYS = ("b_cost", "a_cost", "saving", "ratio")


def table_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The figures of the Summary's table, place by place."""
    held = ranked(world.overview(), world.columns)
    in_order = sorted(held.values(), key=lambda row: float(row["place"]))
    for number, (row, block) in enumerate(zip(rows, in_order, strict=True)):
        tally.count(anchor.kind)
        shown = {key: _bounded(_figure(block, key), block, key, row[key]) for key in TABLE_KEYS}
        yield from faults(partial(world.name, anchor, number), row, shown, tally)


def combination_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The figures of a table of combinations; the tag ends in the number of the first of them."""
    first = int(anchor.tag.rpartition(" ")[2])
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        block = world.columns(world.common(first + number))
        shown = {key: _shown(world, block, key, row[key]) for key in COMBINATION_KEYS}
        yield from faults(partial(world.name, anchor, number), row, shown, tally)


def answer_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The figures of a pair sheet: a line in each row of a metric, which the tag names, and a read in each column."""
    blocks = [world.columns(given) for given in world.reads(anchor.owner)]
    for number, (row, line) in enumerate(zip(rows, lines_of(anchor.tag, anchor.owner), strict=True)):
        tally.count(anchor.kind)
        found = [row[key] for key in anchor.keys]
        shown = [_shown(world, block, line, held) for block, held in zip(blocks, found, strict=True)]
        name = partial(_line_name, world, anchor, number, line)
        yield from faults(name, row, dict(zip(anchor.keys, shown, strict=True)), tally)


def _line_name(world: World, anchor: Anchor, number: int, line: str) -> str:
    return f"{world.name(anchor, number)}, {line.replace('_', ' ')}"


def _figure(block: Mapping[str, Held], key: str) -> Held:
    """A figure as people see it: the saving is that with side A, negative where A is the dearer one, or with the cheaper."""
    if key == CHEAPER:
        return block["saving"]
    if key == "saving":
        return 1 - 1 / float(block["ratio"]) if block["better"] else ""
    return block[key]


def _bounded(figure: Held, block: Mapping[str, Held], key: str, found: Value) -> Held:
    """A figure of a side that is only a bound as its text; a tie in its last digit may be rounded either way."""
    side, _, name = key.partition("_")
    if figure == "" or not name or int(block[f"{side}_status"]) != Status.BELOW:
        return figure
    metric, value = BY_KEY[name], float(figure)
    rounding = ROUNDINGS[metric.style]
    decimals = rounding.fine_decimals if value < rounding.fine_below else rounding.decimals
    texts = {f"{BOUNDS[metric.better_low]} {value * (1 + hair):,.{decimals}f}" for hair in (0.0, HAIR, -HAIR)}
    return found if isinstance(found, str) and found in texts else min(texts)


def _shown(world: World, block: Mapping[str, Held], key: str, found: Value) -> Held:
    """A figure, or the words for one that is missing although the speed is reached.

    Where nothing says which words a template chose, those that stand there will do.
    """
    figure, (side, _, metric) = _figure(block, key), key.partition("_")
    if figure != "" or not metric:
        return _bounded(figure, block, key, found)
    unknown, unpublished = isinstance(block[f"{side}_y"], float), int(block[f"{side}_status"]) >= Status.BELOW
    if not unknown and not unpublished:
        return ""
    words = world.missing(metric if unknown else "y")
    return words if words is not None else found if isinstance(found, str) else ""
