"""`disco-jax networks`."""

import sys

from disco_jax.networks import Network, as_hub, networks, number_of

from .printing import print_csv, print_json, print_lines, print_table

HEADER = ("network", "architecture", "parameters", "pixels", "hub", "source data", "licence")
LEGEND = (
    "parameters: with a head, of 1000 classes but for the demo",
    "hub: its weights are public, and --toml lists them",
    "no hub: give weights of your own, and the name as architecture",
)


def run(*, search: str, most: str | None, toml: bool, form: str) -> None:
    """Find and print."""
    found = networks(search, None if most is None else number_of(most))
    if toml:
        print(as_hub(found), end="")
        if rest := sum(each.weights is None for each in found):
            told = f"{rest} architectures without public weights are left out"
            print(told, file=sys.stderr)
    elif form == "json":
        print_json({"networks": [each._asdict() for each in found]})
    elif form == "csv":
        print_csv(Network._fields, found)
    else:
        print_table(HEADER, [_row(each) for each in found], form)
        print_lines(LEGEND, form)


def _row(each: Network) -> list[str]:
    name = "" if each.architecture == each.network else each.architecture
    facts = [each.source_data or "unknown", each.licence or "unknown"] if each.weights else ["", ""]
    return [each.network, name, _short(each.parameters), str(each.pixels), each.hub or "", *facts]


def _short(count: int) -> str:
    """Three digits: 25.6M."""
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= unit:
            return f"{count / unit:.3g}{name}"
    return str(count)
