"""Features of tokens (n, t, d) as features (n, d): their mean, the first, or the largest numbers.

    mean    over the tokens of a sample, in float32 or wider
    cls     the first token, where networks with a class token have it
    max     over the tokens of a sample, number by number

Stored tokens are pooled as they are read.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from disco_jax.errors import InputError

from .arrays import as_array
from .fields import LAYER, any_of, kind_of
from .values import StoredRows, on_device

POOLS = ("mean", "cls", "max")
POOLING = f"give (n, d), or say how to pool tokens (n, t, d): pool (--pool) is {any_of(POOLS)}"


def may_be_tokens(field: str) -> bool:
    """Whether a field is one that pooling is for."""
    return field in ("features", "source_features") or field.startswith(LAYER)


def check_pool(pool: str | None) -> None:
    """An InputError for a way of pooling that there is not."""
    if pool is not None and pool not in POOLS:
        raise InputError("pool", str(pool), "is unknown", f"choose {any_of(POOLS)}")


def pooled(values: Any, pool: str | None) -> Any:
    """The features of tokens; what are none come back as they are."""
    if pool is None:
        return values
    if not (isinstance(values, StoredRows) or on_device(values)):
        try:
            values = as_array(values)
        except (TypeError, ValueError, RuntimeError):
            return values  # a FeatureSet says why they are no features
    if len(values.shape) != 3 or 0 in values.shape or kind_of(values.dtype) not in "biuf":
        return values
    return PooledRows(values, pool) if isinstance(values, StoredRows) else _pooled(values, pool)


class PooledRows:
    """Stored tokens (n, t, d) as stored rows (n, d)."""

    def __init__(self, tokens: Any, pool: str) -> None:
        self._tokens, self._pool = tokens, pool
        self.shape = tokens.shape[0], tokens.shape[2]
        self.dtype = _pooled(np.empty((1, 1, 1), tokens.dtype), pool).dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        return _pooled(self._tokens[rows], self._pool)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.concatenate([*self.blocks()]).astype(dtype or self.dtype, copy=False)

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, those of some tokens at a time."""
        for tokens in self._tokens.blocks():
            yield _pooled(tokens, self._pool)


def _pooled(tokens: Any, pool: str) -> Any:
    if pool == "cls":
        return tokens[:, 0]
    if pool == "max":
        return tokens.max(axis=1)
    return tokens.mean(axis=1, dtype=np.float64 if tokens.dtype.itemsize == 8 else np.float32)
