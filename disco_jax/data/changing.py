"""Changes to a network's preprocessing, by a table such as `preprocess = {...}` of a hub.toml.

    size           pixels of the square that the network sees
    resize         before it is cut out: the shorter side to 256, or both sides to [256, 256]
    crop           true: the centre is cut out; false: the whole picture becomes the square
    interpolation  bilinear or bicubic
    bgr            true where the network reads blue first
    range          bytes become 0..1 or 0..255 (1 or 255), then x = (x - mean) / deviation
    mean           in units of the range, by channel in the order the network reads; or one number
    deviation      likewise

What the table does not name stays as it is. The range is that of the numbers beside it, 1 where it
is not given. Where `bgr` alone changes, each channel keeps its own mean and deviation.
"""

from collections.abc import Callable, Mapping
from typing import Any

from disco_jax.errors import InputError, did_you_mean

from .preprocessing import INTERPOLATIONS, Preprocessing

LARGEST = 4096  # pixels


def check_changes(table: Any, where: str) -> None:
    """Refuse a table that is none, whatever network it is for.

    Raises:
        ValueError: One line with ``where``, the key, what is wrong and what to do.
    """
    if not isinstance(table, Mapping):
        raise InputError(where, "preprocess", "not a table", "write preprocess = {size = 224}")
    for key, value in table.items():
        if key not in KINDS:
            remedy = did_you_mean(key, KINDS, f"there are {', '.join(KINDS)}")
            raise InputError(where, f"preprocess: key {key!r}", "unknown", remedy)
        right, kind = KINDS[key]
        if not right(value):
            raise _error(where, key, f"cannot be {value!r}", f"give {kind}")
    if table.get("crop") is False and "resize" in table:
        raise _error(where, "resize", "nothing is cut out with crop = false", "leave one out")
    if "range" in table and not {"mean", "deviation"} & table.keys():
        raise _error(where, "range", "it is that of mean and deviation", "give them beside it")
    most = table.get("range", 1)
    if "mean" in table and max(map(abs, _three(table["mean"]))) > most:
        remedy = "give range = 255" if most == 1 else "correct it"
        raise _error(where, "mean", f"{table['mean']} is beyond 0..{most}", remedy)


def changed(own: Preprocessing, table: Mapping[str, Any], where: str) -> Preprocessing:
    """A network's own preprocessing with the changes of a table that was checked.

    Raises:
        ValueError: One line, where the two together are impossible.
    """
    how = own._replace(
        size=table.get("size", own.size),
        interpolation=table.get("interpolation", own.interpolation),
        bgr=table.get("bgr", own.bgr),
    )
    if how.bgr != own.bgr:
        how = how._replace(offset=own.offset[::-1], scale=own.scale[::-1])
    unit = 255.0 / table.get("range", 1)
    if "mean" in table:
        a, b, c = _three(table["mean"])
        how = how._replace(offset=(unit * a, unit * b, unit * c))
    if "deviation" in table:
        a, b, c = _three(table["deviation"])
        how = how._replace(scale=(1 / (unit * a), 1 / (unit * b), 1 / (unit * c)))
    if "resize" in table:
        both = isinstance(table["resize"], list)
        side = table["resize"][0] if both else table["resize"]
        how = how._replace(shorter=side, aspect=not both)
    elif "crop" in table:
        how = how._replace(shorter=(own.shorter or how.size) if table["crop"] else None)
    if how.shorter is not None and how.shorter < how.size:
        problem = f"{how.size} px cannot be cut out of {how.shorter} px"
        remedy = f"give resize = {how.size} or more, or crop = false"
        raise _error(where, "resize" if "resize" in table else "size", problem, remedy)
    return how


def _pixels(value: Any) -> bool:
    return type(value) is int and 1 <= value <= LARGEST


def _sides(value: Any) -> bool:
    """A side, or both of them, which are equal."""
    return _pixels(value) or (
        isinstance(value, list) and len(value) == 2 and _pixels(value[0]) and value[0] == value[1]
    )


def _number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < float("inf")


def _channels(value: Any) -> bool:
    three = isinstance(value, list) and len(value) == 3 and all(map(_number, value))
    return three or _number(value)


def _three(value: Any) -> tuple[float, float, float]:
    a, b, c = value if isinstance(value, list) else [value] * 3
    return float(a), float(b), float(c)


def _error(where: str, key: str, problem: str, remedy: str) -> InputError:
    return InputError(where, f"preprocess: {key}", problem, remedy)


KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "size": (_pixels, f"pixels, 1 to {LARGEST}"),
    "resize": (_sides, "256 for the shorter side, or [256, 256] for both"),
    "crop": (lambda value: isinstance(value, bool), "true or false"),
    "interpolation": (INTERPOLATIONS.__contains__, " or ".join(INTERPOLATIONS)),
    "bgr": (lambda value: isinstance(value, bool), "true or false"),
    "range": (lambda value: _number(value) and value in (1, 255), "1 or 255"),
    "mean": (_channels, "a number, or three"),
    "deviation": (
        lambda value: _channels(value) and min(_three(value)) > 0,
        "a number above 0, or three",
    ),
}
