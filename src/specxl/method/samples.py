"""Where charts draw a curve: so densely that straight lines stay within 1 % of it, and no denser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from specxl.method.curves import Curve


@dataclass(frozen=True, slots=True)
class Samples:
    """Where a chart draws a curve: the left knot (from 0) of each point and its place in that segment, 0 to 1.

    Both have shape (k,); the points ascend, and every knot is one of them. The last knot is place 0 of its own segment.
    """

    knot: NDArray[np.intp]
    place: NDArray[np.float64]


DRAWN_TOLERANCE = 0.008
"""How far the straight line between two samples may stray from a curve, relative to it: in y, log y and 1 / y."""
_PROBES = np.array([0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9])
_BERNSTEIN = (1.0, 3.0, 3.0, 1.0)
_MOST_HALVINGS = 14


def samples(curves: Sequence[Curve]) -> list[Samples]:
    """Choose the points at which straight lines stay within 1 % of each curve, on linear and on logarithmic axes.

    A segment is halved until the line between its ends stays within `DRAWN_TOLERANCE` of every token class, of its
    logarithm and of its inverse (a cost): so a flat curve takes few points, and one that falls a hundredfold enough. All
    curves are halved together, since a workbook may draw hundreds.
    """
    sizes = np.array([curve.x.size - 1 for curve in curves], dtype=np.intp)
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    pieces = [[_coefficients(curve, metric) for curve in curves] for metric in ("total", "output", "input")]
    stacked = [np.concatenate(piece, axis=1) for piece in pieces]
    found = [(np.arange(offsets[-1]), np.zeros(int(offsets[-1])))]
    segment, low, high = np.arange(offsets[-1]), np.zeros(int(offsets[-1])), np.ones(int(offsets[-1]))
    for halvings in range(_MOST_HALVINGS):
        bent = np.ones(segment.shape, dtype=bool) if halvings == 0 else _bent(stacked, segment, low, high)
        segment, low, high = segment[bent], low[bent], high[bent]
        middle = np.round(low + (high - low) / 2, 9)
        found.append((segment, middle))
        segment = np.concatenate((segment, segment))
        low, high = np.concatenate((low, middle)), np.concatenate((middle, high))
    segments, places = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((places, segments))
    segments, places = segments[order], places[order]
    cuts = np.searchsorted(segments, offsets)
    return [
        Samples(np.append(segments[a:b] - first, size), np.append(places[a:b], 0.0))
        for a, b, first, size in zip(cuts[:-1], cuts[1:], offsets[:-1], sizes, strict=True)
    ]


def _coefficients(curve: Curve, metric: str) -> NDArray[np.float64]:
    """Bernstein coefficients of every segment, shape (4, n - 1); ones where the curve lacks the metric."""
    spline = curve.splines.get(metric)
    return np.ones((4, curve.x.size - 1)) if spline is None else np.asarray(spline.c)


def _bent(
    stacked: Sequence[NDArray[np.float64]],
    segment: NDArray[np.intp],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether a straight line between two places of a segment strays from any of its splines."""
    u = low[:, None] + (high - low)[:, None] * np.concatenate(([0.0], _PROBES, [1.0]))
    weights = [k * u**i * (1 - u) ** (3 - i) for i, k in enumerate(_BERNSTEIN)]
    bent = np.zeros(segment.shape, dtype=bool)
    for coefficients in stacked:
        y = np.sum([w * coefficients[i, segment][:, None] for i, w in enumerate(weights)], axis=0)
        start, end, true = y[:, :1], y[:, -1:], y[:, 1:-1]
        lines = (
            start + (end - start) * _PROBES,
            start * (end / start) ** _PROBES,
            1 / (1 / start + (1 / end - 1 / start) * _PROBES),
        )
        for line in lines:
            bent |= np.max(np.abs(line / true - 1), axis=1) > DRAWN_TOLERANCE
    return bent
