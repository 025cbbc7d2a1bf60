"""A file's bytes as a table of some of its columns.

So that a small file cannot become a large table, the sizes that it promises of what it holds packed
are added up before anything is unpacked; offsets that point elsewhere are found before they are
followed.
"""

from collections.abc import Callable, Sequence
from typing import Any

from disco_jax.errors import InputError

from .sizes import unpacked_bytes

MAGIC = b"ARROW1"  # of a file; a stream, as those that `datasets` keeps, has none
INSTALL = "pip install 'disco-jax[arrow]'"

Used = Callable[[Sequence[str]], list[str]]  # the columns there are -> those that are wanted


def require_pyarrow(path: object) -> None:
    """An InputError where there is no pyarrow."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as why:
        problem = "read by pyarrow, which is missing"
        raise InputError(str(path), "file", problem, INSTALL) from why


def read_table(raw: Any, used: Used, check_size: Callable[[int], None], *, parquet: bool) -> Any:
    """A table of the columns that `used` picks; `check_size` is told the bytes that it takes.

    Whatever it raises means that the file is damaged, unless it comes from the two.
    """
    table = (_parquet if parquet else _ipc)(raw, used, check_size)
    table.validate(full=True)
    return table


def _parquet(raw: Any, used: Used, check_size: Callable[[int], None]) -> Any:
    from pyarrow import parquet

    file = parquet.ParquetFile(raw)
    file.scan_contents()  # an error of the columns' sizes, asked for here, would end the process
    known = file.metadata
    chunks = [
        known.row_group(group).column(column)
        for group in range(known.num_row_groups)
        for column in range(known.num_columns)
    ]
    check_size(sum(chunk.total_uncompressed_size + 8 * chunk.num_values for chunk in chunks))
    return file.read(columns=used(file.schema_arrow.names))


def _ipc(raw: Any, used: Used, check_size: Callable[[int], None]) -> Any:
    from pyarrow import ipc

    is_file = raw[:6].to_pybytes() == MAGIC
    check_size(unpacked_bytes(raw, is_file))
    table = (ipc.open_file if is_file else ipc.open_stream)(raw).read_all()
    return table.select(used(table.column_names))
