"""Packages that are installed for one test: a module and its metadata in a folder on the path."""

import sys
from contextlib import contextmanager
from importlib.metadata import distributions

from disco_jax.entry_points import brought


@contextmanager
def installer(folder, monkeypatch):
    """`install(name, code, group, entries)`, a package `name` 1.2 of one module."""
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr("disco_jax.entry_points.entry_points", found_in(folder))
    names = []

    def write(name, code, group, entries):
        names.append(name)
        (folder / f"{name}.py").write_text(code)
        about = folder / f"{name}-1.2.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        lines = [f"{key} = {name}:{value}" for key, value in entries.items()]
        (about / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]) + "\n")

    brought.cache_clear()
    yield write
    brought.cache_clear()
    for name in names:
        sys.modules.pop(name, None)


def found_in(folder):
    """`importlib.metadata.entry_points`, of the packages in one folder."""
    return lambda group: [
        entry
        for each in distributions(path=[str(folder)])
        for entry in each.entry_points
        if entry.group == group
    ]
