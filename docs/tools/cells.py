"""Run examples cell by cell, as a notebook does, and keep what the cells show.

    python docs/tools/cells.py docs/examples/*.py           print the outputs as JSON
    python docs/tools/cells.py --write docs/examples/*.py   keep them for the documentation

An example is Python in cells, `# %%` code and `# %% [markdown]` text in comments. The outputs are a
list with an entry per code cell: what it printed, and its last expression as HTML or text.
"""

import ast
import contextlib
import io
import json
import re
import sys
from pathlib import Path
from pprint import pformat

Output = dict[str, str]


def cells(text: str) -> list[tuple[str, str]]:
    """The kind of each cell, "text" or "code", and what is in it."""
    found = []
    for cell in re.split(r"^# %%", text, flags=re.M)[1:]:
        head, _, body = cell.partition("\n")
        if "[markdown]" in head:
            found.append(("text", re.sub(r"^# ?", "", body.strip("\n"), flags=re.M)))
        else:
            found.append(("code", body.strip("\n")))
    return found


def run(file: Path) -> list[Output]:
    """What the code cells of an example show, in one namespace."""
    names: dict[str, object] = {"__name__": "__main__"}
    return [_shown(body, names) for kind, body in cells(file.read_text("utf-8")) if kind == "code"]


def _shown(code: str, names: dict[str, object]) -> Output:
    tree, last = ast.parse(code), None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    output: Output = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "<cell>", "exec"), names)
        value = None if last is None else eval(compile(last, "<cell>", "eval"), names)
    if printed.getvalue():
        output["printed"] = printed.getvalue()
    if hasattr(value, "_repr_html_"):
        output["html"] = value._repr_html_()
    elif value is not None:
        output["text"] = pformat(value, width=80, sort_dicts=False)
    return output


def main() -> None:
    """Run the examples that are named."""
    files = [Path(name) for name in sys.argv[1:] if name != "--write"]
    outputs = {file: run(file) for file in files}
    if "--write" not in sys.argv:
        print(json.dumps({file.stem: shown for file, shown in outputs.items()}))
        return
    for file, shown in outputs.items():
        text = json.dumps(shown, indent=1, ensure_ascii=False) + "\n"
        file.with_suffix(".json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
