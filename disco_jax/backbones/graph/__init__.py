"""Networks that are described by their file, see `file`."""

from .file import Graph, read_graph, write_graph

__all__ = ["Graph", "read_graph", "write_graph"]
