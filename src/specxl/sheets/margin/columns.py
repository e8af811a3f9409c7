"""The rows of cells behind the Margin sheet: the terms of the sale, and what each side earns by them.

`method.margin` computes every column a second time. A price, a length or a power counts where it has a size that such things
have: a thousand million at most. What is missing is a small number (`Missing`), for which the sheet has words.
"""

from __future__ import annotations

from specxl.method.codes import Missing
from specxl.model.formulas import first_true, if_share
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import plain, sided

EMPTY = '""'


def sized(cell: str) -> str:
    """The number in a cell where it is above zero and of a usable size, else empty text."""
    return f'IF(ISNUMBER({cell}),IF(AND({cell}>0,{cell}*{{tolerance}}<=1),{cell},""),"")'


def _at_most_one(cell: str) -> str:
    """The load in a cell where it is above 0 and at most 1, else empty text."""
    return f'IF(ISNUMBER({cell}),IF(AND({cell}>0,{cell}<=1),{cell},""),"")'


def _own(name: str, otherwise: str) -> str:
    """What is typed on the sheet, where anything is; else what the workbook holds."""
    return f'IF({{{name}_in}}="",{otherwise},{sized(f"{{{name}_in}}")})'


def _listed(name: str) -> str:
    held = f"INDEX({{even_{name}}},{{choice}})"
    return f'IF({{choice}}=0,"",{sized(held)})'


_SHARE = "IF({choice}=0,0,INDEX({even_share},{choice}))"
_SIZE = "({n_in}+{n_out})"
_MIX_KNOWN = "COUNT({n_in},{n_out})=2"
_PRICED = "IF(COUNT({p_in},{p_out},{share})<3,0,IF({share}=0,1,COUNT({p_cached})))"
_WHY = (
    ("{choice}=0", Missing.CHOICE),
    ("COUNT({load})=0", Missing.LOAD),
    ("COUNT({share},{cut},{fee})<3", Missing.SHARE),
    (f"NOT({_MIX_KNOWN})", Missing.MIX),
    (f"{_PRICED}=0", Missing.PRICE),
)


def _part(text: str) -> str:
    """A part of what a million tokens bring in; 0 where the terms are not complete."""
    return f"IF({{why}}>0,0,{text}/{_SIZE})"


TERMS = (
    Column("choice", "", "id", ""),
    Column("row", "", "id", "MAX(1,{reads}*({choice}-1)+1)"),
    Column("load", "", "percent", f'IF({{load_in}}="",{_at_most_one("{load_held}")},{_at_most_one("{load_in}")})'),
    *(Column(name, "", "price", _own(name, _listed(name))) for name in ("p_in", "p_cached", "p_out")),
    *(Column(name, "", "whole", _own(name, _listed(name))) for name in ("n_in", "n_out")),
    Column("share", "", "percent", f'IF({{share_in}}="",{_SHARE},{if_share("{share_in}", "{share_in}", EMPTY)})'),
    Column("cut", "", "percent", f'IF({{cut_in}}="",0,{if_share("{cut_in}", "{cut_in}", EMPTY)})'),
    Column("fee", "", "price", f'IF({{fee_in}}="",0,{sized("{fee_in}")})'),
    Column("own_mix", "", "flag", 'IF(AND({n_in_in}="",{n_out_in}=""),0,1)'),
    Column("why", "", "id", first_true(_WHY, 0)),
    Column("fresh", "", "cost", _part("{n_in}*(1-{share})*{p_in}")),
    Column("cached", "", "cost", _part("{n_in}*{share}*SUM({p_cached})")),
    Column("output", "", "cost", _part("{n_out}*{p_out}")),
    Column("blended", "", "cost", 'IF({why}>0,"",{fresh}+{cached}+{output})'),
)
_MISSING = (
    ("{why}>0", "{why}"),
    ("COUNT({total_in})=0", Missing.READ),
    ("COUNT({price})=0", Missing.GPU),
)


_GW_YEAR = 'IF(OR({missing}>0,{power}=""),"",{year}*{thousand}/MAX(SUM({power}),{tolerance})*{thousand}/{million})'


def _known(text: str) -> str:
    return f'IF({{missing}}>0,"",{text})'


def _keeps(text: str) -> str:
    """What needs a part of the revenue that is kept: none where all of it is paid away, or no token is paid for."""
    return f'IF({{missing}}>0,"",IF({{cut}}=1,"",{text}))'


SIDE = (
    Column("total_in", "", "tput", ""),
    Column("price_in", "", "price", ""),
    Column("power_in", "", "power", ""),
    Column("status", "", "id", ""),
    Column("price", "", "price", sized("{price_in}")),
    Column("power", "", "power", sized("{power_in}")),
    Column("missing", "", "id", first_true(_MISSING, 0)),
    Column("full", "", "tokens", _known("{total_in}*{seconds_per_hour}/{million}")),
    Column("sold", "", "tokens", _known("{full}*{load}")),
    Column("revenue", "", "price", _known("{sold}*{blended}")),
    Column("paid", "", "price", _known("{cut}*{revenue}")),
    Column("cost", "", "price", _known("{price}+{fee}")),
    Column("profit", "", "price", _known("{revenue}-{paid}-{cost}")),
    Column("margin", "", "percent", _known("{profit}/{revenue}")),
    Column("year", "", "money", _known("{profit}*{hours}")),
    Column("gw_year", "", "money", _GW_YEAR),
    Column("load_even", "", "percent", _keeps("{cost}/({full}*{blended}*(1-{cut}))")),
    Column("price_even", "", "cost", _keeps("{cost}/({full}*{load}*(1-{cut}))")),
    Column("kept", "", "price", "IF({missing}>0,0,{full}*{blended}*(1-{cut}))"),
    Column("spent", "", "price", "IF({missing}>0,0,{cost})"),
)
MARGIN_ROW = (*plain(TERMS), *sided(SIDE))
