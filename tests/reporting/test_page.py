"""The report page: what it says, that it is whole and harmless, and survives odd results."""

import copy
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from disco_jax.comparison.measures import agreement, weighted_tau
from disco_jax.reporting.page import render
from disco_jax.reporting.scales import percent, spanning
from disco_jax.results.certainty import certainty
from disco_jax.results.order import best_first

VOID = {"col", "link", "meta", "wbr"}
CONTAINERS = """
    html head title style body main header section figure figcaption div h1 h2 h3 p b i sub a bdi
    span ul li dl dt dd details summary table thead tbody tr th td svg desc line rect circle text
"""
TAGS = VOID | set(CONTAINERS.split())
PLACES = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"}
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>&amp;",
    "a" * 300,
    "مودل/כבד \u202e gpj.exe",
    "tab\tline\nfeed",
    "]]> --> </title></style></svg>",
    "",
    "words that go on and on " * 5,
]


def example(models: int = 8, seed: int = 0) -> dict:
    """A result with all its parts, of a hub where better models are better by every metric."""
    g = np.random.default_rng(seed)
    names = [f"model_{i:03d}" for i in range(models)]
    talent = dict(zip(names, g.normal(size=models).tolist(), strict=True))
    scores, terms = {}, {}
    for model in names:
        s = np.arange(1, 129) ** -(0.5 + 0.2 * g.random())
        r = (s.reshape(8, 16).sum(1) / s.sum()).tolist()
        q = (0.1 + 0.8 / (1 + np.exp(np.arange(8) - 2 - talent[model]))).tolist()
        scores[model] = {
            "disco": float(np.dot(r, q)),
            "gbc:covariance=diagonal:pca=64": float(-np.exp(4 - talent[model] + g.normal())),
            "knn": float(0.8 + 0.05 * talent[model] + 0.03 * g.normal()),
        }
        terms[model] = {"disco": {"proportions": r, "transferability": q, "components": 128}}
    specs = list(scores[names[0]])
    columns = {spec: {m: row[spec] for m, row in scores.items()} for spec in specs}
    intervals = {}
    for spec, column in columns.items():
        values = np.array(list(column.values()))
        noise = g.normal(size=(models, 50)) * 0.05 * max(values.std(), 1e-3)
        sure = certainty(column, values[:, None] + noise)
        intervals[spec] = {
            "level": 0.95,
            "resamples": 50,
            "models": {m: list(ends) for m, ends in sure.intervals.items()},
            "first_ahead": sure.first_ahead,
            "stays_first": sure.stays_first,
            "ties": sure.ties,
        }
    truth = {m: 90 + 3 * talent[m] + float(g.normal()) for m in names}
    y = list(truth.values())
    return {
        "version": "0.1.0",
        "task": "classification",
        "metrics": specs,
        "scores": scores,
        "ranking": {spec: best_first(column) for spec, column in columns.items()},
        "terms": terms,
        "intervals": intervals,
        "accuracies": {"pets": truth},
        "agreement": {spec: agreement(list(c.values()), y) for spec, c in columns.items()},
        "controls": {"params": agreement(g.random(models), y)},
        "warnings": ["model_001: a warning"],
        "failures": [{"model": "broken", "error": "broken.npz: no field 'features'"}],
        "models": {
            m: {"samples": 2000, "width": 512, "classes": 37, "provenance": {"weights": "sha:1"}}
            for m in names
        },
        "provenance": {"jax": "0.10.2", "device": "cpu", "created": "2026-11-20T12:00:00Z"},
    }


