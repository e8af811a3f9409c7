"""The registries of names (hardware, models, engines, precisions, variants) and the published pages, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from specxl.errors import TemplateError
from specxl.house.tables import read_table
from specxl.labels import clean_label
from specxl.schema import OFF, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from specxl.house.tables import Row

VARIANT_KINDS = ("baseline", "speculative", "unknown")
LONGEST_SHEET_NAME = 31
_HASH = re.compile(r"[0-9a-f]{32,64}")
_HUBS = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})
_NO_MODEL = re.compile(
    r"main|master|latest|original|hf|weights|snapshots|v?\d+(?:\.\d+)*|(?:hf-)?[0-9a-f]{4,64}|(?:nv|mx)?fp\d+|bf16|int\d+",
    re.IGNORECASE,
)
"""Folders below a model's own, which name a revision or a precision of it."""
_QUANTIZED = re.compile(
    r"[-_.](?:awq|gptq|gguf|bnb|quantized|quark|[wa]\d{1,2}[wa]\d{1,2}|int[48])(?:[-_.].*)?$", re.IGNORECASE
)
"""How a checkpoint's name says that its weights are not the published ones, but for the registered precisions."""
_BEFORE_ID = 2
"""Parts of an address before the id: its scheme and its host."""
_NOT_IN_SHEET_NAMES = frozenset("[]:*?/\\")


@dataclass(frozen=True, slots=True)
class Hardware:
    """One accelerator; `known` is False for a key that the registry lacks, `order` sorts sheets and tables."""

    key: str
    label: str
    short_label: str
    vendor: str
    architecture: str
    known: bool
    order: int


@dataclass(frozen=True, slots=True)
class Model:
    """One model; `short_label` is what fits a sheet name beside the hardware's."""

    key: str
    label: str
    short_label: str
    known: bool
    order: int


@dataclass(frozen=True, slots=True)
class PublishedClaim:
    """The two percentages a page prints for one target, in the page's own convention (ratio - 1).

    `cost_winner` and `throughput_winner` are variant keys; `position` is that of the target on its page, from 1.
    """

    position: int
    cost_winner: str
    cost_percent: float
    throughput_winner: str
    throughput_percent: float


