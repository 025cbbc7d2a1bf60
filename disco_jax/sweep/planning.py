"""A plan is made: of a hub and data sets, what their results depend on.

Weights that are here and the sources of the data are read once. Nothing is fetched but what a data
set itself fetches when it is opened.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from disco_jax.backbones import digest_of as weights_digest
from disco_jax.data import Images, open_images
from disco_jax.errors import InputError
from disco_jax.extraction import task_of, versions
from disco_jax.hubs import HubModel
from disco_jax.metrics import default, parse

from .plan import Data, Model, Plan, digest_of

CONFIGURATIONS = ("config.json", "preprocessor_config.json")


def plan_of(
    hub: Sequence[HubModel],
    data: Sequence[str],
    *,
    metrics: str | None = None,
    task: str | None = None,
    split: str = "train",
    dtype: str = "float32",
) -> Plan:
    """The plan of every model of a hub on every data set.

    Args:
        hub: The models.
        data: Sources of pictures, as for `open_images`.
        metrics: Specs as `"disco,gbc:pca=64"`, or `"all"`; a few by default.
        task: classification, regression or detection; inferred where the data leave no choice.
        split: Of the data.
        dtype: What the networks compute in, float32 or bfloat16.

    Raises:
        ValueError: One line that names what is wrong, where, and what to do.
    """
    with ThreadPoolExecutor() as threads:
        digests = list(threads.map(_weights, hub))
    common = {"dtype": dtype, "versions": versions()}
    models = tuple(
        _model(model, *digest, common) for model, digest in zip(hub, digests, strict=True)
    )
    sets = tuple(_data(source, metrics, task, split) for source in data)
    for place, each in enumerate(sets):
        if each.name in {other.name for other in sets[:place]}:
            raise InputError("plan", "data", f"two are called {each.name}", "rename one of them")
    return Plan(models, sets, metrics, dtype, split, versions())


def content_of(images: Images) -> str:
    """What tells pictures, their samples and classes from others."""
    return digest_of(images.name, images.version, images.ids.tolist(), images.class_names)


def _weights(model: HubModel) -> tuple[str, str]:
    """Digests of the weights and of the configuration beside them; empty without either.

    What is wrong with weights is said when they are loaded.
    """
    path = Path(model.weights)
    if not model.weights or "://" in model.weights:
        return "", ""
    beside = hashlib.sha256()
    try:
        for name in CONFIGURATIONS:
            beside.update((path / name).read_bytes() if (path / name).is_file() else b"\0")
        return weights_digest(path), beside.hexdigest()
    except (ValueError, OSError):
        return "", ""


def _model(model: HubModel, weights: str, beside: str, common: Any) -> Model:
    local = model.weights and "://" not in model.weights
    place = os.path.abspath(model.weights) if local else model.weights
    entry = model._replace(weights=place, preprocess=dict(model.preprocess))._asdict()
    decides = {key: entry[key] for key in ("name", "architecture", "library", "layers")}
    decides |= {"preprocess": entry["preprocess"], "weights": weights or place}
    decides["configuration"] = beside
    return Model(model.name, digest_of(decides, common), weights, model.layers, entry)


def _data(source: str, metrics: str | None, task: str | None, split: str) -> Data:
    images = open_images(source, split)
    own = task_of(images, task)
    specs = default(own) if metrics is None else parse(metrics, own)
    content = content_of(images)
    key = digest_of(content, own, [spec.text for spec in specs])
    return Data(images.name, key, content, _anywhere(source), own)


def _anywhere(source: str) -> str:
    """A source as it is called in any folder."""
    scheme = "hf:" if source.startswith("hf:") else ""
    path = source.removeprefix(scheme)
    return scheme + os.path.abspath(path) if os.path.exists(path) else source