def renamed(value, names: dict[str, str]):
    """The same with other names, wherever they stand."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


class Page(HTMLParser):
    """A page read strictly: every element closed in order, nothing that loads or runs."""

    def __init__(self, source: str):
        super().__init__()
        self.open, self.ids, self.links, self.shown, self.tags = [], [], [], [], []
        self.feed(source)
        self.close()
        assert self.open == []
        assert len(set(self.ids)) == len(self.ids)
        assert set(self.links) <= {f"#{anchor}" for anchor in self.ids}
        self.text = " ".join("".join(self.shown).split())

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        for name, value in attrs:
            assert not name.startswith("on") and name not in {"src", "srcset", "action", "data"}
            assert name != "style" or re.fullmatch(r"--tint:\d\.\d\d", value)
            assert name not in PLACES or re.fullmatch(r"-?\d+(\.\d+)?%?", value), (name, value)
            self.ids += [value] if name == "id" else []
            self.links += [value] if name in {"href", "xlink:href"} else []
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.shown.append(data)


def pictures(source: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", source)


def test_the_page_is_whole_and_loads_nothing():
    source = render(example())
    page = Page(source)
    assert "http" not in re.sub(r"http-equiv", "", source)
    assert "url(" not in source and "@import" not in source and "<script" not in source
    assert source.startswith("<!doctype html>\n") and page.tags.count("h1") == 1
    assert {"ranking", "why", "truth", "agreement", "metrics", "problems", "provenance"} <= set(
        page.ids
    )


def test_the_answer_comes_first():
    result = example()
    first, second = result["ranking"]["disco"][:2]
    page = Page(render(result))
    score, (low, high) = (
        result["scores"][first]["disco"],
        result["intervals"]["disco"]["models"][first],
    )
    assert f"{first} ranks first of 8 models by disco" in page.text
    assert f"95 % interval of {low:.3f} to {high:.3f} over 50 resamples" in page.text
    assert f"The score is {score:.3f}" in page.text
    ahead = percent(result["intervals"]["disco"]["first_ahead"])
    assert f"ahead of {second} in {ahead} of the resamples" in page.text
    tau = weighted_tau(
        [row["disco"] for row in result["scores"].values()],
        list(result["accuracies"]["pets"].values()),
    )
    assert f"τw = {tau:.2f}" in page.text


def test_ties_are_told():
    result = example()
    order = result["ranking"]["disco"]
    result["intervals"]["disco"]["ties"] = [order[:3], order[5:7]]
    source = render(result)
    told = f"Resampling does not tell it apart from {order[1]} and {order[2]}."
    assert told in Page(source).text
    figure = source[source.index('id="ranking"') : source.index('id="why"')]
    rows = re.findall(r"<tr(?: class=\"([^\"]*)\")?><td class=\"place\"", figure)
    assert rows == [
        "lead tied opens", "lead tied", "lead tied closes", "", "", "tied opens", "tied closes", "",
    ]  # fmt: skip


def test_a_score_outside_its_interval_is_explained():
    result = example()
    assert "off its line" not in render(result)
    model = result["ranking"]["disco"][-1]
    score = result["scores"][model]["disco"]
    result["intervals"]["disco"]["models"][model] = [score + 0.01, score + 0.02]
    assert "off its line" in render(result)


def test_equal_scores_share_a_place():
    scores = {"a": {"m": 1.0}, "b": {"m": 1.0}, "c": {"m": 0.5}, "d": {"m": None}}
    source = render({"scores": scores})
    assert "a and b share the first place of 3 models by m" in Page(source).text
    assert re.findall(r'class="place">(.*?)<', source) == ["1", "1", "3", "–"]


def test_every_ranking_and_every_drawing_is_there():
    result = example()
    source = render(result)
    assert all(
        re.search(r'role="img"><title>.+?</title>', svg) or 'aria-hidden="true"' in svg
        for svg in pictures(source)
    )
    names = re.findall(r'<th scope="row" class="model" title="(.*?)"', source)
    order = [*result["ranking"]["disco"] * 2]
    for spec in result["metrics"][1:]:
        order += result["ranking"][spec]
    assert names == order


def test_the_area_of_a_strip_is_the_score():
    result = example()
    source = render(result)
    for model, row in result["scores"].items():
        strips = [p for p in pictures(source) if f"{model}: score" in p and "track" in p]
        bars = re.findall(r'width="([\d.]+)%" y="([\d.]+)%" height="([\d.]+)%"', strips[-1])
        area = sum(float(width) * float(height) for width, _, height in bars) / 1e4
        top = max(q for r in result["terms"].values() for q in r["disco"]["transferability"])
        assert len(bars) == 8
        np.testing.assert_allclose(area * spanning([top], zero=True).high, row["disco"], rtol=2e-3)


def test_bars_of_regression_hang_from_zero():
    result = example()
    for terms in result["terms"].values():
        q = terms["disco"]["transferability"]
        terms["disco"]["transferability"] = [value - 1 for value in q]
    source = render(result)
    strip = next(p for p in pictures(source) if "track" in p)
    assert set(re.findall(r'y="([\d.]+)%" height', strip)) == {"0"}
    assert "bars below the line are squared error" in source


@pytest.mark.parametrize("q", [0.0, -0.0, 1e-320, -1e300])
def test_strips_of_one_height(q):
    terms = {"a": {"disco": {"proportions": [0.6, 0.4], "transferability": [q, q]}}}
    strip = pictures(render({"scores": {"a": {"disco": q}}, "terms": terms}))[-1]
    Page(strip)
    assert strip.count('class="bar') == 2


@pytest.mark.parametrize("r", [None, [], [0.5], [0.5, None], [0.5, 0.25, 0.25]])
def test_broken_groups_are_not_drawn(r):
    terms = {"a": {"disco": {"proportions": r, "transferability": [0.5, 0.5]}}}
    assert 'class="track"' not in render({"scores": {"a": {"disco": 0.5}}, "terms": terms})


def test_detection_shows_its_two_terms():
    raw = {"a": (0.9, -3.0), "b": (0.5, -1.0), "c": (0.7, -2.0)}
    terms = {m: {"disco": {"classification": c, "regression": r}} for m, (c, r) in raw.items()}
    scores = {"a": {"disco": 1.0}, "b": {"disco": 1.0}, "c": {"disco": 1.0}}
    source = render({"task": "detection", "scores": scores, "terms": terms})
    Page(source)
    assert "c: classification 0.500 and regression 0.500, scaled" in source
    assert "a: classification 1.000 and regression 0.000, scaled" in source
    same = {m: {"disco": {"classification": 0.5, "regression": -1.0}} for m in raw}
    assert "classification 0.000" in render({"scores": scores, "terms": same})


def test_other_terms_are_listed():
    scores = {"a": {"ncti": 1.0}, "b": {"ncti": 2.0}}
    terms = {
        "a": {"ncti": {"ncc": 0.5, "list": [1, None], "long": [0.0] * 50}},
        "b": {"ncti": {"ncc": 0.25, "list": [2.5, 3], "words": "text", "rank": 128}},
    }
    text = Page(render({"scores": scores, "terms": terms})).text
    for shown in ("0.500", "1 –", "2.5 3", "50 numbers", "text", "128"):
        assert shown in text


def without(key: str):
    result = example()
    del result[key]
    return result


@pytest.mark.parametrize("key", sorted(example()))
def test_any_part_may_be_absent(key):
    page = Page(render(without(key)))
    assert page.shown
    null = example() | {key: None}
    assert Page(render(null)).text == page.text


def nothing_scored():
    result = example(3)
    result["scores"] = {model: dict.fromkeys(row) for model, row in result["scores"].items()}
    result["ranking"] = {spec: [] for spec in result["metrics"]}
    return {key: result[key] for key in ("metrics", "scores", "ranking", "failures", "models")}


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({}, "There is no ranking"),
        ({"scores": {}}, "There is no ranking"),
        ({"scores": {"a": {}}}, "There is no ranking"),
        (nothing_scored(), "No model has a score"),
        ({"scores": {"a": {"m": 0.0}}}, "a is the only model scored by m"),
        ({"scores": {"a": {"m": None, "k": 2.0}, "b": {"k": 1}}}, "a ranks first of 2 models by k"),
        ({"scores": {"a": {"m": 1e308}, "b": {"m": -1e308}}}, "a ranks first"),
        ({"scores": {"a": {"m": 5e-324}, "b": {"m": 0}}}, "a ranks first"),
        ({"scores": {"a": {"m": 1.0}, "b": {"m": 1.0 - 2**-53}}}, "a ranks first"),
        ({"scores": {"a": {"m": 0.0}, "b": {"m": 0.0}}, "accuracies": {"x": {"a": 1}}}, "share"),
        (example(1), "is the only model scored by disco"),
        (example(200), "The scores disagree on the first model: disco puts model_062 first"),
    ],
    ids=[
        "nothing", "no models", "no metrics", "nulls", "one zero", "first metric null", "huge",
        "tiny", "nearly equal", "equal", "one model", "200 models",
    ],
)  # fmt: skip
def test_odd_results(result, says):
    source = render(result)
    assert says in Page(source).text
    assert len(source) < 12_000 * max(10, len(result.get("scores") or {}))


def test_one_score_missing():
    result = example()
    first = result["ranking"]["disco"].pop(0)
    result["scores"][first]["disco"] = None
    del result["intervals"]["disco"]["models"][first]
    page = Page(render(result))
    now = result["ranking"]["disco"][0]
    told = f"The scores disagree on the first model: disco puts {now} first"
    assert f"{told}; gbc:covariance=diagonal:pca=64 and knn put {first} first" in page.text
    assert f"The score of {now} by disco is" in page.text
    assert "8, 1 without a score" in page.text


def test_names_are_text_wherever_they_stand():
    result = example()
    names = dict(zip(result["scores"], HOSTILE, strict=True))
    names |= {"disco": "<b>d</b>&", "pets": "<i>'\"", "broken": "</li>", "params": "<u>"}
    names |= {"model_001: a warning": "<a href='http://x'>w</a>", "cpu": "<script>"}
    page = Page(render(renamed(result, names)))
    for name in names.values():
        assert " ".join(name.split()) in page.text


def test_what_cannot_be_written_is_replaced():
    source = render({"scores": {"a\ud800\x00\x1b\x85\uffff": {"m": 1.0}}})
    assert "a\ufffd\ufffd\ufffd\ufffd\ufffd is the only" in Page(source).text
    source.encode("utf-8")


def test_the_same_result_gives_the_same_page():
    result = example()
    before = copy.deepcopy(result)
    assert render(result) == render(json.loads(json.dumps(result)))
    assert result == before


def test_loads_no_jax():
    code = "import disco_jax.reporting, sys; print('jax' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def luminance(colour: str) -> float:
    full = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_contrast_in_light_dark_and_print():
    style = render({})
    schemes = [
        dict(re.findall(r"--(\w[\w-]*): (#\w+)", s)) for s in re.findall(r":root \{[^}]*", style)
    ]
    assert len(schemes) == 3

    def contrast(one: str, other: str) -> float:
        dark, light = sorted((luminance(one), luminance(other)))
        return (light + 0.05) / (dark + 0.05)

    for colours in schemes:
        for text in ("ink", "soft", "accent", "against"):
            assert contrast(colours[text], colours["paper"]) >= 4.5
        assert contrast(colours["ink"], colours["accent-pale"]) >= 4.5
        for mark in ("mark", "accent"):  # the dots on paper, the edges of the bars on their track
            assert min(contrast(colours[mark], colours[b]) for b in ("paper", "faint")) >= 3
