"""Networks as Flax NNX modules, all loaded and run in one way.

    loading    a file or a name -> `Backbone`; `function` makes one of anybody's function
    torch_network    one of any torch module; `torch_libraries` by a name of timm or torchvision
    families   one file per family; what a family is, is in `family`
    graph      networks that are described by their file
    operations   what a network computes, counted, and its parameters
    pooling    features of further layers; `boxes` of the boxes in a picture
    modules    the layers they are built of; `convolution`, `precision`, `compiling`

Files are read by `disco_jax.weights`.
"""

from .backbone import Backbone, Outputs, compiled, of_map, padded
from .boxes import pool_boxes
from .compiling import compiler_options
from .family import Family, of_imagenet
from .function import of_function
from .graph import read_graph, write_graph
from .loading import architectures, described, digest_of, load_backbone, untrained
from .operations import parameters, subtrees
from .pooling import check_layers, layer_names, pooled
from .torch_libraries import of_library
from .torch_network import of_torch

__all__ = [
    "Backbone",
    "Family",
    "Outputs",
    "architectures",
    "check_layers",
    "compiled",
    "compiler_options",
    "described",
    "digest_of",
    "layer_names",
    "load_backbone",
    "of_function",
    "of_imagenet",
    "of_library",
    "of_map",
    "of_torch",
    "padded",
    "parameters",
    "pool_boxes",
    "pooled",
    "read_graph",
    "subtrees",
    "untrained",
    "write_graph",
]
