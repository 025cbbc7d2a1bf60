"""How many bytes Arrow's messages unpack to, as their packed buffers promise, with none unpacked.

A message's metadata is a flatbuffer: a table is an offset to the places of its fields. Of a batch
we read the list of its buffers; a packed one begins with its unpacked size in 8 bytes. A stream is
messages one after the other; a file has a table of their places at its end, its own size and a
name of 6 bytes behind it.
"""

import struct
from collections.abc import Iterator
from typing import Any

HEADER_KIND, HEADER = 1, 2  # fields of a message
DICTIONARY, BATCH = 2, 3  # kinds of headers that have buffers
DICTIONARY_BATCH = 1  # the batch in a dictionary
BUFFERS, COMPRESSION = 2, 3  # fields of a batch
BLOCKS = (2, 3)  # fields of the table of places: dictionaries, batches


def unpacked_bytes(raw: Any, is_file: bool) -> int:
    """The sum over all batches and dictionaries of a file or stream."""
    messages = _of_file(raw) if is_file else _of_stream(raw)
    return sum(sum(_promised(message.metadata.to_pybytes(), message.body)) for message in messages)


def _of_stream(raw: Any) -> Iterator[Any]:
    from pyarrow import ipc

    yield from (message for message in ipc.MessageReader.open_stream(raw) if message.body)


def _of_file(raw: Any) -> Iterator[Any]:
    from pyarrow import ipc

    end = raw.size - 10
    start = end - _number("<I", raw, end)
    if start < 0:
        raise ValueError("its index is larger than the file")
    index = raw[start:end].to_pybytes()
    table = _number("<I", index, 0)
    for blocks in (_field(index, table, number) for number in BLOCKS):
        place = _followed(index, blocks) if blocks else 0
        for each in range(_number("<I", index, place) if blocks else 0):
            at, head, body = struct.unpack_from("<qi4xq", index, place + 4 + 24 * each)
            if min(at, head, body) < 0:
                raise ValueError("its index points before its start")
            yield ipc.read_message(raw[at : at + head + body])


def _promised(metadata: bytes, body: Any) -> Iterator[int]:
    message = _number("<I", metadata, 0)
    kind = _field(metadata, message, HEADER_KIND)
    header = _field(metadata, message, HEADER)
    kind_is = metadata[kind] if kind else 0
    if not header or kind_is not in (DICTIONARY, BATCH):
        return
    batch = _followed(metadata, header)
    if kind_is == DICTIONARY:
        batch = _followed(metadata, _field(metadata, batch, DICTIONARY_BATCH))
    packed = bool(_field(metadata, batch, COMPRESSION))
    buffers = _followed(metadata, _field(metadata, batch, BUFFERS))
    for place in range(_number("<I", metadata, buffers)):
        start, size = struct.unpack_from("<qq", metadata, buffers + 4 + 16 * place)
        if packed and size >= 8:
            promised = _number("<q", body, start)
            size = max(size, promised)  # -1: as it is
        yield size


def _field(data: bytes, table: int, number: int) -> int:
    """Where a field of a table is; 0 where it is absent."""
    places = table - _number("<i", data, table)
    if 4 + 2 * number >= _number("<H", data, places):
        return 0
    offset = _number("<H", data, places + 4 + 2 * number)
    return table + offset if offset else 0


def _followed(data: bytes, place: int) -> int:
    return place + _number("<I", data, place)


def _number(form: str, data: Any, place: int) -> int:
    if place < 0:
        raise ValueError("a message points before its start")
    return struct.unpack_from(form, data, place)[0]
