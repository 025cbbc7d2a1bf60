"""Choosing more than one model, and models to learn from.

pool         the models of a hub on the same samples, paired by ids
ensemble     the k models that are best together, one after the other
methods      what "together" is, by name: kages, pooled (logloss, eleep), joint (disco)
judge        what such a method tells of a set
complement   who is right where another is wrong
teachers     how like the task each model is, as weights
"""

from .complement import Complement, complement
from .ensemble import Ensemble, ensemble
from .methods import METHODS, POSTERIORS
from .teachers import Teachers, teachers

__all__ = [
    "METHODS",
    "POSTERIORS",
    "Complement",
    "Ensemble",
    "Teachers",
    "complement",
    "ensemble",
    "teachers",
]
