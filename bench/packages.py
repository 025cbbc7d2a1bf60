"""Scores that other packages have, timed on the same arrays.

transformer-ranker   its LogME, H-score (shrunk) and k-NN, in a process of their own: they want
                     torch, which nothing here does. `--transformer-ranker` names a Python that has
                     both; only the estimators are loaded, without what the package downloads with
pymfe                its INT and concept variance, each computing its own distances; `--pymfe`
scikit-learn         one fit and one prediction of LDA on all samples, shrunk by 1e-3. It has no
                     leave-one-out form: `lda_loo` is what n such fits would give

Each runs with one thread or with all, whichever was faster in a run of each before.  Where the load
is over twice the cores, threads that wait for each other are many times slower: then with one.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .metric_baselines import Problem

SCRIPT = """
import importlib.util, json, statistics, sys, time, types
import numpy as np, torch

found = importlib.util.find_spec("transformer_ranker")
package = types.ModuleType("transformer_ranker")
package.__path__ = list(found.submodule_search_locations)
sys.modules["transformer_ranker"] = package
from transformer_ranker.estimators import HScore, LogME

arrays, repeats = np.load(sys.argv[1]), int(sys.argv[2])
choices = [int(threads) for threads in sys.argv[3:]]
given = {"embeddings": torch.from_numpy(arrays["features"])}
given["labels"] = torch.from_numpy(arrays["labels"]).long()
results = {}
for name, estimator in {"logme": LogME, "h_score_shrunk": HScore}.items():
    def fit(threads):
        torch.set_num_threads(threads)
        start = time.perf_counter()
        score = estimator().fit(**given)
        return time.perf_counter() - start, float(score)
    best = min(choices, key=lambda threads: fit(threads)[0])
    runs = [fit(best) for _ in range(repeats)]
    seconds = statistics.median(taken for taken, _ in runs)
    results[name] = {"ms": 1e3 * seconds, "score": runs[0][1]}
print(json.dumps(results))
"""

TIMED = """
import numpy as np, sys, time
arrays = np.load(sys.argv[1])
x, y = arrays["features"], arrays["labels"]
{function}
def timed():
    start = time.perf_counter()
    value = float(score())
    return time.perf_counter() - start, value
timed()
seconds, value = min(timed() for _ in range(2))
print(seconds, value)
"""
ESTIMATOR = SCRIPT[SCRIPT.index("found =") : SCRIPT.index("from transformer_ranker")]
FUNCTIONS = {
    ("transformer_ranker", "knn"): f"""
import importlib.util, torch, types
{ESTIMATOR}
from transformer_ranker.estimators import NearestNeighbors
given = torch.from_numpy(x).float(), torch.from_numpy(y).long()
score = lambda: NearestNeighbors(k=5).fit(*given)
""",
    ("pymfe", "interclass_distance"): """
from pymfe.clustering import MFEClustering
score = lambda: MFEClustering.ft_int(x, y)
""",
    ("pymfe", "concept_variance"): """
from pymfe.concept import MFEConcept
score = lambda: np.mean(MFEConcept.ft_conceptvar(x, y))
""",
}


def pairwise(package: str, python: str, name: str, p: Problem) -> dict[str, float] | None:
    """Milliseconds and score of the package's own form; None where it has none."""
    function = FUNCTIONS.get((package, name))
    if function is None:
        return None
    arrays = {"features": p.features, "labels": p.labels}
    seconds, score = _answer(python, TIMED.format(function=function), arrays).split()
    return {"ms": 1e3 * float(seconds), "score": float(score)}


def threads() -> list[int]:
    """The numbers of threads that are tried."""
    cores = os.cpu_count() or 1
    return [1] if os.getloadavg()[0] > 2 * cores else sorted({1, cores})


def transformer_ranker(python: str, p: Problem, repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds and scores; raises OSError where that Python lacks something."""
    arrays = {"features": p.features.astype(np.float32), "labels": p.labels}
    answer = _answer(python, SCRIPT, arrays, repeats, *threads())
    found: dict[str, dict[str, float]] = json.loads(answer)
    return found


def _answer(python: str, script: str, arrays: dict[str, Any], *arguments: int) -> str:
    """What the script prints of the arrays, in a process of that Python."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays.npz"
        np.savez(path, **arrays)
        command = [python, "-c", script, str(path), *map(str, arguments)]
        process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        raise OSError(process.stderr.splitlines()[-1])
    return process.stdout


def scikit_learn_lda() -> Callable[[Problem], Any] | None:
    """Fit and prediction, or None where scikit-learn is missing."""
    try:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    except ImportError:
        return None

    def fit(p: Problem) -> Any:
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=1e-3)
        return model.fit(p.features, p.labels).predict_proba(p.features)

    return fit
