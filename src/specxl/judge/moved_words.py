"""The words of the table on How it moved, as a build says them: statuses, engines, GPUs and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.judge.moved import rests_on
from specxl.method.codes import Grade
from specxl.method.curves import Status
from specxl.method.verdict import GRADES
from specxl.sheets.moved.places import ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.judge.columns import Held
    from specxl.judge.world import World
    from specxl.sheets.plan import Plan

_STATED = ("status", "engine", "gpus")


def table_words(plan: Plan, world: World, slot: int) -> dict[str, Held]:
    """Return what a row of the table must say; nothing behind the last day."""
    moved = world.moved()
    if slot >= len(moved.days):
        return {**{f"{side}_{name}": "" for side in ORDER for name in _STATED}, "words": ""}
    block = world.columns(moved.givens[slot])
    found: dict[str, Held] = {}
    for side in ORDER:
        reads = bool(block[f"{side}_left"])
        found[f"{side}_status"] = _status(plan, block, side)
        found[f"{side}_engine"] = _engines(plan, *rests_on(world, block, side)) if reads else ""
        found[f"{side}_gpus"] = _gpus(plan, block, side) if reads else ""
    comparison = next(c for c in plan.catalogue.comparisons if c.number == moved.number)
    labels = plan.labels(comparison)
    return found | {"words": _verdict(plan, block, labels["side_a"], labels["side_b"])}


def _status(plan: Plan, block: Mapping[str, Held], side: str) -> str:
    labels, status = plan.house.texts["labels"], int(block[f"{side}_status"])
    if status >= Status.BELOW and not block[f"{side}_has"]:
        return str(labels["metrics"]["y"]["missing"])
    if status >= Status.BELOW and block[f"{side}_cost"] == "":
        return str(labels["metrics"]["cost"]["missing"])
    return str(labels["statuses"][status])


def _engines(plan: Plan, left: str, right: str) -> str:
    return left if left.casefold() == right.casefold() else f"{left}{plan.house.texts['moved']['table']['more']}"


def _gpus(plan: Plan, block: Mapping[str, Held], side: str) -> str:
    words = plan.house.texts["moved"]["table"]
    low, high = block[f"{side}_gpus_low"], block[f"{side}_gpus_high"]
    if low == "":
        return str(words["unstated"])
    return f"{float(low):,.0f}" if low == high else f"{float(low):,.0f}{words['to']}{float(high):,.0f}"


def _verdict(plan: Plan, block: Mapping[str, Held], a: str, b: str) -> str:
    """The worst stop and how many more there are; else who is better, or what there is instead."""
    texts = plan.house.texts
    stops = [name for name, grade in GRADES.items() if grade == Grade.STOP and block[f"f_{name}"]]
    if stops:
        more = f" +{len(stops) - 1}" if len(stops) > 1 else ""
        return f"{texts['labels']['grades'][Grade.STOP]}: {texts['flags'][stops[0]]['short']}{more}"
    if block["better"]:
        return f"{a if block['better'] == 1 else b}{texts['labels']['short']['better']}"
    return str(texts["labels"]["verdicts"][int(block["verdict"]) - 1]).replace("{a}", a).replace("{b}", b)
