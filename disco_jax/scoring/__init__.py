"""Feature sets in, a table of scores out.

api           `score`
models        what was given -> feature sets that agree on task and samples
plan          which factors the metrics read; `inputs` what a model must have for that
buckets       models of one padded shape; `scale` numbers that float32 can square
program       the jitted function of one model; `devices` of many, `bootstrap` of resamples
jackknife     scores without each tenth of the samples
rounds        a race by these: models are dropped once they are clearly behind
race_features the race of features that are there already
run           bucket after bucket; `streaming` and `from_moments` where features are not at hand
resume        finished models on disk
tabulate      results -> `results.ScoreTable`; `memory` how much a run may take
"""

from .api import score
from .buckets import rung
from .jackknife import jackknife, standard_error
from .models import Hub, agree_on_task, opened
from .resume import write_scores
from .rounds import Race, Round, race, require_raceable
from .scale import narrow_targets, rescaling
from .tabulate import combined

__all__ = [
    "Hub",
    "Race",
    "Round",
    "agree_on_task",
    "combined",
    "jackknife",
    "narrow_targets",
    "opened",
    "race",
    "require_raceable",
    "rescaling",
    "rung",
    "score",
    "standard_error",
    "write_scores",
]
