"""What the rows behind the Fleet sheet must hold, laid out from `method.fleet` by their keys. An empty cell is ""."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.method import fleet as method
from specxl.method.fleet import Demand, Deployed, Mode
from specxl.method.verdict import decide, read_side, usable_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.judge.columns import Held
    from specxl.method.codes import Verdict
    from specxl.method.fleet import Ends
    from specxl.method.verdict import Given, GivenSide, Known

OUTPUT = 2
Row = dict[str, "Held"]


@dataclass(frozen=True)
class Seen:
    """A comparison at a speed, from the reference alone: verdict, ratio and both sides as fleets are made of them."""

    verdict: Verdict
    ratio: float | None
    sides: Mapping[str, Deployed]
    floors: Mapping[str, bool]


def see(known: Known, given: Given) -> Seen:
    """Read and decide a comparison as the method does, and put both sides as fleets are made of them."""
    reads = {name: read_side(known, side, given.target) for name, side in (("a", given.a), ("b", given.b))}
    outcome = decide(given, reads["a"], reads["b"], known.thresholds["tie_ratio"])
    target = usable_target(given.target) or 0.0
    output = replace(known, basis=OUTPUT)

    def deployed(name: str, side: GivenSide) -> Deployed:
        found = [n for n in reads[name].numbers if known.facts["gpus"][n - 1] is not None]
        gpus = [float(known.facts["gpus"][n - 1] or 0) for n in found]
        out = read_side(output, side, given.target).y
        sizes = (min(gpus), max(gpus)) if gpus else None
        return Deployed(target, reads[name].y, out, sizes, side.price, side.power)

    sides = {"a": deployed("a", given.a), "b": deployed("b", given.b)}
    return Seen(outcome.verdict, outcome.ratio, sides, {name: read.floor for name, read in reads.items()})


def held_or_empty(value: float | None) -> Held:
    """A figure as a cell holds it."""
    return "" if value is None else value


def ends_as(ends: Ends | None, *keys: str) -> dict[str, Held]:
    """The two ends of a figure under two keys."""
    return dict(zip(keys, ("", "") if ends is None else ends, strict=True))


def _fleet_columns(demand: Demand, side: Deployed) -> dict[str, Held]:
    """The columns of a side's fleet."""
    found, of_one = method.fleet(demand, side), method.capacity(demand.mode, side)
    gpus = found.gpus if found else None
    sizes = None if side.y is None else side.sizes or (1.0, 1.0)
    return {
        "out": held_or_empty(side.out),
        "unit": "" if of_one is None else 1 / of_one,
        "need": "" if found is None else found.need,
        **ends_as(sizes, "size_low", "size_high"),
        **ends_as(found.counts if found else None, "n_low", "n_high"),
        **ends_as(gpus, "fleet_min", "fleet_max"),
        "paying": held_or_empty(method.payable(side.price)),
        **ends_as(method.bill(gpus, side.price), "bill_min", "bill_max"),
    }


def gpus_of(demand: Demand, side: Deployed) -> Ends | None:
    """The GPUs of a fleet, at least and at most."""
    found = method.fleet(demand, side)
    return found.gpus if found else None


def saved_of(demand: Demand, seen: Seen) -> Ends | None:
    """What side A saves of a month, at least and at most."""
    bills = {name: method.bill(gpus_of(demand, side), side.price) for name, side in seen.sides.items()}
    return method.saved(seen.verdict, demand.mode, seen.ratio, bills["a"], bills["b"])


def row_columns(demand: Demand, seen: Seen) -> dict[str, Held]:
    """The columns that every row of fleets has."""
    sides = {f"{name}_{key}": held for name in "ab" for key, held in _fleet_columns(demand, seen.sides[name]).items()}
    return sides | ends_as(saved_of(demand, seen), "saved_low", "saved_high")


def main_columns(demand: Demand, seen: Seen) -> dict[str, Held]:
    """The columns of the row at the speed asked for: what is saved at other loads, and what people see of both sides."""
    held: dict[str, Held] = {}
    for place, share in enumerate(method.SHARES[1:], start=2):
        there = demand.at(share)
        for name, side in seen.sides.items():
            held |= ends_as(gpus_of(there, side), f"{name}_fleet_min_{place}", f"{name}_fleet_max_{place}")
        found = saved_of(there, seen)
        held[f"saved_{place}"] = "" if found is None else found[0]
    for name in "ab":
        held |= {f"{name}_{key}": value for key, value in shown_columns(demand, seen, name).items()}
    return held


def _product(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first * second


def scaled(ends: Ends | None, factor: float | None) -> Ends | None:
    """Both ends of a figure times a factor; None where either is unknown."""
    return None if ends is None or factor is None else (ends[0] * factor, ends[1] * factor)


def shown_columns(demand: Demand, seen: Seen, name: str) -> dict[str, Held]:
    """What people see of a side besides its GPUs and its bill of a month."""
    side, found = seen.sides[name], method.fleet(demand, seen.sides[name])
    gpus, load, price = found.gpus if found else None, demand.load, method.payable(side.price)
    made = method.made(gpus, side.y, load) if gpus and side.y and load else None
    full = None if side.y is None or price is None else price / (side.y * method.SECONDS_AN_HOUR / method.MILLION)
    asked = made
    if found and demand.mode != Mode.POWER and side.y and load:
        asked = method.made((found.need, found.need), side.y, load)
    floor, per_gpu = seen.floors[name], method.capacity(Mode.USERS, side)
    return {
        **ends_as(scaled(gpus, _product(side.power, 1 / method.THOUSAND)), "mw_min", "mw_max"),
        **ends_as(made, "made_min", "made_max"),
        **ends_as(scaled(gpus, _product(per_gpu, load)), "served_min", "served_max"),
        "full": held_or_empty(full),
        "loaded": "" if full is None or load is None else full / load,
        **ends_as(asked, "asked_min", "asked_max"),
        **_paid(method.bill(gpus, price), asked),
        "bound": "≤ " if floor and demand.mode < Mode.POWER else "",
        "bound_made": "≥ " if floor else "",
        "bound_cost": "≤ " if floor else "",
    }


def _paid(bill: Ends | None, asked: Ends | None) -> dict[str, Held]:
    """The bill over what is asked for; none where nothing can be run."""
    keys, found = ("paid_min", "paid_max"), zip(bill or (0.0, 0.0), asked or (0.0, 0.0), strict=True)
    return {key: money / tokens if bill and tokens else "" for key, (money, tokens) in zip(keys, found, strict=True)}
