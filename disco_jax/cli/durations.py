"""How long something may take, as people write it."""

from disco_jax.errors import InputError


def seconds_of(text: str, command: str) -> float:
    """90s, 10m or 1.5h, in seconds."""
    units = {"s": 1, "m": 60, "h": 3600}
    try:
        seconds = float(text[:-1]) * units[text[-1:]]
    except (KeyError, ValueError):
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise InputError(command, "budget", f"{text!r} is no time", "give one as 90s, 10m or 1.5h")
    return seconds
