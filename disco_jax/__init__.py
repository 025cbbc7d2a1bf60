"""Rank a hub of pre-trained models for your data, without fine-tuning.

Public names are imported when first used (PEP 562), so `import disco_jax` does not load jax.
"""

import importlib

__version__ = "0.1.0"

_EXPORTS = {  # public name -> module of this package that defines it
    "Complement": "choice",
    "Ensemble": "choice",
    "FeatureSet": "features",
    "InputError": "errors",
    "Metric": "metrics",
    "ScoreTable": "results",
    "SpecError": "metrics",
    "Teachers": "choice",
    "compare": "comparison",
    "complement": "choice",
    "ensemble": "choice",
    "extract": "extraction",
    "finetune": "finetuning",
    "load_backbone": "backbones",
    "of_function": "backbones",
    "of_torch": "backbones",
    "open_images": "data",
    "rank": "pipeline",
    "read_accuracies": "comparison",
    "read_features": "features",
    "read_hub": "hubs",
    "recommend": "recommendation",
    "register_metric": "metrics",
    "report": "reporting",
    "score": "scoring",
    "teachers": "choice",
    "with_history": "recommendation",
    "write_features": "features",
}

__all__ = ["__version__", *_EXPORTS]


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
