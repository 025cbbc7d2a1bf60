"""What features depend on, as text: equal provenance means equal features."""

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from functools import cache

from disco_jax import __version__
from disco_jax.backbones import Backbone
from disco_jax.data import Images, Preprocessing

BOX_ROWS = "boxes: mean of the last feature map over the cells that a box covers"
LIBRARIES = ("jax", "flax", "numpy", "pillow")


def uncropped(backbone: Backbone) -> Preprocessing:
    """A network's preprocessing without its crop."""
    return backbone.preprocessing._replace(shorter=None)


def provenance(
    backbone: Backbone,
    images: Images,
    *,
    per_box: bool = False,
    layers: Sequence[str] = (),
    moments_only: bool = False,
) -> dict[str, str]:
    """All that features depend on, as text."""
    samples = json.dumps([images.ids.tolist(), len(images)])
    return {
        "model": backbone.name,
        "engine": "flax",
        **{key: text for key, text in backbone.about.items() if text},
        "weights_sha256": backbone.digest,
        "dtype": str(backbone.dtype),
        "preprocessing": str(uncropped(backbone) if per_box else backbone.preprocessing),
        "rows": BOX_ROWS if per_box else "images",
        **({"layers": ", ".join(layers)} if layers else {}),
        **({"kept": "moments"} if moments_only else {}),
        "data": images.name,
        "data_version": images.version,
        "samples_sha256": hashlib.sha256(samples.encode()).hexdigest(),
        **({"class_names": json.dumps(images.class_names)} if images.class_names else {}),
        **versions(),
    }


@cache
def versions() -> dict[str, str]:
    """Of this package and of the libraries that features depend on."""
    others = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"disco_jax": __version__, **others}
