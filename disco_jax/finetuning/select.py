"""The best network of a hub by successive halving, without fine-tuning all of them to the end."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from disco_jax.data import Images
from disco_jax.errors import InputError
from disco_jax.extraction import opened, task_of
from disco_jax.hubs import HubModel
from disco_jax.progress import Progress

from .convergence import Curve, predicted
from .entered import Entered, finished, forget, reached
from .halving import Selection, Stage, best, halvings, planned_epochs
from .hub import Decoder, check_same
from .planned import planned, prepare
from .recipe import Recipe, epochs_of
from .runs import DONE, SELECTED, Run, listed, read_runs, write_runs
from .trials import Step
from .tuned import counted, row


def select_hub(
    hub: Sequence[HubModel],
    images: Images,
    how: Recipe,
    out: Path,
    *,
    past: Mapping[str, Sequence[Curve]] | None = None,
    task: str | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> Selection:
    """Train all networks for a few epochs, drop half of them, and so on until one is left.

    Dropped are those whose accuracy is predicted to be lowest, from curves of the same network in
    ``past`` and the accuracies that these came to, from all curves there where it has none. Every
    rate is tried up to the first halving, and the best there on the validation pictures is kept.
    The decay of a rate covers all epochs from the start, so that the run of the network that is
    left is the one that `finetune_hub` makes at that rate. Its row is added to ``out``.

    Networks that take part stay in memory with their pictures. States are kept in a folder beside
    ``out``, so that a process that is killed loses an epoch at most; of a run that is over its
    learning curve stays there, and a selection that is done is given again without training.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    if len(hub) < 2:
        problem = f"only {hub[0].name}" if hub else "there is none"
        raise InputError("select", "models", problem, "give two networks or more")
    if how.seeds > 1:
        remedy = "leave them out, and fine-tune the network that is left with more"
        raise InputError("select", "seeds", f"{how.seeds}, of which one is run", remedy)
    task, rows, past = task_of(images, task), read_runs(out), past or {}
    decode, inside = Decoder(), list[Entered]()
    for model in hub:
        plan = planned(opened(model, offline=offline, progress=progress), images, task, how)
        check_same(out, plan.about, _same(rows, plan.about))
        ready = cache(partial(prepare, plan, decode))
        folder = out.with_name(f".{out.name}.select")
        inside.append(Entered(plan, {**plan.about, "seed": 0}, ready, folder))
    every = [curve for of in past.values() for curve in of]

    def promise(name: str, curve: Sequence[float]) -> float:
        return predicted(curve, how.epochs, past.get(name) or every)

    marks = halvings(len(hub), how.epochs)
    step = counted(progress, planned_epochs(len(hub), how.epochs, len(how.rates)))
    rates = {each.name: list(how.rates) for each in inside}
    stages, since = list[Stage](), 0
    for until, left in marks.items():
        stages.append(_stage(inside, rates, since, until, left, promise, step))
        rates = {name: [rate] for name, rate in stages[-1].rates.items()}
        inside = [each for each in inside if each.name not in stages[-1].dropped]
        since = until
    (winner,) = inside
    (rate,) = rates[winner.name]
    curve = reached(winner, rate, since, how.epochs, step)
    run = next(iter(_same(rows, winner.about)), None)
    if run is None:
        run = _row(winner, rate, stages[0])
        write_runs(out, [*rows, run])
    forget(winner, [rate])
    spent = sum(stage.spent for stage in stages) + max(0, len(curve) - since)
    return Selection(run, tuple(stages), spent, len(hub) * epochs_of(how))


def _stage(
    inside: Sequence[Entered],
    rates: Mapping[str, Sequence[float]],
    since: int,
    until: int,
    left: int,
    promise: Callable[[str, Sequence[float]], float],
    step: Step,
) -> Stage:
    """All that take part trained to one epoch, and who is dropped there."""
    stage = Stage(until, {}, {}, {})
    spent = 0
    for each in inside:
        name = each.name
        curves = {rate: reached(each, rate, since, until, step) for rate in rates[name]}
        spent += sum(max(0, len(curve) - since) for curve in curves.values())
        stage.tried[name] = {rate: curve[-1] for rate, curve in curves.items()}
        (rate,) = best(stage.tried[name], 1)
        stage.rates[name], stage.predicted[name] = rate, promise(name, curves[rate])
        forget(each, [other for other in curves if other != rate])
    stay = best(stage.predicted, left)
    out = [each for each in inside if each.name not in stay]
    for each in out:
        forget(each, [stage.rates[each.name]])
    return stage._replace(dropped=tuple(each.name for each in out), spent=spent)


def _same(rows: Sequence[Run], about: Mapping[str, object]) -> list[Run]:
    """The rows of the same network and data, of the seed that a selection uses."""
    key = about["model"], about["dataset"]
    return [run for run in rows if (run.model, run.dataset) == key and run.seed == 0]


def _row(winner: Entered, rate: float, first: Stage) -> Run:
    """The row of the network that is left; its rates were compared at the first halving."""
    run = row(winner.plan, winner.about, {rate: finished(winner, rate)})
    validations = listed(list(first.tried[winner.name].values()))
    return run._replace(
        validations=validations, status=SELECTED if run.status == DONE else run.status
    )
