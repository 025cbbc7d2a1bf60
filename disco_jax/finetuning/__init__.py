"""Networks fine-tuned on pictures: the accuracies that scores should predict.

recipe -> planned (cut, parts, goals) -> trials (training, saved) -> runs, the rows of a file

and the best of a hub without training all of it to the end: select (entered, convergence, halving)
"""

from .halving import Selection, validation_of
from .hub import finetune_hub
from .recipe import Recipe, recipe
from .runs import Run, read_runs, write_runs
from .select import select_hub
from .tuned import finetune

__all__ = [
    "Recipe",
    "Run",
    "Selection",
    "finetune",
    "finetune_hub",
    "read_runs",
    "recipe",
    "select_hub",
    "validation_of",
    "write_runs",
]
