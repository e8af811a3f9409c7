"""What the row behind the Margin sheet must hold (METHOD 9), from the inputs as they stand and the reference."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.compare import Fault, differ, faults
from specxl.judge.world import cached_share
from specxl.method.codes import Basis, Estimate, Missing
from specxl.method.curves import Status
from specxl.method.margin import Mix, Terms, TokenPrices, acceptance_scale, blended, earned, sized
from specxl.sheets.margin.sheet import margin_name
from specxl.sheets.margin.what_if import OWN_LENGTH
from specxl.sheets.results import READS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Tally
    from specxl.judge.world import World
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Row = Mapping[str, Value]

Figure = float | None


def margin_faults(world: World, anchor: Anchor, rows: Sequence[Row], tally: Tally) -> Iterator[Fault]:
    """Hold the terms and what each side earns against the reference.

    A profit is a small difference of two large figures where a side just breaks even, so it is measured by these.
    """
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        name, place = partial(world.name, anchor, number), world.sale()
        terms = _terms(world, place)
        expected = _terms_columns(world, terms, place)
        differences: dict[str, tuple[Held, float]] = {}
        for side in "ab":
            columns, apart = _side(world, terms, place, side)
            expected |= columns
            differences |= apart
        yield from faults(name, row, expected, tally)
        for key, (held, scale) in differences.items():
            tally.cells += 1
            if differ(row[key], held, tally, scale):
                yield Fault(name(), key, row[key], held)


def _own(world: World, name: str, otherwise: object) -> Figure:
    """What is typed on the sheet, where anything is; else what the workbook holds."""
    typed = world.entered(margin_name(name))
    return sized(otherwise) if typed is None or typed == "" else sized(typed)


def _terms(world: World, place: int) -> Terms:
    """The terms of the sale, from what is typed on the sheet and what the workbook holds."""
    sold = world.sold(place) if place else None
    prices, mix = (sold.prices, sold.mix) if sold else (TokenPrices(None, None, None), Mix(None, None, 0.0))
    typed = world.entered(margin_name("load"))
    load = cached_share(world.asked().load if typed is None or typed == "" else typed)  # type: ignore[arg-type]
    share = world.entered(margin_name("share"))
    held = mix.cached_share if share is None or share == "" else cached_share(share)
    fee = world.entered(margin_name("fee"))
    return Terms(
        chosen=place > 0,
        prices=TokenPrices(
            _own(world, "p_in", prices.fresh),
            _own(world, "p_cached", prices.cached),
            _own(world, "p_out", prices.output),
        ),
        mix=Mix(_own(world, "n_in", mix.tokens_in), _own(world, "n_out", mix.tokens_out), held),
        load=load or None,
        cut=cached_share(world.entered(margin_name("cut"))),
        fee=0.0 if fee is None or fee == "" else sized(fee),
    )


def _held(value: Figure) -> Held:
    return "" if value is None else value


def _terms_columns(world: World, terms: Terms, place: int) -> dict[str, Held]:
    prices, mix, why = terms.prices, terms.mix, terms.missing
    typed = [world.entered(margin_name(name)) for name in ("n_in", "n_out")]
    parts = {"fresh": 0.0, "cached": 0.0, "output": 0.0}
    if not why and mix.tokens_in and mix.tokens_out and mix.cached_share is not None:
        weight = mix.tokens_in / (mix.tokens_in + mix.tokens_out)
        parts = {
            "fresh": (1 - mix.cached_share) * weight * (prices.fresh or 0.0),
            "cached": mix.cached_share * weight * (prices.cached or 0.0),
            "output": (1 - weight) * (prices.output or 0.0),
        }
    return {
        "choice": place,
        "row": max(1, READS * (place - 1) + 1),
        "load": _held(terms.load),
        "p_in": _held(prices.fresh),
        "p_cached": _held(prices.cached),
        "p_out": _held(prices.output),
        "n_in": _held(mix.tokens_in),
        "n_out": _held(mix.tokens_out),
        "share": _held(mix.cached_share),
        "cut": _held(terms.cut),
        "fee": _held(terms.fee),
        "own_mix": int(any(value is not None and value != "" for value in typed)),
        "why": why,
        **parts,
        "blended": "" if why else _held(blended(prices, mix, Basis.TOTAL)),
    }


def _side(world: World, terms: Terms, place: int, side: str) -> tuple[dict[str, Held], dict[str, tuple[Held, float]]]:
    """What a side earns, and its figures that are differences, with what these are measured by."""
    givens = list(world.overview().givens.values())
    given = givens[max(place, 1) - 1]
    block, held = world.columns(given), given.a if side == "a" else given.b
    total, price, power = block[f"{side}_total"], sized(held.price), sized(held.power)
    missing = terms.missing or (Missing.READ if total == "" else Missing.GPU if price is None else 0)
    status = int(block[f"{side}_status"])
    columns: dict[str, Held] = {
        "total_in": total,
        "price_in": _held(held.price),
        "power_in": _held(held.power),
        "status": status,
        "price": _held(price),
        "power": _held(power),
        "missing": missing,
    }
    figures = ("full", "sold", "revenue", "paid", "cost", "load_even", "price_even")
    apart = ("profit", "margin", "year", "gw_year")
    if missing or price is None or total == "" or status < Status.BELOW:
        columns |= dict.fromkeys((*figures, *apart), "") | {"kept": 0.0, "spent": 0.0}
        return {f"{side}_{key}": value for key, value in columns.items()}, {}
    found = earned(terms, float(total), price, power)
    columns |= {
        "full": found.sold / (terms.load or 1.0),
        "sold": found.sold,
        "revenue": found.revenue,
        "paid": found.paid,
        "cost": found.cost,
        "load_even": _held(found.load_even),
        "price_even": _held(found.price_even),
        "kept": found.kept,
        "spent": found.cost,
    }
    size = (found.revenue + found.cost) / abs(found.profit) if found.profit else 1.0
    values = {key: getattr(found, key) for key in apart}
    differences = {
        f"{side}_{key}": (_held(value), abs(value) * size if value is not None else 0.0)
        for key, value in values.items()
    }
    return {f"{side}_{key}": value for key, value in columns.items()}, differences


def what_if_faults(world: World, anchor: Anchor, rows: Sequence[Row], tally: Tally) -> Iterator[Fault]:
    """Hold the estimate against the reference: the speculative side's rate by the ratio of acceptance lengths."""
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        place = world.sale()
        terms = _terms(world, place)
        columns, _ = _side(world, terms, place, "a")
        given = list(world.overview().givens.values())[max(place, 1) - 1]
        block = world.columns(given)
        lengths = [world.accept_length(int(block[f"a_m_{end}"])) for end in ("left", "right")]
        own = sized(world.entered(OWN_LENGTH))
        own = None if own is None or own < 1 else own
        yield from faults(
            partial(world.name, anchor, number), row, _estimate(given.target, terms, columns, lengths, own), tally
        )


def _estimate(
    target: object, terms: Terms, side: Mapping[str, Held], lengths: Sequence[Figure], own: Figure
) -> dict[str, Held]:
    left, right = lengths
    held: dict[str, Held] = {"l_left": _held(left), "l_right": _held(right), "own": _held(own)}
    why = Estimate.NO_READ if side["a_missing"] else Estimate.NOT_STATED if None in lengths else 0
    why = why or (Estimate.NOT_TYPED if own is None else 0)
    keys = ("measured", "ratio", "scale", "total_est", "speed_est", "profit_est")
    if why or left is None or right is None or own is None:
        return held | {"estimate": why} | dict.fromkeys(keys, "")
    measured = (left + right) / 2
    scale = acceptance_scale(own, measured) or 0.0
    kept, cost, total = (float(side[f"a_{key}"]) for key in ("kept", "cost", "total_in"))
    return held | {
        "estimate": 0,
        "measured": measured,
        "ratio": own / measured,
        "scale": scale,
        "total_est": total * scale,
        "speed_est": float(target) * scale if isinstance(target, (int, float)) else "",
        "profit_est": kept * (terms.load or 0.0) * scale - cost,
    }
