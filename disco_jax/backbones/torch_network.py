"""Networks that torch runs: any module.

    pictures --jax: normalise--> x --DLPack--> torch: module(x) --DLPack--> features, logits

in eval mode and without gradients, on the device of the module's parameters. A module returns
features (n, d), or a map (n, c, h, w) or (n, h, w, c), whose mean over positions they are. Where it
has a head it returns logits; features are what the head is given:

    timm            `forward_features` and `forward_head` say it
    torchvision     the last linear layer or convolution
    of your own     the layer that you name; without a name, what it returns are features

The one file that imports torch, and does when it is called.
"""

import hashlib
import math
from typing import Any

import jax
import jax.numpy as jnp

from disco_jax.data import Preprocessing
from disco_jax.errors import InputError, did_you_mean

from .backbone import Backbone, Outputs

MOST = 3  # names that a wrong one may have meant
KINDS = "features (n, d) or a map (n, c, h, w)"


class TorchNetwork:
    """A module as a network: input (b, s, s, 3), already normalised, one of jax's arrays."""

    def __init__(self, module: Any, head: str, name: str) -> None:
        self.module, self.head, self.name = module.eval(), head, name
        self.has_map = False  # known once it has run

    def __call__(self, x: jax.Array) -> Outputs:
        import torch

        own = next(self.module.parameters(), torch.zeros(1))
        wide = torch.float64 if x.dtype == jnp.float64 else torch.float32
        with torch.no_grad():
            given = _to_torch(x, own.device).to(own.dtype).permute(0, 3, 1, 2)
            given = given.clone(memory_format=torch.contiguous_format)  # modules may write into it
            features, logits, last = self._parts(given)
            features = self._checked(features, len(x))
            cells = _cells(last, getattr(self.module, "num_prefix_tokens", 0))
            if features.ndim == 4:
                cells = _channels_last(features)
                features = cells.to(wide).mean((1, 2))
            self.has_map = cells is not None
            cells = features[:, None, None] if cells is None else cells
            features, cells = _to_jax(features.to(wide), x), _to_jax(cells.to(wide), x)
            logits = None if logits is None else _to_jax(logits.to(wide), x)
        return Outputs(features, logits, cells, {})

    def _parts(self, x: Any) -> tuple[Any, Any, Any]:
        """Features, logits or None, and the last map or tokens or None."""
        module = self.module
        if _is_timm(module) and not self.head:
            last = module.forward_features(x)
            logits = None
            if getattr(module, "num_classes", 0):
                logits = module.forward_head(_copied(last))  # heads may write into it
            return module.forward_head(_copied(last), pre_logits=True), logits, last
        if not self.head:
            return module(x), None, None
        seen: list[Any] = []
        layer = module.get_submodule(self.head)
        hook = layer.register_forward_hook(lambda _, given, result: seen.append(given[0]))
        try:
            logits = module(x)
        finally:
            hook.remove()
        if not seen or getattr(logits, "ndim", 0) != 2:
            returned = f"the module returns {_described(logits)}, no logits"
            problem = returned if seen else f"{self.head!r} is not run"
            raise InputError(self.name, "head", problem, "name the layer that gives logits (n, z)")
        return seen[-1], logits, None

    def _checked(self, found: Any, rows: int) -> Any:
        import torch

        if (
            isinstance(found, torch.Tensor)
            and found.is_floating_point()
            and found.ndim in (2, 4)
            and len(found) == rows
        ):
            return found
        remedy = f"wrap it in a module that returns {KINDS}"
        raise InputError(
            self.name, "module", f"returns {_described(found)} for {rows} pictures", remedy
        )


