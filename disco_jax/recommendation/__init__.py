"""Which models to try first on a new task, from how models did on past ones.

api         the methods asked by name, for a task of the history or a new one
methods     the ways to recommend, by name
records     how good models are wherever they were tried, and recall by that
looks       how well some models do on the new task
two_phase   groups of models that did alike, one of each looked at
fennec      models and tasks in one space, by what they look like and are
nearest_tasks  tasks that look alike to one network, and the records on them
factors     models and tasks as non-negative factors; loads jax
expected    the accuracy expected of each model, and its interval
explained   what drove a recommendation
combined    the record of models and their scores on the new data together
judged      how well a method would have done on the past tasks
"""

from .api import recommend
from .combined import with_history
from .expected import Expected
from .fennec import Network
from .judged import Judged, ahead, judged
from .looks import of_features, of_proxy
from .methods import METHODS
from .nearest_tasks import Likeness
from .records import recalled

__all__ = [
    "METHODS",
    "Expected",
    "Judged",
    "Likeness",
    "Network",
    "ahead",
    "judged",
    "of_features",
    "of_proxy",
    "recalled",
    "recommend",
    "with_history",
]
