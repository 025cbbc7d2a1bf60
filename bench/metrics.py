"""Every closed-form score: ours on one factorisation, and the sum of separate implementations.

A column of the table is one way to compute, a line one score, in milliseconds:

    ours         a score alone on top of the spectrum (and the moments, where it reads them);
                 `all together` is one planner program from features to scores
    numpy        a score from features, in float64 NumPy and SciPy, factoring by itself; with one
                 BLAS thread or all, see `packages.threads`
    difference   ours against numpy in that very run, relative; the worst of several terms
    others       what packages have; see `packages`

The problem is a model of (2000, 1024) with 50 classes and logits of 100 source classes, a random
map of the features. Ours and numpy take turns. `load` in a row is the machine's at the end.

`--pairwise` measures what reads pairs of samples or iterates instead, see `pairwise`, and `--hub` a
hub with every score, see `hub_metrics`.
"""

import argparse
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk
from disco_jax.metrics.metric import needs
from disco_jax.metrics.specs import Spec
from disco_jax.metrics.table import METRICS
from disco_jax.scoring.plan import Plan, plan_of
from disco_jax.scoring.program import Arrays, on_factors, program

from . import data, hub_metrics, packages, pairwise, timing
from .at_its_best import at_its_best
from .metric_baselines import FROM_FACTORS, Baseline, Problem, Terms
from .probe_baselines import PROBES
from .record import Row

SAMPLES, WIDTH, CLASSES, SOURCES = 2000, 1024, 50, 100
BASELINES: dict[str, Baseline] = {**FROM_FACTORS, **PROBES}
FACTORS = {"spectrum", "moments", "labels"}
SECOND_PASS = {"sfda", "ncti"}  # by their definition; the others are sums over samples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each call")
    parser.add_argument(
        "--transformer-ranker", metavar="PYTHON", help="an interpreter that has it, and torch"
    )
    parser.add_argument("--pymfe", metavar="PYTHON", help="an interpreter that has it")
    several = f"all, or some of {','.join(pairwise.NAMES)}"
    parser.add_argument("--pairwise", nargs="?", const="all", metavar="NAMES", help=several)
    parser.add_argument("--hub", action="store_true", help="all scores of a hub of ten models")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    if arguments.pairwise:
        return pairwise.run(arguments)
    return hub_metrics.run(arguments) if arguments.hub else _closed_forms(arguments)


def _closed_forms(arguments: argparse.Namespace) -> Iterator[Row]:
    problem, arrays = _problem()
    names = [name for name in METRICS if name in BASELINES]
    whole, seconds = timing.compiled(program(_plan(names)), arrays)
    factored = _spectrum(arrays)
    reading = [name for name in names if set(_needs(name)) <= FACTORS]
    parts = {
        "factors_only": reading,
        "one_pass": [name for name in reading if name not in SECOND_PASS],
        **{name: [name] for name in names},
    }
    calls: dict[str, Callable[[], Any]] = {
        "together": lambda: whole(arrays),
        "spectrum": lambda: _spectrum(arrays),
        "moments": lambda: _moments(arrays),
    }
    with_factors = {**arrays, "spectrum": factored}
    for part, chosen in parts.items():
        calls[part] = functools.partial(_on_factors(chosen), with_factors)
    separate: dict[str, Callable[[Problem], Any]] = dict(BASELINES)
    if lda := packages.scikit_learn_lda():
        separate["scikit-learn"] = lda
    for name, baseline in separate.items():
        calls[f"separate {name}"] = at_its_best(baseline, problem)

    taken, results = timing.interleaved(calls, repeats=arguments.repeats)
    theirs = {name: taken[f"separate {name}"] for name in separate}
    total = sum(theirs[name]["median"] for name in names)
    shape = {"n": SAMPLES, "d": WIDTH, "classes": CLASSES, "load": os.getloadavg()[0]}
    ours: Row = {name: taken[name] for name in ("together", "spectrum", "moments", *parts)}
    for part in ("factors_only", "one_pass"):
        ours[f"{part}_share"] = timing.ratio(taken[part], taken["spectrum"])
    left = [name for name in METRICS if name not in BASELINES]
    notes = [f"left out: {', '.join(left)}", f"compiling took {seconds:.3g} s"]
    yield {"shape": "ours", **shape, **ours, "notes": notes}
    summed = {"together": total, "over_ours": total / taken["together"]["median"]}
    yield {"shape": "numpy", **shape, **summed, **{name: theirs[name] for name in names}}
    scores = results["together"].results
    differences = {name: _difference(scores[name], results[f"separate {name}"]) for name in names}
    yield {"shape": "difference", **shape, **differences}
    if lda:
        notes = ["lda_loo: one fit and prediction of LDA, where leave-one-out needs n of them"]
        yield {"shape": "scikit-learn", **shape, "lda_loo": theirs["scikit-learn"], "notes": notes}
    if arguments.transformer_ranker:
        yield from _transformer_ranker(arguments, problem, shape, scores)


