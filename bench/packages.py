"""Scores that other packages have, timed on the same arrays.

transformer-ranker   its LogME and H-score (shrunk), in a process of their own: they want torch,
                     which nothing here does. `--transformer-ranker` names a Python that has both;
                     only the estimators are loaded, without what the package downloads models with
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


def threads() -> list[int]:
    """The numbers of threads that are tried."""
    cores = os.cpu_count() or 1
    return [1] if os.getloadavg()[0] > 2 * cores else sorted({1, cores})


def transformer_ranker(python: str, p: Problem, repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds and scores; raises OSError where that Python lacks something."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays.npz"
        np.savez(path, features=p.features.astype(np.float32), labels=p.labels)
        command = [python, "-c", SCRIPT, str(path), str(repeats), *map(str, threads())]
        process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        raise OSError(process.stderr.splitlines()[-1])
    found: dict[str, dict[str, float]] = json.loads(process.stdout)
    return found


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
