"""What fine-tuning did to a model's spectrum: two feature matrices of the same samples compared.

    component change    |Z_g - Z'_g|_F / |Z_g|_F,    Z_g = U_g S_g V_g^T = T_g V_g^T
    proportion change   r'_g - r_g

The first needs both matrices to have the same shape (the same layer before and after); the second
does not. Z_g is rebuilt one tile of rows at a time. Rows of weight zero are left out; other weights
are taken as present or not. Cost 4 n d k operations.

Degenerate cases. A component without extent before: 0 where it has none after either, else the
largest finite number. Groups that do not exist change by 0.

Reference: arXiv 2412.19085, section 3 (figures 2 and 3).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from ._precision import HIGHEST
from ._proportions import PAPER_GROUPS, Groups, proportions, split
from ._rows import sum_tiles
from ._spectrum import Spectrum


@partial(jax.jit, static_argnames="groups")
def component_change(before: Spectrum, after: Spectrum, *, groups: int = PAPER_GROUPS) -> jax.Array:
    """Relative change of each group's component from ``before`` to ``after``, (groups,)."""
    t, v = before.coordinates, before.basis
    if t.shape != after.coordinates.shape or v.shape != after.basis.shape:
        raise ValueError(
            "component_change needs the same samples and width in both spectra, got coordinates "
            f"{t.shape} and {after.coordinates.shape}, bases {v.shape} and {after.basis.shape}"
        )
    n, k = t.shape
    parts = [split(each.kept, k, groups) for each in (before, after)]

    def rebuilt(each: Spectrum, part: Groups, start: jax.Array, size: int) -> jax.Array:
        rows = lax.dynamic_slice_in_dim(each.coordinates, start, size)[:, part.members]
        rows = jnp.where(part.inside[None], rows, 0)
        return jnp.einsum("igm,dgm->gid", rows, each.basis[:, part.members], precision=HIGHEST)

    def term(start: jax.Array, fresh: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
        old = jnp.where(fresh[None, :, None], rebuilt(before, parts[0], start, size), 0)
        new = jnp.where(fresh[None, :, None], rebuilt(after, parts[1], start, size), 0)
        return jnp.sum((new - old) ** 2, (1, 2)), jnp.sum(old * old, (1, 2))

    moved, length = sum_tiles(term, n, groups * v.shape[0])
    ratio = jnp.sqrt(moved / jnp.where(length > 0, length, 1))
    gone = jnp.where(moved > 0, jnp.finfo(t.dtype).max, 0)
    return jnp.where(length > 0, ratio, gone)


@partial(jax.jit, static_argnames="groups")
def proportion_change(
    before: Spectrum, after: Spectrum, *, groups: int = PAPER_GROUPS
) -> jax.Array:
    """Change of each group's singular value proportion, (groups,); widths may differ."""
    return proportions(after, groups=groups) - proportions(before, groups=groups)
