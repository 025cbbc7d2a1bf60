"""The rule of dependencies: which rooms of `disco_jax` a room may import.

A room is a sub-package or a module of `disco_jax`; only its face, `disco_jax.<room>`, is imported
from outside. `errors`, `atomic`, `entry_points`, `progress` and the version are free to all.

Three branches meet at the top, in `pipeline`, `demo` and `cli`:

    pictures    data -> weights -> backbones -> extraction
    scores      features, metrics -> scoring -> results
    truth       results -> comparison -> reporting
"""

RULE = {  # room -> the rooms that it may import, in the order of a run
    "data": (),
    "weights": ("data",),
    "backbones": ("data", "weights"),
    "hubs": (),
    "features": (),
    "extraction": ("data", "backbones", "hubs", "features", "kernels"),
    "metrics": ("kernels",),
    "testing": ("metrics", "kernels"),
    "results": (),
    "scoring": ("features", "metrics", "results", "kernels"),
    "comparison": ("results",),
    "reporting": ("results", "comparison"),
    "pipeline": ("data", "hubs", "extraction", "metrics", "scoring", "results"),
    "finetuning": ("data", "backbones"),
    "demo": ("data", "backbones", "hubs", "finetuning"),
    "cli": (
        *("data", "hubs", "features", "extraction", "metrics", "scoring"),
        *("results", "comparison", "reporting", "pipeline", "demo"),
    ),
    "__main__": ("cli",),
}
FREE = {"errors", "atomic", "entry_points", "progress", "__version__"}
