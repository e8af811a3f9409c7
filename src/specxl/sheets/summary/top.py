"""The first screen of the Summary above its table: message, counts, links, controls and large figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Verdict
from specxl.model.cells import Link, Ref, Sheet
from specxl.model.formulas import first_true, literal
from specxl.model.numbers import ROUNDINGS, two_digits
from specxl.sheets.frame import (
    ABOUT,
    CHANGES,
    CHECKS,
    COMMON_TARGET,
    GROUP_CHOICE,
    MESSAGE_HEIGHT,
    PRICES,
    RESULTS,
    TIER_CHOICE,
    TITLE_LINE,
    facts_line,
    lay_checks_line,
)
from specxl.sheets.summary.draft import (
    CONTROL_ROW,
    FACTS_COL,
    FIGURE_COLS,
    FIGURE_ROW,
    FIGURE_SPANS,
    LABEL_ROW,
    LAST_COL,
    NOTE_ROW,
    Draft,
    group_labels,
)

if TYPE_CHECKING:
    from specxl.model.cells import Range
    from specxl.sheets.plan import Plan


def lay_controls(sheet: Sheet, plan: Plan, choices: Range) -> None:
    """The speed, what stands first, and the price basis."""
    texts, labels = plan.house.texts["summary"]["controls"], plan.house.texts["labels"]
    sheet.put(CONTROL_ROW, COMMON_TARGET.col - 1, texts["target"], "strong right")
    plan.register.place(
        sheet,
        (CONTROL_ROW, COMMON_TARGET.col),
        plan.catalogue.common_target,
        texts["target"],
        style="general centre answer",
        message=texts["target_hint"],
    )
    sheet.put(CONTROL_ROW, GROUP_CHOICE.col - 1, texts["group"], "strong right")
    first = group_labels(plan)[0]
    sheet.merges.append(sheet.area(CONTROL_ROW, GROUP_CHOICE.col, CONTROL_ROW, GROUP_CHOICE.col + 2))
    if choices.rows == 1:
        sheet.put(CONTROL_ROW, GROUP_CHOICE.col, first, "left")
    else:
        place = (CONTROL_ROW, GROUP_CHOICE.col)
        plan.register.place(
            sheet, place, first, texts["group"], style="left", choices=choices, message=texts["group_hint"]
        )
    sheet.put(CONTROL_ROW, TIER_CHOICE.col - 1, texts["tier"], "strong right")
    sheet.merges.append(sheet.area(CONTROL_ROW, TIER_CHOICE.col, CONTROL_ROW, TIER_CHOICE.col + 1))
    plan.register.place(
        sheet,
        (CONTROL_ROW, TIER_CHOICE.col),
        labels["tiers"][plan.tier],
        texts["tier"],
        style="left",
        choices=plan.workings.lists["tiers"],
        message=texts["tier_hint"],
    )


def _message(draft: Draft) -> str:
    """Formula: the message, by the median over what is decided, or by what can be said without one."""
    figures, texts = draft.ranking.figures, draft.texts
    median, count = figures["r_median"], figures["r_count"]
    percent = ROUNDINGS["percent"]
    only = f"COUNTIF({draft.ranking['verdict']},{Verdict.ONLY_A})"
    fields = {
        "target": draft.target,
        "only": f"FIXED({only},0)",
        "all": f"FIXED({figures['all']},0)",
        "tokens": draft.plan.context["tokens"],
        "one": f'IF({count}=1,"",{literal(texts["message"]["median"])})',
        "saving": f'{percent.text(f"(1-1/{median})")}&" %"',
        "rise": f'{percent.text(f"(1/{median}-1)")}&" %"',
    }
    valid = f"IF(ISNUMBER({COMMON_TARGET}),{COMMON_TARGET}>0,1=0)"
    rules = (
        (f"NOT({valid})", draft.say("message", "no_target", fields)),
        (f"AND({count}=0,{only}>0)", draft.say("message", "only", fields)),
        (f"{count}=0", draft.say("message", "open", fields)),
        (f"{median}>=1", draft.say("message", "cuts", fields)),
    )
    return first_true(rules, draft.say("message", "raises", fields))


def lay_head(draft: Draft) -> None:
    """The message, the counts that add up, and links."""
    sheet, figures, texts = draft.sheet, draft.ranking.figures, draft.texts
    sheet.formula(0, 0, _message(draft), "message")
    sheet.heights[0] = MESSAGE_HEIGHT
    numbers = {name: f"FIXED({cell},0)" for name, cell in figures.items()}
    numbers["noun"] = literal(texts["counts"]["one" if draft.ranking.count == 1 else "many"])
    rest = f"IF({figures['stopped']}=1,{literal(texts['counts']['rests'])},{literal(texts['counts']['rest'])})"
    stopped = draft.say("counts", "stops", {"count": numbers["stopped"], "rest": rest})
    stops = f"IF({figures['stopped']}=0,{literal(texts['counts']['no_stops'])},{stopped})"
    line, own = draft.say("counts", "line", numbers | {"stops": stops}), len(draft.plan.catalogue.own)
    below = f"&{draft.say('counts', 'own', {'count': literal(str(own))})}" if own else ""
    sheet.formula(1, 0, f"{line}{below}", "muted")
    links = texts["links"]
    changes = ((5, CHANGES, links["changes"]),) if CHANGES in draft.plan.added else ()
    for col, target, words in (
        (1, PRICES, links["prices"]),
        (2, ABOUT, links["read"]),
        (3, RESULTS, links["results"]),
        (4, CHECKS, links["checks"]),
        *changes,
    ):
        sheet.put(2, col, Link(Ref(target, 0, 0).link(), words), "link")
    lay_checks_line(sheet, 6, 6)
    title = [str(TITLE_LINE)] if draft.plan.release.title else []
    sheet.formula(2, FACTS_COL, facts_line(*title), "muted")


def lay_figures(draft: Draft) -> None:
    """A few large figures, each with what it is under it."""
    sheet, figures, texts = draft.sheet, draft.ranking.figures, draft.texts["figures"]
    percent = ROUNDINGS["percent"]
    median, low, high = (figures[f"r_{end}"] for end in ("median", "low", "high"))
    saving = {
        "tokens": draft.plan.context["tokens"],
        "count": f"FIXED({figures['r_count']},0)",
    }
    ends = {"low": percent.text(f"(1-1/{low})"), "high": f'{percent.text(f"(1-1/{high})")}&" %"'}
    alike = f'{ends["low"]}&" %"={ends["high"]}'
    saving["half"] = f"IF({alike},{draft.say('figures', 'half_one', ends)},{draft.say('figures', 'half', ends)})"
    fields = {"count": f"FIXED({figures['s_count']},0)"}
    said = {
        key: f"IF({figures[f'{name}_count']}=1,{draft.say('figures', f'{key}_one', known)},{draft.say('figures', key, known)})"
        for key, name, known in (("saving", "r", saving), ("speed", "s", fields))
    }
    cheapest = _cheapest(draft)
    shown = (
        (f'IF({figures["r_count"]}=0,"-",{percent.text(f"(1-1/{median})")}&" %")',
         f"IF({figures['r_count']}=0,{literal(texts['saving_none'])},{said['saving']})"),
        (f'IF({figures["s_count"]}=0,"-",{two_digits(figures["s_median"])}&"x")',
         f"IF({figures['s_count']}=0,{literal(texts['speed_none'])},{said['speed']})"),
        (f'FIXED({figures["better"]},0)&" of "&FIXED({figures["all"]},0)', literal(texts["better"])),
        (f'FIXED({figures["like"]},0)&" of "&FIXED({figures["decided"]},0)',
         f"IF({figures['like']}={figures['decided']},{literal(texts['like_all'])},{literal(texts['like'])})"),
        cheapest,
    )  # fmt: skip
    for col, span, (figure, words) in zip(FIGURE_COLS, FIGURE_SPANS, shown, strict=True):
        sheet.formula(FIGURE_ROW, col, figure, "big left")
        sheet.formula(LABEL_ROW, col, words, "small wrap")
        if span > 1:
            sheet.merges.append(sheet.area(LABEL_ROW, col, LABEL_ROW, col + span - 1))
            sheet.merges.append(sheet.area(FIGURE_ROW, col, FIGURE_ROW, col + span - 1))
    sheet.heights |= {3: 6.0, CONTROL_ROW: 18.0, 5: 6.0, FIGURE_ROW: 25.0, LABEL_ROW: 37.0}
    cost = draft.plan.house.texts["flags"]["general"]["cost"]["long"]
    sheet.wide(NOTE_ROW, 1, LAST_COL, cost, "small")


def _cheapest(draft: Draft) -> tuple[str, str]:
    """Formulas: the lowest cost of the group that stands first, and whose it is."""
    ranking, names = draft.ranking, draft.plan.context
    found = ranking.figures["cheapest"]
    cost, a, label_a, label_b, hardware, combination = (
        f"INDEX({ranking[key]},{found})" for key in ("cost", "a_cost", "label_a", "label_b", "hardware", "combination")
    )
    label = f"IF(ISNUMBER({a}),IF({a}={cost},{label_a},{label_b}),{label_b})"
    what = f'{hardware}&" "&{combination}&", "&{label}'
    fields = {"currency": names["currency"], "tokens": names["tokens"], "what": what}
    known = f"{found}>0"
    words = f"IF({known},{draft.say('figures', 'cheapest', fields)},{draft.say('figures', 'cheapest_none', fields)})"
    return f'IF({known},{ROUNDINGS["cost"].text(cost)},"-")', words
