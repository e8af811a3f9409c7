"""The oracle's curves in plain floats, for what asks them tens of thousands of times."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.oracle import Curve

EXACT, AT_LEAST, NEVER = 1.0, 2.0, 3.0
"""What an inverse read is, by the codes of a comparison block."""
_HALVINGS = 60


@dataclass(frozen=True)
class Plain:
    """A curve in plain numbers: knots, throughputs, and the tangents that the oracle gives."""

    x: list[float]
    y: list[float]
    m: list[float]

    @classmethod
    def of(cls, curve: Curve, basis: str = "total") -> Plain:
        """The curve as floats, on a token basis that it publishes."""
        spline = curve.splines[basis]
        tangents = spline.tangents if len(curve.knots) > 1 else [0]
        return cls([k.x for k in curve.knots], [float(v) for v in spline.v], [float(m) for m in tangents])

    def at(self, k: int, u: float) -> float:
        """The cubic of a segment at a place from 0 to 1, in Bernstein's form: sums of positive terms only."""
        h = self.x[k + 1] - self.x[k]
        b1, b2 = self.y[k] + h * self.m[k] / 3, self.y[k + 1] - h * self.m[k + 1] / 3
        v = 1 - u
        return v * v * v * self.y[k] + 3 * u * v * (v * b1 + u * b2) + u * u * u * self.y[k + 1]

    def read(self, x: float) -> float:
        """The throughput at a speed inside the knots."""
        k = min(max(bisect_left(self.x, x) - 1, 0), len(self.x) - 2)
        return self.y[0] if len(self.x) == 1 else self.at(k, (x - self.x[k]) / (self.x[k + 1] - self.x[k]))

    def inverse(self, y: float) -> tuple[float, float | None]:
        """The highest speed at which the throughput is still `y`, by bisection, and what kind of figure it is."""
        if y > self.y[0]:
            return NEVER, None
        if y <= self.y[-1]:
            return AT_LEAST, self.x[-1]
        k = max(i for i, held in enumerate(self.y) if held >= y)
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            u = (low + high) / 2
            low, high = (u, high) if self.at(k, u) >= y else (low, u)
        return EXACT, self.x[k] + low * (self.x[k + 1] - self.x[k])
