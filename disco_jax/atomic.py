"""Files that are there whole or not at all.

The content is written beside its place, forced to the disk and moved there: a reader sees the old
file or the new one, and of two writers the last one wins. A full disk is an `InputError`.
Forcing takes milliseconds; without it a machine that loses its power may leave a file torn.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from disco_jax.errors import InputError

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of this user is used up",
    errno.EFBIG: "larger than a file may be here",
}


@contextmanager
def replacing(path: Path, *, forced: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `path` when all went well; its folder is made."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished, "xb") as file:
            yield file
            if forced:
                file.flush()
                os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException as why:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if isinstance(why, OSError) and why.errno in FULL:
            problem = f"{FULL[why.errno]}, so nothing was written"
            remedy = "make room, or choose a folder on another disk"
            raise InputError(path, "file", problem, remedy) from why
        raise
    if not forced:
        return
    with suppress(OSError):  # not every system can open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_text(path: Path, text: str, *, forced: bool = True) -> None:
    """Write a text file whole or not at all."""
    with replacing(path, forced=forced) as file:
        file.write(text.encode())
