"""What holds for every row of the table of metrics, through the planner's own program.

All metrics of a task run in one program, those that iterate in a second one; a property is one more
run of it on other numbers. Each metric says below what it does not care about, and a test sees that
all of them do.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from disco_jax.metrics.specs import Spec, parse
from disco_jax.metrics.table import METRICS
from disco_jax.scoring.plan import plan_of
from disco_jax.scoring.program import program
from disco_jax.testing.given import apart, cut, padded, permuted, renamed, repeated
from disco_jax.testing.given import given as arrays

from ..problems import PROBLEMS, problem

# Which changes of the features leave a score alone: a rotation, a factor, another origin.
UNMOVED = {
    "disco": "rotation origin",
    "spectral_share": "rotation factor origin",
    "logme": "rotation factor",  # up to its stopping rule
    "h_score": "rotation factor origin",
    "h_score_shrunk": "rotation factor origin",
    "transrate": "rotation origin",
    "lfc": "rotation factor",
    "cka": "rotation factor origin",
    "gbc": "rotation factor origin",  # above its floor
    "rankme": "rotation factor",
    "stable_rank": "rotation factor origin",
    "energy": "rotation factor origin",  # of the features: it reads the logits
    "ped": "factor",  # as its base, logme; the remap turns with nothing but its columns
    "nleep": "rotation factor origin",
    "leep": "rotation factor origin",
    "nce": "rotation factor origin",
    "ridge_loo": "rotation factor origin",
    "lda_loo": "rotation factor origin",
    "sfda": "origin",
    "ncti": "rotation origin",
    "etran": "rotation origin",
    "pactran_gauss": "rotation origin",
    "pactran_dirichlet": "rotation factor origin",
    "pactran_gamma": "rotation factor origin",
    "otce": "",  # the score is free of the origin, W is not; both turn and grow with the source
    "tmi": "origin",
    "tmi_variance": "rotation origin",
    "knn": "rotation factor origin",
    "parc": "factor origin",
    "interclass_distance": "rotation origin",
    "concept_variance": "factor origin",
}
IN_REGRESSION = {"disco": "rotation factor origin", "etran": "rotation factor"}
# They compile for long, so in a program of their own, for what needs one shape. Other shapes,
# padding and batches of them are in tests/kernels and, of OTCE, in test_transport.
ITERATIVE = {"nleep", "pactran_gauss", "pactran_dirichlet", "pactran_gamma", "otce"}
# Where an iteration ended, not what it found.
ENDS = {"rounds", "change", "gradient", "error"}
# Rounding decides in which round a mixture, or a transport, is near enough to its end.
BOUNDS = {"nleep": 1e-2, "otce": 1e-3}
# In scores of whole samples, rounding may turn one of them around.
COUNTS = {"ridge_loo", "lda_loo", "knn"}
# Copies of a sample are no neighbours of one another.
NOT_REPEATABLE = {"knn"}
CLASSES = 5


def test_every_metric_is_classified():
    assert set(UNMOVED) == set(METRICS)


def unmoved_by(name, task):
    """What a metric does not care about in a task."""
    return IN_REGRESSION.get(name, UNMOVED[name]) if task == "regression" else UNMOVED[name]


def plan(program_of):
    task = "classification" if program_of == "iterative" else program_of
    chosen = ITERATIVE if program_of == "iterative" else METRICS.keys() - ITERATIVE
    return plan_of([s for s in parse("all", task) if s.text in chosen], task, CLASSES)


def run(task, given):
    with jax.enable_x64(False):
        return jax.device_get(program(plan(task))(given)).results


@cache
def plain(task, name):
    return run(task, arrays(problem(name), task))


def alike(found, expected, *, but=(), rtol=2e-4):
    """Every field of every metric, relative to its size or, below 1, to 1.

    The bound is twice what a float32 score may miss: both sides may.
    """
    samples = 300
    for name in found:
        if name in but:
            continue
        atol = 2 / samples if name in COUNTS else BOUNDS.get(name, rtol)
        for field, value in found[name].items():
            if field in ENDS:
                continue
            off = apart(value, expected[name][field])
            assert off <= atol, f"{name}.{field}: {value}, not {expected[name][field]}"


both = pytest.mark.parametrize("task", ["classification", "regression"])
every = pytest.mark.parametrize("task", ["classification", "regression", "iterative"])


@every
def test_order_of_rows(task):
    given = arrays(problem("tall-gapped-1"), task)
    order = np.random.default_rng(0).permutation(300)
    alike(run(task, permuted(given, order)), plain(task, "tall-gapped-1"))


@pytest.mark.parametrize("task", ["classification", "iterative"])
def test_names_of_classes(task):
    given = arrays(problem("tall-gapped-1"), task)
    alike(run(task, renamed(given)), plain(task, "tall-gapped-1"))


def changed(kind, x):
    if kind == "rotation":
        turn = np.linalg.qr(np.random.default_rng(2).normal(size=(x.shape[1],) * 2))[0]
        return x @ turn
    return x * 8 if kind == "factor" else x + np.linspace(-3, 5, x.shape[1])


@pytest.mark.parametrize("kind", ["rotation", "factor", "origin"])
@every
def test_what_a_metric_does_not_care_about(kind, task):
    row = problem("tall-gapped-1")
    moved = set()
    for x in (row.features, row.features / 10):  # SFDA's shrinkage vanishes for the former
        expected = run(task, arrays(row, task, x))
        found = run(task, arrays(row, task, changed(kind, x)))
        cares = {name for name in found if kind not in unmoved_by(name, task)}
        alike(found, expected, but=cares)
        moved |= {
            name
            for name in cares
            for field, value in found[name].items()
            if np.any(np.abs(value - expected[name][field]) > 1e-6)
        }
    assert cares <= moved, "list in UNMOVED what does not change a metric"


@every
@pytest.mark.parametrize(
    "name", [row.name for row in PROBLEMS if row.name.startswith("tall") and row.num_classes == 5]
)
def test_finite_on_what_is_degenerate(name, task):
    for spec, fields in plain(task, name).items():
        for field, value in fields.items():
            assert np.all(np.isfinite(value)), (spec, field)


@both
@pytest.mark.parametrize("name", ["wide-flat", "wide-lone-samples", "column-normal"])
def test_finite_where_samples_are_few(name, task):
    test_finite_on_what_is_degenerate(name, task)


@both
def test_padding_and_masks_are_slices(task):
    """Twenty rows of anything, masked, and four columns of zeros, in the same program."""
    whole = arrays(problem("tall-gapped-1"), task)
    alike(run(task, padded(whole)), run(task, cut(whole)))


@every
def test_a_weight_is_a_repeated_sample(task):
    """Half of the samples twice."""
    rows, weights = repeated(arrays(problem("tall-gapped-1"), task))
    alike(run(task, weights), run(task, rows), but=NOT_REPEATABLE)


@both
def test_a_batch_is_its_models(task):
    rows = [problem(name) for name in ("tall-gapped-1", "tall-flat", "tall-offset")]
    given = [arrays(row, task) for row in rows]
    stacked = {k: jnp.stack([each[k] for each in given]) for k in given[0]}
    with jax.enable_x64(False):
        found = jax.device_get(jax.jit(jax.vmap(program(plan(task))))(stacked)).results
    for i, row in enumerate(rows):
        each = jax.tree.map(lambda leaf, i=i: leaf[i], found)
        alike(each, plain(task, row.name), but={"ncti"} if "offset" in row.name else ())


def test_a_score_does_not_depend_on_its_company():
    given = arrays(problem("big-gapped-1"), "classification")
    given["labels"] = given["labels"] % CLASSES
    whole = run("classification", given)
    for name in ("disco", "spectral_share", "ncti"):  # from a truncated spectrum, alone
        alone = plan_of([Spec(name, name)], "classification", CLASSES)
        with jax.enable_x64(False):
            found = jax.device_get(program(alone)(given)).results
        alike({name: found[name]}, {name: whole[name]})
