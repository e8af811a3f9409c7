"""Where the reference draws a curve: its samples and its measured points, as pairs of speed and throughput."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from specxl.schema import TOKEN_BASES

if TYPE_CHECKING:
    from specxl.judge.world import World
    from specxl.method.verdict import KnownCurve

Points = list[tuple[float, float]]


def drawable(world: World, number: int) -> KnownCurve | None:
    """A curve by its id where it can be drawn: it exists, and publishes the token class in force."""
    curve, basis = world.known.curves.get(number), world.known.basis
    if curve is None or not basis or curve.fit.values(TOKEN_BASES[basis - 1]) is None:
        return None
    return curve


def sampled(world: World, curve: KnownCurve) -> Points:
    """The points between which a curve is drawn in straight lines."""
    found, fit = world.samples(curve.id), curve.fit
    steps = np.append(np.diff(fit.x), 0.0)
    x = fit.x[found.knot] + found.place * steps[found.knot]
    y = fit.at(TOKEN_BASES[world.known.basis - 1], np.minimum(x, fit.x[-1]))
    return [] if y is None else list(zip(x.tolist(), y.tolist(), strict=True))


def knots(world: World, curve: KnownCurve) -> Points:
    """The measured points on a curve."""
    values = curve.fit.values(TOKEN_BASES[world.known.basis - 1])
    return [] if values is None else list(zip(curve.fit.x.tolist(), values.tolist(), strict=True))
