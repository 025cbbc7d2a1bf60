"""PyTorch's files without PyTorch, and without executing anything.

A file is a pickle of nested dictionaries whose tensors refer to raw storages, in a zip archive:

    NAME/data.pkl          the pickle
    NAME/data/KEY          a storage: its elements, little-endian

or, before torch 1.6, one after the other: three pickles of formalities, the pickle, the list of the
storages' keys, and each storage with its number of elements in 8 bytes before it.

A pickle may name any function to be called. Here four names mean something: dictionaries, tensors,
parameters and the types of storages. Every other name becomes an inert thing that takes whatever is
done to it and does nothing. Sizes are checked against the bytes that are there.
"""

import collections
import io
import math
import pickle
import pickletools
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import ml_dtypes
import numpy as np

STORAGES = {
    "DoubleStorage": np.dtype("<f8"),
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype(bool),
}
NUMBERING = ("PUT", "BINPUT", "LONG_BINPUT")
MAGIC = 0x1950A86A20F9469CFC6C  # of files before torch 1.6
HOLDERS = ("state_dict", "model", "teacher", "model_state_dict", "model_state", "net")


class Tensor(NamedTuple):
    """Where a tensor lies in its storage."""

    storage: tuple[str, np.dtype]
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Inert:
    """What stands for everything that is neither a tensor nor a plain value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __call__(self, *args: Any, **kwargs: Any) -> "Inert":
        """Itself, whatever it is called with."""
        return self

    def __setstate__(self, state: Any) -> None: ...

    def __setitem__(self, key: Any, value: Any) -> None: ...

    append = extend = add = __setstate__


class Reader(pickle.Unpickler):
    """An unpickler that knows the four names, and which storages it met.

    What it numbers for later is looked at first: it would make room for whatever number it is told.
    """

    def __init__(self, file: Any) -> None:
        start = file.tell()
        for code, number, place in pickletools.genops(file):
            if code.name in NUMBERING and (number or 0) > (place or 0):
                raise ValueError(f"it numbers a value {number} at byte {place}")
        file.seek(start)
        super().__init__(file)
        self.met: dict[str, np.dtype] = {}

    def find_class(self, module: str, name: str) -> Any:
        """What a name of the pickle stands for."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return lambda storage, start, shape, strides, *_: Tensor(
                storage, int(start), tuple(map(int, shape)), tuple(map(int, strides))
            )
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda data, *_: data
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        return Inert

    def persistent_load(self, pid: Any) -> tuple[str, np.dtype]:
        """The key and the type of a storage."""
        kind, dtype, key = pid[:3]
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise ValueError(f"a storage of an unknown type ({pid[:2]})")
        self.met[str(key)] = dtype
        return str(key), dtype


def read_torch(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a file by name; whatever it raises means that the file is damaged."""
    with path.open("rb") as file:
        found, array_of = load_torch(file)
    return {name: array_of(name, tensor) for name, tensor in _state(found).items()}


def load_torch(file: BinaryIO) -> tuple[Any, Callable[[str, Tensor], np.ndarray]]:
    """What a file holds, a `Tensor` for each tensor, and what makes an array of a named one."""
    found, storage = (_archive if zipfile.is_zipfile(file) else _sequence)(file)
    return found, partial(_array, storage)


def _state(found: Any) -> dict[str, Tensor]:
    """The dictionary of tensors, itself or the first of `HOLDERS` that has one."""
    if not isinstance(found, Mapping):
        raise ValueError(f"a {type(found).__name__}, where a dictionary of tensors is needed")
    tensors = {str(key): value for key, value in found.items() if isinstance(value, Tensor)}
    if tensors:
        return tensors
    for holder in HOLDERS:
        if holder in found:
            return _state(found[holder])
    raise ValueError(f"no tensors among {', '.join(map(str, found))[:200]}")


def _archive(file: BinaryIO) -> tuple[Any, Callable[[str, np.dtype], np.ndarray]]:
    length = file.seek(0, 2)
    archive = zipfile.ZipFile(file)
    if sum(entry.file_size for entry in archive.infolist()) > length:
        raise ValueError("it promises more bytes than it has")
    pickled = next(name for name in archive.namelist() if name.endswith("data.pkl"))
    home = pickled.removesuffix("data.pkl")
    order = home + "byteorder"
    if order in archive.namelist() and archive.read(order).strip() != b"little":
        raise ValueError("it is big-endian")
    found = Reader(io.BytesIO(archive.read(pickled))).load()
    raw = {
        name.removeprefix(home + "data/"): archive.read(name)
        for name in archive.namelist()
        if name.startswith(home + "data/")
    }
    return found, lambda key, dtype: np.frombuffer(raw[key], dtype)


def _sequence(file: BinaryIO) -> tuple[Any, Callable[[str, np.dtype], np.ndarray]]:
    length = file.seek(0, 2)
    file.seek(0)
    if Reader(file).load() != MAGIC:
        raise ValueError("neither a zip archive nor an older file of torch's")
    Reader(file).load(), Reader(file).load()  # protocol version, sizes of C's types
    reader = Reader(file)
    found = reader.load()
    storages = {}
    for key in Reader(file).load():
        size = int.from_bytes(file.read(8), "little") * reader.met[key].itemsize
        if size > length - file.tell():
            raise ValueError("it promises more bytes than it has")
        storages[key] = file.read(size)
    return found, lambda key, dtype: np.frombuffer(storages[key], dtype)


def _array(storage: Callable[[str, np.dtype], np.ndarray], name: str, tensor: Tensor) -> np.ndarray:
    """A copy of a tensor's elements in its own order."""
    flat = storage(*tensor.storage)
    sizes = list(zip(tensor.shape, tensor.strides, strict=True))
    last = tensor.start + sum((size - 1) * stride for size, stride in sizes)
    negative = min((tensor.start, *tensor.shape, *tensor.strides)) < 0
    if negative or math.prod(tensor.shape) > len(flat) or last >= max(len(flat), 1):
        raise ValueError(f"{name} reaches beyond its storage")
    strides = [stride * flat.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(flat[tensor.start :], tensor.shape, strides)
    return np.ascontiguousarray(view).reshape(tensor.shape)
