"""`bench compare`: what counts as slower, and what the gate says of files it cannot compare."""

import json

from .run import bench

MACHINE = {"device": "cpu", "name": "A processor", "cores": 2}


def taken(least, median, most, calls=5):
    return {"min": least, "median": median, "max": most, "calls": calls}


def results(path, *rows):
    about = {"commit": "c0ffee", "date": "2026-01-02T03:04:05+00:00"}
    path.write_text(json.dumps({"machine": MACHINE, "rows": [about | row for row in rows]}))
    return path


def row(shape, n=100, **times):
    return {"shape": shape, "n": n, "error": 1e-7, **times}


def lines(table):
    return {
        cells[0]: cells[3:]
        for line in table.splitlines()
        if line.startswith("|")
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    }


def test_every_verdict(tmp_path):
    """One pair of files holds every case; the ratios are worked out by hand."""
    a = results(
        tmp_path / "a.json",
        row("same", ours_ms=taken(8, 10, 12), gram_ms=taken(4, 5, 6)),
        row("large", ours_ms=taken(8, 10, 12), once=taken(10, 10, 10, 1)),
        row("other", n=7, ours_ms=taken(8, 10, 12)),
        row("gone", ours_ms=taken(8, 10, 12)),
    )
    b = results(
        tmp_path / "b.json",
        row("same", ours_ms=taken(11, 14, 15), gram_ms=taken(2, 3, 3.5)),
        row("large", ours_ms=taken(24, 30, 36), once=taken(50, 50, 50, 1)),
        row("other", n=8, ours_ms=taken(80, 100, 120)),
        row("new", ours_ms=taken(8, 10, 12)),
    )
    code, out, err = bench("compare", a, b)
    assert (code, err) == (1, "")
    found = lines(out)
    assert found["same: ours"] == ["1.40", "0.92 to 1.88", ""]
    assert found["same: gram"] == ["0.60", "0.33 to 0.88", "faster"]
    assert found["large: ours"] == ["3.00", "2.00 to 4.50", "SLOWER"]
    assert found["large: once"] == ["5.00", "5.00 to 5.00", "one run"]
    tail = ["of other sizes: other", "only in A: gone", "only in B: new"]
    assert out.splitlines()[-4:] == [*tail, "slower by more than 1.2: large: ours"]

    code, out, _ = bench("compare", a, b, "--factor", 4)
    assert (code, lines(out)["large: ours"][-1]) == (0, "slower")
    assert out.splitlines()[-1] == "slower by more than 4: nothing"


def test_files_that_do_not_match_get_one_line(tmp_path):
    a = results(tmp_path / "a.json", row("small", ours_ms=taken(1, 2, 3)))
    b = results(tmp_path / "b.json", row("resnet50", ours=taken(1, 2, 3)))
    (tmp_path / "c.json").write_text("[]")
    for other, words in ((b, "none with times matches"), (tmp_path / "c.json", "give a file of")):
        code, out, err = bench("compare", a, other)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert words in err and str(other) in err
