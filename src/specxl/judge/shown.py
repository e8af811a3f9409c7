"""What a row of Results must hold: the contract's columns, from the reference, in the words of the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Verdict
from specxl.method.metrics import METRICS
from specxl.method.verdict import UNLIKE, flags, grades, read_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.judge.columns import Held
    from specxl.method.catalogue import Comparison
    from specxl.method.verdict import Given, Known
    from specxl.sheets.plan import Plan


def shown_results(
    plan: Plan, comparison: Comparison, known: Known, given: Given, block: dict[str, Held]
) -> dict[str, Held]:
    """Return what a row of Results shows besides its labels and what a page printed, by column."""
    return result_figures(block) | _words(plan, comparison, known, given, block)


def result_figures(block: dict[str, Held]) -> dict[str, Held]:
    """Return the figures that a row of Results shows, by column, from what its comparison block must hold."""
    sides = [(side, fact) for side in "ab" for fact in ("low", "high")]
    valid, rated = block["valid"] == 1, block["eq_x"]
    return {
        "target_tok_s_user": block["target"] if valid else "",
        **{f"{s}_tok_s_gpu": block[f"{s}_y"] for s in "ab"},
        **{f"{s}_{end}_tok_s_gpu": block[f"{s}_y_{end}"] for s, end in sides},
        **{f"{s}_cost_per_mtok": block[f"{s}_cost"] for s in "ab"},
        **{f"{s}_tok_s_mw": block[f"{s}_mw"] for s in "ab"},
        **{f"{s}_requests": block[f"{s}_requests"] for s in "ab"},
        **{f"{s}_last_tok_s_user": block[f"{s}_x_last"] if block[f"{s}_knots"] else "" for s in "ab"},
        **{key: block[key] for key in ("ratio", "ratio_low", "ratio_high", "saving")},
        "equal_cost_tok_s_user": rated,
        "equal_cost_ratio": block["eq_ratio"],
        **{f"{s}_{m.key}": block[f"{s}_{m.key}"] for m in METRICS if m.key not in ("cost", "mw", "y") for s in "ab"},
        **{f"{s}_ttft_{end}_s": block[f"{s}_ttft_{end}"] for s, end in sides},
        **{f"{s}_gpus_{end}": block[f"{s}_gpus_{end}"] for s, end in sides},
    }


def _unstated(name: str, block: Mapping[str, Held]) -> str:
    """The word for a way in which sides are unlike: an engine that is not stated is not said to be another."""
    return "not_stated" if name == "engine_family" and block["family_low"] == 0 else name


def _words(plan: Plan, comparison: Comparison, known: Known, given: Given, block: dict[str, Held]) -> dict[str, Held]:
    texts, labels = plan.house.texts["labels"], plan.labels(comparison)
    verdict = Verdict(int(block["verdict"]))
    statuses = texts["published_statuses" if comparison.page else "statuses"]
    a, b = (read_side(known, side, given.target) for side in (given.a, given.b))
    raised = flags(known, given, a, b)
    short = [plan.house.texts["flags"][name]["short"] for name in grades(known) if raised[name]]
    differing = [name for name in UNLIKE if raised[name]]
    unlike = [texts["unlike"][_unstated(name, block)] for name in differing]
    like = {0: "", 1: texts["likeness"][1], 2: ", ".join(unlike)}[int(block["like"])]
    return {
        "a_status": statuses[int(block["a_status"])],
        "b_status": statuses[int(block["b_status"])],
        "verdict": texts["verdicts"][verdict - 1].replace("{a}", labels["side_a"]).replace("{b}", labels["side_b"]),
        "certainty": texts["certainties"][int(block["certainty"])],
        "better": {0: "", 1: labels["side_a"], 2: labels["side_b"]}[int(block["better"])],
        "like_for_like": like,
        "equal_cost": texts["equal_costs"][int(block["eq_code"])],
        "worst_flag": texts["grades"][int(block["grade"])],
        "flags": ", ".join(short),
    }
