"""How far a work has come, for whoever shows it."""

from collections.abc import Callable

Failed = Callable[[str, ValueError], None]  # a model, and why it is left out
Progress = Callable[[str, int, int], None]  # what is done, how much of all, how much there is
