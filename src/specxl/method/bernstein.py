"""A piecewise cubic in Bernstein form: the algebra of the reference, beside the Hermite form of the sheets.

The form sums positive terms only, so it stays accurate where a curve falls by many orders of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Bernstein:
    """Cubics over the n - 1 segments between `x` of shape (n,), strictly ascending, n >= 2.

    `c` holds the Bernstein coefficients of each segment, shape (4, n - 1): its ends are the values there.
    """

    c: NDArray[np.float64]
    x: NDArray[np.float64]

    @classmethod
    def through(cls, x: NDArray[np.float64], v: NDArray[np.float64], m: NDArray[np.float64]) -> Bernstein:
        """Return the cubics with values `v` and tangents `m` at `x`, all of shape (n,)."""
        third = np.diff(x) / 3
        return cls(np.stack([v[:-1], v[:-1] + third * m[:-1], v[1:] - third * m[1:], v[1:]]), x)

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate at points of any shape; outside of `x` the first and the last cubic go on."""
        segment = np.clip(np.searchsorted(self.x, points, side="right") - 1, 0, self.x.size - 2)
        left = self.x[segment]
        u = (points - left) / (self.x[segment + 1] - left)
        v = 1 - u
        b0, b1, b2, b3 = self.c[:, segment]
        total: NDArray[np.float64] = v * v * v * b0 + 3 * u * v * (v * b1 + u * b2) + u * u * u * b3
        return total
