"""What the Explorer must show: both sides by their choices, from what was measured and the rate card, without its cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.judge.spread import MOST_CHOICES, spread
from specxl.method.metrics import METRICS
from specxl.method.verdict import Given, GivenSide
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.explorer.offer import CHOICES, STEPS
from specxl.sheets.explorer.selection import NOT_THERE, UNLIKE, WORK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.judge.columns import Held
    from specxl.judge.known import Market
    from specxl.model.cells import Ref, Value
    from specxl.sheets.explorer.controls import ExplorerSheet
    from specxl.sheets.explorer.offer import Entry, Places

SIDES = ("a", "b")


@dataclass(frozen=True, slots=True)
class ExplorerChoice:
    """What the Explorer's controls hold: the places of each side's six choices, of the price basis and the metric, from 1.

    A place is 0 where a cell holds none of its choices; `tier` is 0 for the workbook's price basis; `targets` are as entered.
    """

    a: Places
    b: Places
    tier: int
    metric: int
    targets: tuple[object, ...]

    def side(self, name: str) -> Places:
        """The choices of side "a" or "b"."""
        return self.a if name == "a" else self.b


@dataclass(frozen=True)
class ExplorerView:
    """The Explorer of a build, beside the prices of its rate card."""

    sheet: ExplorerSheet
    market: Market

    def opening(self) -> ExplorerChoice:
        """What the sheet opens on."""
        offer, start = self.sheet.offer, self.sheet.opening
        return ExplorerChoice(offer.places(start.a), offer.places(start.b), 0, 1, start.targets)

    def choices(self, basis: int) -> list[ExplorerChoice]:
        """The states on a token basis: every choice of every dropdown once, all bases together.

        Both sides move at once, each along its own dropdowns; the price bases and the metrics go in turns.
        """
        opening = self.opening()
        changed = [list(self.moved(opening.side(side))) for side in SIDES]
        count = max(map(len, changed))
        half = count // 2
        states = [
            replace(
                opening,
                a=changed[0][turn % len(changed[0])] if turn < len(changed[0]) else opening.a,
                b=changed[1][(turn + half) % count] if (turn + half) % count < len(changed[1]) else opening.b,
                tier=turn % (len(TIERS) + 1),
                metric=1 + turn % len(METRICS),
            )
            for turn in range(count)
        ]
        return states[basis :: len(TOKEN_BASES)] or [opening]

    def moved(self, opening: Places) -> Iterator[Places]:
        """A side with one dropdown on another choice: each other choice of each dropdown, `MOST_CHOICES` at most."""
        for at, step in enumerate(CHOICES):
            others = (place for place in range(1, len(self.sheet.offer.keys[step]) + 1) if place != opening[at])
            yield from ((*opening[:at], place, *opening[at + 1 :]) for place in spread(others, MOST_CHOICES))

    def edits(self, choice: ExplorerChoice) -> dict[Ref, Value]:
        """What is typed into the choices of both sides; nothing where a place is 0. A list of one choice is no control."""
        offer, controls = self.sheet.offer, self.sheet.controls
        return {
            controls.sides[side][step]: offer.labels[step][place - 1] if place else None
            for side in SIDES
            for step, place in zip(CHOICES, choice.side(side), strict=True)
            if len(offer.keys[step]) > 1
        }

    def named(self, choice: ExplorerChoice) -> str:
        """How an error names a state."""
        labels = self.sheet.offer.labels
        sides = (
            " ".join(
                labels[step][place - 1] if place else "-" for step, place in zip(CHOICES, choice.side(s), strict=True)
            )
            for s in SIDES
        )
        return " against ".join(sides)

    def _entry(self, places: Places) -> Entry | None:
        """The side that was measured, if the choices lead to one."""
        steps = places[: len(STEPS)]
        if not all(steps):
            return None
        key = tuple(self.sheet.offer.keys[step][place - 1] for step, place in zip(STEPS, steps, strict=True))
        return self.sheet.offer.entries.get(key)

    def _curve(self, places: Places) -> int:
        entry, scope = self._entry(places), places[-1]
        curve = entry.curves.get(self.sheet.offer.keys["scope"][scope - 1]) if entry and scope else None
        return curve.id if curve else 0

    def _hardware(self, places: Places) -> str:
        place = places[CHOICES.index("hardware")]
        return self.sheet.offer.keys["hardware"][place - 1] if place else ""

    def given(self, choice: ExplorerChoice, tier: str, target: object) -> Given:
        """What a read is given under the workbook's price basis."""
        basis = TIERS[choice.tier - 1] if choice.tier else tier

        def side(places: Places) -> GivenSide:
            key = self._hardware(places)
            return GivenSide(self._curve(places), self.market.price(key, basis), self.market.power(key))

        one = self._hardware(choice.a) == self._hardware(choice.b)
        stated = all(entry.stated for s in SIDES if (entry := self._entry(choice.side(s))))
        return Given(target, side(choice.a), side(choice.b), one, stated)

    def selection(self, choice: ExplorerChoice, tier: str) -> dict[str, Held]:
        """What the cells of the choice in force must hold."""
        basis = TIERS[choice.tier - 1] if choice.tier else tier
        given = self.given(choice, tier, None)
        entries = [entry for side in SIDES if (entry := self._entry(choice.side(side)))]
        differs = {step: int(a != b) for step, a, b in zip(CHOICES, choice.a, choice.b, strict=True)}
        count = sum(differs.values())
        return {
            "tier_choice": choice.tier + 1,
            "tier": TIERS.index(basis) + 1,
            "metric": choice.metric,
            **self._side("a", choice.a, given.a),
            **self._side("b", choice.b, given.b),
            "stated": int(given.stated),
            "published": int(any(entry.published for entry in entries)),
            "own": int(any(entry.own for entry in entries)),
            "one_hardware": int(given.one_hardware),
            "same": int(given.a.curve == given.b.curve > 0),
            **{f"d_{step}": differs[step] for step in CHOICES},
            "differences": count,
            "work": int(any(differs[step] for step in WORK)),
            "apart": int(any(differs[step] for step in UNLIKE) or count > 1),
        }

    def _side(self, name: str, places: Places, given: GivenSide) -> dict[str, Held]:
        offer = self.sheet.offer
        keys = [offer.keys[step][place - 1] if place else "" for step, place in zip(STEPS, places, strict=False)]
        rows = {
            step: offer.row(tuple(keys[:depth])) if all(keys[:depth]) else 0
            for depth, step in enumerate(STEPS, start=1)
        }
        held: dict[str, Held] = {f"n_{step}": place for step, place in zip(CHOICES, places, strict=True)}
        held |= {f"row_{step}": row for step, row in rows.items()}
        held |= {
            "id": given.curve,
            "missing": self._missing(places, rows, given.curve),
            "price": "" if given.price is None else given.price,
            "power": "" if given.power is None else given.power,
        }
        return {f"{name}_{key}": value for key, value in held.items()}

    @staticmethod
    def _missing(places: Places, rows: dict[str, int], curve: int) -> int:
        """Why a side has no curve: the first cell without a choice, else the first step that leads nowhere."""
        if curve:
            return 0
        if 0 in places:
            return places.index(0) + 1
        reached = [bool(row) for row in rows.values()]
        return NOT_THERE + (reached.index(False) + 1 if False in reached else len(CHOICES))
