"""Networks fine-tuned on pictures: the accuracies that scores should predict.

recipe -> planned (cut, parts, goals) -> trials (training, saved) -> runs, the rows of a file
"""

from .hub import finetune_hub
from .recipe import Recipe, recipe
from .runs import Run, read_runs, write_runs
from .tuned import finetune

__all__ = [
    "Recipe",
    "Run",
    "finetune",
    "finetune_hub",
    "read_runs",
    "recipe",
    "write_runs",
]
