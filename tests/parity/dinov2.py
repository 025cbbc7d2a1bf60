"""DINOv2 of timm and transformers, and as its authors resample positions."""

from .case import Case
from .libraries import timm, timm_outputs, torch, transformers

SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 2,
    "image_size": 70,
    "num_labels": 5,
}


def headless(model, x):
    return model(x).pooler_output, None


def classifier(model, x):
    tokens = model.dinov2(x).last_hidden_state
    both = torch().cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1)
    return both, model(x).logits


def with_offset(model, x):
    """timm's network with positions as facebookresearch's `interpolate_pos_encoding` makes them."""
    kept, nn = model.pos_embed, torch().nn
    old, new = model.patch_embed.grid_size[0], x.shape[2] // 14
    grid = kept[:, 1:].reshape(1, old, old, -1).permute(0, 3, 1, 2)
    ratio = (new + 0.1) / old
    grid = nn.functional.interpolate(grid, scale_factor=(ratio, ratio), mode="bicubic")
    assert grid.shape[2:] == (new, new)
    patches = model.patch_embed(x).flatten(1, 2) + grid.flatten(2).transpose(1, 2)
    first = (model.cls_token + kept[:, :1]).expand(len(x), 1, -1)
    tokens = model.norm(model.blocks(torch().cat([first, patches], 1)))
    return tokens[:, 0], None


def of_timm(name, ours, size, outputs=timm_outputs):
    build = lambda: timm(name, dynamic_img_size=True)  # noqa: E731
    return Case(f"{ours}-{size}", build, outputs, ours, size)


def of_transformers(kind, outputs, size, **options):
    build = lambda: transformers(kind, "Dinov2Config", **SMALL)  # noqa: E731
    return Case(f"hf-{kind}-{size}", build, outputs, "", size, "folder", **options)


CASES = [
    of_timm("vit_small_patch14_dinov2", "vit_small_patch14_dinov2", 224),
    of_timm("vit_small_patch14_dinov2", "vit_small_patch14_dinov2", 518),
    of_timm("vit_base_patch14_dinov2", "vit_base_patch14_dinov2", 224),
    of_timm("vit_small_patch14_dinov2", "dinov2_vits14", 224, with_offset),
    of_timm("vit_base_patch14_dinov2", "dinov2_vitb14", 224, with_offset),
    of_transformers("Dinov2Model", headless, 70),
    of_transformers("Dinov2Model", headless, 42, golden=True),
    of_transformers("Dinov2ForImageClassification", classifier, 70, golden=True),
    of_transformers("Dinov2ForImageClassification", classifier, 42),
]
