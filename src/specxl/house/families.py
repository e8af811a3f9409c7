"""Families of serving engines: what counts as one engine when two sides of a comparison are told apart (METHOD 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import TemplateError
from specxl.house.names import folded
from specxl.house.tables import read_table
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from specxl.house.tables import Row

NOT_STATED = ""
"""The family of an engine that the source does not name: it is nobody's, so it equals no other."""


@dataclass(frozen=True, slots=True)
class EngineFamily:
    """One family: an engine belongs to it when its key contains one of `parts`."""

    key: str
    label: str
    parts: tuple[str, ...]

    def holds(self, engine: str) -> bool:
        """Whether an engine, given by its key, is of this family."""
        return any(part in engine for part in self.parts)


def read_families(path: Path) -> tuple[EngineFamily, ...]:
    """Read the families in file order.

    Raises TemplateError for a doubled family, one without parts, and a part that another family's part contains: which
    of the two an engine belongs to would hang on the order of the lines.
    """
    rows = read_table(path, TemplateError, required=("family", "label", "engines_contain"))
    families: list[EngineFamily] = []
    for row in rows:
        family = EngineFamily(row.required("family"), row.required("label"), _parts(row))
        for other in families:
            if other.key == family.key:
                row.fail("family", f"{family.key!r} stands twice", next_step="Put all its engines into one row.")
            _require_apart(row, family, other)
        families.append(family)
    return tuple(families)


def family_of(engine: str, families: Iterable[EngineFamily]) -> str:
    """Return the family of an engine by its key; an engine in none is its own, one that is not stated has none."""
    key = folded(engine) if engine.strip() else UNKNOWN
    if key == UNKNOWN:
        return NOT_STATED
    return next((family.key for family in families if family.holds(key)), engine)


def _parts(row: Row) -> tuple[str, ...]:
    parts = tuple(folded(part) for part in row.names("engines_contain"))
    if not parts:
        row.fail("engines_contain", "is empty", allowed="parts of the engines' keys, such as sglang;sgl")
    return parts


def _require_apart(row: Row, family: EngineFamily, other: EngineFamily) -> None:
    for part in family.parts:
        clash = next((known for known in other.parts if part in known or known in part), None)
        if clash is not None:
            row.fail(
                "engines_contain",
                f"{part!r} and {clash!r} of {other.key!r} would claim the same engines",
                next_step="Give it to one of the two.",
            )
