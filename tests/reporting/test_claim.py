"""The answer in one sentence: who is first, how sure that is, and where the scores disagree."""

import pytest

from disco_jax.reporting import verdict

MODELS = "abcdef"


def result(**columns):
    """Scores of models a, b, c, ... by metric."""
    scores = {m: {s: column[i] for s, column in columns.items()} for i, m in enumerate(MODELS[:3])}
    return {"metrics": list(columns), "scores": scores}


def sampled(share, ties=()):
    return {"first_ahead": 1.0, "stays_first": share, "ties": list(ties), "models": {}}


FIRST, SECOND, BOTH = (3, 2, 1), (2, 3, 1), (3, 3, 1)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({}, "There is no ranking"),
        (result(disco=FIRST), "a ranks first of 3 models by disco"),
        (result(disco=FIRST, knn=FIRST), "a ranks first of 3 models by disco"),
        (result(disco=BOTH, knn=FIRST), "a and b share the first place of 3 models by disco"),
        (
            result(disco=FIRST) | {"intervals": {"disco": sampled(0.93)}},
            "a ranks first of 3 models by disco, in 93 % of the resamples",
        ),
        (
            result(disco=FIRST) | {"intervals": {"disco": sampled(0.93, [["a", "b", "c"]])}},
            "a ranks first of 3 models by disco, but cannot be told apart from b and c",
        ),
        (
            result(disco=FIRST) | {"intervals": {"disco": sampled(0.93, [["b", "c"]])}},
            "a ranks first of 3 models by disco, in 93 % of the resamples",
        ),
        (
            result(disco=FIRST, logme=SECOND, knn=FIRST),
            "The scores disagree on the first model: disco and knn put a first; logme puts b first",
        ),
        (
            result(disco=FIRST, logme=SECOND) | {"intervals": {"disco": sampled(1.0)}},
            "The scores disagree on the first model: disco puts a first; logme puts b first",
        ),
        (
            result(s1=FIRST, s2=FIRST, s3=FIRST, s4=FIRST, s5=SECOND),
            "a ranks first of 3 models by s1",
        ),
    ],
)
def test_the_sentence(found, told):
    assert verdict(found) == f"{told}."
