"""Figures as sentences print them, read back: a number with its decimals must be what was rounded, no more and no less."""

from __future__ import annotations

import math
import re

NUMBER = r"-?[\d,]+(?:\.\d+)?"
_SLACK, _MOST_DIGITS = 1e-9, 1e15


def value_of(text: str) -> float:
    """The number that a text prints, thousands in groups; no number where it prints none."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return math.nan


def decimals_of(text: str) -> int:
    """The decimals that a text prints."""
    return len(text.partition(".")[2])


def prints(text: str, value: float | None, decimals: int) -> bool:
    """Whether a text is this value with so many decimals, rounded half up; a tie may fall either way."""
    if value is None:
        return False
    unit = 10.0**-decimals
    return decimals_of(text) == decimals and abs(value_of(text) - value) <= unit / 2 + _SLACK * max(abs(value), unit)


def prints_fewest(text: str, value: float | None, most: int) -> bool:
    """Whether a text is this value with as few decimals as it has, and at most so many."""
    if value is None:
        return False
    if value > _MOST_DIGITS:
        return True  # programs differ in what they make of more digits than a number holds
    fewest = next((d for d in range(most) if abs(round(value, d) - value) <= _SLACK * abs(value) * 1e-4), most)
    return prints(text, value, fewest)


def prints_cost(text: str, value: float | None) -> bool:
    """Whether a text is this cost: three decimals, five below a cent."""
    return prints(text, value, 5 if value is not None and value < 0.01 else 3)


def prints_two_digits(text: str, value: float | None) -> bool:
    """Whether a text is this ratio with two significant digits: 7.3, 0.71, 26, 130."""
    if value is None:
        return False
    return any(_two_digits(text, value * hair) for hair in (1, 1 - _SLACK, 1 + _SLACK))


def _two_digits(text: str, value: float) -> bool:
    for limit, decimals in ((0.995, 2), (9.95, 1), (99.5, 0)):
        if value < limit:
            return prints(text, value, decimals)
    return decimals_of(text) == 0 and value_of(text) % 10 == 0 and abs(value_of(text) - value) <= 5 + _SLACK * value


def bounds(text: str, value: float | None, *, falls: bool) -> bool:
    """Whether a text gives a value as a bound only: at least, or at most for what falls as throughput rises."""
    sign, _, number = text.partition(" ")
    return sign == ("≤" if falls else "≥") and prints(number, value, decimals_of(number))


def speed_at_cost(text: str, mark: str, speed: float | None, ratio: float | None) -> bool:
    """Whether a text is a speed at equal cost: what kind of figure it is, the speed, how many times the target."""
    match = re.fullmatch(rf"{mark}({NUMBER}) \(({NUMBER})x\)", text)
    return match is not None and prints(match[1], speed, 0) and prints_two_digits(match[2], ratio)
