"""A coefficient chosen by a score, where some of the merges are worth nothing."""

import numpy as np

from disco_jax.data import open_images
from disco_jax.demo import TARGET
from disco_jax.demo.branches import START
from disco_jax.hubs import HubModel
from disco_jax.merging import Choice
from disco_jax.merging.checkpoint import read
from disco_jax.merging.choosing import choose

from ..refusal import refusal


def merged(value):
    """The network itself at 0 and 0.1, beyond float16 at 0.2, beyond float32 in its maps at 0.3."""
    tensors = dict(like.tensors)
    tensors["w00"] = tensors["w00"] * (1e6 if value == 0.2 else 1)
    if value == 0.3:
        tensors = {key: np.full_like(x, 6e4) for key, x in tensors.items()}
    return tensors


like = read(START)
IMAGES = open_images(str(TARGET), "train")


def test_what_cannot_be_scored_is_not_chosen():
    model = HubModel("start", str(START))
    found = choose(Choice("knn", IMAGES), [model], like, merged, [0.1, 0.0, 0.2, 0.3])
    assert found.coefficient == 0.0  # of equals the smaller one
    assert found.scores[0.0] == found.scores[0.1] == found.given["start"] > 0.5
    assert found.scores[0.2] is None and found.scores[0.3] is None
    alone = [model], like, merged, [0.2]
    refusal(lambda: choose(Choice("knn", IMAGES), *alone), "choose", "nothing", file="merge")
