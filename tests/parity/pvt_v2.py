"""PVT version 2 of timm and transformers."""

from .case import Case
from .libraries import timm, timm_outputs, transformers

SMALL = {
    "num_encoder_blocks": 2,
    "hidden_sizes": [8, 40],
    "num_attention_heads": [1, 5],
    "depths": [2, 1],
    "sr_ratios": [4, 1],
    "mlp_ratios": [2, 4],
    "patch_sizes": [7, 3],
    "strides": [4, 2],
    "image_size": 64,
    "num_labels": 5,
}


def pvt(model, x):
    return model.pvt_v2(x).last_hidden_state.mean((2, 3)), model(x).logits


def headless(model, x):
    return model(x).last_hidden_state.mean((2, 3)), None


CASES = [
    *(
        Case(f"timm-{name}", lambda name=name: timm(name), timm_outputs, name, 96)
        for name in ("pvt_v2_b0", "pvt_v2_b1", "pvt_v2_b2", "pvt_v2_b3", "pvt_v2_b4", "pvt_v2_b5")
    ),
    *(
        Case(
            f"hf-{kind}",
            lambda kind=kind: transformers(kind, "PvtV2Config", **SMALL),
            outputs,
            layout="folder",
            golden=kind == "PvtV2Model",
        )
        for kind, outputs in (("PvtV2ForImageClassification", pvt), ("PvtV2Model", headless))
    ),
]
