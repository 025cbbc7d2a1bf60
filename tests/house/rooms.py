"""The rule of dependencies: which rooms of `disco_jax` a room may import.

A room is a sub-package or a module of `disco_jax`; only its face, `disco_jax.<room>`, is imported
from outside. `errors`, `atomic`, `entry_points`,
`machine`, `progress` and the version are free to all.

Three branches meet at the top, in `pipeline`, `demo`, `networks` and `cli`; `torch_file` and
`arrow_file` read other people's files and stand below them:

    pictures    data -> weights -> backbones -> extraction
    scores      features, metrics -> scoring -> results
    truth       results -> comparison -> reporting, history -> recommendation
"""

RULE = {  # room -> the rooms that it may import, in the order of a run
    "torch_file": (),
    "arrow_file": (),
    "data": ("arrow_file",),
    "weights": ("data", "torch_file"),
    "backbones": ("data", "weights"),
    "hubs": ("data",),
    "features": ("torch_file", "arrow_file"),
    "extraction": ("data", "backbones", "hubs", "features", "kernels"),
    "metrics": ("kernels",),
    "testing": ("metrics", "kernels"),
    "results": (),
    "scoring": ("features", "metrics", "results", "kernels"),
    "comparison": ("arrow_file", "results"),
    "reporting": ("results", "comparison"),
    "history": ("comparison",),
    "recommendation": ("features", "results", "comparison", "history", "scoring"),
    "race": ("data", "hubs", "extraction", "features", "metrics", "scoring"),
    "choice": ("features", "metrics", "results", "scoring", "kernels"),
    "pipeline": (
        *("data", "backbones", "hubs", "extraction", "metrics", "scoring", "results"),
        *("history", "recommendation", "race"),
    ),
    "finetuning": ("data", "backbones", "hubs", "extraction"),
    "sweep": ("data", "backbones", "hubs", "extraction", "metrics", "scoring", "results"),
    "demo": ("data", "backbones", "hubs"),
    "synbench": ("backbones", "kernels"),
    "merging": (
        *("data", "weights", "backbones", "hubs", "features", "extraction", "metrics", "scoring"),
    ),
    "networks": ("backbones", "hubs", "demo"),
    "cli": (
        *("data", "hubs", "features", "extraction", "metrics", "scoring"),
        *("results", "comparison", "reporting", "history", "recommendation", "choice", "pipeline"),
        *("finetuning", "demo", "networks"),
        *("merging", "synbench", "sweep"),
    ),
    "__main__": ("cli",),
}
FREE = {"errors", "atomic", "entry_points", "machine", "progress", "__version__"}
