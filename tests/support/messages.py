"""The messages of pair sheets and of the Summary, read back by their templates: no word of them may be untrue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.figures_in_words import NUMBER, prints
from support.oracle_compare import BETTER, LEVEL, ONLY_A, ONLY_B
from support.sentences import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from specxl.method.catalogue import Pair
    from support.oracle import Comparison
    from support.sentences import Said

SPEEDS = 3
COUNTED = {"cheaper": "a", "dearer": "b", "level": LEVEL, "only_a": ONLY_A, "only_b": ONLY_B}
"""What each message that counts speeds is about: a better side, or a verdict."""


def message_faults(text: str, said: Sequence[Said], pair: Pair) -> Iterator[str]:
    """Yield what a pair sheet's message says of its three speeds that is not so."""
    about = said[0]
    texts, house = about.texts, about.house
    kinds = [said_of(one.got) for one in said]
    names = {"model": house.model(pair.model).label, "hardware": house.hardware(pair.hardware).label}
    groups = {
        "saving": rf"{NUMBER} %|{NUMBER}{re.escape(texts['lines']['to'])}{NUMBER} %",
        "where": f"(?:{re.escape(texts['message']['some']).replace(re.escape('{count}'), NUMBER)})?",
        **{key: re.escape(value) for key, value in {**names, **about.labels._asdict()}.items()},
    }
    read = {name: fields_of(template, text, groups) for name, template in texts["message"].items() if name != "some"}
    found = {name: fields for name, fields in read.items() if fields is not None}
    if len(found) != 1:
        yield f"a message that is {list(found) or 'none of its templates'}: {text!r}"
        return
    [(name, fields)] = found.items()
    if not _holds(name, kinds, said):
        yield f"{name} where the speeds come to {kinds}: {text!r}"
    checks = {"a": about.labels.a, "b": about.labels.b, "tokens": about.tokens, **names}
    for key, values in fields.items():
        for value in values:
            right = checks[key] == value if key in checks else _figure_holds(key, value, name, said, texts)
            if not right:
                yield f"{key} {value!r} in {text!r}"


def said_of(got: Comparison) -> str:
    """What a read comes to: the better side, or the verdict."""
    return got.better if got.verdict == BETTER else got.verdict


def _holds(name: str, kinds: Sequence[str], said: Sequence[Said]) -> bool:
    """Whether a message may stand over three reads."""
    stops = [one.got.flags for one in said if one.got.verdict in (BETTER, LEVEL) and one.got.worst_flag == "stop"]
    rated = any(one.got.verdict in (BETTER, LEVEL) for one in said)
    if stops:
        priced = all("price_unknown" not in flags for flags in stops)
        return name == ("stop" if priced else "unpriced")
    if "a" in kinds and "b" in kinds:
        return name == "depends"
    if "a" in kinds or "b" in kinds:
        return name == ("cheaper" if "a" in kinds else "dearer")
    if rated:
        return name == "level"
    only = {ONLY_A, ONLY_B} & set(kinds)
    return COUNTED.get(name) in only if only else name == "none"


def _figure_holds(key: str, value: str, name: str, said: Sequence[Said], texts: dict[str, dict[str, str]]) -> bool:
    """Whether a range of savings, or the number of speeds at which something is so, is right."""
    about = [one.got for one in said if said_of(one.got) == COUNTED.get(name)]
    if key == "where":
        wanted = "" if len(about) == SPEEDS else texts["message"]["some"].format(count=len(about))
        return value == wanted
    savings = sorted(100 * got.saving for got in about if got.saving is not None)
    low, _, high = value.removesuffix(" %").partition(texts["lines"]["to"])
    return bool(savings) and prints(low, savings[0], 0) and prints(high or low, savings[-1], 0)
