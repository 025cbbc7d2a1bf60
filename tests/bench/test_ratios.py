"""The table of ratios in bench/README.md, and so on the Benchmarks page, is what the files give."""

import json
import re

from .run import ROOT, bench

README = (ROOT / "bench" / "README.md").read_text("utf-8")


def test_the_page_is_made_from_the_files():
    code, out, err = bench("ratios")
    assert (code, err) == (0, "")
    written = re.search(r"<!-- python -m bench ratios -->\n\n(.*?)\n<!-- end -->", README, re.S)[1]
    assert written == out, "run python -m bench ratios --write"
    assert "<!-- include bench/README.md -->" in (ROOT / "docs" / "benchmarks.md").read_text()


def test_a_line_holds_the_quotient_of_its_row():
    file = json.loads((ROOT / "bench" / "results" / "cpu-2core-amd-epyc-disco.json").read_text())
    row = next(row for row in file["rows"] if row["shape"] == "medium")
    ours, gram = row["ours_ms"], row["gram_ms"]
    line = next(line for line in README.splitlines() if "DISCO / Gram product, medium" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    spread = f"{ours['min'] / gram['max']:.2f} to {ours['max'] / gram['min']:.2f}"
    assert cells[1:4] == [f"{ours['median'] / gram['median']:.2f}", spread, "AMD EPYC, 2 cores"]
    assert cells[-1] == row["date"][:10]
