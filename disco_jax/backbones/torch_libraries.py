"""Networks of timm and torchvision by the names they have there, which torch runs.

    timm = "resnet18.a1_in1k"    torchvision = "resnet18.IMAGENET1K_V1"    tags may be left out

The weights are a file, as for any network, or those that the library names. timm fetches its own;
those of torchvision are fetched and read by `disco_jax.weights`, without executing anything.
The preprocessing is timm's data configuration, or that of torchvision's weights.
"""

from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from disco_jax.data import Preprocessing, standard
from disco_jax.errors import InputError, did_you_mean
from disco_jax.weights import Checkpoint, local, read_checkpoint, renamed, timm_preprocessing, told

from .backbone import Backbone
from .family import of_imagenet
from .torch_network import MOST, import_torch, missing, of_torch, own_head

OLDER = (  # names in older files, and in those of a network that was trained in parallel
    (r"^module\.", ""),
    (r"(denselayer\d+\.(norm|conv))\.(\d)\.", r"\1\3."),
    (r"\.mlp\.linear_1\.", ".mlp.0."),
    (r"\.mlp\.linear_2\.", ".mlp.3."),
)
KEPT: list[Any] = []  # a library's definitions end with it


def of_library(
    library: str,
    named: str,
    weights: str = "",
    *,
    name: str,
    where: str,
    change: Callable[[Preprocessing], Preprocessing] = lambda own: own,
    dtype: str = "float32",
    offline: bool = False,
) -> Backbone:
    """A network of timm or torchvision by its name there, perhaps with a tag: `resnet18.a1_in1k`.

    Args:
        library: timm or torchvision.
        named: The name there.
        weights: As for `load_backbone`; without, those that the library names.
        name: What to call it.
        where: What errors begin with.
        change: What is done to its own preprocessing.
        dtype: Of its parameters, in which it computes.
        offline: Fetch nothing.
    """
    torch = import_torch(where)
    stored = _read(local(weights, offline=offline)) if weights else None
    build = {"timm": _timm, "torchvision": _torchvision}[library]
    module, own = build(named, stored, where, offline)
    module = module.to(getattr(torch, dtype))
    if jax.default_backend() == "gpu" and torch.cuda.is_available():
        module = module.to("cuda")
    backbone = of_torch(module, change(own), name=where)  # which its errors begin with
    about = {"architecture": named, "library": f"{library} {version(library)}"}
    return backbone._replace(name=name, about={**backbone.about, **about})


def _timm(
    named: str, stored: Checkpoint | None, where: str, offline: bool
) -> tuple[Any, Preprocessing]:
    _import_torchvision(where)
    try:
        import timm
        from huggingface_hub import constants
    except ImportError as why:
        raise missing("timm", where) from why
    known = timm.list_models(include_tags="." in named)
    if named not in known:
        raise _unknown("timm", named, known, where)
    if stored is None:
        before = constants.HF_HUB_OFFLINE
        constants.HF_HUB_OFFLINE = before or offline
        try:
            if offline and not timm.get_pretrained_cfg(named).hf_hub_id:
                raise ValueError("not on the Hugging Face hub, and nothing may be fetched")
            module = timm.create_model(named, pretrained=True)
        except Exception as why:  # whatever a download raises
            raise _no_weights("timm", named, where, f"{type(why).__name__}: {why}") from why
        finally:
            constants.HF_HUB_OFFLINE = before
    else:
        module = timm.create_model(named)
        heads = module.pretrained_cfg.get("classifier") or ()
        for head in [heads] if isinstance(heads, str) else heads[:1]:
            rows = _rows(stored, head) or 0
            if rows != module.num_classes:
                module = timm.create_model(named, num_classes=rows)
        _fill(module, stored, named, where)
    own = timm_preprocessing(timm.data.resolve_model_data_config(module))
    return module, own or of_imagenet()


def _torchvision(
    named: str, stored: Checkpoint | None, where: str, offline: bool
) -> tuple[Any, Preprocessing]:
    torch, models = import_torch(where), _import_torchvision(where).models
    name, _, tag = named.partition(".")
    known = models.list_models(module=models)
    if name in known and tag:
        known = [f"{name}.{each.name}" for each in models.get_model_weights(name)]
    if named not in known:
        raise _unknown("torchvision", named, known, where)
    every = models.get_model_weights(name)
    chosen = every[tag] if tag else getattr(every, "DEFAULT", None)
    own, options = of_imagenet(), {}
    if chosen is not None:
        said = chosen.transforms()
        own = standard(
            said.crop_size[0],
            shorter=said.resize_size[0],
            interpolation=said.interpolation.value,
            mean=said.mean,
            deviation=said.std,
        )
        if name.startswith("vit_"):
            options = {"image_size": own.size}
        if name in ("googlenet", "inception_v3"):
            options = {"transform_input": True, "init_weights": False}
    if stored is None:
        if chosen is None:
            raise _no_weights("torchvision", named, where, "it has none")
        kept = Path(torch.hub.get_dir(), "checkpoints", chosen.url.rpartition("/")[2])
        stored = _read(kept if kept.is_file() else local(chosen.url, offline=offline))
    module = models.get_model(name, weights=None, **options)
    head = own_head(module)
    rows = _rows(stored, head)
    if rows and rows != len(module.get_submodule(head).weight):
        module = models.get_model(name, weights=None, num_classes=rows, **options)
    _fill(module, stored, named, where)
    return module, own


def _read(path: Path) -> Checkpoint:
    """A checkpoint by the names of today."""
    stored = read_checkpoint(path)
    names = renamed(stored.tensors, OLDER)
    return stored._replace(tensors={ours: stored.tensors[names[ours][0]] for ours in names})


def _fill(module: Any, stored: Checkpoint, named: str, where: str) -> None:
    """The tensors of a file into a module that has the same, by name and shape."""
    own, given = module.state_dict(), stored.tensors
    found = [f"{n} missing" for n in own if n not in given and not n.endswith("batches_tracked")]
    found += [f"{n} unknown" for n in given if n not in own]
    for name in own.keys() & given.keys():
        if (shape := tuple(own[name].shape)) != given[name].shape:
            found.append(f"{name} is {given[name].shape}, not {shape}")
    if found:
        problem = f"{stored.path} is no {named}: {told(sorted(found))}"
        raise InputError(where, "weights", problem, "name the network they were trained with")
    with import_torch(where).no_grad():
        for name, array in given.items():
            plain = array if array.dtype.kind in "fiub" else array.astype(np.float32)
            own[name].copy_(own[name].new_tensor(plain))


def _rows(stored: Checkpoint, head: str) -> int | None:
    """How many classes the head of a file has."""
    weight = stored.tensors.get(f"{head}.weight")
    return None if weight is None else len(weight)


def _import_torchvision(where: str) -> Any:
    """Its wheel misses two operations beside a CPU build of torch, which no network here uses."""
    torch = import_torch(where)
    try:
        import torchvision
    except ImportError as why:
        raise missing("torchvision", where) from why
    except RuntimeError as why:
        if "torchvision::nms" not in str(why):
            raise
        KEPT.append(torch.library.Library("torchvision", "FRAGMENT"))
        for name in ("nms", "qnms"):
            KEPT[-1].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision
    return torchvision


def _unknown(library: str, named: str, known: Iterable[str], where: str) -> InputError:
    remedy = did_you_mean(named, known, f"see {library}.list_models()", MOST)
    return InputError(where, library, f"{named!r} is unknown", remedy)


def _no_weights(library: str, named: str, where: str, why: str) -> InputError:
    return InputError(where, library, f"no weights of {named} ({why})", 'give weights = "FILE"')
