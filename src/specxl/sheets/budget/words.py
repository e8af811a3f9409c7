"""What a line of the Budget sheet says in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import EqualCost, Grade, Verdict
from specxl.model.formulas import cases, first_true, literal
from specxl.model.numbers import ROUNDINGS, two_digits
from specxl.sheets.words import flag_words, stop_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.plan import Plan


def line_words(plan: Plan, block: Mapping[str, Ref], names: Mapping[str, Ref]) -> str:
    """Formula: what the line comes to; a stop first, reasons for care last."""
    texts = plan.house.texts["budget"]["budget_words"]
    times, opened = block["times"], {side: f"{block[f'{side}_eq_code']}={EqualCost.AT_LEAST}" for side in "ab"}
    labels = {side: str(cell) for side, cell in names.items()}

    def say(name: str, **fields: str) -> str:
        return plan.say("budget", "budget_words", name, labels | fields)

    least = {side: f'IF({opened[side]},{literal(texts["least"])},"")' for side in "ab"}
    undecided = first_true(
        ((f"AND({opened['a']},{opened['b']})", say("open_both")), (opened["a"], say("open_a"))), say("open_b")
    )
    named = {
        Verdict.NO_TARGET: say("no_target"),
        Verdict.ONLY_A: say("only_a"),
        Verdict.ONLY_B: say("only_b"),
        Verdict.NEITHER: say("neither"),
        Verdict.UNDECIDED: undecided,
        Verdict.A_BETTER: say("a_better", least=least["a"], times=two_digits(times)),
        Verdict.B_BETTER: say("b_better", least=least["b"], times=two_digits(f"(1/{times})")),
        Verdict.LEVEL: first_true(
            ((opened["a"], say("level_a")), (opened["b"], say("level_b"))),
            say("level", tie=ROUNDINGS["tokens"].text(plan.context["tie_ratio"])),
        ),
    }
    plain = plan.house.texts["labels"]["verdicts"]
    verdict = cases(block["verdict"], [(code, named.get(code, literal(plain[code - 1]))) for code in Verdict])
    cautions = f'IF({block["cautions"]}=0,"",{literal(texts["care"])}&{flag_words(plan, block, Grade.CAUTION)})'
    return f"{stop_first(plan, block)}&{verdict}&{cautions}"
