"""torch and the libraries of models, imported when called. Nothing is downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .case import Case, pictures, value


def torch() -> Any:
    import torch

    return torch


def torchvision() -> Any:
    """Beside the CPU build of torch its wheel misses two operations, which no model uses."""
    library = torch().library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        try:
            library.define(signature)
        except RuntimeError:  # defined before
            break
    KEPT.append(library)
    import torchvision

    return torchvision


KEPT: list[Any] = []  # a library's definitions end with it


def timm(name: str, **options: Any) -> Any:
    torchvision()
    import timm

    return timm.create_model(name, pretrained=False, **options)


def transformers(kind: str, config: str, **options: Any) -> Any:
    """A model class with the configuration of such sizes."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    torchvision()
    import transformers

    return getattr(transformers, kind)(getattr(transformers, config)(**options))


def before(layer: str) -> Any:
    """Outputs: what a layer is given, and what the model gives."""

    def outputs(model: Any, x: Any) -> tuple[Any, Any]:
        seen = []
        hook = model.get_submodule(layer).register_forward_hook(
            lambda module, given, result: seen.append(given[0])
        )
        logits = model(x)
        hook.remove()
        return seen[0], logits

    return outputs


def timm_outputs(model: Any, x: Any) -> tuple[Any, Any]:
    features = model.forward_features(x)
    return model.forward_head(features, pre_logits=True), model(x) if model.num_classes else None


def prepared(case: Case, folder: Path) -> tuple[Any, Path]:
    """The model in float64, for inference, and its file; parameters by the names in the file."""
    model = case.build().eval()
    if case.layout == "folder":
        from safetensors.numpy import load_file, save_file

        path = folder / case.name
        model.save_pretrained(path)  # names are not those of its state_dict()
        weights = path / "model.safetensors"
        stored = {
            name: value(name, each.shape) if each.dtype.kind == "f" else each
            for name, each in load_file(weights).items()
        }
        save_file(stored, weights, {"format": "pt"})
        return type(model).from_pretrained(path).eval().double(), path
    state = model.state_dict()  # not only the tensors: MNASNet asks for its version
    for name, each in state.items():
        if each.is_floating_point():
            state[name] = torch().tensor(value(name, tuple(each.shape)))
    model.load_state_dict(state)
    if case.layout == "safetensors":
        from safetensors.torch import save_file as save

        path = folder / f"{case.name}.safetensors"
        save({name: each.contiguous() for name, each in state.items()}, path)
    else:
        path = folder / f"{case.name}.pth"
        torch().save(state, path, _use_new_zipfile_serialization=case.layout == "pth")
    return model.double(), path


@contextmanager
def interpolating_widely() -> Iterator[None]:
    """Libraries resample positions in float32 whatever the model is in; here in float64."""
    functional = torch().nn.functional
    narrow = functional.interpolate
    functional.interpolate = lambda x, *more, **options: narrow(x.double(), *more, **options)
    yield
    functional.interpolate = narrow


def ran(case: Case, model: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Features and logits of the case's pictures."""
    x = torch().tensor(pictures(case.size).transpose(0, 3, 1, 2).copy()).double()
    with torch().inference_mode(), interpolating_widely():
        features, logits = case.outputs(model, x)
    return features.numpy(), None if logits is None else logits.numpy()
