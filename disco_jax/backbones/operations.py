"""What a network computes: counts of its operations, and of what stands before each.

The graph is the network's jaxpr, with the programs inside it opened: an operation is a node, its
inputs come from other nodes. A node's first label is the name of its operation; twice it takes a
new one, a digest of its own label and of those of its inputs. Equal labels are equal subtrees of
depth 0, 1 and 2, as Weisfeiler and Lehman find them (arXiv 2403.06382 describes networks so). No
weight is read.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jax
from flax import nnx

from disco_jax.errors import InputError

from .backbone import Backbone

DEPTH = 2


def parameters(module: nnx.Module) -> int:
    """How many numbers are learnt; running statistics are not."""
    learnt = nnx.state(module, nnx.Param)
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(learnt))


def subtrees(backbone: Backbone) -> dict[str, int]:
    """How often each subtree occurs, by its label.

    Raises:
        InputError: The network has no jaxpr, since torch runs it.
    """
    if not isinstance(backbone.module, nnx.Module):
        raise InputError(backbone.name, "operations", "torch runs this network", "leave it out")
    definition, state = nnx.split(backbone.module)
    size = backbone.preprocessing.size
    x = jax.ShapeDtypeStruct((1, size, size, 3), backbone.dtype)
    return subtrees_of(
        jax.make_jaxpr(lambda state, x: nnx.merge(definition, state)(x).features)(state, x).jaxpr
    )


def subtrees_of(jaxpr: Any) -> dict[str, int]:
    """The same of a jaxpr."""
    nodes: list[tuple[str, list[int]]] = []  # the operation, and the nodes of its inputs
    _open(jaxpr, [None] * len(jaxpr.invars), nodes)
    labels = [name for name, _ in nodes]
    counts = Counter(labels)
    for _ in range(DEPTH):
        labels = [
            _digest(label, sorted(labels[place] for place in before))
            for label, (_, before) in zip(labels, nodes, strict=True)
        ]
        counts.update(labels)
    return dict(counts)


def _open(
    jaxpr: Any, inputs: list[int | None], nodes: list[tuple[str, list[int]]]
) -> list[int | None]:
    """Add the nodes of a program whose inputs come from these nodes; where its outputs come from.

    What is no output of a node, as weights and constants are, comes from None.
    """
    source: dict[Any, int | None] = dict(zip(jaxpr.invars, inputs, strict=True))

    def of(variables: Any) -> list[int | None]:
        return [None if hasattr(one, "val") else source.get(one) for one in variables]

    for equation in jaxpr.eqns:
        before, inside = of(equation.invars), list(_programs(equation.params))
        for program in inside:
            # A branch has no input for the choice, a loop's body none for what its test reads.
            own = len(program.invars)
            given = [None] * (own - len(before)) + before[max(len(before) - own, 0) :]
            after = _open(program, given, nodes)
        if not inside:
            nodes.append(
                (equation.primitive.name, [place for place in before if place is not None])
            )
            after = [len(nodes) - 1] * len(equation.outvars)
        after = after[: len(equation.outvars)]
        after += [None] * (len(equation.outvars) - len(after))
        source.update(zip(equation.outvars, after, strict=True))
    return of(jaxpr.outvars)


def _programs(parameters: dict[str, Any]) -> Iterator[Any]:
    for value in parameters.values():
        for one in value if isinstance(value, (tuple, list)) else (value,):
            inner = getattr(one, "jaxpr", one)
            if hasattr(inner, "eqns"):
                yield inner


def _digest(label: str, before: list[str]) -> str:
    return hashlib.blake2b(repr((label, before)).encode(), digest_size=8).hexdigest()
