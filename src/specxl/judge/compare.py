"""The one judge: what cells hold against what the reference says they must hold, cell by cell, with a count.

The build and `specxl verify` hold rows of cells against rows of the reference through this module. Numbers agree to 1e-9
relative. A choice that hangs on equality (a ratio exactly at the threshold, a cost exactly at a knot) may fall either way by
the last bit of a double, so the reference is asked again a hair to either side before a row is called wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from specxl.judge.columns import Held, compare, compare_family
from specxl.sheets.block.inverse import HALVINGS, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from specxl.judge.world import World
    from specxl.method.verdict import Given, Known
    from specxl.model.cells import Value

TOLERANCE = 1e-9
HAIR = 1e-12


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that does not hold what it must."""

    name: str
    key: str
    found: Value
    expected: Held

    def __str__(self) -> str:
        return f"{self.name}, {self.key.replace('_', ' ')}: the workbook shows {self.found!r}, the reference {self.expected!r}"


@dataclass
class Tally:
    """What was compared: rows by kind of block, cells, states, and the largest relative disagreement of two numbers."""

    rows: dict[str, int] = field(default_factory=dict)
    cells: int = 0
    seen: set[str] = field(default_factory=set)
    """The states that were looked at, in words."""
    worst: float = 0.0

    def count(self, kind: str, rows: int = 1) -> None:
        """Note rows of a kind that were compared."""
        self.rows[kind] = self.rows.get(kind, 0) + rows

    @property
    def states(self) -> int:
        """How many states were looked at."""
        return len(self.seen)

    @property
    def reads(self) -> int:
        """How many comparison blocks were compared."""
        return self.rows.get("comparison", 0)


def differ(found: Value, expected: Held, tally: Tally, scale: float = 0.0) -> bool:
    """Whether a cell does not hold what it must; `scale` is what a difference of numbers may be measured by as well."""
    if isinstance(expected, str):
        return (found or "") != expected if not isinstance(found, (int, float)) else True
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return True
    if found == expected:
        return False
    error = abs(found - expected) / max(abs(expected), scale, 1e-300)
    if error <= TOLERANCE:
        tally.worst = max(tally.worst, error)
        return False
    return True


Name = Callable[[], str]
"""What says how an error names a row: asked only when there is an error."""


def faults(name: Name, found: Mapping[str, Value], expected: Mapping[str, Held], tally: Tally) -> Iterator[Fault]:
    """Yield every cell of a row that does not hold what it must; every expected key is among those found."""
    tally.cells += len(expected)
    for key, value in expected.items():
        held = found[key]
        # nearly all cells are equal to the last bit
        if held is not True and held is not False and held == value:
            continue
        if differ(held, value, tally):
            yield Fault(name(), key, held, value)


def comparison_faults(name: Name, found: Mapping[str, Value], world: World, given: Given, tally: Tally) -> list[Fault]:
    """Hold a full comparison block against the reference."""
    tally.count("comparison")
    first, known = _block_faults(name, found, world.columns(given), tally), world.known
    if not first:
        return first
    for tie in (1.0, 1 - HAIR, 1 + HAIR):
        thresholds = {**known.thresholds, "tie_ratio": known.thresholds["tie_ratio"] * tie}
        for cost in (1.0, 1 - HAIR, 1 + HAIR):
            again = compare(replace(known, thresholds=thresholds), given, cost)
            if not _block_faults(name, found, again, Tally()):
                return []
    return first


def family_faults(name: Name, found: Mapping[str, Value], known: Known, given: Given, tally: Tally) -> list[Fault]:
    """Hold a same-family row against the reference."""
    tally.count("family")
    return list(faults(name, found, compare_family(known, given), tally))


_CUBIC = ("eq_c0", "eq_c1", "eq_c2", "eq_c3")


def _block_faults(name: Name, found: Mapping[str, Value], expected: Mapping[str, Held], tally: Tally) -> list[Fault]:
    """All columns of a block; the powers of the cubic are differences, so they are measured by what they are taken of."""
    scale = 1 + abs(float(expected["eq_c0"]))
    powers = {key: expected[key] for key in _CUBIC}
    wrong = list(faults(name, found, {key: held for key, held in expected.items() if key not in powers}, tally))
    wrong += [
        Fault(name(), key, found[key], held) for key, held in powers.items() if differ(found[key], held, tally, scale)
    ]
    # without a segment every step holds 0, which its own columns say
    return [*wrong, *step_faults(name, found, tally, scale)]


def _number(found: Mapping[str, Value], key: str) -> float:
    value = found[key]
    return float(value) if isinstance(value, (int, float)) else float("nan")


def step_faults(name: Name, found: Mapping[str, Value], tally: Tally, scale: float) -> Iterator[Fault]:
    """Each step of the inverse read must follow from the one before it, and the last must give the speed.

    So every step is tested although the reference finds the speed by bisection, without any of them.
    """
    c0, c1, c2, c3 = (_number(found, key) for key in _CUBIC)

    def cubic(u: float) -> float:
        return ((c3 * u + c2) * u + c1) * u + c0

    u, before = (0.5 if found["eq_row"] else 0.0), 0.0
    yield from _held(name, found, "eq_u1", u, 1.0, tally)
    for number in range(1, HALVINGS + 1):
        # on the root itself the last bit decides whether a step is still taken, and to which side
        key, left = f"eq_u{number + 1}", cubic(u)
        step = abs(u - before) / 2
        now = _number(found, key)
        stands = abs(left) <= HAIR * scale and min(abs(now - u), abs(abs(now - u) - step)) <= TOLERANCE
        if not stands:
            yield from _held(name, found, key, u + step * ((left > 0) - (left < 0)), 1.0, tally)
        before, u = u, now
    for number in range(1, STEPS + 1):
        slope = (3 * c3 * u + 2 * c2) * u + c1
        yield from _held(name, found, f"eq_d{number}", slope, scale, tally)
        slope, left = _number(found, f"eq_d{number}"), cubic(u)
        reach = abs(slope) + max(0.0, slope * slope - 4 * (3 * c3 * u + c2) * left) ** 0.5
        u = max(0.0, min(1.0, u + 2 * left / reach)) if slope else u
        yield from _held(name, found, f"eq_v{number}", u, 1.0, tally)
        u = _number(found, f"eq_v{number}")


def _held(
    name: Name, found: Mapping[str, Value], key: str, expected: float, scale: float, tally: Tally
) -> Iterator[Fault]:
    if differ(found[key], expected, tally, scale):
        yield Fault(name(), key, found[key], expected)
