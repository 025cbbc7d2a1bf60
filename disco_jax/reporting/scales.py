"""Numbers as text and as places along an axis.

Columns of numbers share one format, with as many places as show three digits of their spread:
0.8312 where scores differ by hundredths, 1,204 where by thousands. Undefined is a dash.
"""

import math
import sys
from collections.abc import Iterable
from typing import NamedTuple

MISSING = "–"
LARGEST = sys.float_info.max


def finite(value: object) -> float | None:
    """A number that can be drawn, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def shared_format(values: Iterable[float]) -> str:
    """The format in which the spread of the values shows three digits."""
    known = list(values)
    low, high = min(known, default=0.0), max(known, default=0.0)
    largest = max(abs(low), abs(high))
    unit = min(high - low, LARGEST) or largest / 10
    places = max(0, 2 - math.floor(math.log10(unit))) if unit > 0 else 0
    return ".3e" if places > 7 or largest >= 1e8 else f",.{places}f"


def number(value: float | None, form: str) -> str:
    """A number with a true minus sign, and none before zero."""
    if value is None:
        return MISSING
    written = format(value, form)
    if written.startswith("-") and not any(digit in written for digit in "123456789"):
        written = written[1:]
    return written.replace("-", "−")


def percent(share: float) -> str:
    """A share in percent; what is not quite all or nothing is not rounded to it."""
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return "more than 99 %"
    return "less than 1 %" if whole == 0 and share > 0 else f"{whole} %"


class Scale(NamedTuple):
    """Numbers from `low` to `high` as percentages of a length."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The place of a value (halved, lest a difference overflow)."""
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2) * 100

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Places and texts of round numbers in the scale, in steps of 1, 2 or 5 times 10^m."""
        raw = (self.high - self.low) / most
        values, form = [self.low, self.high], ".2e"
        if 1e-300 < raw < 1e300:
            power = math.floor(math.log10(raw))
            step = next(m * 10.0**power for m in (1, 2, 5, 10) if m * 10.0**power >= raw)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            if first <= last <= first + most:  # else the scale is but a few roundings wide
                values = [i * step for i in range(first, last + 1)]
                places = max(0, -math.floor(math.log10(step * 1.001)))
                form = f",.{places}f" if places < 8 and step < 1e7 else ".2e"
        return [(self.at(value), number(value, form)) for value in values]


def spanning(values: Iterable[float], *, margin: float = 0.04, zero: bool = False) -> Scale:
    """A scale that holds the values, with a margin on either side; with `zero` it ends there."""
    known = [*values, 0.0] if zero else list(values)
    low, high = min(known, default=0.0), max(known, default=1.0)
    if zero and low == high:
        return Scale(0.0, 1.0)
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-12 * largest, 1e-300):  # no more than rounding
        room = largest / 20 or 1.0
    else:
        room = margin * min(high - low, LARGEST)
    return Scale(
        low if zero and low == 0 else max(low - room, -LARGEST),
        high if zero and high == 0 else min(high + room, LARGEST),
    )


def share(place: float) -> str:
    """A place or length as an SVG percentage."""
    return f"{place:.4g}%" if abs(place) >= 1e-3 else "0%"
