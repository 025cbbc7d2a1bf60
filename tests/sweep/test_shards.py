"""Parts of a plan: they cover it, and those who start arrays of workers say which is whose."""

import pytest

from disco_jax.errors import InputError
from disco_jax.sweep import shard_of
from disco_jax.sweep.shards import part_of


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("first", [0, 1])
def test_shards_cover_everything_once(count, first):
    items = list(range(11))
    parts = [part_of(items, (place, count)) for place in range(first, first + count)]
    assert sorted(item for part in parts for item in part) == items


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (0, 1)),
        ({"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "5"}, "number"),
        (
            {
                "SLURM_ARRAY_TASK_ID": "9",
                "SLURM_ARRAY_TASK_MIN": "5",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": "4",
            },
            (2, 4),
        ),
        ({"JOB_COMPLETION_INDEX": "3", "DISCO_JAX_SHARDS": "8"}, (3, 8)),
        ({"JOB_COMPLETION_INDEX": "3"}, "DISCO_JAX_SHARDS"),
        ({"JOB_COMPLETION_INDEX": "9", "DISCO_JAX_SHARDS": "8"}, "9/8"),
    ],
)
def test_the_environment_speaks_where_nothing_is_given(environment, expected):
    assert shard_of("1/2", environment) == (1, 2)
    if isinstance(expected, tuple):
        assert shard_of(None, environment) == expected
        return
    with pytest.raises(InputError, match=expected):
        shard_of(None, environment)


@pytest.mark.parametrize("text", ["", "1", "3/2", "-1/2", "0/0", "a/b", "1/2/3"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(InputError, match="no part of a whole"):
        shard_of(text, {})
