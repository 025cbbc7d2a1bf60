"""`python -m bench <subcommand>`: measure, keep each row under bench/results/, print a table."""

import argparse
import sys
from importlib import import_module

from . import record

# A bench is a module with add_arguments(parser), run(arguments) -> rows one by one, and LINES, the
# lines of its table as {label: (key, value -> text)}; its columns where TURNED.  What reads results
# has main(arguments) -> exit code in place of these.  A new one is one file and one name here, and
# only the one that is asked for is loaded.
COMMANDS = (
    *("backbones", "compare", "device", "disco", "extract", "finetune", "metrics", "ratios"),
    *("race", "recommend", "scale", "score", "truth"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    modules = {}
    for name in set(sys.argv[1:2]).intersection(COMMANDS) or COMMANDS:
        modules[name] = module = import_module(f".{name}", __package__)
        summary = (module.__doc__ or "").splitlines()[0]
        module.add_arguments(subparsers.add_parser(name, help=summary, description=summary))
    arguments = parser.parse_args()

    module = modules[arguments.command]
    if hasattr(module, "main"):
        sys.exit(module.main(arguments))
    machine, provenance = record.machine(), record.provenance()
    rows = []
    for row in module.run(arguments):
        rows.append(provenance | row)
        path = record.write(arguments.command, machine, rows)
        print(f"{row['shape']}: measured, kept in {path}", file=sys.stderr, flush=True)

    taken = ", ".join(f"{name} {value}" for name, value in provenance.items())
    print(f"{machine['name']}, {machine['cores']} cores; {taken}\n")
    print(record.table(rows, module.LINES, getattr(module, "TURNED", False)))


if __name__ == "__main__":
    main()
