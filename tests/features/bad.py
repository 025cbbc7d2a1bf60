"""Files that must be refused, by suffix and name: content, field at fault, a word of the error."""

import pytest

from disco_jax.features.files import read_features

from ..refusal import refusal


def each(tables):
    """The parameters of a test: every file of {suffix: {name: case}}."""
    found = [
        pytest.param(suffix, *case, id=f"{suffix[1:]}: {name}")
        for suffix, table in tables.items()
        for name, case in table.items()
    ]
    return pytest.mark.parametrize(("suffix", "raw", "field", "word"), found)


def check_refused(tmp_path, suffix, raw, field, word):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(raw)
    refusal(lambda: read_features(path), field, word, file=str(path))
