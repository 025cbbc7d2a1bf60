"""Every network of a hub fine-tuned on data; what is in the file already stays."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from disco_jax.data import Images, Preprocessing
from disco_jax.errors import InputError
from disco_jax.extraction import opened, task_of
from disco_jax.hubs import HubModel
from disco_jax.progress import Progress

from .parts import decoded
from .planned import planned
from .recipe import Recipe, epochs_of
from .runs import Run, read_runs, write_runs
from .tuned import counted, runs


def finetune_hub(
    hub: Sequence[HubModel],
    images: Images,
    how: Recipe,
    out: Path,
    *,
    task: str | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> Iterator[Run]:
    """Runs in the order of networks, then seeds; each is in ``out`` once it is given.

    The state of the run that is under way is kept beside ``out``, so that a process that is killed
    loses an epoch at most. Pictures are decoded once for networks that see them alike.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    task = task_of(images, task)
    rows = read_runs(out)
    keep = out.with_name(f".{out.name}.state")
    decode, step = Decoder(), counted(progress, epochs_of(how) * len(hub))
    for model in hub:
        backbone = opened(model, offline=offline, progress=progress)
        plan = planned(backbone, images, task, how)
        known = {
            run.seed: run for run in rows if (run.model, run.dataset) == (model.name, images.name)
        }
        check_same(out, plan.about, known.values())
        for run in runs(plan, known=known, keep=keep, decode=decode, step=step):
            if run.seed not in known:
                rows.append(run)
                write_runs(out, rows)
                keep.unlink(missing_ok=True)
            yield run


def check_same(out: Path, about: dict[str, Any], known: Iterable[Run]) -> None:
    """Rows of a network and data are of one recipe: `compare` averages them."""
    for run in known:
        for name, value in about.items():
            if (before := getattr(run, name)) != value:
                where = f"{run.model} on {run.dataset}"
                problem = f"{where} is there with {name} {before}, asked was {value}"
                raise InputError(out, "out", problem, "choose another file")


class Decoder:
    """Decodes pictures, and keeps those of the last preprocessing that was asked for."""

    def __init__(self) -> None:
        self.how: Preprocessing | None = None
        self.found: dict[str, np.ndarray] = {}

    def __call__(self, images: Images, how: Preprocessing) -> np.ndarray:
        """uint8 (n, s, s, 3)."""
        resized = how._replace(bgr=False, offset=(0.0,) * 3, scale=(1.0,) * 3)
        if resized != self.how:
            self.how, self.found = resized, {}
        key = str(images.ids.tolist())
        if key not in self.found:
            self.found[key] = decoded(images, how)
        return self.found[key]
