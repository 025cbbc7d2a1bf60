"""What an `InputError` must say."""

import pytest

from disco_jax.errors import InputError, one_line


def refusal(call, field, *words, file="hub/a.npz"):
    """The error that `call` must raise: one line with file, field, what was wrong and a remedy."""
    with pytest.raises(InputError) as caught:
        call()
    error = caught.value
    assert (error.where, error.field) == (file, field)
    assert str(error) == f"{file}: {field}: {error.problem}; {error.remedy}"
    assert len(str(error).splitlines()) == 1 and str(error).isprintable()
    assert len(error.remedy) > 3
    for word in words:
        assert word in str(error).removeprefix(one_line(file))
    return error
