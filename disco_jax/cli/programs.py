"""Compiled programs are kept from one run of the command line to the next, in the user's cache.

jax does the keeping, once it is told where before it is imported. A folder for each kind of
processor: a program is compiled for one. Above `MOST` bytes the programs that are longest there go.

Nothing is kept with `--no-cache` or `DISCO_JAX_CACHE=off`, where the folder cannot be written, or
where jax has been told of a folder already; `DISCO_JAX_CACHE=FOLDER` is another place.
"""

import hashlib
import os
import platform
from contextlib import suppress
from pathlib import Path

MOST = 2**30
KEEP = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",  # most programs are quick to compile
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def keep_programs() -> None:
    """Tell jax where."""
    asked = os.environ.get("DISCO_JAX_CACHE", "")
    if asked == "off" or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    with suppress(OSError):
        folder = (Path(asked) if asked else _of_user()) / _processor()
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            return
        _trim(folder)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
        for name, value in KEEP.items():
            os.environ.setdefault(name, value)


def _of_user() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("disco-jax") / "programs"


def _processor() -> str:
    """What programs are compiled for: the processor's name and what it can do."""
    about = [platform.machine(), platform.processor()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        about += sorted({line for line in lines if line.startswith(("model name", "flags"))})
    return hashlib.sha256("\n".join(about).encode()).hexdigest()[:16]


def _trim(folder: Path) -> None:
    """Delete the oldest files until half of `MOST` is left, if there is more than `MOST`."""
    with os.scandir(folder) as entries:
        files = sorted((e.stat().st_mtime, e.stat().st_size, e.path) for e in entries)
    total = sum(size for _, size, _ in files)
    if total <= MOST:
        return
    for _, size, path in files:
        with suppress(OSError):
            os.unlink(path)
        total -= size
        if total <= MOST / 2:
            return