def of_torch(
    module: Any, preprocessing: Preprocessing, *, name: str = "", head: str = ""
) -> Backbone:
    """A backbone of a torch module, which is put into eval mode and stays so.

    Args:
        module: Takes (n, 3, s, s) and returns features (n, d) or a map; see `head`.
        preprocessing: How pictures become its input; see `data.preprocessing.standard`.
        name: What to call it; its class where none is given.
        head: The layer whose input are the features, where the module returns logits. Modules of
            timm and torchvision need none.

    Raises:
        ValueError: One line that names the module, what is wrong with it and what to do.
    """
    called = name or type(module).__name__
    torch = import_torch(called)
    if not isinstance(module, torch.nn.Module):
        raise InputError(called, "module", "no torch.nn.Module", f"give one that returns {KINDS}")
    if head and head not in dict(module.named_modules()):
        layers = (layer for layer, _ in module.named_modules())
        remedy = did_you_mean(head, layers, "name one of its", MOST)
        raise InputError(called, "head", f"there is no layer {head!r}", remedy)
    network = TorchNetwork(module, head or own_head(module), called)
    parameter = next(module.parameters(), torch.zeros(1))
    double = parameter.dtype == torch.float64 and jnp.zeros(0).dtype == jnp.float64
    narrow = {torch.bfloat16: "bfloat16", torch.float16: "float16"}.get(parameter.dtype, "float32")
    dtype = jnp.dtype("float64" if double else narrow)
    _try(network, preprocessing.size, dtype)
    about = {"architecture": type(module).__qualname__, "engine": f"torch {torch.__version__}"}
    return Backbone(called, network, preprocessing, _digest(module), about, dtype)


def _is_timm(module: Any) -> bool:
    return hasattr(module, "forward_features") and hasattr(module, "forward_head")


def own_head(module: Any) -> str:
    """The head of a classifier of torchvision; none where the module is from elsewhere."""
    import torch

    if _is_timm(module) or not type(module).__module__.startswith("torchvision.models."):
        return ""
    kinds = torch.nn.Linear, torch.nn.Conv2d
    return [name for name, layer in module.named_modules() if isinstance(layer, kinds)][-1]


def _copied(last: Any) -> Any:
    return last.clone() if hasattr(last, "clone") else last


def _channels_last(found: Any) -> Any:
    """A map (n, h, w, c); the order that has a square of positions, torch's where both have."""
    _, a, b, c = found.shape
    return found if a == b != c else found.permute(0, 2, 3, 1)


def _cells(last: Any, prefix: int) -> Any:
    """Of a map, or of tokens after so many that are no patches; None where there are none."""
    if getattr(last, "ndim", 0) == 4:
        return _channels_last(last)
    side = math.isqrt(last.shape[1] - prefix) if getattr(last, "ndim", 0) == 3 else 0
    if not side or side * side != last.shape[1] - prefix:
        return None
    return last[:, prefix:].unflatten(1, (side, side))


def _to_torch(x: jax.Array, device: Any) -> Any:
    import torch

    (place,) = x.devices()
    if {"gpu": "cuda"}.get(place.platform, place.platform) != device.type:
        x = jax.device_put(x, jax.local_devices(backend="cpu")[0])
    return torch.from_dlpack(x).to(device)


def _to_jax(found: Any, like: jax.Array) -> jax.Array:
    (place,) = like.devices()
    return jax.device_put(jnp.from_dlpack(found.contiguous()), place)


def _try(network: TorchNetwork, size: int, dtype: Any) -> None:
    """Run it once, on two black pictures."""
    try:
        network(jnp.zeros((2, size, size, 3), dtype))
    except InputError:
        raise
    except Exception as why:  # whatever a module raises
        problem = f"fails on pictures of {size} px ({type(why).__name__}: {why})"
        raise InputError(network.name, "module", problem, "correct it, or the size") from why


def _digest(module: Any) -> str:
    """Of what the module says of itself, and of its tensors."""
    import torch

    digest = hashlib.sha256(repr(module).encode())
    for name, tensor in module.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy())
    return digest.hexdigest()


def _described(found: Any) -> str:
    shape = getattr(found, "shape", None)
    kind = type(found).__name__
    return kind if shape is None else f"a {kind} {tuple(shape)}"


def import_torch(where: str) -> Any:
    """Torch, or one line where it is not installed."""
    try:
        import torch
    except ImportError as why:
        raise missing("torch", where) from why
    return torch


def missing(library: str, where: str) -> InputError:
    """A library that is not installed."""
    return InputError(where, library, "is not installed", "pip install 'disco-jax[torch]'")
