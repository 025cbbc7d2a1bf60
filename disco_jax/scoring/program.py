"""One jitted function of a model's arrays, which computes all metrics of a plan.

Each factor is computed once per view, a *view* being a transform of the features before anything is
factored: the features themselves, the features with their classes pushed apart (PED), or the m
leading principal coordinates of either. The spectrum has as many components as the most demanding
metric asks for; the others read its leading ones, and a view of principal coordinates has them as
its spectrum.

Labels (n, L) are L labels at once: what reads labels is computed for each of them as two classes
and averaged over those that some samples have and others have not.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

import disco_kernels as dk
from disco_jax.errors import one_line
from disco_jax.metrics import Spec, SpecError, called, metric_of

from .plan import ALL, Plan

Arrays = dict[str, Any]
Results = dict[str, dict[str, jax.Array]]  # spec -> field -> value


class Computed(NamedTuple):
    """All results of one model, and the largest residual of its factorisations."""

    results: Results
    residual: jax.Array


@lru_cache
def program(plan: Plan) -> Callable[[Arrays], Computed]:
    """The jitted function of one model's arrays: those of `plan.inputs`, `where` and `width`."""
    return jax.jit(partial(compute, plan))


@lru_cache
def factored_program(plan: Plan) -> Callable[[Arrays], Computed]:
    """The jitted function of a model whose moments and spectrum are known."""
    return jax.jit(partial(on_factors, plan))


def compute(plan: Plan, arrays: Arrays) -> Computed:
    """All results of one model, from its features."""
    results: Results = {}
    residual = jnp.zeros((), jnp.float32)
    for q in sorted({spec.ped or 0.0 for spec in plan.specs}):
        part = plan.only("ped", q)
        seen = _pushed_apart(plan, arrays, q) if q else arrays
        if part.components:
            known = {"where": seen["where"], "width": seen["width"], "method": plan.method}
            k = None if part.components == ALL else part.components
            seen = {**seen, "spectrum": dk.spectrum(seen["features"], components=k, **known)}
        found = on_factors(part, seen)
        results |= found.results
        residual = jnp.maximum(residual, found.residual)
    return Computed(results, residual)


def on_factors(plan: Plan, arrays: Arrays) -> Computed:
    """All results of one model whose spectrum, where some metric needs it, is among its arrays."""
    residual = arrays["spectrum"].residual if "spectrum" in arrays else jnp.zeros((), jnp.float32)
    results: Results = {}
    for pca in sorted({spec.pca or 0 for spec in plan.specs}):
        part = plan.only("pca", pca)
        results |= _on_view(part, _principal(arrays, pca) if pca else arrays)
    return Computed(results, residual)


def _pushed_apart(plan: Plan, arrays: Arrays, q: float) -> Arrays:
    known = {"num_classes": plan.num_classes, "where": arrays["where"], "q": q}
    moved = dk.ped(arrays["features"], arrays["labels"], arrays["source_features"], **known)
    return {**arrays, "features": moved}


def _principal(arrays: Arrays, m: int) -> Arrays:
    """The m leading coordinates in place of the features, null ones zero, with their spectrum."""
    s = dk.leading(arrays["spectrum"], m)
    dtype = s.coordinates.dtype
    columns = s.coordinates.shape[1]
    place = jnp.arange(columns, dtype=s.kept.dtype)[None]
    spectrum = s._replace(
        basis=jnp.where(place < s.kept, jnp.eye(columns, dtype=dtype), 0),
        coordinates=jnp.where(place < s.rank, s.coordinates, 0),
        mean=jnp.zeros(columns, dtype),
    )
    return {**arrays, "features": spectrum.coordinates, "spectrum": spectrum, "width": s.kept}


def _on_view(plan: Plan, seen: Arrays) -> Results:
    labels = seen.get("labels")
    if labels is None or labels.ndim == 1:
        return _scores(plan, seen)
    each = lax.map(lambda label: _scores(plan, {**seen, "labels": label}), labels.T)
    there = seen["where"].astype(bool)
    have = jnp.sum(jnp.where(there[:, None], labels, 0), 0)
    total = jnp.sum(there, dtype=have.dtype)
    mixed = (have > 0) & (have < total)

    def mean(values: jax.Array) -> jax.Array:
        return jnp.mean(values, 0, where=mixed.reshape(-1, *[1] * (values.ndim - 1)))

    averaged: Results = jax.tree.map(mean, each)
    return averaged


def _scores(plan: Plan, seen: Arrays) -> Results:
    if "moments" not in seen and any("moments" in each.factors for each in plan.wanted):
        seen = {**seen, "moments": _moments(plan, seen)}
    return {spec.text: _apply(plan, spec, seen) for spec in plan.specs}


def _moments(plan: Plan, seen: Arrays) -> dk.Moments:
    """From the spectrum where that has all components, else from the features."""
    by_class = {"num_classes": plan.num_classes} if "labels" in seen else {}
    targets = seen.get("boxes", seen.get("targets"))
    known = {"targets": targets, "where": seen["where"], **by_class}
    spectrum, features = seen.get("spectrum"), seen["features"]
    if spectrum is not None and spectrum.singular_values.shape[0] == min(features.shape):
        return dk.moments_from_spectrum(spectrum, seen.get("labels"), **known)
    return dk.moments(features, seen.get("labels"), **known)


def _apply(plan: Plan, spec: Spec, seen: Arrays) -> dict[str, jax.Array]:
    forms = metric_of(spec.name).forms(plan.task)
    if plan.task != "detection":
        return _called(plan, spec, forms[plan.task], seen)
    seen = {**seen, "targets": seen["boxes"]}
    found: dict[str, jax.Array] = {}
    for name, kernel in forms.items():
        fields = _called(plan, spec, kernel, seen)
        found |= {name: fields["score"]} if "score" in fields else fields
    return found


def _called(
    plan: Plan, spec: Spec, kernel: Callable[..., Any], seen: Arrays
) -> dict[str, jax.Array]:
    metric = metric_of(spec.name)
    context = {"num_classes": plan.num_classes, "where": seen["where"], "width": seen["width"]}
    try:
        found = called(kernel, seen, {**context, **dict(spec.options)})
    except ValueError as why:  # of an option: kernels check theirs while they are traced
        raise SpecError(f"metrics: {spec.text}: {why}") from why
    except Exception as why:
        if not metric.origin:
            raise
        told = one_line(f"{type(why).__name__}: {why}".splitlines()[0])
        problem = f"its kernel cannot be traced, {told}; correct it in {metric.origin}"
        raise SpecError(f"metrics: {spec.text}: {problem}") from why
    if jnp.shape(found.get("score", 0)) != () or not ("score" in found or metric.combine):
        problem = "its kernel returns neither a number nor terms to combine"
        raise SpecError(f"metrics: {spec.text}: {problem}; return a scalar, or fields with a score")
    return found
