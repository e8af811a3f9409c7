"""A `specxl.toml` to paste: what files do not say, guessed from the names of files and folders, for the user to check."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from glob import escape
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.reading.dataset import DatasetOptions, collect
from specxl.reading.inspection import describe_files
from specxl.schema import K_TOKENS, OFF, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from specxl.house import House
    from specxl.reading.inspection import FileReport
    from specxl.schema import Measurement
    from specxl.sources.containers import Input

REQUIRED = ("model", "hardware", "gpus")
"""Without these no row can be used; the rest is shown as unknown."""
OTHER = "other"
"""The method of a file that only shows that speculation was on."""
LONGEST_NAME_WORDS = 6
"""Words of the longest name that is looked for, such as llama-3.3-70b-instruct."""
_HEAD = (
    "# Suggested by specxl from the names of files and folders: check every value, then save this as specxl.toml beside"
    " the files.\n"
)
_START, _END = r"(?:^|[_\-.])", r"(?=$|[_\-.])"
_TOKENS: tuple[tuple[str, str], ...] = (
    ("concurrency", rf"{_START}(?:(?:max[_\-]?)?conc(?:urrency)?[_\-]?|cc|bs|c)(\d+){_END}"),
    ("isl", rf"{_START}(?:isl|in(?:put)?)[_\-]?(\d+){_END}"),
    ("osl", rf"{_START}(?:osl|out(?:put)?)[_\-]?(\d+){_END}"),
    ("date", rf"{_START}(\d{{4}}-\d{{2}}-\d{{2}})(?=$|[_\-.T])"),
)
_COUNT = re.compile(rf"{_START}gpus?[_\-]?(\d+){_END}")
_SIZE = re.compile(rf"{_START}(tp|pp|dp)[_\-]?(\d+){_END}")
_LENGTHS_IN_K = re.compile(rf"{_START}(\d{{1,3}})k[x_\-]?(\d{{1,3}})k{_END}")
_LENGTHS = re.compile(rf"{_START}(\d{{3,6}})x(\d{{2,6}}){_END}")
_OFF = re.compile(
    rf"{_START}(?:no[_\-]?mtp|no[_\-]?spec(?:dec|ulative|ulation)?|spec(?:dec)?[_\-]?(?:none|off|false)|mtp[_\-]?(?:off|false|0)){_END}"
)
_ON = re.compile(rf"{_START}(mtp|eagle(?:[_\-]?3)?|ngram|nextn)(?:[_\-]?(?:on|true|[1-9]))?{_END}")
_OFF_ALONE = re.compile(rf"{_START}(?:none|off|stp|baseline|vanilla){_END}")
_SPLITS: tuple[tuple[str, str], ...] = (
    (r"[\s+,=()\[\]]+", "_"),
    (rf"{_START}(\d{{1,4}})x[_\-]?(?=[a-z])", r"_gpus\1_"),
    (rf"{_START}(\d{{1,4}})[_\-]?gpus?{_END}", r"_gpus\1"),
    (r"(?<=\d)(?=(?:tp|pp|ep|dp|isl|osl|conc|mtp|eagle)\d)", "_"),
)
"""How people write words side by side: "8xB300 FP8", "tp2pp2", "4gpus", "precision=fp8"."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """One value and the kind of name that suggests it."""

    value: str | int
    named_by: str


@dataclass(frozen=True, slots=True)
class _Gap:
    """What one file does not say, what its names suggest, and how a name contradicts the file, if it does."""

    pattern: str
    wanted: tuple[str, ...]
    guesses: dict[str, _Guess]
    contradiction: str


def suggest_sidecar(inputs: Sequence[Input], house: House, options: DatasetOptions | None = None) -> str:
    """Return a `specxl.toml` to paste.

    Guesses are offered here and never used by themselves. What no name tells is left as a comment to fill in. What
    holds for all files stands once, under `[defaults]`; an entry matches its file by the path below the folder that was
    named, so that files of one name in several folders are told apart.
    """
    dataset = collect(inputs, house, replace(options or DatasetOptions(), skip_bad=True))
    rows: dict[str, list[Measurement]] = defaultdict(list)
    for m in dataset.measurements:
        rows[m.source_file].append(m)
    gaps = [_gap(file, rows[file.name], house) for file in describe_files(dataset)]
    keys = list(dict.fromkeys(key for gap in gaps for key in gap.wanted))
    if not keys:
        return "# The files say everything that specxl asks for.\n"
    common = [key for key in keys if _holds_for_all(key, gaps)]
    blocks = ["\n".join(["[defaults]", *(_line(key, gaps[0]) for key in common)])] if common else []
    for gap in gaps:
        lines = [_line(key, gap) for key in gap.wanted if key not in common]
        if lines or gap.contradiction:
            comment = [gap.contradiction] if gap.contradiction else []
            blocks.append("\n".join(["[[files]]", f"match = {_quoted(gap.pattern)}", *comment, *lines]))
    return _HEAD + "\n" + "\n\n".join(blocks) + "\n"


def _gap(file: FileReport, rows: Sequence[Measurement], house: House) -> _Gap:
    """Find what one file leaves open and what its name and those of its folders say of it."""
    guesses = _guesses(file.name.replace("!", "/").split("/"), house)
    wanted = [key for key in file.missing if key != "workload"]
    wanted += ["isl", "osl"] if "workload" in file.missing else []
    wanted += ["variant"] if any(m.variant == OTHER for m in rows) else []
    models = {m.model for m in rows}
    contradiction = ""
    if "model" in guesses and "model" not in wanted and guesses["model"].value not in models:
        suggested = guesses["model"].value
        contradiction = f"# The name suggests the model {suggested}, the file says {', '.join(sorted(models))}."
    return _Gap(_pattern(file.name), tuple(dict.fromkeys(wanted)), guesses, contradiction)


def _pattern(name: str) -> str:
    """Return a pattern that fits one file: its path below the folder that was named, or its place in an archive."""
    return escape(name if "!" in name else name.partition("/")[2] or name)


def _holds_for_all(key: str, gaps: Sequence[_Gap]) -> bool:
    """Whether all files lack the key and all names say the same of it, if only nothing."""
    values = {gap.guesses[key].value if key in gap.guesses else None for gap in gaps}
    return all(key in gap.wanted for gap in gaps) and len(values) == 1


def _line(key: str, gap: _Gap) -> str:
    """Write one key: with its guess, or as a comment to fill in."""
    if key not in gap.guesses:
        return f"# {key} ={'  # needed' if key in REQUIRED else ''}"
    guess = gap.guesses[key]
    value = guess.value if isinstance(guess.value, int) else _quoted(guess.value)
    return f"{key} = {value}  # from the {guess.named_by} name"


def _quoted(text: str) -> str:
    """Return text as a TOML string."""
    return '"' + clean_label(text, limit=250).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _guesses(parts: Sequence[str], house: House) -> dict[str, _Guess]:
    """Read the names from the file outwards; what a nearer one says counts."""
    file = parts[-1].lower().removesuffix(".gz")
    found: dict[str, _Guess] = {}
    for place, part in enumerate([file.rpartition(".")[0] or file, *(p.lower() for p in reversed(parts[:-1]))]):
        named_by = "file" if place == 0 else "folder"
        for key, value in _read_name(part, house).items():
            found.setdefault(key, _Guess(value, named_by))
    return found


def _read_name(stem: str, house: House) -> dict[str, str | int]:
    """Read one name: hardware, precision, engine and model by their keys, sizes and lengths by their letters."""
    for pattern, words_apart in _SPLITS:
        stem = re.sub(pattern, words_apart, stem)
    found: dict[str, str | int] = _gpus(stem)
    for key, pattern in _TOKENS:
        if match := re.search(pattern, stem):
            found[key] = match[1] if key == "date" else int(match[1])
    if match := _LENGTHS_IN_K.search(stem):
        found |= {"isl": int(match[1]) * K_TOKENS, "osl": int(match[2]) * K_TOKENS}
    elif match := _LENGTHS.search(stem):
        found |= {"isl": int(match[1]), "osl": int(match[2])}
    if variant := _variant(stem, house):
        found["variant"] = variant
    words = re.split(r"[_\-/]", stem)
    known = {
        "hardware": (house.resolve_hardware, set(house.hardware_keys())),
        "model": (house.resolve_model, set(house.model_keys())),
        "precision": (house.resolve_precision, set(house.precision_keys()) - {UNKNOWN}),
        "engine": (house.resolve_engine, set(house.engine_keys()) - {UNKNOWN}),
    }
    for key, (resolve, keys) in known.items():
        hits = _named(words, resolve, keys)
        if len(hits) == 1:
            found[key] = hits.pop()
    return found


def _variant(stem: str, house: House) -> str:
    """Read the method: named and switched off, named, or a word for none at all; empty where nothing is said."""
    if _OFF.search(stem):
        return OFF
    if match := _ON.search(stem):
        return house.resolve_variant(re.sub(r"[_\-]", "", match[1]))
    return OFF if _OFF_ALONE.search(stem) else ""


def _gpus(stem: str) -> dict[str, str | int]:
    """Read the number of GPUs: as it is named, else tensor times pipeline sizes.

    Data parallel sizes are replicas in one engine and share the GPUs of the tensor groups in another: none is guessed.
    """
    sizes = {name: int(size) for name, size in _SIZE.findall(stem)}
    if match := _COUNT.search(stem):
        return {"gpus": int(match[1])}
    if "tp" not in sizes or sizes.get("dp", 1) > 1:
        return {}
    return {"gpus": sizes["tp"] * sizes.get("pp", 1)}


def _named(words: Sequence[str], resolve: Callable[[str], str], keys: set[str]) -> set[str]:
    """Find the registered names among words; of names that overlap the longest counts ("dynamo-trt" is no "trt")."""
    hits: set[str] = set()
    taken: set[int] = set()
    for length in range(min(LONGEST_NAME_WORDS, len(words)), 0, -1):
        for first in range(len(words) - length + 1):
            parts, places = words[first : first + length], range(first, first + length)
            if not taken.isdisjoint(places) or not all(parts):
                continue
            resolved = resolve("-".join(parts))
            # What means the same without its last word is the shorter name: "b200-h200" is two, as is "b200-fp8".
            if resolved in keys and (length == 1 or resolve("-".join(parts[:-1])) != resolved):
                hits.add(resolved)
                taken.update(places)
    return hits
