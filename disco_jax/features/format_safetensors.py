"""The safetensors format: a JSON header, then arrays side by side; the header is not trusted.

Text is UTF-8 in a uint8 matrix (n, longest), filled up with zeros, in a tensor `<field>.utf8`. The
header's metadata is the provenance and, under `crc32:<tensor>`, the checksum of dtype, shape and
bytes that we write; files of other writers have none and are taken as they are.

Refused, as the format asks: a header over the limit, tensors that overlap or leave a gap, a file
longer or shorter than they are; besides, a name twice, a checksum without its tensor, and a field
without checksum where another has one.
"""

import json
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import ml_dtypes
import numpy as np

from disco_jax.errors import InputError

from .fields import LAYER, rule_of
from .stored import (
    AGAIN,
    StoredArray,
    byte_count,
    check_at_once,
    check_layout,
    is_large,
    stamp,
    to_bytes,
)
from .values import blocks

HEADER_LIMIT = 10_000_000
DTYPES = {  # the format is little-endian
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    **{f"{kind.upper()}{8 * n}": np.dtype(f"<{kind}{n}") for kind in "iu" for n in (1, 2, 4, 8)},
    "BOOL": np.dtype(bool),
}
TAGS = {dtype: tag for tag, dtype in DTYPES.items()}
CRC = "crc32:"
UTF8 = ".utf8"


def read_safetensors(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields and the provenance; whatever it raises means that the file is damaged."""
    opened = stamp(file.fileno())
    total = file.seek(0, 2)
    file.seek(0)
    start = 8 + int.from_bytes(file.read(8), "little")
    if start > min(total, HEADER_LIMIT):
        problem = f"truncated or no safetensors file: a header of {start - 8} bytes is promised"
        raise InputError(str(path), "file", problem, AGAIN)
    header = json.loads(file.read(start - 8).decode("utf-8"), object_pairs_hook=unique)
    metadata = header.pop("__metadata__", {})
    spans = {name: _span(entry) for name, entry in header.items()}
    reached = 0
    for begin, end in sorted(spans.values()):
        if begin != reached:
            raise ValueError(f"tensors overlap or leave a gap at byte {reached}")
        reached = end
    if reached != total - start:
        problem = f"truncated or padded: it has {total} bytes, its header says {reached + start}"
        raise InputError(str(path), "file", problem, AGAIN)
    sums = {k.removeprefix(CRC): int(v, 16) for k, v in metadata.items() if k.startswith(CRC)}
    for name in sorted(sums.keys() - header.keys()):
        raise InputError(str(path), name, "lost, only its checksum is left", AGAIN)
    arrays: dict[str, Any] = {}
    for name, entry in header.items():
        field = name if name.startswith(LAYER) else name.removesuffix(UTF8)
        if rule_of(field) is None:
            continue
        if field in arrays:
            raise InputError(str(path), field, "there twice, as text and numbers", "remove one")
        if sums and name not in sums:
            raise InputError(str(path), field, "without checksum, others have one", AGAIN)
        if entry["dtype"] not in DTYPES:
            remedy = f"save it as one of {', '.join(DTYPES)}"
            raise InputError(str(path), field, f"dtype {entry['dtype']}", remedy)
        stored, shape, (begin, end) = DTYPES[entry["dtype"]], tuple(entry["shape"]), spans[name]
        check_layout(path, field, shape, stored, end - begin)
        crc = (_seed(stored, shape), sums[name]) if name in sums else None
        array = StoredArray(path, field, stored, shape, start + begin, opened, crc)
        if is_large(field) and name == field:
            arrays[field] = array
        else:
            check_at_once(path, field, end - begin)
            arrays[field] = np.asarray(array) if name == field else _text(np.asarray(array))
    return arrays, {k: v for k, v in metadata.items() if not k.startswith(CRC)}


def write_safetensors(
    path: Path, file: BinaryIO, arrays: dict[str, Any], provenance: dict[str, str]
) -> None:
    """Header, arrays, and the header again with their checksums; the widest type first."""
    if taken := [key for key in provenance if key.startswith(CRC)]:
        raise InputError(str(path), "provenance", f"key {taken[0]!r}", f"{CRC} is ours: rename")
    tensors = {
        **{key: array for key, array in arrays.items() if array.dtype.kind != "U"},
        **{key + UTF8: _utf8(array) for key, array in arrays.items() if array.dtype.kind == "U"},
    }
    tensors = dict(sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])))
    sums = dict.fromkeys(tensors, 0)
    file.write(_header(path, tensors, sums, provenance))
    for name, array in tensors.items():
        sums[name] = _seed(array.dtype, array.shape)
        for block in blocks(array):
            raw = to_bytes(block, DTYPES[TAGS[array.dtype]])
            sums[name] = zlib.crc32(raw, sums[name])
            file.write(raw)
    file.seek(0)
    file.write(_header(path, tensors, sums, provenance))


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object none of whose names comes twice, for `object_pairs_hook`."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _span(entry: Any) -> tuple[int, int]:
    begin, end = entry["data_offsets"]
    if not (type(begin) is type(end) is int and 0 <= begin <= end):
        raise ValueError(f"data_offsets are [{begin}, {end}]")
    return begin, end


def _header(
    path: Path, tensors: dict[str, Any], sums: dict[str, int], provenance: dict[str, str]
) -> bytes:
    metadata = provenance | {CRC + name: f"{crc:08x}" for name, crc in sums.items()}
    header: dict[str, Any] = {"__metadata__": metadata}
    reached = 0
    for name, array in tensors.items():
        size = byte_count(array.shape, array.dtype)
        header[name] = {
            "dtype": TAGS[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [reached, reached + size],
        }
        reached += size
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    if len(text) + 8 > HEADER_LIMIT:
        raise InputError(str(path), "provenance", f"{len(text)} bytes", "keep it under 10 MB")
    return len(text).to_bytes(8, "little") + text


def _seed(dtype: np.dtype, shape: tuple[int, ...]) -> int:
    """The checksum so far of what is not in the bytes: the array's type and shape."""
    return zlib.crc32(f"{TAGS[dtype]}{list(shape)}".encode())


def _utf8(text: np.ndarray) -> np.ndarray:
    return np.char.encode(text, "utf-8").view(np.uint8).reshape(len(text), -1)


def _text(raw: np.ndarray) -> np.ndarray:
    if raw.dtype != np.uint8 or raw.ndim != 2:
        raise ValueError(f"text must be uint8 (n, longest), not {raw.dtype} {raw.shape}")
    return np.char.decode(raw.view(f"S{raw.shape[1]}").reshape(-1), "utf-8")
