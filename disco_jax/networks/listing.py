"""The networks that are known, and a `hub.toml` of them.

    public weights    those of the bundled hubs, of the literature and of the demonstration
    architectures     every one; weights for it are a file of one's own

Parameters and pixels are those of the architecture (`counting`), of the demonstration's networks
those of their files. What nobody wrote down, as most licences, is None and stays so.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from disco_jax.backbones import read_graph
from disco_jax.demo import HUB
from disco_jax.errors import InputError, did_you_mean
from disco_jax.hubs import HUBS, HubModel, read_hub

COUNTS = Path(__file__).with_name("counts.csv")  # written by `counting`
UNITS = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}


class Network(NamedTuple):
    """Public weights, or an architecture without any that are known."""

    network: str
    architecture: str
    parameters: int  # with a head, for 1000 classes where no weights say otherwise
    without_head: int
    pixels: int
    hub: str | None  # where the weights are listed
    weights: str | None
    source_data: str | None
    licence: str | None


def networks(search: str = "", most: int | None = None) -> list[Network]:
    """Those in which every word of a search occurs, of at most so many parameters.

    Raises:
        ValueError: One line, where there are none.
    """
    every = [*_demonstrated(), *_published(), *_bare()]
    words = search.lower().split()
    found = [each for each in every if all(word in _text(each) for word in words)]
    if not found:
        names = {name for each in every for name in (each.network, each.architecture)}
        remedy = did_you_mean(search, names, "leave it out to see all")
        raise InputError("networks", "search", f"nothing has {search!r}", remedy)
    small = [each for each in found if most is None or each.parameters <= most]
    if not small:
        least = min(each.parameters for each in found)
        problem = f"none of {len(found)} has so few"
        raise InputError("networks", "max-parameters", problem, f"give {least} or more")
    return small


def number_of(text: str) -> int:
    """30M as 30000000; k, M and B.

    Raises:
        ValueError: One line, where it is no number.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmMbB]?)", text)
    if found is None:
        problem = f"{text!r} is no number"
        raise InputError("networks", "max-parameters", problem, "write 500k, 30M or 1.5B")
    unit = found[2].lower() if found[2] in "kK" else found[2].upper()
    return round(float(found[1]) * UNITS[unit])


def as_hub(found: Iterable[Network]) -> str:
    """A `hub.toml` of those whose weights are public.

    Raises:
        ValueError: One line, where there are none.
    """
    entries = [_entry(each) for each in found if each.weights]
    if not entries:
        problem = "of these no public weights are known"
        remedy = "list your own: name, weights and architecture"
        raise InputError("networks", "toml", problem, remedy)
    return "\n".join(entries)


def _entry(each: Network) -> str:
    complete = str(each.weights).startswith("hf://") or str(each.weights).endswith(".npz")
    lines = {
        "name": each.network,
        "weights": each.weights,
        "architecture": None if complete else each.architecture,
        "source_data": each.source_data,
        "licence": each.licence,
    }
    told = [f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in lines.items() if v]
    return "[[models]]\n" + "".join(told)


def _demonstrated() -> Iterator[Network]:
    for model in read_hub(HUB):
        graph = read_graph(Path(model.weights))
        yield Network(
            model.name,
            graph.about["arch"],
            *graph.parameters(),
            graph.preprocessing.size,
            "demo",
            model.weights,
            graph.about["source_data"] or None,
            graph.about["licence"] or None,
        )


def _published() -> Iterator[Network]:
    counts = counted()
    for hub in sorted(HUBS.glob("*.toml")):
        for model in read_hub(hub):
            name, facts = _architecture(model), model.facts
            known = facts.get("source_data"), facts.get("licence")
            yield Network(model.name, name, *counts[name], hub.stem, model.weights, *known)


def counted() -> dict[str, tuple[int, int, int]]:
    """Of every architecture the parameters with and without a head, and the pixels."""
    with COUNTS.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return {name: (int(whole), int(bare), int(pixels)) for name, whole, bare, pixels in rows}


def _architecture(model: HubModel) -> str:
    """What is named, or what timm's repository is called by, without its tag."""
    return model.architecture or model.weights.rpartition("/")[2].split(".")[0]


def _bare() -> Iterator[Network]:
    public = {each.architecture for each in _published()}
    for name, counts in counted().items():
        if name not in public:
            yield Network(name, name, *counts, None, None, None, None)


def _text(each: Network) -> str:
    return " ".join(str(field) for field in each if isinstance(field, str)).lower()