def _problem() -> tuple[Problem, Arrays]:
    features, labels = data.make(SAMPLES, WIDTH, CLASSES, seed=0)
    mapping = np.random.default_rng(SOURCES).standard_normal((WIDTH, SOURCES), dtype=np.float32)
    logits = (features - features.mean(axis=0)) @ mapping / np.float32(WIDTH**0.5)
    wide = (features.astype(np.float64), labels, logits.astype(np.float64), CLASSES)
    arrays = {"features": features, "labels": labels, "logits": logits}
    arrays |= {"where": np.ones(SAMPLES, bool), "width": np.int32(WIDTH)}
    return Problem(*wide), jax.tree.map(jnp.asarray, arrays)


def _plan(names: list[str]) -> Plan:
    return plan_of(tuple(Spec(name, name) for name in names), "classification", CLASSES)


def _needs(name: str) -> tuple[str, ...]:
    return needs(METRICS[name].kernels["classification"])


@jax.jit
def _spectrum(arrays: Arrays) -> dk.Spectrum:
    return dk.spectrum(arrays["features"], where=arrays["where"], width=arrays["width"])


@jax.jit
def _moments(arrays: Arrays) -> dk.Moments:
    known = {"num_classes": CLASSES, "where": arrays["where"]}
    return dk.moments(arrays["features"], arrays["labels"], **known)


def _on_factors(names: list[str]) -> Callable[[Arrays], Any]:
    return jax.jit(functools.partial(on_factors, _plan(names)))


def _difference(ours: Terms, theirs: float | Terms) -> float:
    expected = theirs if isinstance(theirs, dict) else {"score": theirs}
    return max(abs(float(ours[key]) - value) / abs(value) for key, value in expected.items())


def _transformer_ranker(
    arguments: argparse.Namespace, problem: Problem, shape: Row, scores: dict[str, Terms]
) -> Iterator[Row]:
    row = {"shape": "transformer-ranker", **shape}
    try:
        found = packages.transformer_ranker(
            arguments.transformer_ranker, problem, arguments.repeats
        )
    except OSError as missing:
        yield {**row, "notes": [f"left out, {missing}"]}
        return
    yield {**row, **{name: each["ms"] for name, each in found.items()}}
    differences = {name: _difference(scores[name], each["score"]) for name, each in found.items()}
    notes = ["LogME starts each class where the last one ended: equal where the rounds converge"]
    yield {**row, "shape": "its difference", **differences, "notes": notes}


def _cell(value: float | dict[str, float]) -> str:
    number = value["median"] if isinstance(value, dict) else value
    return f"{number:.0f}" if number >= 100 else f"{number:.2g}"


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "**all together**": ("together", _cell),
    "numpy / ours": ("over_ours", _cell),
    "spectrum": ("spectrum", _cell),
    "moments": ("moments", _cell),
    "from spectrum and moments alone": ("factors_only", _cell),
    "over the spectrum": ("factors_only_share", _cell),
    "without sfda, ncti": ("one_pass", _cell),
    "those over the spectrum": ("one_pass_share", _cell),
    **{name: (name, _cell) for name in METRICS if name in BASELINES},
    **pairwise.LINES,
    **hub_metrics.LINES,
}
