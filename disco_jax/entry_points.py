"""What other installed packages bring, by the entry points in their metadata.

    [project.entry-points."disco_jax.metrics"]
    mine = "my_package:ROW"

They are loaded when first asked for, once in a process. One that cannot be loaded is left out, with
a warning in one line that names its package. Two of one name are an error.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from disco_jax.errors import InputError, one_line


class Brought(NamedTuple):
    """What an entry point stands for."""

    package: str  # its name and version
    value: Any


@cache
def brought(group: str, accept: Callable[[str, Any], Any]) -> Mapping[str, Brought]:
    """The entry points of a group by name; `accept` raises where one is not what it should be."""
    found: dict[str, Brought] = {}
    for entry in entry_points(group=group):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.module
        try:
            value = accept(entry.name, entry.load())
        except (Exception, SystemExit) as why:
            told = why if isinstance(why, InputError) else f"{type(why).__name__}: {why}"
            remedy = "it is left out: repair or uninstall the package"
            line = f"{package}: {group}: {entry.name} cannot be used ({told}); {remedy}"
            warnings.warn(one_line(line), stacklevel=2)
            continue
        if entry.name in found:
            problem = f"{entry.name!r} is in {found[entry.name].package} too"
            raise InputError(package, group, problem, "uninstall one of them")
        found[entry.name] = Brought(package, value)
    return found


def collision(package: str, group: str, name: str) -> InputError:
    """That a package brings a name that is taken."""
    return InputError(
        package, group, f"{name!r} is a name of disco-jax", "rename it there, or uninstall it"
    )
