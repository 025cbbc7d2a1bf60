"""`python -m bench <subcommand>`: measure, keep each row under bench/results/, print a table."""

import argparse
import sys

from . import backbones, disco, extract, finetune, metrics, race, recommend, record, score, truth

# A bench is a module with add_arguments(parser), run(arguments) -> rows one by one, and LINES, the
# lines of its table as {label: (key, value -> text)}; its columns where TURNED.  A new one is one
# file and one entry here.
COMMANDS = {
    "backbones": backbones,
    "disco": disco,
    "extract": extract,
    "finetune": finetune,
    "metrics": metrics,
    "race": race,
    "recommend": recommend,
    "score": score,
    "truth": truth,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").splitlines()[0]
        module.add_arguments(subparsers.add_parser(name, help=summary, description=summary))
    arguments = parser.parse_args()

    module = COMMANDS[arguments.command]
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
