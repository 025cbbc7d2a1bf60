"""`complement` and `teachers` by their definitions."""

import numpy as np
import pytest

import disco_jax
from disco_jax import FeatureSet, InputError

from ..oracles import left_out_samples as left_out_oracle
from ..oracles import parc as parc_oracle
from ..small_hubs import hub, samples

LABELS, TARGETS, _ = samples(n=60, classes=3)
HUB = hub(LABELS, {"a": 20, "b": 24, "c": 30})


@pytest.mark.parametrize(("posterior", "metric"), [("ridge", "ridge_loo"), ("knn", "knn")])
def test_who_corrects_whom(posterior, metric):
    found = disco_jax.complement(HUB, labels=LABELS, posterior=posterior)
    oracle = getattr(left_out_oracle, posterior)
    right = {m: oracle(x.astype(np.float64), LABELS, num_classes=3)[0] for m, x in HUB.items()}
    for t in HUB:
        assert found.accuracy[t] == pytest.approx(right[t].mean())
        for s in HUB.keys() - {t}:
            assert found.flips[t][s] == pytest.approx(np.mean(right[t] & ~right[s]))
            assert found.either(t, s) == pytest.approx(np.mean(right[t] | right[s]))
    scores = disco_jax.score(HUB, labels=LABELS, metrics=metric).scores
    for model, accuracy in found.accuracy.items():
        assert accuracy == pytest.approx(scores[model][metric], abs=1e-6)
        others = found.flips.keys() - {model}
        most = max(found.flips[t][model] for t in others)
        assert found.flips[found.partner(model)][model] == most


def test_complement_pairs_by_ids():
    ids, order = np.arange(60), np.random.default_rng(0).permutation(60)
    plain = {m: FeatureSet(x, labels=LABELS, ids=ids) for m, x in HUB.items()}
    mixed = plain | {"b": FeatureSet(HUB["b"][order], labels=LABELS[order], ids=ids[order])}
    assert disco_jax.complement(mixed) == disco_jax.complement(plain)


@pytest.mark.parametrize("sharpness", [0.0, 1.0, 3.0, 500.0])
def test_weights_of_teachers(sharpness):
    found = disco_jax.teachers(HUB, labels=LABELS, sharpness=sharpness)
    likeness = {
        m: max(parc_oracle.parc(x.astype(np.float64), LABELS, num_classes=3), 0)
        for m, x in HUB.items()
    }
    most = max(likeness.values())
    total = sum((e / most) ** sharpness for e in likeness.values())
    for model, e in likeness.items():
        assert found.likeness[model] == pytest.approx(e, abs=2e-3)
        assert found.weights[model] == pytest.approx((e / most) ** sharpness / total, abs=0.01)
    assert list(found.weights) == sorted(likeness, key=lambda m: -likeness[m])
    assert sum(found.weights.values()) == pytest.approx(1)


def test_nobody_is_like_the_task():
    noise, labels = np.random.default_rng(1), np.arange(12) % 2
    rows = {m: noise.normal(size=(12, 3)).astype(np.float32) for m in "abcdef"}
    rows["like"] = rows["a"] + 9 * labels[:, None].astype(np.float32) * np.float32([1, 0, -1])
    found = disco_jax.teachers(rows, labels=labels, sharpness=2)
    negative = {m for m, e in found.likeness.items() if e <= 0}
    assert negative and all(found.weights[m] == 0 for m in negative)
    lost = {m: rows[m] for m in negative}
    assert len(lost) > 1
    alike = disco_jax.teachers(lost, labels=labels)
    assert set(alike.weights.values()) == {1 / len(lost)}
    assert "hub: parc: no model is like the task, so all weigh alike" in alike.warnings


def test_bad_input_in_one_line():
    one = {"a": HUB["a"]}
    regression = {m: FeatureSet(x, targets=TARGETS) for m, x in HUB.items()}
    for call, says in (
        (lambda: disco_jax.complement(one, labels=LABELS), "one is left to choose from, a"),
        (lambda: disco_jax.complement(regression), "targets: complement needs classes"),
        (
            lambda: disco_jax.complement(HUB, labels=LABELS, posterior="lda"),
            "complement: posterior",
        ),
        (lambda: disco_jax.teachers(one, labels=LABELS), "one is left to choose from, a"),
        (lambda: disco_jax.teachers(HUB, labels=LABELS, sharpness=-1), "sharpness: -1; give"),
        (lambda: disco_jax.teachers(HUB, labels=LABELS, likeness="parc,knn"), "choose one metric"),
    ):
        with pytest.raises(InputError) as why:
            call()
        assert says in str(why.value) and "\n" not in str(why.value)
