"""What the Service level sheet says: its message, the counts below it, and a note on every line of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Grade
from specxl.method.service_level import MISSES, QUALIFIES, STOPPED, UNPRICED
from specxl.model.formulas import first_true, literal, speed
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.service_level.choice import UNUSABLE
from specxl.sheets.service_level.places import LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.service_level.choice import Choice, Draft
    from specxl.sheets.service_level.rows import Table

_STOP_FACTS = {"suspect": "suspect", "reported_fault": "issue", "published_at_odds": "at_odds"}


def measured(draft: Draft, key: str, number: Ref | str) -> str:
    """Formula: a column of Measurements for a measurement by its number."""
    return f"INDEX({draft.plan.measured.columns[key]},{number})"


def stop_words(draft: Draft, number: Ref) -> str:
    """Formula: the stops of a measurement, separated by commas."""
    lists, parts = draft.plan.workings.lists["flags"], []
    stops = [(place, flag.id) for place, flag in enumerate(FLAGS) if flag.id in _STOP_FACTS]
    facts = [f"INDEX({draft.plan.context[f'measured_{_STOP_FACTS[name]}']},{number})" for _, name in stops]
    for at, ((place, _), fact) in enumerate(zip(stops, facts, strict=True)):
        comma = f'IF({"+".join(facts[:at])}>0,", ","")&' if at else ""
        parts.append(f'IF({fact}=1,{comma}{lists.cell(place).fix},"")')
    return "&".join(parts)


def note(draft: Draft, choice: Choice, table: Table, place: int) -> str:
    """Formula: what to know of a line: a stop, a missing price, or the limit that excludes it and by how much."""
    at = table.places[place]
    listed, number = at["class"], at["n"]
    stops = draft.say("notes", "stop", {"stops": stop_words(draft, number)})
    published = f"INDEX({draft.plan.context['measured_published']},{number})=1"
    rules = (
        (f"{number}=0", '""'),
        (f"{listed}={STOPPED}", stops),
        (f"{listed}={UNPRICED}", literal(draft.texts["notes"]["no_price"])),
        (f"{listed}={MISSES}", _missed(draft, choice, table, place)),
        (published, literal(draft.texts["notes"]["published"])),
    )
    return first_true(rules, '""')


def _missed(draft: Draft, choice: Choice, table: Table, place: int) -> str:
    """Formula: the limit that excludes what is nearest, and what was measured instead."""
    number, limit = table.places[place]["n"], table.held("limit", place)
    unknown = f"{table.held('near', place)}>={choice['unknown']}"
    wait = f"IF({choice['statistic']}=2,{measured(draft, 'ttft_p99', number)},{measured(draft, 'ttft_median', number)})"
    answer = f"INDEX({table.rows['answer']},{_row_of(table, place)})"
    seconds = ROUNDINGS["price"]
    found = {
        "speed": speed(measured(draft, "x", number), 2),
        "wait": seconds.text(wait),
        "answer": seconds.text(answer),
        "most": f"FIXED({measured(draft, 'gpus', number)},0)",
        "few": f"FIXED({measured(draft, 'gpus', number)},0)",
    }
    none = {"wait": "wait_unknown", "answer": "answer_unknown", "most": "gpus_unknown", "few": "gpus_unknown"}
    rules = []
    for code, name in enumerate(("speed", "wait", "answer", "most", "few"), start=1):
        said = draft.say("notes", name, {"found": found[name], "limit": speed(choice[name], 6)})
        words = f"IF({unknown},{literal(draft.texts['notes'][none[name]])},{said})" if name in none else said
        rules.append((f"{limit}={code}", words))
    return first_true(rules, literal(draft.texts["notes"]["unpublished"]))


def _row_of(table: Table, place: int) -> str:
    return f"{table.held('first', place)}+{table.held('at', place)}-1"


def answer_of(table: Table, place: int) -> str:
    """Formula: the time of the whole answer of a line."""
    return f"INDEX({table.rows['answer']},{_row_of(table, place)})"


def lay_words(draft: Draft, work: Flow, choice: Choice, table: Table) -> tuple[Ref, Ref]:
    """Lay out the message and the counts; return their cells."""
    work.heading(draft.texts["work"]["words"])
    first, number = table.places[0], table.places[0]["n"]

    def word(label: str, text: str) -> str:
        return str(work.line(label, f'IF({number}=0,"",{text})', "text", col=2))

    names = {key: measured(draft, key, number) for key in ("variant", "hardware", "precision")}
    fields: dict[str, str] = {
        "name": word("name", draft.say("message", "name", names)),
        "note": word("note", note(draft, choice, table, 0)),
        "stops": word(draft.plan.house.texts["labels"]["grades"][Grade.STOP], stop_words(draft, number)),
        "speed": word("speed", speed(measured(draft, "x", number), 2)),
        "cost": word("cost", f'IF({first["class"]}<={STOPPED},{ROUNDINGS["cost"].text(table.held("cost", 0))},"")'),
        "how": _how(draft, number),
        "tokens": draft.plan.context["tokens"],
        "currency": draft.plan.context["currency"],
    }
    said = first_true(((test, draft.say("message", name, fields)) for name, test in _cases(draft, choice, first)), '""')
    stop = f'IF({first["class"]}={STOPPED},{draft.say("message", "stop", fields)},"")'
    message = work.line("message", f"{stop}&{said}", "text", col=2)
    classes = table.columns["class"]
    counts = {
        "qualify": f"FIXED(COUNTIF({classes},{QUALIFIES})+COUNTIF({classes},{STOPPED})+COUNTIF({classes},{UNPRICED}),0)",
        "all": f'FIXED(COUNTIF({classes},"<{MISSES + 1}"),0)',
        "stopped": f"FIXED(COUNTIF({classes},{STOPPED}),0)",
    }
    line = work.line("counts", f'IF({number}=0,"",{draft.say("message", "counts", counts)})', "text", col=2)
    work.gap()
    return message, line


def _how(draft: Draft, number: Ref) -> str:
    """Formula: "measured", or "published" for a point of a published page, which is none."""
    texts = draft.texts["words"]
    published = f"IF({number}=0,0,INDEX({draft.plan.context['measured_published']},MAX({number},1)))"
    return f"IF({published}=1,{literal(texts['published'])},{literal(texts['measured'])})"


def _cases(draft: Draft, choice: Choice, first: Mapping[str, Ref]) -> list[tuple[str, str]]:
    """The cases of the message with their conditions, in the order in which they are asked for."""
    listed = first["class"]
    return [
        ("no_group", f"{choice['group']}=0"),
        ("no_precision", f"{choice['precision']}=0"),
        ("no_statistic", f"{choice['statistic']}=0"),
        ("no_basis", f"{draft.plan.context['basis']}=0"),
        *((f"bad_{name}", f"{choice.state(name)}={UNUSABLE}") for name in LIMITS),
        ("cheapest", f"{listed}<={STOPPED}"),
        ("unpriced", f"{listed}={UNPRICED}"),
        ("none", f"{listed}={MISSES}"),
        ("nothing", "1=1"),
    ]
