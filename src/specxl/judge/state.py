"""The states that a built workbook is looked at in: what its controls hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.judge.explorer import ExplorerChoice
    from specxl.method.fleet import Asked
    from specxl.method.service_level import Wanted
    from specxl.model.cells import Value


@dataclass(frozen=True, slots=True)
class Choice:
    """What a pair sheet's controls hold: places of the combination, the scope, the price basis and the metric, from 1.

    `tier` is 0 for the workbook's price basis; `targets` are as entered.
    """

    combination: int
    scope: int
    tier: int
    metric: int
    targets: tuple[object, ...]


@dataclass(frozen=True)
class Pick:
    """What the Performance sheet's controls hold: the numbers of the choices by control, and the speed as entered."""

    chosen: Mapping[str, int]
    target: object


@dataclass(frozen=True)
class State:
    """The choices that a workbook is looked at under: price basis, token basis, the Summary's speed and group, pairs.

    `asked` is what the Fleet sheet plans for, `wanted` what the Service level sheet looks for; None for what they open on.
    `entered` are inputs of decisions that hold something else than at the release, by name.
    `pick` are those of the Performance sheet; None for those on which it opens. `moved` is the place of what How it moved shows,
    from 1; None for what it opens on.
    """

    tier: str
    basis: str
    common: object
    group: int = 1
    choices: Mapping[str, Choice | ExplorerChoice] = field(default_factory=dict)
    asked: Asked | None = None
    wanted: Wanted | None = None
    entered: Mapping[str, Value] = field(default_factory=dict)
    pick: Pick | None = None
    moved: int | None = None


@dataclass(frozen=True, slots=True)
class MovedPick:
    """The place from 1 of the comparison that How it moved shows; 0 where its control holds none."""

    place: int
