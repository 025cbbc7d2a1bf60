"""`hub.toml`: which models there are, and where.

[[models]]
name = "mobilenet"                  # of the features file too
weights = "nets/mobilenet.npz"      # relative to this file, hf://org/name@revision, https://...
architecture = "resnet50"           # where neither the weights nor a config.json say it
layers = ["layer3", "layer4:map"]   # further ones to score, see `backbones.pooling`
preprocess = {size = 256}           # what is not as the network has it, see `data.changing`
source_data = "ImageNet-1k"         # what it was trained on, and
licence = "MIT"                     # under which licence it is, if that is known

[[models]]
name = "regnet"
timm = "regnety_002.pycls_in1k"     # or torchvision = "...": run by torch, weights may be left out

The hubs of the literature come with the package, by name: `NAME.toml` here, and beside each
`NAME.csv` with the accuracies that were published for it.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from disco_jax.data import check_changes
from disco_jax.errors import InputError, did_you_mean

LIBRARIES = ("timm", "torchvision")
FACTS = ("source_data", "licence")
KEYS = ("name", "weights", *LIBRARIES, "architecture", "layers", "preprocess", *FACTS)
EXAMPLE = "list models as [[models]] with name and weights"

HUBS = Path(__file__).parent


class HubModel(NamedTuple):
    """A model by name; weights that are local are there."""

    name: str
    weights: str = ""
    architecture: str = ""  # its name in the library, where there is one
    layers: tuple[str, ...] = ()
    preprocess: Mapping[str, Any] = {}
    library: str = ""  # timm or torchvision, run by torch
    facts: Mapping[str, str] = {}  # source_data and licence, where they are known
    where: str = ""  # file and place, for what is wrong with it later


def find_hub(given: str) -> Path:
    """A file, or the bundled hub of that name where there is no such file."""
    named = HUBS / f"{given}.toml"
    if Path(given).exists() or "/" in given or not named.is_file():
        return Path(given)
    return named


def accuracies_of(hub: Path) -> Path | None:
    """The accuracies that come with a bundled hub."""
    return hub.with_suffix(".csv") if hub.parent == HUBS else None


def read_hub(path: Path) -> tuple[HubModel, ...]:
    """The models of a hub.

    Raises:
        ValueError: One line that names the file, the model and what to do.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as why:
        bundled = ", ".join(sorted(hub.stem for hub in HUBS.glob("*.toml")))
        known = f"give a hub.toml, or one of {bundled}"
        raise InputError(path, "hub", f"cannot be read ({why.strerror})", known) from why
    except ValueError as why:
        raise InputError(path, "hub", f"not TOML ({why})", EXAMPLE) from why
    listed = found.get("models")
    if not isinstance(listed, list) or not listed or set(found) != {"models"}:
        raise InputError(path, "models", "missing, or not all there is", EXAMPLE)
    for place, raw in enumerate(listed, 1):
        _check(path, place, raw)
    models = tuple(_model(path, place, raw) for place, raw in enumerate(listed, 1))
    names = Counter(model.name for model in models)
    if again := next((name for name, count in names.items() if count > 1), None):
        raise InputError(path, "models", f"{again!r} is there twice", "rename one of them")
    for model in models:
        if model.weights and "://" not in model.weights and not Path(model.weights).exists():
            problem = f"there is no {model.weights}"
            raise InputError(model.where, "weights", problem, "correct the path")
    return models


def _check(path: Path, place: int, raw: Any) -> None:
    """Refuse what cannot be a model, whatever files there are."""
    where = f"{path}: model {place}"
    if not isinstance(raw, dict):
        raise InputError(path, f"model {place}", "not a table", EXAMPLE)
    for key, value in raw.items():
        if key not in KEYS:
            remedy = did_you_mean(key, KEYS, f"there are {', '.join(KEYS)}")
            raise InputError(where, f"key {key!r}", "unknown", remedy)
        if key == "preprocess":
            check_changes(value, _named(where, raw.get("name")))
            continue
        listed = value if key == "layers" and isinstance(value, list) else [value]
        if not all(isinstance(text, str) and text for text in listed):
            raise InputError(where, key, "no text", EXAMPLE)
    called = [key for key in (*LIBRARIES, "architecture") if key in raw]
    if len(called) > 1:
        problem = f"there is {called[0]} already"
        raise InputError(where, called[1], problem, "leave one of them out")
    needed = ("name",) if called and called[0] in LIBRARIES else ("name", "weights")
    if missing := [key for key in needed if key not in raw]:
        raise InputError(where, missing[0], "missing", EXAMPLE)
    name = raw["name"]
    if name.startswith(".") or not name.isprintable() or set(name) & set('/\\:*?"<>|@'):
        raise InputError(
            where, "name", f"{name!r} cannot be a file's", "use letters, digits, . _ -"
        )


def _model(path: Path, place: int, raw: Mapping[str, Any]) -> HubModel:
    weights, layers = raw.get("weights", ""), raw.get("layers", [])
    library = next((key for key in LIBRARIES if key in raw), "")
    return HubModel(
        raw["name"],
        str(path.parent / weights) if weights and "://" not in weights else weights,
        raw.get(library or "architecture", ""),
        (layers,) if isinstance(layers, str) else tuple(layers),
        raw.get("preprocess", {}),
        library,
        {key: raw[key] for key in FACTS if key in raw},
        _named(f"{path}: model {place}", raw["name"]),
    )


def _named(where: str, name: Any) -> str:
    return f"{where} ({name})" if isinstance(name, str) else where
