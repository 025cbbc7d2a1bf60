"""What is being done, and by whom: a small file for each model that a worker is at.

    PLAN/running/<random>    host, process, key of the model, name of the result

written over at each cell, and touched every `BEAT` seconds. It claims nothing: two workers may be
at the same cell. It says what to count as running, and which cell a worker was at that is gone
without having removed its file: killed, or out of memory. That counts as a failure of the cell, so
that one that kills its workers is given up like any other.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from .plan import Data, Model, result_name

FOLDER = "running"
BEAT = 10.0  # seconds
SILENT = 60.0  # after which a worker is gone
WIDTH = 512  # bytes, so that writing over leaves nothing


class Place(NamedTuple):
    """What a worker is at."""

    file: Path
    model: str  # key
    result: str  # name; empty while the network is loaded
    alive: bool


@contextmanager
def under_way(folder: Path, model: Model) -> Iterator[Callable[[Data], None]]:
    """What to call with each data set that a model begins with."""
    path = folder / FOLDER / secrets.token_hex(8)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    over = threading.Event()

    def tell(result: str) -> None:
        line = f"{socket.gethostname()}\t{os.getpid()}\t{model.key}\t{result}\n"
        os.pwrite(file, line.encode().ljust(WIDTH), 0)

    def beat() -> None:
        while not over.wait(BEAT):
            with suppress(OSError):  # somebody took this worker for gone
                os.utime(path)

    tell("")
    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield lambda data: tell(result_name(model, data))
    finally:
        over.set()
        heart.join()
        os.close(file)
        path.unlink(missing_ok=True)


def places(folder: Path) -> list[Place]:
    """What all workers are at, those that are gone among them."""
    found = []
    for path in sorted((folder / FOLDER).glob("*")):
        try:
            host, process, model, result = path.read_text("utf-8").strip(" \n").split("\t")
            silent = time.time() - path.stat().st_mtime
        except (OSError, ValueError):  # removed meanwhile, or not yet written
            continue
        gone = silent > SILENT or (host == socket.gethostname() and not _is_there(int(process)))
        found.append(Place(path, model, result, not gone))
    return found


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
