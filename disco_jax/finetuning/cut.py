"""Where a network is cut: what is frozen and run once per picture, and what is trained.

    pictures --frozen--> maps --trained--> features

    all    the maps are the pictures
    block  the last block: the shortest end of the network that starts where one array is all that
           passes, and holds at least a sixteenth of the weights
    head   the maps are the features

The block is found in the network's own program, a list of operations, so that every network has
one, somebody's function too. What does not depend on the pictures, as a weight that is reshaped,
is computed where it is used. Normalisation keeps the statistics of pre-training.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import nnx
from jax.extend.core import ClosedJaxpr, Var, jaxpr_as_fun

from disco_jax.backbones import Backbone
from disco_jax.data import normalise
from disco_jax.errors import InputError

SHARE = 1 / 16  # of the weights, in the last block


class Cut(NamedTuple):
    """A network in two parts, for batches of one size."""

    frozen: Callable[[Any], jax.Array]  # pictures (b, s, s, 3) -> maps (b, ...)
    trained: Callable[[Sequence[jax.Array], Any], jax.Array]  # weights, maps -> features (b, d)
    weights: list[jax.Array]  # of the trained part
    size: int  # weights of both parts, a head that is replaced not among them


def cut(backbone: Backbone, tune: str, batch: int) -> Cut:
    """The two parts of a network for ``tune`` all, block or head."""
    if not isinstance(backbone.module, nnx.Module):
        problem = "torch runs it, which has no derivatives here"
        raise InputError(backbone.name, "network", problem, "give one that runs in Flax")
    definition, weights, *rest = nnx.split(backbone.module, nnx.Param, ...)
    leaves, tree = jax.tree.flatten(weights)

    def network(leaves: Sequence[jax.Array], images: jax.Array) -> jax.Array:
        module: Any = nnx.merge(definition, jax.tree.unflatten(tree, leaves), *rest)
        return module(normalise(images, backbone.preprocessing, backbone.dtype)).features

    size = backbone.preprocessing.size
    pictures = jax.ShapeDtypeStruct((batch, size, size, 3), np.uint8)
    try:
        program = jax.make_jaxpr(network)(leaves, pictures)
    except (TypeError, ValueError) as why:
        problem = f"the network takes no pictures of {size} pixels"
        raise InputError(backbone.name, "pixels", problem, "leave its own size") from why
    found = _Program(program, len(leaves))
    start = {"all": 0, "head": len(found.steps)}.get(tune)
    if start is None:
        start = found.last_block([leaf.size for leaf in leaves])
    used = [sorted(found.weights_of(part)) for part in (found.steps[:start], found.steps[start:])]
    mine = [i for i in used[1] if i not in used[0]]

    def trained(given: Sequence[jax.Array], maps: jax.Array) -> jax.Array:
        merged = list(leaves)
        for i, leaf in zip(mine, given, strict=True):
            merged[i] = leaf
        return found.run(merged, found.passing(start), maps, found.steps[start:], found.end)

    def frozen(images: jax.Array) -> jax.Array:
        goal = found.passing(start)
        return found.run(leaves, found.begin, images, found.steps[:start], goal)

    every = set(used[0]) | set(used[1])
    return Cut(frozen, trained, [leaves[i] for i in mine], sum(leaves[i].size for i in every))


class _Program:
    """The operations of a network: those that depend on the pictures, and those that do not."""

    def __init__(self, closed: Any, weights: int) -> None:
        self.closed, jaxpr = closed, closed.jaxpr
        self.leaves, self.begin = jaxpr.invars[:weights], jaxpr.invars[weights]
        self.end = jaxpr.outvars[0]
        self.steps: list[Any] = []
        self.before: list[Any] = []
        self.reads = {var: {place} for place, var in enumerate(self.leaves)}  # var -> weights
        moving, needed = {self.begin}, {self.end}
        for step in reversed(jaxpr.eqns):
            if needed & set(step.outvars):
                needed |= set(_variables(step.invars))
        for step in jaxpr.eqns:
            if not needed & set(step.outvars):
                continue  # of a head that is replaced
            inputs = _variables(step.invars)
            if moving & set(inputs):
                moving |= set(step.outvars)
                self.steps.append(step)
                continue
            self.before.append(step)
            read = set().union(*(self.reads.get(var, set()) for var in inputs))
            self.reads |= dict.fromkeys(step.outvars, read)
        self.moving = moving

    def weights_of(self, steps: Sequence[Any]) -> set[int]:
        """Which weights these steps read."""
        variables = (var for step in steps for var in _variables(step.invars))
        return set().union(*(self.reads.get(var, set()) for var in variables))

    def crossing(self, start: int) -> set[Any]:
        """What is made before a step, of the pictures, and needed from there on."""
        needed = {var for step in self.steps[start:] for var in _variables(step.invars)}
        made = {var for step in self.steps[start:] for var in step.outvars}
        return ({*needed, self.end} - made) & self.moving

    def passing(self, start: int) -> Any:
        """The one array that crosses there."""
        (var,) = self.crossing(start)
        return var

    def last_block(self, sizes: Sequence[int]) -> int:
        """Where it starts."""
        enough = SHARE * sum(sizes[i] for i in self.weights_of(self.steps))
        for start in range(len(self.steps) - 1, 0, -1):
            behind = sum(sizes[i] for i in self.weights_of(self.steps[start:]))
            if behind >= enough and len(self.crossing(start)) == 1:
                return start
        return 0

    def run(self, leaves: Sequence[Any], at: Any, value: Any, steps: Any, goal: Any) -> Any:
        """The value of ``goal`` after some steps, from that of ``at``."""
        inputs, steps = [*self.leaves, at], [*self.before, *steps]
        part = self.closed.jaxpr.replace(invars=inputs, eqns=steps, outvars=[goal])
        return jaxpr_as_fun(ClosedJaxpr(part, self.closed.consts))(*leaves, value)[0]


def _variables(atoms: Sequence[Any]) -> list[Any]:
    return [atom for atom in atoms if isinstance(atom, Var)]
