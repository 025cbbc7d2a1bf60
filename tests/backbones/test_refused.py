"""Configurations of transformers' that no module here represents are refused, never misread."""

import pytest

from disco_jax.backbones.families import (
    clip,
    convnext,
    dinov2,
    efficientnet,
    mobilenet,
    siglip,
    vit,
)

VIT = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 256,
    "image_size": 64,
    "patch_size": 16,
    "layer_norm_eps": 1e-6,
    "mlp_ratio": 4,
}
MOBILE = {
    "hidden_act": "relu6",
    "depth_multiplier": 1.0,
    "min_depth": 8,
    "tf_padding": True,
    "layer_norm_eps": 1e-3,
    "depth_divisible_by": 8,
    "expand_ratio": 6.0,
    "output_stride": 32,
    "first_layer_is_expansion": True,
    "finegrained_output": True,
}
EFFICIENT = {
    **efficientnet.TABLE,
    "width_coefficient": 1.0,
    "depth_coefficient": 1.0,
    "squeeze_expansion_ratio": 0.25,
    "depthwise_padding": [],
    "batch_norm_eps": 1e-3,
}
CONVNEXT = {
    "depths": [1, 2],
    "hidden_sizes": [8, 16],
    "patch_size": 4,
    "layer_norm_eps": 1e-12,
    "layer_scale_init_value": 1e-6,
}
BASES = {mobilenet: MOBILE, efficientnet: EFFICIENT, convnext: CONVNEXT}
REFUSED = [
    (vit, "vit", {"hidden_act": "relu"}),
    (vit, "vit", {"qkv_bias": False}),
    (dinov2, "dinov2", {"use_swiglu_ffn": True}),
    (dinov2, "dinov2", {"hidden_act": "silu"}),
    (clip, "clip_vision_model", {"hidden_act": "silu"}),
    (clip, "clip", {"architectures": ["CLIPForImageClassification"]}),
    (siglip, "siglip", {"architectures": ["SiglipForImageClassification"]}),
    (siglip, "siglip_vision_model", {"vision_use_head": False}),
    (mobilenet, "mobilenet_v1", {"hidden_act": "silu"}),
    (mobilenet, "mobilenet_v1", {"depth_multiplier": 0.3}),
    (mobilenet, "mobilenet_v2", {"output_stride": 16}),
    (mobilenet, "mobilenet_v2", {"depth_multiplier": 0.05}),
    (mobilenet, "mobilenet_v2", {"first_layer_is_expansion": False}),
    (efficientnet, "efficientnet", {"pooling_type": "max"}),
    (efficientnet, "efficientnet", {"hidden_act": "relu"}),
    (convnext, "convnext", {"hidden_act": "relu"}),
]


@pytest.mark.parametrize(("family", "kind", "change"), REFUSED)
def test_refused(family, kind, change):
    read = family.FAMILY.model_types[kind]
    base = BASES.get(family, VIT)
    assert read(base)
    with pytest.raises(ValueError, match="known"):
        read({**base, **change})
