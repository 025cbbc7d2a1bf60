"""A model of a plan by its name, in whatever process this is: what engines call."""

from functools import lru_cache
from pathlib import Path

from disco_jax.errors import InputError
from disco_jax.extraction import versions

from .one_model import walk
from .plan import Model, Plan, read_plan


def walk_named(folder: Path, name: str, offline: bool = False) -> None:
    """Compute what is missing of a model."""
    plan, models = _read(folder)
    walk(folder, plan, models[name], offline=offline)


def check_versions(folder: Path, plan: Plan) -> None:
    """Refuse to work with other versions than those that name the results."""
    for name, ours in versions().items():
        if (planned := plan.versions.get(name)) != ours:
            problem = f"made with {name} {planned}, here is {ours}"
            raise InputError(folder, "plan", problem, "install that one, or plan again elsewhere")


@lru_cache(maxsize=1)
def _read(folder: Path) -> tuple[Plan, dict[str, Model]]:
    plan = read_plan(folder)
    check_versions(folder, plan)
    return plan, {model.name: model for model in plan.models}
