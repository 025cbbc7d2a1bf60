"""Pre-trained weights: found, read without executing anything, renamed, filled in.

    location    a path, hf://org/name@revision or https://... -> a local file or folder
    download    https://... -> a file that is kept
    checkpoint  file or folder -> tensors by name, config.json, digest
    config      config.json -> architecture, preprocessing
    naming      names of torchvision, timm or transformers -> ours
    filling     tensors -> the parameters of a module

Nothing here knows any network.
"""

from .checkpoint import Checkpoint, digest_of, read_checkpoint
from .config import architecture_of, model_type_of, preprocessing_of, timm_preprocessing
from .filling import filled, problems, told
from .location import local
from .naming import Rules, renamed

__all__ = [
    "Checkpoint",
    "Rules",
    "architecture_of",
    "digest_of",
    "filled",
    "local",
    "model_type_of",
    "preprocessing_of",
    "problems",
    "read_checkpoint",
    "renamed",
    "timm_preprocessing",
    "told",
]
