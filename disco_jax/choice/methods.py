"""The ways to judge a set of models, by name; disco with options, as `disco:mode=tuned`."""

from collections.abc import Callable
from typing import Any

from disco_jax.errors import InputError, did_you_mean
from disco_jax.metrics import parse

from .joint import joint_disco
from .judge import Judge
from .kages import kages
from .pool import Pool
from .pooled import eleep, logloss

METHODS = {  # name -> the fields that every model must have beside features and answers
    "kages": (),
    "logloss": (),
    "disco": (),
    "eleep": ("logits",),
}
POSTERIORS = ("ridge", "knn")


def require_method(method: str, posterior: str) -> str:
    """The name of a method, without its options."""
    name = method.partition(":")[0]
    if name not in METHODS or (":" in method and name != "disco"):
        remedy = did_you_mean(name, METHODS, f"use one of {', '.join(METHODS)}")
        if name in METHODS:
            remedy = f"give {name} alone: only disco has options"
        raise InputError("ensemble", "method", f"{method} is unknown", remedy)
    require_posterior("ensemble", posterior)
    return name


def require_posterior(what: str, posterior: str) -> None:
    """A probe that there is."""
    if posterior not in POSTERIORS:
        remedy = f"use one of {', '.join(POSTERIORS)}"
        raise InputError(what, "posterior", f"{posterior} is unknown", remedy)


def judge_of(pool: Pool, method: str, posterior: str) -> Judge:
    """What the method tells of sets of the pool."""
    simple: dict[str, Callable[[], Judge]] = {
        "kages": lambda: kages(pool),
        "logloss": lambda: logloss(pool, posterior),
        "eleep": lambda: eleep(pool),
    }
    if method in simple:
        return simple[method]()
    (spec,) = parse(method, pool.task)
    if spec.pca:
        raise InputError("ensemble", "method", f"{method} has a view", "leave pca out")
    options: dict[str, Any] = dict(spec.options)
    return joint_disco(pool, options)
