"""Splitting a spectrum into groups, and the share of the singular values that each group holds.

    r_g = sum_{j in g} s_j / sum_{all kept j} s_j

k kept singular values s_j are cut, in descending order, into G groups of floor(k/G) consecutive
ones; G becomes k where k < G. What G leaves over belongs to no group but stays in the denominator.

k may be traced (masked rows, padded columns), so results keep the static length G: groups that do
not exist have proportion zero. Where all singular values vanish (constant features, one sample) the
existing groups share alike, the limit of equal singular values.

Cost: O(k). Reference: arXiv 2412.19085, section 3 (singular values, not their squares).
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ._checks import check_positive
from ._spectrum import Spectrum, leading

PAPER_COMPONENTS, PAPER_GROUPS = 128, 8


class Groups(NamedTuple):
    """Which components make up each group."""

    members: jax.Array  # (G, m) component of each place, m the largest size a group can have
    inside: jax.Array  # (G, m) whether the place is taken
    exists: jax.Array  # (G,) whether there is such a group


def split(kept: jax.Array, k: int, groups: int) -> Groups:
    """Groups of ``kept`` components, of which arrays hold k."""
    check_positive("groups", groups)
    size = jnp.maximum(kept // groups, 1)
    g = jnp.arange(groups, dtype=kept.dtype)[:, None]
    place = jnp.arange(max(k // groups, 1), dtype=kept.dtype)[None]
    exists = g < jnp.minimum(groups, kept)
    members = jnp.minimum(g * size + place, k - 1)
    return Groups(members, (place < size) & exists, exists[:, 0])


@partial(jax.jit, static_argnames="groups")
def proportions(spectrum: Spectrum, *, groups: int = PAPER_GROUPS) -> jax.Array:
    """Share of each group in the sum of the kept singular values, (groups,)."""
    s = spectrum.singular_values
    part = split(spectrum.kept, s.shape[0], groups)
    total = jnp.sum(s)
    share = jnp.sum(jnp.where(part.inside, s[part.members], 0), 1) / jnp.where(total > 0, total, 1)
    exists = part.exists.astype(s.dtype)
    return jnp.where(total > 0, share, exists / jnp.maximum(jnp.sum(exists), 1))


@partial(jax.jit, static_argnames=("components", "groups", "first"))
def spectral_share(
    spectrum: Spectrum,
    *,
    components: int = PAPER_COMPONENTS,
    groups: int = PAPER_GROUPS,
    first: int = 1,
) -> jax.Array:
    """Label-free concentration: the proportions of the ``first`` groups of components, summed."""
    check_positive("first", first)
    return jnp.sum(proportions(leading(spectrum, components), groups=groups)[:first])
