"""The columns of a slot: the line in it, its curve read at the speed, its figure, its place in order, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.curves import Status
from specxl.method.metrics import METRICS
from specxl.model.formulas import cases, first_true, literal
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import EVIDENCE, FIGURES, HAS, PLACE, THROUGHPUT
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.words import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.sheets.performance.draft import Board, Draft

RANKED_DECIMALS = 9
"""Figures are put in order by their share of the best, without the last digits, of which programs make different things."""
STOPS = {"suspect": "suspect", "reported_fault": "issue", "published_at_odds": "at_odds"}
"""The stops that a measurement may carry: the flag, and the fact that raises it. The number of a stop is its place from 1."""
FIGURED, READABLE, UNDRAWN, FREE = 1, 2, 3, 9
"""Classes in order: with a figure; drawn but not read at this speed; without price, power or token class; an empty slot."""

# fmt: off
_GIVEN = (
    Column("line", "line", "id", "IF({number}>{c_total},0,MATCH({number},{line_count},0))"),
    Column("id", "id", "id", "IF({line}=0,0,INDEX({line_curves},{line},{c_serving}))"),
    Column("price", "price", "price", 'IF({line}=0,"",INDEX({line_price},{line}))'),
    Column("power", "power", "power", 'IF({line}=0,"",INDEX({line_power},{line}))'),
)
# fmt: on


def _named(columns: Iterable[Column], keys: tuple[str, ...]) -> tuple[Column, ...]:
    found = {column.key: column for column in columns}
    return tuple(found[key] for key in keys)


def _either(function: str, fact: str) -> str:
    return f"{function}(INDEX({{measured_{fact}}},{{m_left}}),INDEX({{measured_{fact}}},{{m_right}}))"


_EVIDENCE = (
    *(
        Column(f"family_{end}", f"family_{end}", "id", f"IF({{left}}=0,0,{_either(function, 'family')})")
        for end, function in (("low", "MIN"), ("high", "MAX"))
    ),
    Column(
        "stop",
        "stop",
        "id",
        first_true(
            [
                ("{left}=0", 0),
                *((f"{_either('MAX', fact)}=1", number) for number, fact in enumerate(STOPS.values(), start=1)),
            ],
            0,
        ),
    ),
)
_LACKS = ",".join(
    ["{c_metric}=0", *(f"AND({{c_metric}}={n},COUNT({{{m.needs}}})=0)" for n, m in enumerate(METRICS, 1) if m.needs)]
)


# Every metric is a factor times the throughput, or a factor over it: so one factor a side says all of its figures.
_FACTOR = cases("{c_metric}", [(n, (m.formula or "{y}").replace("{y}", "1")) for n, m in enumerate(METRICS, start=1)])


def figure_of(factor: str, y: str, low_first: str) -> str:
    """Formula: the figure chosen of a throughput; one that is the better the lower falls as the throughput rises."""
    return f"IF({low_first}=1,{factor}/{y},{factor}*{y})"


def _end(of_low: str, of_high: str) -> str:
    """An end of what the measurements allow: a figure that falls with the throughput has its ends the other way round."""
    low, high = (
        f'IF({end}="","",{sign.format(end)})' for end, sign in ((of_low, "{{factor}}/{}"), (of_high, "{{factor}}*{}"))
    )
    return f'IF({{figure}}="","",IF({{c_low_first}}=1,{low},{high}))'


_SHARE = "IF({c_low_first}=1,{c_best}/{figure},{figure}/{c_best})"
_FIGURE = figure_of("{factor}", "{y}", "{c_low_first}")
_ORDER = (
    Column("known", "known", "flag", f"IF(OR({_LACKS}),0,1)"),
    Column("factor", "factor", "full", f"IF({{known}}=0,0,{_FACTOR})"),
    Column("drawn", "drawn", "flag", "IF(AND({id}>0,{has}=1,{known}=1),1,0)"),
    Column("figure", "figure", "full", f'IF(AND({{drawn}}=1,COUNT({{y}})=1),{_FIGURE},"")'),
    Column("low", "low", "full", _end("{y_high}", "{y_low}")),
    Column("high", "high", "full", _end("{y_low}", "{y_high}")),
    Column(
        "class",
        "class",
        "id",
        f"IF({{line}}=0,{FREE},IF(COUNT({{figure}})=1,{FIGURED},IF({{drawn}}=1,{READABLE},{UNDRAWN})))",
    ),
    Column("score", "score", "full", f"IF({{class}}={FIGURED},ROUND({_SHARE},{RANKED_DECIMALS}),0)"),
    Column("ahead", "ahead", "id", f"IF({{class}}={FIGURED},RANK({{score}},{{all_score}},0)-1,0)"),
    Column("key", "key", "id", "({class}*(ROWS({all_score})+1)+{ahead})*(ROWS({all_score})+1)+{number}"),
    Column("place", "place", "id", "RANK({key},{all_key},1)"),
    Column("rank", "rank", "id", f'IF({{class}}={FIGURED},{{ahead}}+1,"")'),
    # which slot stands at the place that has this row's number
    Column("holds", "holds", "id", "MATCH({number},{all_place},0)"),
)
SLOT_COLUMNS = (
    *_GIVEN,
    *PLACE,
    HAS,
    THROUGHPUT,
    *_named(FIGURES, ("y_low", "y_high")),
    *_named(EVIDENCE, ("left", "right", "m_left", "m_right")),
    *_EVIDENCE,
    *_ORDER,
)
SLOT_KEYS = ("number", *(column.key for column in SLOT_COLUMNS))
WORD_KEYS = ("shown", "span", "range", "engine", "status_word", "name")


def word_texts(draft: Draft, board: Board, own: Mapping[str, str]) -> dict[str, str]:
    """The words of a slot by WORD_KEYS, as formulas; `own` are the row's cells."""
    cells, names = draft.texts["cells"], ("hardware_word", "precision_word", "variant_word")
    label = '&" "&'.join(f"INDEX({board.lines[name]},{own['line']})" for name in names)
    rank = f'IF({own["class"]}={FIGURED},FIXED({own["rank"]},0)&" ","")'
    first, last = f"FIXED({own['x_first']},1)", f"FIXED({own['x_last']},1)"
    return {
        "shown": _shown(board, own),
        "span": _span(draft, own),
        "range": f'IF({own["id"]}=0,"",IF({own["x_first"]}={own["x_last"]},{first},{first}&{literal(cells["to"])}&{last}))',
        "engine": _engine(draft, own),
        "status_word": _status(draft, board, own),
        "name": f"IF({own['drawn']}=0,{literal(cells['not_drawn'])},{rank}&{label})",
    }


