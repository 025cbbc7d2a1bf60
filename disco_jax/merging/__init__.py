"""Networks of one architecture merged into one, without training.

The formulas, pure functions of trees of floating arrays, all but the last for `jit` and `grad` too:

    average          sum_m w_m theta_m
    task_arithmetic  theta_0 + lambda sum_m tau_m,   tau_m = theta_m - theta_0
    ties             the same with the large entries that agree on a sign
    fisher           average weighted entry by entry by Fisher informations
    projective       task vectors changed off the subspace they share

The files:

    checkpoint  a file -> tensors, what of them is merged, and back
    method      which formula, and its one coefficient
    choosing    the coefficient by a score on the target
    merged      files -> a file
"""

from .average import average
from .choosing import Choice, Chosen
from .fisher import fisher
from .merged import Merged, merge_checkpoints
from .method import METHODS
from .projective import projective
from .task_arithmetic import task_arithmetic
from .ties import ties

__all__ = [
    "METHODS",
    "Choice",
    "Chosen",
    "Merged",
    "average",
    "fisher",
    "merge_checkpoints",
    "projective",
    "task_arithmetic",
    "ties",
]
