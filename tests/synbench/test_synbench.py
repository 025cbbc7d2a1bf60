"""SynBench against an oracle that keeps all features, on networks whose answer is known."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from disco_jax.backbones import of_function
from disco_jax.data import standard
from disco_jax.synbench import EPSILONS, SCALES, area, measure, reference
from disco_jax.synbench.gaussians import batches

from ..oracles import synbench as oracle
from ..refusal import refusal

SIZE, IMAGES, TWO = 4, 200, (0.5, 1.5)
HOW = standard(SIZE, shorter=None, interpolation="bilinear", mean=(0.5,) * 3, deviation=(1.0,) * 3)
MIX = np.random.default_rng(0).normal(size=(3 * SIZE**2, 6))


def mixed(w, x):
    return jnp.tanh(x.reshape(len(x), -1) @ w / 4)


def brightness(w, x):
    return jnp.mean(x, (1, 2, 3))[:, None] * w


def measured(apply, weights, **options):
    network = of_function("net", apply, np.asarray(weights, np.float32), HOW)
    return measure(network, **{"images": IMAGES, "scales": TWO, **options})


def images(*given):
    """All batches together."""
    return [np.concatenate(each) for each in zip(*batches(*given), strict=True)]


def features(scale, split):
    x, y = images(scale, SIZE, IMAGES, 0, split)
    rows = (x.astype(np.float64) / 255 - 0.5).reshape(len(x), -1)
    return np.tanh(rows @ MIX / 4), y


def test_it_is_the_oracle():
    found = measured(mixed, MIX, threshold=0.5)
    for epsilon in EPSILONS:
        curves = [oracle.curve(*features(s, "train"), *features(s, "test"), epsilon) for s in TWO]
        right, far = zip(*curves, strict=True)
        np.testing.assert_allclose(found.accuracies[epsilon], right, rtol=0, atol=1.01 / IMAGES)
        np.testing.assert_allclose(found.distances[epsilon], far, rtol=0.01)
        places = [SCALES.index(s) for s in TWO]
        whole = [[each[place] for place in places] for each in reference()]
        wanted = oracle.score(found.accuracies[epsilon], found.distances[epsilon], whole, 0.5)
        assert found.scores[epsilon] == pytest.approx(wanted, rel=1e-3)


def test_the_best_feature_is_as_good_as_the_images_and_noise_is_worth_nothing():
    best = measured(brightness, 1.0, images=2048)
    assert best.scores[0.0] == pytest.approx(1, abs=0.06)
    for score in best.scores.values():  # of one column every direction is the same
        assert score == pytest.approx(best.scores[0.0])
    nothing = measured(lambda w, x: jnp.mean(x[:, 0] - x[:, 1], (1, 2))[:, None] * w, 1.0)
    assert nothing.scores[0.0] == 0


def test_the_seed_draws_the_images_and_the_scale_of_features_is_free():
    one, same, scaled, other = (
        measured(mixed, MIX),
        measured(mixed, MIX),
        measured(lambda w, x: 100 * mixed(w, x) + 7, MIX),
        measured(mixed, MIX, seed=1),
    )
    assert one == same and one.accuracies != other.accuracies
    for epsilon in EPSILONS:
        assert scaled.scores[epsilon] == pytest.approx(one.scores[epsilon], rel=1e-4)


def test_images_are_what_they_say():
    x, y = images(2.0, 16, 500, 3, "test")
    assert x.shape == (500, 16, 16, 3) and x.dtype == np.float32 and y.sum() == 250
    pixels = x.reshape(500, -1) / 255 - 0.5
    along = pixels.sum(1) / np.sqrt(pixels.shape[1])
    assert along[y == 1].mean() == pytest.approx(2, abs=0.25)
    assert along[y == 0].mean() == pytest.approx(-2, abs=0.25)
    assert pixels.std() == pytest.approx(1, abs=0.01)


def test_the_reference_and_the_area():
    right, far = reference()
    assert len(SCALES) == 49 and (SCALES[0], SCALES[-1]) == (0.1, 4.9)
    for place in (0, 9, 48):
        s = SCALES[place]
        assert right[place] == pytest.approx(norm.cdf(s))
        margin = quad(lambda u, s: u * norm.pdf(u, s, 1), 0, s + 12, args=(s,))[0]
        assert far[place] == pytest.approx(margin / norm.cdf(s) / s)
    assert area([0.9, 0.6], [2.0, 5.0], 0.7) == pytest.approx(0.2)


def test_refusals():
    for option, value in (("images", 3), ("threshold", 1.0), ("threshold", 0.4)):
        refusal(lambda o=option, v=value: measured(mixed, MIX, **{o: v}), option, file="synbench")
