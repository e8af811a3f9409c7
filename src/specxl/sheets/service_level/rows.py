"""The rows behind the Service level sheet on Workings: every measurement, every kind of deployment, and its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.service_level import MISSES as MISSED
from specxl.method.service_level import NOT_CHOSEN, QUALIFIES, STOPPED, UNPRICED
from specxl.model.cells import Range, in_row, resolve
from specxl.model.formulas import first_true
from specxl.sheets.anchors import Anchor
from specxl.sheets.service_level.places import MISSES, ROW_KEYS, SLOT_KEYS, SORTED_DECIMALS, most_places, slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.schema import Measurement
    from specxl.sheets.service_level.choice import Choice, Draft
    from specxl.sheets.service_level.places import Slot

_GPUS = "INDEX({measured_gpus},{n})"
_WAIT = "INDEX({lv_waits},{n},MAX({lv_statistic},1))"
_FIRST = "INDEX({lv_waits},{n},1)"
_SPEED = "INDEX({lv_x},{n})"
_COUNTED = "INDEX({lv_counted},{n},MAX({basis},1))"


def _over(found: str, limit: str) -> str:
    return f'IF({{lv_{limit}}}="",0,IF(ISNUMBER({found}),{found}/{{lv_{limit}}},{{lv_unknown}}))'


# How far a measurement is beyond each limit, as a ratio: 1 is just met, and what is not stated is beyond any.
_BEYOND = (
    f'IF({{lv_speed}}="",0,{{lv_speed}}/{_SPEED})',
    _over(_WAIT, "wait"),
    _over("{answer}", "answer"),
    _over(_GPUS, "most"),
    f'IF({{lv_few}}="",0,IF(ISNUMBER({_GPUS}),IF({_GPUS}>0,{{lv_few}}/{_GPUS},{{lv_unknown}}),{{lv_unknown}}))',
    f"IF(ISNUMBER({_COUNTED}),0,{{lv_unknown}})",
)
# The whole answer as the source measured it, else first token and the other tokens at the speed.
_ANSWER = f'IF(ISNUMBER({{e2e}}),{{e2e}},IF(COUNT({{osl}},{_FIRST})=2,{_FIRST}+({{osl}}-1)/{_SPEED},""))'
_ROW_FORMULAS = {
    "answer": _ANSWER,
    "excess": f"MAX({','.join(_BEYOND)})",
    "v": f"IF({{excess}}<=1,{_COUNTED},0)",
}
_CLASSES = (
    ("{lv_ok}=0", NOT_CHOSEN),
    ("{group}<>{lv_group}", NOT_CHOSEN),
    ("AND({lv_precision}>1,{precision}<>{lv_precision}-1)", NOT_CHOSEN),
    ("{best}=0", MISSED),
    ('{cost}=""', UNPRICED),
    ("{stop}>0", STOPPED),
)
# What a kind of deployment is put in order of: cost; throughput where there is no price; how far it is beyond its limit.
_SORTED = ((f"{{class}}={NOT_CHOSEN}", "0"), (f"{{class}}={MISSED}", "{near}"), (f"{{class}}={UNPRICED}", "-{best}"))
_SLOT_FORMULAS = {
    "best": "MAX({vs})",
    "at": "IF({best}>0,MATCH({best},{vs},0),MATCH(MIN({excesses}),{excesses},0))",
    "n": "INDEX({ns},{at})",
    **{key: text.replace("{answer}", "INDEX({answers},{at})") for key, text in zip(MISSES, _BEYOND, strict=True)},
    "near": "INDEX({excesses},{at})",
    "limit": f"IF({{best}}>0,0,MATCH({{near}},{{{MISSES[0]}}}:{{{MISSES[-1]}}},0))",
    "cost": 'IF(AND({best}>0,ISNUMBER({price})),{price}/({best}*{seconds_per_hour}/{million}),"")',
    "stop": "IF({best}=0,0,INDEX({measured_suspect},{n})+INDEX({measured_issue},{n})+INDEX({measured_at_odds},{n}))",
    "class": first_true(_CLASSES, QUALIFIES),
    "sorted": f"ROUND({first_true(_SORTED, '{cost}')},{SORTED_DECIMALS})",
    "less": "RANK({sorted},{all_sorted},1)-1",
    "key": "({class}*{size}+{less})*{size}+{number}",
    "place": "RANK({key},{keys},1)",
}
_WHOLE = {"all_sorted": "sorted", "keys": "key"}


class Table:
    """The kinds of deployments: their columns, and by place which of them stands there, its class and its measurement."""

    def __init__(
        self, columns: Mapping[str, Range], rows: Mapping[str, Range], places: Sequence[Mapping[str, Ref]]
    ) -> None:
        self.columns, self.rows, self.places = columns, rows, places

    def held(self, key: str, place: int) -> str:
        """Formula: a column of the kind that stands at a place, from 0."""
        return f"INDEX({self.columns[key]},{self.places[place]['slot']})"


def names_of(draft: Draft, choice: Choice) -> dict[str, str]:
    """The names that all formulas of the sheet know: what is in force, and columns of Measurements."""
    measured = draft.plan.measured.columns
    beside = {
        "lv_x": measured["x"],
        "lv_waits": Range(measured["ttft_median"].first, measured["ttft_p99"].last),
        "lv_counted": Range(measured["total"].first, measured["input"].last),
    }
    return {**draft.plan.context, **choice.context(), **{key: str(area) for key, area in beside.items()}}


def lay_rows(draft: Draft, work: Flow, choice: Choice) -> Table:
    """Lay out every usable measurement, sorted by kind, then every kind, then the places."""
    found = slots(draft.plan)
    names = names_of(draft, choice)
    rows = _lay_measurements(draft, work, found, names)
    columns = _lay_slots(draft, work, found, rows, names)
    return Table(columns, rows, _lay_places(draft, work, columns))


def _own(keys: Sequence[str]) -> dict[str, str]:
    return {key: in_row(col) for col, key in enumerate(keys)}


def _headed(draft: Draft, work: Flow, piece: str, keys: Sequence[str]) -> None:
    work.heads([draft.texts[piece][key] for key in keys])


def _lay_measurements(draft: Draft, work: Flow, found: Sequence[Slot], names: Mapping[str, str]) -> dict[str, Range]:
    sheet = work.sheet
    work.heading(draft.texts["work"]["rows"])
    _headed(draft, work, "rows", ROW_KEYS)
    rows = [m for slot in found for m in slot.rows]
    first = work.take(len(rows))
    here = {key: resolve(text, sheet.name) for key, text in names.items()} | _own(ROW_KEYS)
    patterns = {key: text.format_map(here) for key, text in _ROW_FORMULAS.items()}
    for row, m in enumerate(rows, start=first):
        for col, key in enumerate(ROW_KEYS):
            if key in patterns:
                sheet.copy(row, col, patterns[key], "full")
            elif (held := _constant(m, key)) is not None:
                sheet.put(row, col, held, "full")
    last = first + len(rows) - 1
    subjects = tuple((m.number,) for m in rows)
    draft.plan.anchors.append(Anchor("level-rows", "", sheet.ref(first, 0), ROW_KEYS, subjects))
    work.gap()
    return {key: sheet.area(first, col, last, col) for col, key in enumerate(ROW_KEYS)}


def _constant(m: Measurement, key: str) -> float | None:
    return {"n": m.number, "osl": m.osl, "e2e": m.agentic_e2el_s}[key]


def _lay_slots(
    draft: Draft, work: Flow, found: Sequence[Slot], rows: Mapping[str, Range], names: Mapping[str, str]
) -> dict[str, Range]:
    sheet, plan = work.sheet, draft.plan
    work.heading(draft.texts["work"]["slots"])
    _headed(draft, work, "slots", SLOT_KEYS)
    top = work.take(len(found))
    last = top + len(found) - 1
    columns = {key: sheet.area(top, col, last, col) for col, key in enumerate(SLOT_KEYS)}
    whole = {name: str(columns[key]) for name, key in _WHOLE.items()} | {"size": f"{len(found) + 1}"}
    start = 0
    for row, slot in enumerate(found, start=top):
        own = {key: str(sheet.ref(row, col)) for col, key in enumerate(SLOT_KEYS)}
        mine = {
            name: str(Range(area.cell(start), area.cell(start + len(slot.rows) - 1)))
            for name, area in (
                ("vs", rows["v"]),
                ("excesses", rows["excess"]),
                ("ns", rows["n"]),
                ("answers", rows["answer"]),
            )
        }
        constants = _constants(slot, row - top + 1, start + 1)
        for col, key in enumerate(SLOT_KEYS):
            if key in constants:
                sheet.put(row, col, constants[key], "id")
            elif key == "price":
                sheet.formula(row, col, str(plan.prices.hardware[slot.hardware].price), "full")
            else:
                sheet.formula(row, col, _SLOT_FORMULAS[key].format_map({**names, **own, **mine, **whole}), "full")
        start += len(slot.rows)
    plan.anchors.append(Anchor("level-slots", "", sheet.ref(top, 0), SLOT_KEYS, tuple((i,) for i in range(len(found)))))
    work.gap()
    return columns


def _constants(slot: Slot, number: int, first: int) -> dict[str, int]:
    """What is known of a kind of deployment before anything is typed; `first` is its first row, from 1."""
    return {
        "number": number,
        "group": slot.group,
        "precision": slot.precision,
        "off": int(slot.off),
        "first": first,
        "count": len(slot.rows),
    }


def _lay_places(draft: Draft, work: Flow, columns: Mapping[str, Range]) -> list[dict[str, Ref]]:
    """By place: which kind stands there, how it is listed, and its measurement, 0 for none."""
    sheet = work.sheet
    work.heading(draft.texts["work"]["places"])
    _headed(draft, work, "slots", ("place", "number", "class", "n"))
    found = []
    for place in range(1, most_places(draft.plan) + 1):
        row = work.take()
        sheet.put(row, 0, place, "id")
        slot = sheet.formula(row, 1, f"MATCH({sheet.ref(row, 0)},{columns['place']},0)", "id")
        listed = sheet.formula(row, 2, f"INDEX({columns['class']},{slot})", "id")
        number = f"IF({listed}={NOT_CHOSEN},0,INDEX({columns['n']},{slot}))"
        found.append({"slot": slot, "class": listed, "n": sheet.formula(row, 3, number, "id")})
    work.gap()
    return found
