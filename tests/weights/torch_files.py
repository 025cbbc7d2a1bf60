"""PyTorch's files written without PyTorch: the same pickles, by modules that only look like it."""

import collections
import io
import pickle
import sys
import types
import zipfile

import numpy as np

KINDS = {
    "f8": "DoubleStorage",
    "f4": "FloatStorage",
    "f2": "HalfStorage",
    "i8": "LongStorage",
    "i4": "IntStorage",
    "u1": "ByteStorage",
    "b1": "BoolStorage",
}


class Storage:
    """Elements, which the pickle only refers to."""

    def __init__(self, array):
        self.array, self.key = np.ascontiguousarray(array).ravel(), str(id(self))


class View:
    """A tensor: a start, a shape and strides of a storage."""

    def __init__(self, storage, start, shape, strides):
        self.parts = storage, start, tuple(shape), tuple(strides), False, collections.OrderedDict()

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


def tensor(array):
    array = np.asarray(array)
    strides = [stride // array.itemsize for stride in np.ascontiguousarray(array).strides]
    return View(Storage(array), 0, array.shape, strides[: array.ndim])


def pickled(value, met):
    """The pickle, and in ``met`` its storages."""
    torch, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")
    utilities._rebuild_tensor_v2 = types.FunctionType((lambda *parts: None).__code__, {})
    utilities._rebuild_tensor_v2.__module__ = "torch._utils"
    utilities._rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    for name in KINDS.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    class Pickler(pickle.Pickler):
        def persistent_id(self, given):
            if not isinstance(given, Storage):
                return None
            met[given.key] = given.array
            kind = KINDS[given.array.dtype.str[1:]]
            return ("storage", getattr(torch, kind), given.key, "cpu", given.array.size)

    kept = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules |= {"torch": torch, "torch._utils": utilities}
    try:
        buffer = io.BytesIO()
        Pickler(buffer, protocol=2).dump(value)
    finally:
        for name, module in kept.items():
            sys.modules.pop(name) if module is None else sys.modules.update({name: module})
    return buffer.getvalue()


def archive(path, value):
    """As torch writes since 1.6."""
    met = {}
    raw = pickled(value, met)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("name/data.pkl", raw)
        file.writestr("name/byteorder", "little")
        for key, array in met.items():
            file.writestr(f"name/data/{key}", array.tobytes())
    return path


def sequence(path, value):
    """As torch wrote before."""
    met = {}
    raw = pickled(value, met)
    formalities = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    with path.open("wb") as file:
        for each in formalities:
            pickle.dump(each, file, protocol=2)
        file.write(raw)
        pickle.dump(sorted(met), file, protocol=2)
        for key in sorted(met):
            file.write(met[key].size.to_bytes(8, "little") + met[key].tobytes())
    return path
