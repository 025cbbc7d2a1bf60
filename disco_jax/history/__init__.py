"""What is known of models and tasks: accuracies of the past, and what they say by themselves.

table     a table of models by tasks, with holes
effects   how good each model is wherever it was tried: the static order
twins     models that did alike on every task
about     what a history is like
curves    the learning curves in the file of fine-tuning

Loads no jax.
"""

from .about import About, about
from .curves import read_curves
from .effects import effects, on_a_new_task, static
from .table import History, history_of, read_history
from .twins import distances, twins

__all__ = [
    "About",
    "History",
    "about",
    "distances",
    "effects",
    "history_of",
    "on_a_new_task",
    "read_curves",
    "read_history",
    "static",
    "twins",
]
