"""The race on the page: a bar for every model, as long as it ran."""

import re

from disco_jax.reporting import render

SCORES = {m: {"knn": v} for m, v in {"a": 0.9, "b": 0.8}.items()}
ROUNDS = [
    {"samples": 50, "models": ["c", "b", "a"], "leader": "b", "dropped": ["c"]},
    {"samples": 1100, "models": ["b", "a"], "leader": "a", "dropped": ["b"]},
]
RACE = {"rounds": ROUNDS, "passes": 2250, "all_passes": 9000, "ended": "one model was left"}


def test_bars_are_as_long_as_models_ran():
    page = render({"metrics": ["knn"], "scores": SCORES, "race": RACE})
    section = page[page.index('id="race"') :]
    section = section[: section.index("</section>")]
    assert re.findall(r"<title>(.*?)</title>", section) == [
        "a: 1,100 samples",
        "b: 1,100 samples",
        "c: 50 samples",
    ]
    widths = re.findall(r'width="([\d.]+%)" height="12" class="bar"', section)
    assert widths == ["100%", "100%", "50%"]
    assert "2,250 of 9,000 forward passes, 25 %" in section
    assert "ended when one model was left" in section


def test_no_race_no_section():
    for race in ({}, {"rounds": []}):
        assert 'id="race"' not in render({"scores": SCORES, "race": race})