def _shown(board: Board, own: Mapping[str, str]) -> str:
    """The figure; behind a sign where it is only a bound."""
    figure = own["figure"]
    sign = f'IF({board["low_first"]}=1,"{BOUNDS[True]} ","{BOUNDS[False]} ")'
    bound = f"{sign}&{ROUNDINGS['figure'].text(figure)}"
    return f"IF(AND({own['status']}={Status.BELOW},ISNUMBER({figure})),{bound},{figure})"


def _span(draft: Draft, own: Mapping[str, str]) -> str:
    """What the measurements alone allow; nothing where they say the figure itself."""
    thousand, limit = draft.plan.context["thousand"], f"100*{draft.plan.context['thousand']}"
    low, high = (
        f'IF({cell}="",{draft.word("cells", "any")},IF({cell}<{limit},{ROUNDINGS["figure"].text(cell)},'
        f"FIXED({cell}/{thousand},0)&{draft.word('cells', 'thousand')}))"
        for cell in (own["low"], own["high"])
    )
    nothing = f"OR({own['class']}>{FIGURED},{own['status']}={Status.MEASURED})"
    return f'IF({nothing},"",{low}&{draft.word("cells", "to")}&{high})'


def _engine(draft: Draft, own: Mapping[str, str]) -> str:
    """The families of the engines behind the measurements around the speed."""
    families = draft.plan.workings.lists["families"]
    low, high = (f"INDEX({families},{own[f'family_{end}']})" for end in ("low", "high"))
    named = f"IF({own['family_low']}={own['family_high']},{low},{low}&{draft.word('cells', 'between')}&{high})"
    return f'IF({own["left"]}=0,"",IF({own["family_low"]}=0,{draft.word("cells", "unstated")},{named}))'


def _status(draft: Draft, board: Board, own: Mapping[str, str]) -> str:
    """What the figure is, or why there is none; a stop overrides what it is."""
    words, metrics = draft.plan.house.texts["performance"]["statuses"], draft.plan.house.texts["labels"]["metrics"]
    flags, places = draft.plan.workings.lists["flags"], [flag.id for flag in FLAGS]
    stops = [(number, str(flags.cell(places.index(flag)).fix)) for number, flag in enumerate(STOPS, start=1)]
    stopped = f"{draft.word('cells', 'stop')}&{cases(own['stop'], stops[:-1], stops[-1][1])}"
    kinds = [
        cases(own["status"], [(code, literal(words[kind][code])) for code in Status])
        for kind in ("published", "measured")
    ]
    published = f"INDEX({board.lines['published']},{own['line']})=1"
    rules = (
        (f"{own['line']}=0", '""'),
        (f"{board['metric']}=0", draft.word("cells", "no_metric")),
        (f"{own['has']}=0", draft.word("cells", "not_published")),
        (f"{own['known']}=0", board.by_metric(lambda m: literal(metrics[m.key]["missing"]))),
        (f"{own['stop']}>0", stopped),
        (published, kinds[0]),
    )
    return first_true(rules, kinds[1])
