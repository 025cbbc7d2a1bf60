"""The npz format: a zip of .npy members; no pickles, no evaluation of headers, no zip bombs.

Text is NumPy's own, provenance a JSON object in the one-element text array `provenance`. bfloat16,
which the format cannot hold, is written as float32. Members of the large fields that are neither
compressed nor in Fortran order stay in the file as `StoredArray`s with the zip's checksum of the
member; all others are read at once, up to a limit, and zipfile compares the checksum. Members have
to lie side by side: a directory that lost an entry, or lists the same bytes twice, is refused.
"""

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from disco_jax.errors import InputError

from .fields import rule_of
from .format_safetensors import unique
from .npy_header import layout, read_header
from .stored import (
    AGAIN,
    StoredArray,
    check_at_once,
    check_layout,
    from_bytes,
    is_large,
    stamp,
    to_bytes,
)
from .values import blocks

DEFLATE_AT_MOST = 1032  # times smaller, by the format
CODE = np.dtype(np.uint32)  # of a character


def read_npz(path: Path, file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields and the provenance; whatever it raises means that the file is damaged."""
    arrays: dict[str, Any] = {}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        begins = {info.filename: _begin(file, info) for info in members}
        if len(begins) < len(members):
            raise ValueError("a name is there twice")
        reached = 0
        for info in sorted(members, key=lambda info: info.header_offset):
            _check_gap(info.header_offset - reached)
            reached = begins[info.filename] + info.compress_size
        _check_gap(archive.start_dir - reached)
        for info in members:
            field = info.filename.removesuffix(".npy")
            if info.filename != field and (rule_of(field) or field == "provenance"):
                arrays[field] = _member(path, file, archive, info, begins[info.filename])
    provenance: dict[str, str] = {}
    if "provenance" in arrays:
        text = arrays.pop("provenance")
        if text.dtype.kind != "U" or text.size != 1:
            problem = f"{text.dtype} {text.shape}"
            raise InputError(str(path), "provenance", problem, "save one text, a JSON object")
        provenance = json.loads(text.item(), object_pairs_hook=unique)
        if not isinstance(provenance, dict):
            problem = f"JSON, but a {type(provenance).__name__}"
            raise InputError(str(path), "provenance", problem, "save a JSON object")
    return arrays, provenance


def write_npz(
    path: Path, file: BinaryIO, arrays: dict[str, Any], provenance: dict[str, str]
) -> None:
    """Uncompressed, in C order, without times, so that the same arrays give the same bytes."""
    if provenance:
        arrays = arrays | {"provenance": np.array([json.dumps(provenance)])}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for field, array in arrays.items():
            dtype = np.dtype(np.float32 if array.dtype.kind == "V" else array.dtype)
            stored = dtype.newbyteorder("<")
            header = {"descr": stored.str, "fortran_order": False, "shape": array.shape}
            info = zipfile.ZipInfo(f"{field}.npy", (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16  # the same on every machine
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, header)
                for block in blocks(array):
                    member.write(to_bytes(block, stored))


def _begin(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin, behind a header of its own that has to agree."""
    file.seek(info.header_offset)
    magic, flags, name, extra = struct.unpack("<4s2xH18xHH", file.read(30))
    own = file.read(name).decode("utf-8" if flags & 0x800 else "cp437")
    if magic != b"PK\3\4" or own != info.orig_filename:
        raise ValueError(f"the directory says {info.orig_filename!r} where {own!r} is")
    return file.tell() + extra


def _check_gap(size: int) -> None:
    """Between members: nothing, or the sizes that follow one in a zip written through a pipe."""
    if not 0 <= size <= 24:
        raise ValueError(f"{size} bytes between members that the directory does not account for")


def _member(
    path: Path, file: BinaryIO, archive: zipfile.ZipFile, info: zipfile.ZipInfo, begin: int
) -> Any:
    field = info.filename.removesuffix(".npy")
    plain = info.compress_type == zipfile.ZIP_STORED
    if info.flag_bits & 0x41 or not (plain or info.compress_type == zipfile.ZIP_DEFLATED):
        problem = f"encrypted or packed by method {info.compress_type}"
        raise InputError(str(path), field, problem, "save it with np.savez")
    most = info.compress_size * (1 if plain else DEFLATE_AT_MOST)
    if info.file_size > most:
        problem = f"damaged: {info.compress_size} bytes cannot hold the {info.file_size} promised"
        raise InputError(str(path), field, problem, AGAIN)
    with archive.open(info) as member:
        header = read_header(member)
        stored, fortran, shape = layout(path, field, header)
        size = info.file_size - len(header)
        scalar = field == "provenance" and not shape
        check_layout(path, field, (1,) if scalar else shape, stored, size)
        if is_large(field) and plain and not (fortran and len(shape) > 1):
            crc = zlib.crc32(header), info.CRC
            opened = stamp(file.fileno())
            return StoredArray(path, field, stored, shape, begin + len(header), opened, crc)
        check_at_once(path, field, size)
        raw = np.empty(size, np.uint8)
        done = 0
        while chunk := member.read(2**20):  # the last read compares the checksum
            raw[done : done + len(chunk)] = np.frombuffer(chunk, np.uint8)
            done += len(chunk)
        if done != size:
            raise ValueError(f"{info.filename} ends too early")
    if stored.kind == "U" and raw.view(CODE.newbyteorder(stored.byteorder)).max() > 0x10FFFF:
        raise InputError(str(path), field, "damaged: text that is no Unicode", AGAIN)
    return from_bytes(raw, stored).reshape(shape, order="F" if fortran else "C")
