"""What a notebook shows of a table of scores."""

from html.parser import HTMLParser

from disco_jax.score_table import ScoreTable

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
        ["<b>&", "0.5 [0.4, 0.6123]", "–"],
        ["poor", "0.25 [0.2, 0.3]", "0.5"],
        ["failed", "–", "–"],
    ]
