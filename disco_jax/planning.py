"""From a set of metrics to one jitted function of a model's arrays.

A metric's kernel names the factors it needs by its positional parameters; the plan computes each of
them once per view, a *view* being a transform of the features before anything is factored: the
features themselves, the features with their classes pushed apart (PED), or the m leading principal
coordinates of either. The spectrum has as many components as the most demanding metric asks for;
the others read its leading ones, and a view of principal coordinates has them as its spectrum.

Labels (n, L) are L labels at once: what reads labels is computed for each of them as two classes
and averaged over those that some samples have and others have not.
"""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

import disco_kernels as dk

from .metrics import METRICS, needs, options
from .specs import Spec, SpecError

Arrays = dict[str, Any]
Results = dict[str, dict[str, jax.Array]]  # spec -> field -> value
RESIDUAL = "residual"  # key, beside the specs, of what the factorisation says of itself
ALL = sys.maxsize  # components


class Plan(NamedTuple):
    """What one run of the program computes; static, and the key of its compilation."""

    specs: tuple[Spec, ...]
    task: str
    num_classes: int
    method: str = "auto"  # of the spectrum


def inputs(plan: Plan) -> set[str]:
    """The fields of a feature set that the plan reads."""
    read = set().union(*(factors(plan, spec) for spec in plan.specs))
    task = {"classification": {"labels"}, "regression": {"targets"}}.get(plan.task, set())
    if plan.task == "detection":
        read, task = read - {"targets"}, {"labels", "boxes"}
    return read - {"spectrum", "moments"} | {"features"} | task


def factors(plan: Plan, spec: Spec) -> set[str]:
    """The factors that a metric's kernels take, with the options it has."""
    spared = {METRICS[spec.name].spares.get(f"{key}={value}") for key, value in spec.options}
    own = {name for form in _forms(plan, spec) for name in needs(form)} - spared
    return own | set(needs(dk.ped)) if spec.ped else own


@lru_cache
def program(plan: Plan) -> Callable[[Arrays], Results]:
    """The jitted function of one model's arrays: those of `inputs`, `where` and `width`."""
    return jax.jit(partial(compute, plan))


@lru_cache
def factored_program(plan: Plan) -> Callable[[Arrays], Results]:
    """The same where moments and spectrum are known."""
    return jax.jit(partial(on_factors, plan))


def compute(plan: Plan, arrays: Arrays) -> Results:
    """All results of one model, and the largest residual of its factorisations."""
    results: Results = {RESIDUAL: {RESIDUAL: jnp.zeros((), jnp.float32)}}
    for q in sorted({spec.ped or 0.0 for spec in plan.specs}):
        part = plan._replace(specs=tuple(s for s in plan.specs if (s.ped or 0.0) == q))
        seen = _pushed_apart(plan, arrays, q) if q else arrays
        if most := max(components(part, spec) for spec in part.specs):
            known = {"where": seen["where"], "width": seen["width"], "method": plan.method}
            k = None if most == ALL else most
            seen = {**seen, "spectrum": dk.spectrum(seen["features"], components=k, **known)}
        found = on_factors(part, seen)
        residual = jnp.maximum(results[RESIDUAL][RESIDUAL], found[RESIDUAL][RESIDUAL])
        results = {**results, **found, RESIDUAL: {RESIDUAL: residual}}
    return results


def _pushed_apart(plan: Plan, arrays: Arrays, q: float) -> Arrays:
    known = {"num_classes": plan.num_classes, "where": arrays["where"], "q": q}
    moved = dk.ped(arrays["features"], arrays["labels"], arrays["source_features"], **known)
    return {**arrays, "features": moved}


def on_factors(plan: Plan, arrays: Arrays) -> Results:
    """The same of a model whose spectrum, where some metric needs it, is among its arrays."""
    residual = arrays["spectrum"].residual if "spectrum" in arrays else jnp.zeros((), jnp.float32)
    results: Results = {RESIDUAL: {RESIDUAL: residual}}
    for pca in sorted({spec.pca or 0 for spec in plan.specs}):
        specs = [spec for spec in plan.specs if (spec.pca or 0) == pca]
        results |= _on_view(plan, specs, _principal(arrays, pca) if pca else arrays)
    return results


def _forms(plan: Plan, spec: Spec) -> Sequence[Callable[..., Any]]:
    return list(METRICS[spec.name].forms(plan.task).values())


def components(plan: Plan, spec: Spec) -> int:
    """How many components of the spectrum a metric needs; 0 for none."""
    if spec.pca:
        return spec.pca
    if "spectrum" not in factors(plan, spec):
        return 0
    chosen = [{**options(form), **dict(spec.options)} for form in _forms(plan, spec)]
    return max(each.get("components", ALL) for each in chosen)


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


def _on_view(plan: Plan, specs: Sequence[Spec], seen: Arrays) -> Results:
    labels = seen.get("labels")
    if labels is None or labels.ndim == 1:
        return _scores(plan, specs, seen)
    each = lax.map(lambda label: _scores(plan, specs, {**seen, "labels": label}), labels.T)
    there = seen["where"].astype(bool)
    have = jnp.sum(jnp.where(there[:, None], labels, 0), 0)
    total = jnp.sum(there, dtype=have.dtype)
    mixed = (have > 0) & (have < total)

    def mean(values: jax.Array) -> jax.Array:
        return jnp.mean(values, 0, where=mixed.reshape(-1, *[1] * (values.ndim - 1)))

    averaged: Results = jax.tree.map(mean, each)
    return averaged


def _scores(plan: Plan, specs: Sequence[Spec], seen: Arrays) -> Results:
    wanted = any("moments" in factors(plan, spec) for spec in specs)
    if wanted and "moments" not in seen:
        seen = {**seen, "moments": _moments(plan, seen)}
    return {spec.text: _apply(plan, spec, seen) for spec in specs}


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
    forms = METRICS[spec.name].forms(plan.task)
    if plan.task != "detection":
        return _fields(_call(plan, spec, forms[plan.task], seen))
    seen = {**seen, "targets": seen["boxes"]}
    found: dict[str, jax.Array] = {}
    for name, kernel in forms.items():
        fields = _fields(_call(plan, spec, kernel, seen))
        found |= {name: fields["score"]} if "score" in fields else fields
    return found


def _call(plan: Plan, spec: Spec, kernel: Callable[..., Any], seen: Mapping[str, Any]) -> Any:
    context = {"num_classes": plan.num_classes, "where": seen["where"], "width": seen["width"]}
    takes = inspect.signature(kernel).parameters
    chosen = {**context, **dict(spec.options)}
    chosen = {key: value for key, value in chosen.items() if key in takes}
    try:
        return kernel(*(seen.get(name) for name in needs(kernel)), **chosen)
    except ValueError as why:  # of an option: kernels check theirs while they are traced
        raise SpecError(f"metrics: {spec.text}: {why}") from why


def _fields(result: Any) -> dict[str, jax.Array]:
    return dict(result._asdict()) if hasattr(result, "_asdict") else {"score": result}
