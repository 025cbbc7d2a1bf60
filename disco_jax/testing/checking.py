"""`check_metric`: the properties that every metric of this project has, for a kernel of one's own.

    jit             the same traced as step by step
    order           samples in another order
    names           classes by other numbers
    padding         masked rows of NaN and columns of zeros are as if they were not there
    weights         a sample of weight 2 is two samples, one of weight 0 is none
    batch           jax.vmap over models is each of them
    dtypes          bfloat16 and float16 are computed in float32
    few samples     finite where there are fewer samples than columns
    degenerate      finite where columns or all samples are equal, classes are empty or alone

Data are those of `problems`, by the names they have there. Scores may differ by `rtol`, relative to
their size or, below 1, to 1.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk
from disco_jax.metrics import called, needs

from .given import Given, apart, cut, given, padded, permuted, renamed, repeated
from .problems import problem

PLAIN = "tall-gapped-1"
UNEQUAL = "tall-imbalanced"  # of classes alike, a sum over the labels stays the same
MODELS = (PLAIN, "tall-flat", "tall-power-1")
FEW = ("wide-gapped-1", "wide-flat", "wide-lone-samples")
DEGENERATE = (
    *("tall-constant", "tall-constant-columns", "tall-duplicated-columns", "tall-tied"),
    *("tall-empty-class", "tall-lone-samples", "tall-one-class", "tall-imbalanced"),
    *("column-normal", "column-constant"),
)
CLASSES = 5
FLOATS = ("bfloat16", "float16")

Found = dict[str, np.ndarray]


class _Case(NamedTuple):
    """A kernel under test."""

    kernel: Callable[..., Any]
    task: str
    options: Mapping[str, Any]
    rtol: float
    ends: Collection[str]
    undefined: Collection[str]

    def on(self, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """Its result by field, as a run would compute it."""
        seen, read = dict(arrays), needs(self.kernel)
        known: dict[str, Any] = {"where": arrays["where"]}
        if "spectrum" in read:
            seen["spectrum"] = dk.spectrum(arrays["features"], width=arrays["width"], **known)
        if "moments" in read:
            by_class = {"num_classes": CLASSES} if "labels" in arrays else {}
            beside = {"targets": arrays.get("targets"), **by_class, **known}
            seen["moments"] = dk.moments(arrays["features"], arrays.get("labels"), **beside)
        context = {"num_classes": CLASSES, "width": arrays["width"], **known}
        return called(self.kernel, seen, {**context, **self.options})

    def data(self, name: str) -> Given:
        """What the kernel is given of a problem."""
        return given(problem(name), self.task)

    def differs(self, found: Found, expected: Found) -> str:
        """In which field, and how; empty where it does not."""
        for field in expected:
            off = apart(found[field], expected[field])
            if field not in self.ends and not off <= self.rtol:
                return f"{field} is {_told(found[field])}, not {_told(expected[field])}"
        return ""


Run = Callable[[Mapping[str, Any]], Found]
Property = Callable[[_Case, Run], Iterator[tuple[str, str]]]  # data, what is wrong


def check_metric(
    kernel: Callable[..., Any],
    *,
    task: str | None = None,
    options: Mapping[str, Any] | None = None,
    rtol: float = 2e-4,
    ends: Collection[str] = (),
    undefined: Collection[str] = (),
    without: Collection[str] = (),
) -> None:
    """Check the properties of a kernel that a run relies on; takes a few seconds.

    Args:
        kernel: A function as a row of the table has it: positional parameters name what it reads.
        task: classification or regression; by default the one that has what the kernel reads.
        options: Keywords of the kernel, in place of their defaults.
        rtol: How far scores may differ. A score that counts n samples needs 1 / n or more.
        ends: Fields that say where an iteration ended, which are not compared.
        undefined: Names of data on which the kernel documents a result that is not finite.
        without: Properties that the kernel documents it does not have.

    Raises:
        AssertionError: A line for each property that is broken: which, on which data, and how.
    """
    if task is None:
        task = "regression" if "targets" in needs(kernel) else "classification"
    if unknown := {*without} - PROPERTIES.keys():
        raise ValueError(f"without={sorted(unknown)}: there are {', '.join(PROPERTIES)}")
    case = _Case(kernel, task, options or {}, rtol, ends, undefined)
    traced = jax.jit(lambda arrays: case.on(arrays))
    with (
        jax.enable_x64(False),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    ):
        broken = _broken(case, lambda arrays: jax.device_get(traced(arrays)), without)
    if broken:
        name = getattr(kernel, "__name__", repr(kernel))
        count = f"{len(broken)} of {len(PROPERTIES) - len(without)} properties"
        raise AssertionError("\n  ".join([f"{name} breaks {count}", *broken]))


def _broken(case: _Case, run: Run, without: Collection[str]) -> list[str]:
    lines = []
    for name, (holds, remedy) in PROPERTIES.items():
        if name in without:
            continue
        try:
            wrong = next(holds(case, run), None)
        except Exception as why:
            wrong = PLAIN, f"{type(why).__name__}: {(str(why) or 'without a word').splitlines()[0]}"
        if wrong:
            lines.append(f"{name}: on {wrong[0]}: {wrong[1]}; {remedy}")
            if name == "jit":
                break  # nothing else can be looked at
    return lines


def _jit(case: _Case, run: Run) -> Iterator[tuple[str, str]]:
    arrays = case.data(PLAIN)
    plain = jax.device_get(case.on(jax.tree.map(jnp.asarray, arrays)))
    score = plain.get("score")
    if score is not None and (np.shape(score) != () or np.asarray(score).dtype != np.float32):
        yield PLAIN, f"the score is {np.asarray(score).dtype}{list(np.shape(score))}, no float32[]"
    elif wrong := case.differs(run(arrays), plain):
        yield PLAIN, wrong


def _changed(
    change: Callable[[Given], tuple[Given, Given]], case: _Case, run: Run, name: str = PLAIN
) -> Iterator[tuple[str, str]]:
    """Two forms of the same data have the same score."""
    found, expected = change(case.data(name))
    if wrong := case.differs(run(found), run(expected)):
        yield name, wrong


def _reordered(arrays: Given) -> tuple[Given, Given]:
    order = np.random.default_rng(0).permutation(len(arrays["where"]))
    return permuted(arrays, order), arrays


def _masked(arrays: Given) -> tuple[Given, Given]:
    """With a mask of integers: XLA turns a product with booleans into a choice, which hides NaN."""
    masked = padded(arrays)
    return masked | {"where": masked["where"].astype(np.int32)}, cut(arrays)


def _renamed(case: _Case, run: Run) -> Iterator[tuple[str, str]]:
    if case.task == "classification":
        yield from _changed(lambda arrays: (renamed(arrays), arrays), case, run, UNEQUAL)


def _batched(case: _Case, run: Run) -> Iterator[tuple[str, str]]:
    models = [case.data(name) for name in MODELS]
    stacked = {name: jnp.stack([each[name] for each in models]) for name in models[0]}
    batch = jax.device_get(jax.jit(jax.vmap(case.on))(stacked))
    for place, (name, arrays) in enumerate(zip(MODELS, models, strict=True)):
        each = jax.tree.map(lambda leaf, place=place: leaf[place], batch)
        if wrong := case.differs(each, run(arrays)):
            yield name, wrong


def _narrow(case: _Case, run: Run) -> Iterator[tuple[str, str]]:
    arrays = case.data(PLAIN)
    floats = [name for name in arrays if name.endswith("features") or name == "logits"]
    for dtype in map(jnp.dtype, FLOATS):
        narrow = {name: arrays[name].astype(dtype) for name in floats}
        wide = {name: array.astype(np.float32) for name, array in narrow.items()}
        found = run(arrays | narrow)
        if wrong := case.differs(found, run(arrays | wide)):
            yield f"{PLAIN} in {dtype.name}", wrong
        if any(np.asarray(value).dtype == dtype for value in found.values()):
            yield f"{PLAIN} in {dtype.name}", f"the result is {dtype.name}"


def _finite(names: Collection[str], case: _Case, run: Run) -> Iterator[tuple[str, str]]:
    for name in names:
        if name in case.undefined:
            continue
        for field, value in run(case.data(name)).items():
            if not np.all(np.isfinite(value)):
                yield name, f"{field} is {_told(value)}"


def _told(value: np.ndarray) -> str:
    return np.array2string(np.asarray(value), precision=6, threshold=4, separator=", ")


PROPERTIES: dict[str, tuple[Property, str]] = {  # with what to do where one is broken
    "jit": (_jit, "use jnp and masks, no branch on values; sum in float32"),
    "order": (partial(_changed, _reordered), "give no sample a place"),
    "names": (_renamed, "use labels to tell classes apart only"),
    "padding": (
        partial(_changed, _masked),
        "select rows by jnp.where(where[:, None] > 0, x, 0) first, and count columns by width",
    ),
    "weights": (
        partial(_changed, lambda arrays: repeated(arrays)[::-1]),
        "multiply by where, and divide by its sum",
    ),
    "batch": (_batched, "use operations of jax only"),
    "dtypes": (_narrow, "begin with features.astype(jnp.float32)"),
    "few samples": (partial(_finite, FEW), "define the value for n < d"),
    "degenerate": (
        partial(_finite, DEGENERATE),
        "define the value, or document it and give undefined={the data}",
    ),
}
