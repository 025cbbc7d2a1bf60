"""The scores of a hub as a value: the table, its order, how sure it is, and reading it back.

Loads neither jax nor features.
"""

from .certainty import Certainty, certainty
from .files import ByDataset, read_result, read_scores, read_table
from .order import EXPECTED, FEATURES, best_first, best_rows, grouped, split
from .table import Json, ScoreTable, plain

__all__ = [
    "EXPECTED",
    "FEATURES",
    "ByDataset",
    "Certainty",
    "Json",
    "ScoreTable",
    "best_first",
    "best_rows",
    "certainty",
    "grouped",
    "plain",
    "read_result",
    "read_scores",
    "read_table",
    "split",
]
