"""DenseNets of torchvision and timm."""

import re

from .case import Case
from .libraries import before, timm, timm_outputs, torchvision


def published():
    """Parameters named as in the files of 2017, which torchvision renames when it reads them."""
    model = torchvision().models.densenet121(num_classes=5)
    model.register_state_dict_post_hook(with_dots)
    model.register_load_state_dict_pre_hook(without_dots)
    return model


def with_dots(model, state, prefix, metadata):
    for name in list(state):
        state[re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name)] = state.pop(name)


def without_dots(model, state, *rest):
    for name in list(state):
        state[re.sub(r"(denselayer\d+\.(?:norm|conv))\.(\d)", r"\1\2", name)] = state.pop(name)


CASES = [
    *(
        Case(
            f"tv-{name}",
            lambda name=name: getattr(torchvision().models, name)(num_classes=5),
            before("classifier"),
            name,
        )
        for name in ("densenet161", "densenet169", "densenet201")
    ),
    Case(
        "tv-densenet121",
        lambda: torchvision().models.densenet121(num_classes=5),
        before("classifier"),
        "densenet121",
        32,
        golden=True,
    ),
    Case("tv-published", published, before("classifier"), "densenet121", layout="pth"),
    *(
        Case(f"timm-{name}", lambda name=name: timm(name), timm_outputs, name, 71)
        for name in ("densenet121", "densenet169", "densenet201", "densenet161")
    ),
    Case("timm-headless", lambda: timm("densenet121", num_classes=0), timm_outputs, "densenet121"),
]
