"""What a notebook shows of a table of scores."""

from html.parser import HTMLParser

import pytest

from disco_jax.results.table import ScoreTable

TABLE = ScoreTable(
    task="classification",
    metrics=("disco", "knn:k=3"),
    scores={
        "poor": {"disco": 0.25, "knn:k=3": 0.5},
        "<b>&": {"disco": 0.5, "knn:k=3": None},
        "failed": {"disco": None, "knn:k=3": None},
    },
    intervals={"disco": {"models": {"poor": [0.2, 0.3], "<b>&": [0.4, 0.61234]}}},
)


class Cells(HTMLParser):
    """The texts of a table, row by row."""

    def __init__(self, page):
        super().__init__()
        self.rows = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, text):
        self.rows[-1].append(text)


def test_best_first_with_intervals_and_escaped_names():
    assert Cells(TABLE._repr_html_()).rows == [
        ["model", "disco", "knn:k=3"],
        ["<b>&", "0.5 [0.4, 0.612]", "–"],
        ["poor", "0.25 [0.2, 0.3]", "0.5"],
        ["failed", "–", "–"],
    ]


def test_to_pandas():
    frame = TABLE.to_pandas()
    assert list(frame.index) == ["<b>&", "poor", "failed"] and frame.index.name == "model"
    assert list(frame.columns) == ["disco", "knn:k=3"]
    assert frame.loc["poor", "knn:k=3"] == 0.5 and frame.isna().sum().sum() == 3
    assert TABLE.to_pandas().dtypes.unique().tolist() == ["float64"]


@pytest.mark.parametrize("spec", [None, "knn:k=3"])
def test_plot(monkeypatch, spec):
    monkeypatch.setenv("MPLBACKEND", "agg")
    axes = TABLE.plot(spec)
    assert axes.get_xlabel() == (spec or "disco")
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert shown == TABLE.ranking(spec)[::-1]
    (line,) = axes.get_lines()
    assert line.get_xdata().tolist() == [TABLE.scores[model][spec or "disco"] for model in shown]
    assert len(axes.collections) == (spec is None)  # intervals
