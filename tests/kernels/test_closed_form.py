"""Scores that follow from the spectrum, the moments or the logits, against their oracles.

Every row of the table is filled up to one shape, with samples of weight zero (NaN, labels out of
range), zero columns and classes that nobody is in: all rows share one compiled program, and what is
absent must change nothing. One test runs rows as they are.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import cka as cka_oracle
from ..oracles import energy as energy_oracle
from ..oracles import h_score as h_score_oracle
from ..oracles import leep as leep_oracle
from ..oracles import lfc as lfc_oracle
from ..oracles import rankme as rankme_oracle
from ..oracles import ridge_loo as ridge_oracle
from ..oracles import transrate as transrate_oracle
from ..problems import problem
from .table import SMALL, named, over

ROWS, COLUMNS, CLASSES, SOURCES = 300, 160, 60, 7
WEIGHTS = {
    "ones": lambda rng, n: np.ones(n),
    "repeats": lambda rng, n: rng.integers(0, 4, n).astype(np.float64),
    "fractions": lambda rng, n: rng.uniform(0.2, 1.5, n),
}
REFITTED = (
    "tall-constant",
    "square-flat",
    "wide-exponential",
    "wide-offset",
    "wide-lone-samples",
    "wide-all-alone",
    "column-normal",
)
REFITS = ("ridge_loo", "ridge_loo_regression")


def everything(features, labels, targets, logits, num_classes, where=None, width=None):
    """Every score that this file has an oracle for."""
    classes = {"num_classes": num_classes, "where": where}
    spectrum = dk.spectrum(features, where=where, width=width)
    moments = dk.moments(features, labels, **classes)
    return {
        "h_score": dk.h_score(spectrum, labels, **classes),
        "h_score_shrunk": dk.h_score_shrunk(spectrum, labels, width=width, **classes),
        "lfc": dk.lfc(moments),
        "cka": dk.cka(moments),
        "transrate": dk.transrate(spectrum, labels, **classes),
        "rankme": dk.rankme(spectrum, where=where),
        "stable_rank": dk.stable_rank(spectrum),
        "ridge_loo": dk.ridge_loo(spectrum, labels, **classes),
        "ridge_loo_regression": dk.ridge_loo_regression(spectrum, targets, where=where),
        "energy": dk.energy(logits, where=where),
        "leep": dk.leep(logits, labels, **classes),
        "nce": dk.nce(logits, labels, **classes),
    }


compiled = jax.jit(everything, static_argnames="num_classes")


def oracles(row, weights, epsilon):
    features, labels, _ = row.arrays
    logits = source_logits(row)
    options = {"num_classes": row.num_classes, "weights": weights}
    return {
        "h_score": h_score_oracle.h_score(features, labels, epsilon=epsilon, **options),
        "h_score_shrunk": h_score_oracle.h_score_shrunk(features, labels, **options),
        "lfc": lfc_oracle.lfc(features, labels, **options),
        "cka": cka_oracle.cka(features, labels, **options),
        "transrate": transrate_oracle.transrate(features, labels, **options),
        "rankme": rankme_oracle.rankme(features, weights=weights),
        "stable_rank": rankme_oracle.stable_rank(features, weights=weights),
        "energy": energy_oracle.energy(logits, weights=weights),
        "leep": leep_oracle.leep(logits, labels, **options),
        "nce": leep_oracle.nce(logits, labels, **options),
    }


def refits(row, weights):
    features, labels, targets = row.arrays
    found = (
        ridge_oracle.ridge_loo(features, labels, num_classes=row.num_classes, weights=weights),
        ridge_oracle.ridge_loo_regression(features, targets, weights=weights),
    )
    return dict(zip(REFITS, found, strict=True))


def source_logits(row):
    """Logits that know something of the labels; the last source class has no mass."""
    rng = np.random.default_rng(3)
    logits = 2 * rng.normal(size=(row.num_classes, SOURCES))[row.labels]
    logits += 2 * rng.normal(size=logits.shape)
    logits[:, -1] = -1e9
    return logits.astype(np.float32)


@cache
def drawn(row, kind):
    return WEIGHTS[kind](np.random.default_rng(7), row.shape[0])


@cache
def scores(row, kind, dtype):
    """By the one compiled program, as floats."""
    n, d = row.shape
    features, labels, targets = row.arrays
    absent = ((0, ROWS - n), (0, 0))
    features = np.pad(features, absent, constant_values=np.nan)
    arrays = (
        np.pad(features, ((0, 0), (0, COLUMNS - d))).astype(dtype),
        np.pad(labels, absent[0], constant_values=99),
        np.pad(targets, absent, constant_values=np.nan).astype(dtype),
        np.pad(source_logits(row), absent, constant_values=np.nan).astype(dtype),
    )
    where = np.pad(drawn(row, kind), absent[0]).astype(dtype)
    found = compiled(*arrays, CLASSES, where, np.int32(d))
    assert {value.dtype for value in found.values()} == {np.dtype(dtype)}
    return {name: float(value) for name, value in found.items()}


def agree(actual, expected, rtol, atol):
    for name, value in expected.items():
        np.testing.assert_allclose(actual[name], value, rtol=rtol, atol=atol, err_msg=name)


# The oracles' cut is not the machine's: centring rows of mean 1000 leaves them one value more.
@over(SMALL)
@pytest.mark.parametrize("kind", ["ones", "repeats"])
def test_oracles(row, kind):
    agree(scores(row, kind, "float64"), oracles(row, drawn(row, kind), 1e-14), 1e-8, 1e-10)


@over(SMALL)
@pytest.mark.parametrize("kind", ["ones", "repeats"])
def test_oracles_in_float32(row, kind):
    agree(scores(row, kind, "float32"), oracles(row, drawn(row, kind), 2.0**-23), 1e-4, 1e-5)


FOREIGN = ("tall-flat", "tall-lone-samples", "tall-constant", "tall-low-rank", "tall-one-class")


@named(*FOREIGN, "wide-gapped-1")
@pytest.mark.parametrize("options", [{"weights": "uniform"}, {"compat": "authors"}], ids=str)
def test_transrate_as_others_have_it(row, options):
    features, labels, _ = row.arrays
    spectrum = dk.spectrum(features.astype(np.float64))
    actual = dk.transrate(spectrum, labels, num_classes=5, **options)
    options = {"class_weights": options.get("weights", "paper"), "compat": options.get("compat")}
    expected = transrate_oracle.transrate(features, labels, num_classes=5, **options)
    np.testing.assert_allclose(actual, expected, rtol=1e-8, atol=1e-10)


@named("wide-gapped-1")
def test_fractional_weights(row):
    expected = oracles(row, drawn(row, "fractions"), 1e-14) | refits(row, drawn(row, "fractions"))
    agree(scores(row, "fractions", "float64"), expected, 1e-8, 1e-10)


@named(*REFITTED)
def test_ridge_without_refitting(row):
    expected = refits(row, drawn(row, "ones"))
    agree(scores(row, "ones", "float64"), expected, 1e-8, 1e-10)
    # an accuracy moves by one sample where two classes tie to rounding
    slack = np.array([1.5 / row.shape[0], 1e-4])
    single = scores(row, "ones", "float32")
    assert np.all(np.abs([single[name] - expected[name] for name in REFITS]) <= slack)


def test_ridge_weights_are_repeats():
    row = problem("wide-power-1")
    weights = drawn(row, "repeats")
    agree(scores(row, "repeats", "float64"), refits(row, weights), 1e-8, 1e-10)


def test_transrate_is_finite_at_any_scale():
    """Beyond 1e16 eps the unit matrix is lost in the rounding of its Gram matrix."""
    row = problem("tall-dominant")
    spectrum = dk.spectrum(row.features.astype(np.float64))
    for scale in (1e8, 1e15):
        large = spectrum._replace(
            singular_values=scale * spectrum.singular_values,
            coordinates=scale * spectrum.coordinates,
        )
        assert np.isfinite(dk.transrate(large, row.labels, num_classes=5, weights="uniform"))


def test_models_at_once_and_unpadded():
    rows = [problem("wide-power-1"), problem("wide-offset")]
    first = rows[0]
    stacked = jnp.stack([row.features for row in rows])
    rest = first.labels, first.targets, source_logits(first), first.num_classes
    batch = jax.jit(jax.vmap(lambda features: everything(features, *rest)))(stacked)
    expected = scores(first, "ones", "float32")
    agree({name: float(value[0]) for name, value in batch.items()}, expected, 1e-5, 1e-6)
    assert all(np.isfinite(value).all() for value in batch.values())


def test_h_score_counts_classes_where_rows_are_few():
    found = scores(problem("wide-flat"), "ones", "float64")
    assert found["h_score"] == pytest.approx(4)
    assert found["h_score_shrunk"] < 3.9


def test_nobody_else_to_learn_from():
    lone = dk.spectrum(jnp.ones((1, 3)))
    assert dk.ridge_loo(lone, np.zeros(1, np.int32), num_classes=2) == 0


def test_refusals():
    labels = np.array([0, 0, 1, 1])
    bare = jax.eval_shape(dk.moments, jnp.ones((4, 2)))
    for kernel in (dk.cka, dk.lfc):
        with pytest.raises(ValueError, match="must have classes"):
            jax.eval_shape(kernel, bare)
    spectrum = jax.eval_shape(dk.spectrum, jnp.ones((4, 2)))
    for option in ({"weights": "equal"}, {"compat": "published"}):
        with pytest.raises(ValueError, match="must be one of"):
            jax.eval_shape(partial(dk.transrate, num_classes=2, **option), spectrum, labels)
