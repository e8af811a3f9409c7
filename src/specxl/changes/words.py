"""Changes in words: verdicts, figures, prices and inputs, before and after."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.changes.find import same_value
from specxl.method.codes import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.changes.find import InputChange, Move, PriceChange, ReadChange
    from specxl.changes.snapshot import Key
    from specxl.house import House
    from specxl.model.cells import Value

_DIGITS = 4


def filled(template: str, **fields: str) -> str:
    """A text of the house with its placeholders filled in; what is filled in is not looked at again."""
    pieces = re.split(r"\{(\w+)\}", template)
    return "".join(fields.get(piece, f"{{{piece}}}") if place % 2 else piece for place, piece in enumerate(pieces))


def verdict_text(house: House, key: Key, verdict: Verdict) -> str:
    """A verdict with the name of the side that it speaks of."""
    word = str(house.texts["labels"]["verdicts"][verdict - 1])
    named = filled(word, a=key.side_a, b=key.side_b)
    side = {Verdict.A_BETTER: key.side_a, Verdict.B_BETTER: key.side_b}.get(verdict)
    return f"{side} {named}" if side else named


def figure_text(value: Value) -> str:
    """A figure with four digits, a text as it is, and a word for nothing."""
    if value is None:
        return "none"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:.{_DIGITS}g}" if abs(value) < 10**_DIGITS else f"{value:.0f}"


def move_text(name: str, move: Move) -> str:
    """A figure before and after, and by how much it moved."""
    moved = "" if move.change is None else f" ({100 * move.change:+.0f} %)"
    return f"{name} {figure_text(move.old)} -> {figure_text(move.new)}{moved}"


def comparison_moves(house: House, read: ReadChange) -> list[str]:
    """Why a read is a change: its verdict, a stop, the figures that moved."""
    texts, reasons = house.texts["changes"], []
    old, new = (verdict_text(house, read.key, one.verdict) for one in (read.old, read.new))
    if read.old.verdict != read.new.verdict:
        reasons.append(f"{old} -> {new}")
    if bool(read.old.stops) != bool(read.new.stops):
        reasons.append(str(texts["reasons"]["stop_came" if read.new.stops else "stop_went"]))
    names = {name: filled(text, a=read.key.side_a, b=read.key.side_b) for name, text in texts["figures"].items()}
    reasons += [move_text(names[name], move) for name, move in read.moves.items() if move.counts]
    return [*reasons, str(texts["reasons"]["price_alone"])] if read.price_alone else reasons


def price_lines(change: PriceChange) -> Iterator[str]:
    """What changed of the price and the power in force of a hardware."""
    if change.old is None or change.new is None:
        where = "new workbook" if change.old is None else "old workbook"
        held = change.new or change.old
        if held is not None:
            yield f"{change.hardware}: in the {where} only, {figure_text(held.price)} per GPU-hour, {figure_text(held.power)} kW"
        return
    for name, old, new in (
        ("price per GPU-hour", change.old.price, change.new.price),
        ("kW per GPU", change.old.power, change.new.power),
    ):
        if not same_value(old, new):
            moved = f" ({100 * (new / old - 1):+.1f} %)" if old and new else ""
            yield f"{change.hardware}: {name} {figure_text(old)} -> {figure_text(new)}{moved}"


def input_text(change: InputChange) -> str:
    """An input before and after, and in which workbook it is not as released."""
    edited = [name for name, entry in (("old", change.old), ("new", change.new)) if entry.edited]
    note = f" (edited in the {' and the '.join(edited)} workbook)" if edited else ""
    place = f"{change.key.sheet} {change.new.cell} ({change.key.label})"
    return f"{place}: {figure_text(change.old.value)} -> {figure_text(change.new.value)}{note}"
