"""Resamples: drawn within classes, by a seed, and the same for every model."""

import numpy as np

from disco_jax import FeatureSet
from disco_jax.metrics import parse
from disco_jax.scoring.bootstrap import MOST, affordable, resamples
from disco_jax.scoring.plan import plan_of

LABELS = np.repeat([0, 1, 2], [5, 20, 1])
X = np.ones((26, 2))


def test_every_class_keeps_its_size():
    (weights,) = resamples({"a": FeatureSet(X, labels=LABELS)}, 50, 0).values()
    assert weights.shape == (50, 26)
    for one, size in ((0, 5), (1, 20), (2, 1)):
        assert (weights[:, one == LABELS].sum(1) == size).all()
    assert len(np.unique(weights, axis=0)) > 40  # they differ
    share = weights[:, LABELS == 1].mean(0)
    assert abs(share - 1).max() < 0.6  # of 50 draws: four times its deviation of 1 / sqrt(50)


def test_a_seed_draws_the_same():
    hub = {"a": FeatureSet(X, labels=LABELS)}
    first, again, other = (resamples(hub, 3, seed)["a"] for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


def test_models_share_the_weights_of_their_common_samples():
    ids = np.array([f"p{i}" for i in range(26)])
    turned = np.random.default_rng(0).permutation(26)[:20]
    hub = {
        "all": FeatureSet(X, labels=LABELS, ids=ids),
        "some": FeatureSet(X[turned], labels=LABELS[turned], ids=ids[turned]),
    }
    weights = resamples(hub, 4, 0)
    assert (weights["some"] == weights["all"][:, turned]).all()


def test_targets_and_several_labels_are_one_class():
    several = FeatureSet(X, labels=np.stack([LABELS > 0, LABELS > 1], 1).astype(int))
    for features in (FeatureSet(X, targets=np.arange(26.0)), several):
        weights = resamples({"a": features}, 20, 0)["a"]
        assert (weights.sum(1) == 26).all()
        assert len(set(weights[:, :5].sum(1))) > 1


def test_resamples_where_they_take_seconds():
    def count(metrics, models, n, d):
        hub = {f"{i}": FeatureSet(np.zeros((n, d), np.float32)) for i in range(models)}
        return affordable(plan_of(parse(metrics, "classification"), "classification", 5), hub)

    four = "disco,logme,h_score_shrunk,knn"
    assert count(four, 5, 100, 32) == 100
    assert count(four, 5, 1000, 512) == count(four, 100, 100, 32) == 0
    assert count("knn,nleep", 5, 100, 32) == 0
    each = 2**20 + 100 * 32 * 132
    most = MOST // (100 * each)
    assert (count("knn", most, 100, 32), count("knn", most + 1, 100, 32)) == (100, 0)
