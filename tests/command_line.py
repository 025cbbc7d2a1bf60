"""The command line in this process."""

import sys

import pytest

from disco_jax.cli.app import main


def call(capsys, monkeypatch, *arguments):
    """(exit code, stdout, stderr) of `disco-jax` with these arguments."""
    monkeypatch.delenv("DISCO_TRACEBACK", raising=False)
    monkeypatch.setattr(sys, "argv", ["disco-jax", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, *capsys.readouterr()


def refused(found, *parts):
    """Exit code 2 and one line on stderr that names what is at fault."""
    code, out, err = found
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("disco-jax: ")
    for part in parts:
        assert part in err
