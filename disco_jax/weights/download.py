"""Weights at an address: https://HOST/.../NAME.pth, fetched once and kept.

They are kept under `DISCO_CACHE`, or ~/.cache/disco-jax, written whole or not at all. A name that
ends in a dash and eight or more hexadecimal digits, as torchvision's do, promises how the file's
sha256 begins; that is checked.
"""

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from disco_jax.atomic import replacing
from disco_jax.errors import InputError
from disco_jax.progress import Progress

SECONDS = 60  # without an answer
BLOCK = 1 << 20


def fetched(address: str, *, offline: bool = False, progress: Progress | None = None) -> Path:
    """The file of an address; `progress` is told the bytes that came, where all are known.

    Raises:
        ValueError: One line that names the address, what is wrong with it and what to do.
    """
    path = kept_at(address)
    if path.is_file():
        return path
    if offline:
        problem = f"not in {path.parent.parent}, and nothing may be fetched"
        raise _error(address, problem, "fetch it once")
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer, replacing(path) as file:
            digest, length = hashlib.sha256(), 0
            promised = answer.headers.get("Content-Length")
            while block := answer.read(BLOCK):
                file.write(block)
                digest.update(block)
                length += len(block)
                if progress is not None and promised is not None:
                    progress(path.name, length, int(promised))
            _check(address, promised, length, digest.hexdigest())
    except urllib.error.HTTPError as why:
        why.close()
        raise _error(address, f"answers {why.code} {why.reason}", "correct the address") from why
    except (OSError, http.client.HTTPException) as why:
        reason = getattr(why, "reason", None) or why
        raise _error(address, f"cannot be fetched ({reason})", "connect to a network") from why
    return path


def kept_at(address: str) -> Path:
    """Where the file of an address is once it was fetched."""
    name = Path(urllib.parse.urlsplit(address).path).name
    cache = Path(os.environ.get("DISCO_CACHE") or Path.home() / ".cache" / "disco-jax")
    return cache / hashlib.sha256(address.encode()).hexdigest()[:16] / name


def _check(address: str, promised: str | None, length: int, digest: str) -> None:
    if promised is not None and int(promised) != length:
        raise _error(address, f"{length} bytes came, of {promised}", "fetch it again")
    begins = re.search(r"-([0-9a-f]{8,})\.", Path(urllib.parse.urlsplit(address).path).name)
    if begins and not digest.startswith(begins[1]):
        raise _error(address, f"its sha256 begins with {digest[:8]}, not so", "fetch it again")


def _error(address: str, problem: str, remedy: str) -> InputError:
    return InputError(address, "weights", problem, remedy)
