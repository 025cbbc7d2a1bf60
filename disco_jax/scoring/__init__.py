"""Feature sets in, a table of scores out.

api           `score`
models        what was given -> feature sets that agree on task and samples
plan          which factors the metrics read; `inputs` what a model must have for that
buckets       models of one padded shape; `scale` numbers that float32 can square
program       the jitted function of one model; `devices` of many, `bootstrap` of resamples
jackknife     scores without each tenth of the samples
run           bucket after bucket; `streaming` and `from_moments` where features are not at hand
resume        finished models on disk
tabulate      results -> `results.ScoreTable`
"""

from .api import score
from .buckets import rung
from .jackknife import jackknife, standard_error
from .models import Hub, agree_on_task, opened
from .resume import write_scores
from .scale import narrow_targets, rescaling

__all__ = [
    "Hub",
    "agree_on_task",
    "jackknife",
    "narrow_targets",
    "opened",
    "rescaling",
    "rung",
    "score",
    "standard_error",
    "write_scores",
]
