"""A data set in parts: the rows of one model, hardware, vendor or workload each, with a name for the part's file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.errors import OptionError, nearest
from specxl.schema import workload_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.house import House
    from specxl.reading.dataset import Dataset
    from specxl.schema import Measurement

NAME_LENGTH = 60
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|index)", re.IGNORECASE)
"""Names that Windows keeps for devices, with any ending, and the name of the index."""
_PLAIN = re.compile(r"[^a-z0-9._-]+")

SPLITS: Mapping[str, Callable[[Measurement, House], str]] = {
    "model": lambda row, house: house.model(row.model).label,
    "hardware": lambda row, house: house.hardware(row.hardware).label,
    "vendor": lambda row, house: house.hardware(row.hardware).vendor or "vendor not known",
    "workload": lambda row, _: workload_label(row.workload),
}
"""What a data set can be split by: the label of the part to which a row belongs."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one group; `stem` is the name of its file without the ending, safe on every system."""

    label: str
    stem: str
    dataset: Dataset


def split_dataset(dataset: Dataset, house: House, by: str) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Split a data set; return its parts in the order of their labels, and the labels of groups without a usable row.

    Raises:
        OptionError: it cannot be split by that.
    """
    if by not in SPLITS:
        hint = nearest(by, tuple(SPLITS))
        msg = f"cannot split by {by!r}; allowed: {', '.join(SPLITS)}" + (f"; {hint}" if hint else "")
        raise OptionError(msg)
    groups: dict[str, list[Measurement]] = {}
    for row in dataset.measurements:
        groups.setdefault(SPLITS[by](row, house), []).append(row)
    usable = sorted(label for label, rows in groups.items() if any(row.usable for row in rows))
    stems = _stems(usable)
    parts = tuple(Part(label, stems[label], _of_rows(dataset, groups[label])) for label in usable)
    return parts, tuple(sorted(set(groups) - set(usable)))


def _of_rows(dataset: Dataset, rows: list[Measurement]) -> Dataset:
    """A data set of some of the rows, numbered anew as if the others had been filtered out."""
    return replace(
        dataset,
        measurements=tuple(replace(row, number=number) for number, row in enumerate(rows, start=1)),
        as_of=max((row.date for row in rows if row.date is not None and not row.excluded), default=None),
        filtered=dataset.filtered + len(dataset.measurements) - len(rows),
    )


def _stems(labels: list[str]) -> dict[str, str]:
    """File names of labels: ASCII in lower case, none reserved, none twice in any case."""
    found: dict[str, str] = {}
    for label in labels:
        text = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
        stem = _PLAIN.sub("-", text).strip("-.")[:NAME_LENGTH].strip("-.") or "group"
        if _RESERVED.fullmatch(stem.partition(".")[0]):
            stem = f"group-{stem}"
        taken, number, own = set(found.values()), 1, stem
        while own in taken:
            number += 1
            own = f"{stem}-{number}"
        found[label] = own
    return found
