"""Parquet, and Arrow's files and streams, read by pyarrow: without surprises in size or form.

tables   bytes -> a table of the columns that are wanted
sizes    what Arrow's messages unpack to, before they are
"""

from .tables import read_table, require_pyarrow

__all__ = ["read_table", "require_pyarrow"]
