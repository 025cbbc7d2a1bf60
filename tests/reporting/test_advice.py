"""The line about the paper's DISCO on hubs of mixed widths."""

import pytest

from disco_jax.reporting import advice, render
from disco_jax.reporting.advice import TUNED


def result(widths, specs):
    models = {f"m{i}": {"width": width} for i, width in enumerate(widths)}
    scores = {model: dict.fromkeys(specs, 1.0) for model in models}
    return {"models": models, "scores": scores, "metrics": list(specs)}


@pytest.mark.parametrize(
    ("widths", "specs", "said"),
    [
        ((512, 2048), ("disco", "knn"), True),
        ((512, 2048), ("disco:mode=tuned", "knn"), False),
        ((512, 512), ("disco",), False),
        ((), ("disco",), False),
    ],
)
def test_advice(widths, specs, said):
    line = advice(result(widths, specs))
    assert bool(line) == said
    if said:
        assert line.endswith("512 to 2,048 columns: follow disco:mode=tuned")
        assert f"follow {TUNED}." in render(result(widths, specs))


def test_without_widths():
    assert advice({"scores": {"a": {"disco": 1.0}}, "models": {"a": {}}}) == ""
