"""Configurations of transformers' that no module here represents are refused, never misread."""

import pytest

from disco_jax.backbones import clip, dinov2, siglip, vit

VIT = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 256,
    "image_size": 64,
    "patch_size": 16,
    "layer_norm_eps": 1e-6,
}
REFUSED = [
    (vit, "vit", {"hidden_act": "relu"}),
    (vit, "vit", {"qkv_bias": False}),
    (dinov2, "dinov2", {"mlp_ratio": 4, "use_swiglu_ffn": True}),
    (dinov2, "dinov2", {"mlp_ratio": 4, "hidden_act": "silu"}),
    (clip, "clip_vision_model", {"hidden_act": "silu"}),
    (clip, "clip", {"architectures": ["CLIPForImageClassification"]}),
    (siglip, "siglip", {"architectures": ["SiglipForImageClassification"]}),
    (siglip, "siglip_vision_model", {"vision_use_head": False}),
]


@pytest.mark.parametrize(("family", "kind", "change"), REFUSED)
def test_refused(family, kind, change):
    read = family.FAMILY.model_types[kind]
    assert read({**VIT, "mlp_ratio": 4})
    with pytest.raises(ValueError, match="known"):
        read({**VIT, **change})
