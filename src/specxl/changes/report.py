"""What changed between two releases, as text for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from specxl.changes.words import comparison_moves, figure_text, input_text, price_lines, verdict_text
from specxl.labels import clean_label
from specxl.schema import TOKEN_BASES
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from specxl.changes.find import Changes, Read, ReadChange, Standing
    from specxl.changes.snapshot import Snapshot
    from specxl.house import House

SHOWN = 20
CHANGED, ALTERED = 4, 1
_LINE = 400


@dataclass(frozen=True)
class ChangeReport:
    """What changed from an old workbook to a new one; `exit_status` sums it up."""

    changes: Changes
    house: House

    @property
    def exit_status(self) -> int:
        """0 nothing changed, 4 something did, 1 one of the files is not as it was built, so that neither is sure."""
        if self.changes.old.altered or self.changes.new.altered:
            return ALTERED
        return 0 if self.changes.none else CHANGED

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types; see docs/building.md for the keys."""
        found = self.changes
        return {
            "specxl": __version__,
            "exit_status": self.exit_status,
            "old": _file(found.old),
            "new": _file(found.new),
            "tokens": (("", *TOKEN_BASES)[found.new.known.basis]) or None,
            "comparisons": {
                "changed": [_changed(read) for read in found.changed],
                "new": [_standing(one) for one in found.added],
                "gone": [_standing(one) for one in found.gone],
            },
            "prices": [
                {
                    "hardware": change.hardware,
                    "old": change.old._asdict() if change.old else None,
                    "new": change.new._asdict() if change.new else None,
                }
                for change in found.prices
            ],
            "inputs": [
                {**change.key._asdict(), "old": change.old._asdict(), "new": change.new._asdict()}
                for change in found.inputs
            ],
        }

    def lines(self) -> Iterator[str]:
        """The report for people, line by line; long lists are cut."""
        found = self.changes
        yield f"{found.old.name} -> {found.new.name}: {summed_up(found)}"
        for snapshot in (found.old, found.new):
            yield _described(snapshot)
        yield "both read at the speeds, the tokens counted and the currency of the new one, each with its own prices and thresholds"
        yield from _listed("comparison reads changed", (self._change(read) for read in found.changed))
        for heading, standing in (("comparisons new", found.added), ("comparisons gone", found.gone)):
            yield from _listed(heading, (f"{one.key}: {self._verdict(one)}" for one in standing))
        yield from _listed("prices and power changed", (line for price in found.prices for line in price_lines(price)))
        yield from _listed("inputs changed", map(input_text, found.inputs))

    def _verdict(self, one: Standing) -> str:
        at = f" at {figure_text(one.speed)} tok/s/user" if isinstance(one.speed, (int, float)) else ""
        return f"{verdict_text(self.house, one.key, one.read.verdict)}{at}"

    def _change(self, read: ReadChange) -> str:
        where = " (the Summary's speed)" if read.read == 0 else ""
        at = f"at {figure_text(read.speed)} tok/s/user{where}" if read.speed else "without a speed on the Summary"
        return f"{read.key}, {at}: {'; '.join(comparison_moves(self.house, read))}"


def summed_up(found: Changes) -> str:
    """How much changed, in one clause."""
    if found.none:
        return "nothing changed"
    alone = f" ({found.by_price} by the price alone)" if found.by_price else ""
    parts = (
        (len(found.comparisons), f"comparison changed{alone}", f"comparisons changed{alone}"),
        (len(found.added), "new", "new"),
        (len(found.gone), "gone", "gone"),
        (len(found.prices), "price or power changed", "prices or powers changed"),
        (len(found.inputs), "input changed", "inputs changed"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts)


def _described(snapshot: Snapshot) -> str:
    stated = "; ".join(f"{name.lower()} {text}" for name, text in snapshot.facts.items() if text)
    places = "place" if snapshot.altered == 1 else "places"
    altered = f"; ALTERED since it was built, in {snapshot.altered} {places}: see `specxl verify`"
    return f"{snapshot.name}: {len(snapshot.comparisons)} comparisons; {stated}{altered if snapshot.altered else ''}"


def _listed(heading: str, items: Iterable[str]) -> Iterator[str]:
    entries = list(items)
    if not entries:
        return
    yield f"{heading}: {len(entries)}"
    for entry in entries[:SHOWN]:
        yield f"  {clean_label(entry, limit=_LINE)}"
    if len(entries) > SHOWN:
        yield f"  and {len(entries) - SHOWN} more; --json lists them all"


def _file(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "file": snapshot.name,
        "altered": snapshot.altered,
        "comparisons": len(snapshot.comparisons),
        **{name.lower().replace(" ", "_"): text for name, text in snapshot.facts.items()},
    }


def _read(read: Read) -> dict[str, Any]:
    return {"verdict": read.verdict.name.lower(), "stops": read.stops, **read.figures}


def _changed(read: ReadChange) -> dict[str, Any]:
    moved = {name: move.change for name, move in read.moves.items() if move.counts}
    at = {"read": read.read, "target_tok_s_user": read.speed or None}
    held = {"old": _read(read.old), "new": _read(read.new), "moved": moved, "price_alone": read.price_alone}
    return {**read.key._asdict(), **at, **held}


def _standing(one: Standing) -> dict[str, Any]:
    speed = one.speed if isinstance(one.speed, (int, float)) else None
    return {**one.key._asdict(), "target_tok_s_user": speed, **_read(one.read)}