@dataclass(frozen=True, slots=True)
class PublishedPage:
    """One published comparison page: what it compares, its targets in tok/s/user and its printed percentages."""

    id: str
    title: str
    url: str
    model: str
    hardware: str
    precision: str
    workload: str
    rate_card: str
    targets: tuple[float, ...]
    claims: tuple[PublishedClaim, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """One registry of names: labels by key in file order, and every spelling that means a key."""

    labels: Mapping[str, str]
    spellings: Mapping[str, str]

    def find(self, raw: str) -> str | None:
        """Return the key that `raw` spells, without regard to case, spaces, hyphens and underscores."""
        return self.spellings.get(folded(raw))


def cleaned(raw: str) -> str:
    """Return a name from data as one harmless line; `unknown` when nothing is left of it."""
    return clean_label(raw) or UNKNOWN


def folded(raw: str) -> str:
    """Return the form in which two spellings of one name are equal."""
    return re.sub(r"[\s_-]+", "-", cleaned(raw).casefold())


def hub_id(raw: str) -> str | None:
    """Return the id ("org/name") that a hub's address or a folder of its cache stands for; None for any other name.

    Caches write "org--name" for "org/name", after "models--" where snapshots stand below it by their hashes.
    """
    parts = _path_parts(raw)
    if cached := next((part for part in parts if part.startswith("models--")), None):
        return cached.removeprefix("models--").replace("--", "/", 1)
    if len(parts) > _BEFORE_ID + 1 and parts[0].lower() in ("https:", "http:") and parts[1].lower() in _HUBS:
        return "/".join(parts[_BEFORE_ID : _BEFORE_ID + 2])
    organisation, twice, name = parts[-1].partition("--") if parts else ("", "", "")
    is_id = twice and organisation and name and "--" not in name and not re.search(r"\s", parts[-1])
    return f"{organisation}/{name}" if is_id else None


def without_snapshot(raw: str) -> str:
    """Return a path without the hash that it ends in, which names a snapshot and no model."""
    parts = _path_parts(raw)
    if len(parts) == 1 or not _HASH.fullmatch(parts[-1] if parts else ""):
        return raw
    while len(parts) > 1 and (_HASH.fullmatch(parts[-1]) or parts[-1] == "snapshots"):
        parts.pop()
    return "/" + "/".join(parts)


def rarer_spellings(raw: str) -> Iterator[str]:
    """Yield what a name may stand for besides, one after the other: of use only where a registry knows one of them.

    Cut off are a revision ("name@main"), a tag ("name:latest"), last folders that name a revision or a precision, an
    organisation that is joined on ("org__name", "models--nim--org--name"), and how weights were quantized.
    """
    parts = _path_parts(raw)
    while len(parts) > 1 and _NO_MODEL.fullmatch(parts[-1]):
        parts.pop()
    part = re.sub(r"(?<=.)[@:][\w.-]+$", "", parts[-1]) if parts else ""
    for name in dict.fromkeys((part, re.split(r"--|__", part)[-1])):
        yield from (name, _QUANTIZED.sub("", name)) if name else ()


def _path_parts(raw: str) -> list[str]:
    """Split a name at its slashes, forward and backward, without what follows a question mark."""
    return [part for part in re.split(r"[/\\]+", raw.partition("?")[0].strip()) if part]


def read_names(rows: Iterable[Row]) -> Names:
    """Index a registry: its keys, labels and aliases; a spelling that means two keys is an error."""
    labels: dict[str, str] = {}
    spellings: dict[str, str] = {}
    for row in rows:
        key = row.required("key")
        if key in labels:
            row.fail("key", f"{key!r} stands twice", next_step="Remove one of the rows.")
        labels[key] = row.required("label")
        for field, spelling in (
            ("key", key),
            ("label", labels[key]),
            ("short_label", row.text("short_label") or key),
            *(("aliases", alias) for alias in row.names("aliases")),
        ):
            owner = spellings.setdefault(folded(spelling), key)
            if owner != key:
                row.fail(field, f"{spelling!r} already means {owner!r}", next_step="Give it to one of the two.")
    return Names(MappingProxyType(labels), MappingProxyType(spellings))


def read_hardware(rows: Iterable[Row]) -> Mapping[str, Hardware]:
    """Return the accelerators by key, in file order."""
    return MappingProxyType(
        {
            row.text("key"): Hardware(
                key=row.text("key"),
                label=row.text("label"),
                short_label=_sheet_name_part(row),
                vendor=row.required("vendor"),
                architecture=row.required("architecture"),
                known=True,
                order=order,
            )
            for order, row in enumerate(rows)
        }
    )


def read_models(rows: Iterable[Row], hardware: Iterable[Hardware]) -> Mapping[str, Model]:
    """Return the models by key, in file order; each short label must fit a sheet name beside every accelerator's."""
    longest = max((machine.short_label for machine in hardware), key=len, default="")
    models = {}
    for order, row in enumerate(rows):
        model = Model(row.text("key"), row.text("label"), _sheet_name_part(row), known=True, order=order)
        if len(f"{model.short_label} {longest}") > LONGEST_SHEET_NAME:
            row.fail(
                "short_label",
                f"{model.short_label!r} and {longest!r} are too long for one sheet name",
                allowed=f"{LONGEST_SHEET_NAME} characters with the space between them",
                next_step="Shorten it.",
            )
        models[model.key] = model
    return MappingProxyType(models)


def read_pages(pages_file: Path, claims_file: Path) -> Mapping[str, PublishedPage]:
    """Return the published pages by id, each with its targets ascending and one claim per target."""
    page_rows = read_table(
        pages_file,
        TemplateError,
        required=("id", "title", "url", "model", "hardware", "precision", "workload", "rate_card", "targets"),
    )
    claims = _read_claims(claims_file, pages=[row.required("id") for row in page_rows])
    return MappingProxyType({row.text("id"): _page(row, claims.get(row.text("id"), ())) for row in page_rows})


def _sheet_name_part(row: Row) -> str:
    label = row.required("short_label")
    if _NOT_IN_SHEET_NAMES & set(label) or label.startswith("'") or label.endswith("'"):
        row.fail(
            "short_label", f"{label!r} cannot stand in a sheet name", allowed="a text without []:*?/\\ and outer '"
        )
    return label


def _page(row: Row, claims: Sequence[PublishedClaim]) -> PublishedPage:
    targets = tuple(_target(row, text) for text in row.names("targets"))
    if not targets or list(targets) != sorted(set(targets)):
        row.fail("targets", f"{row.text('targets')!r} is not a rising list", allowed="numbers above 0, such as 59;102")
    if len(claims) != len(targets):
        row.fail("targets", f"{len(targets)} targets but {len(claims)} claims", next_step="Add one claim per target.")
    return PublishedPage(
        id=row.text("id"),
        title=row.required("title"),
        url=row.text("url"),
        model=row.required("model"),
        hardware=row.required("hardware"),
        precision=row.required("precision"),
        workload=row.required("workload"),
        rate_card=row.required("rate_card"),
        targets=targets,
        claims=tuple(claims),
    )


def _target(row: Row, text: str) -> float:
    number = type(row)({"targets": text}, row.file, row.number, row.error).positive("targets")
    return number if number is not None else float("nan")


def _read_claims(path: Path, *, pages: Sequence[str]) -> dict[str, tuple[PublishedClaim, ...]]:
    required = ("page", "position", "cost_winner", "cost_percent", "throughput_winner", "throughput_percent")
    found: dict[str, tuple[PublishedClaim, ...]] = {}
    for row in read_table(path, TemplateError, required=required):
        page = row.choice("page", pages)
        claims = found.get(page, ())
        if row.text("position") != str(len(claims) + 1):
            row.fail("position", f"{row.text('position')!r} is out of turn", allowed=str(len(claims) + 1))
        claim = PublishedClaim(
            position=len(claims) + 1,
            cost_winner=row.required("cost_winner"),
            cost_percent=_percent(row, "cost_percent"),
            throughput_winner=row.required("throughput_winner"),
            throughput_percent=_percent(row, "throughput_percent"),
        )
        found[page] = (*claims, claim)
    return found


def _percent(row: Row, field: str) -> float:
    number = row.positive(field)
    if number is None:
        row.fail(field, "is empty", allowed="a percentage as printed, such as 649")
    return number


def read_variant_kinds(rows: Iterable[Row]) -> Mapping[str, str]:
    """Return the kind of every variant by key; the baseline must be the schema's own."""
    kinds = {row.text("key"): row.choice("kind", VARIANT_KINDS) for row in rows}
    if kinds.get(OFF) != "baseline" or list(kinds.values()).count("baseline") != 1:
        raise TemplateError("needs exactly one baseline", file="variants.csv", field="kind", allowed=f"`{OFF}`")
    return MappingProxyType(kinds)
