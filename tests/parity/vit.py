"""Vision transformers of torchvision, timm and transformers, and as DINO and MoCo-v3 store them."""

from .case import Case
from .libraries import before, timm, timm_outputs, torch, torchvision, transformers

SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 2,
    "intermediate_size": 256,
    "image_size": 64,
    "num_labels": 5,
}


def vit(model, x):
    return model.vit(x).last_hidden_state[:, 0], model(x).logits


def headless(model, x):
    return model(x).last_hidden_state[:, 0], None


def teacher(model, x):
    return model.deit(x).last_hidden_state[:, :2].mean(1), model(x).logits


def deit(model, x):
    return model.deit(x).last_hidden_state[:, 0], model(x).logits


def resized(model, x):
    return model(x, interpolate_pos_encoding=True).last_hidden_state[:, 0], None


def dino(name):
    """A teacher, with a part of the head it learnt with."""
    nn = torch().nn
    head = nn.ModuleDict({"last_layer": nn.Linear(8, 8)})
    return nn.ModuleDict({"backbone": timm(name, num_classes=0), "head": head})


def moco(name):
    """What pre-training stores: two encoders with heads of three layers, and a predictor."""
    nn = torch().nn
    encoders = [timm(name, num_classes=0, num_heads=12) for _ in range(2)]
    for encoder in encoders:
        encoder.head = nn.Sequential(nn.Linear(encoder.embed_dim, 8), nn.BatchNorm1d(8))
    parts = {
        "base_encoder": encoders[0],
        "momentum_encoder": encoders[1],
        "predictor": nn.Sequential(nn.Linear(8, 8)),
    }
    return nn.ModuleDict({"module": nn.ModuleDict(parts)})


def backbone(model, x):
    return timm_outputs(model["backbone"], x)


def base_encoder(model, x):
    encoder = model["module"]["base_encoder"]
    return encoder.forward_head(encoder.forward_features(x), pre_logits=True), None


def of_timm(name, **options):
    return Case(f"timm-{name}", lambda: timm(name), timm_outputs, name, 224, **options)


def of_transformers(kind, config, outputs, name="", **options):
    build = lambda: transformers(kind, config, **SMALL)  # noqa: E731
    return Case(name or f"hf-{kind}", build, outputs, layout="folder", **options)


CASES = [
    of_timm("vit_tiny_patch16_224"),
    of_timm("vit_small_patch16_224"),
    of_timm("deit_tiny_patch16_224"),
    of_timm("deit_small_distilled_patch16_224"),
    of_timm("vit_base_patch32_224"),
    Case(
        "timm-vit-small-images",
        lambda: timm("vit_tiny_patch16_224", depth=12, num_classes=0),
        timm_outputs,
        "vit_tiny_patch16_224",
        224,
    ),
    Case(
        "tv-vit_b_32",
        lambda: torchvision().models.vit_b_32(num_classes=5),
        before("heads.head"),
        "vit_b_32",
        224,
    ),
    Case(
        "tv-vit_b_16",
        lambda: torchvision().models.vit_b_16(num_classes=5),
        before("heads.head"),
        "vit_b_16",
        224,
    ),
    of_transformers("ViTForImageClassification", "ViTConfig", vit, golden=True),
    of_transformers("ViTModel", "ViTConfig", headless),
    of_transformers("DeiTForImageClassificationWithTeacher", "DeiTConfig", teacher, golden=True),
    of_transformers("DeiTForImageClassification", "DeiTConfig", deit),
    Case(
        "timm-other-size",
        lambda: timm("vit_tiny_patch16_224", dynamic_img_size=True),
        timm_outputs,
        "vit_tiny_patch16_224",
        96,
    ),
    of_transformers("ViTModel", "ViTConfig", resized, name="hf-other-size", size=112),
    *(
        Case(
            ours,
            lambda theirs=theirs: dino(theirs),
            backbone,
            ours,
            224,
            "pth",
        )
        for ours, theirs in {
            "dino_vits16": "vit_small_patch16_224",
            "dino_vitb16": "vit_base_patch16_224",
            "dino_vits8": "vit_small_patch8_224",
            "dino_vitb8": "vit_base_patch8_224",
        }.items()
    ),
    *(
        Case(
            ours,
            lambda theirs=theirs: moco(theirs),
            base_encoder,
            ours,
            224,
            "pth",
        )
        for ours, theirs in {
            "moco_v3_small": "vit_small_patch16_224",
            "moco_v3_base": "vit_base_patch16_224",
        }.items()
    ),
]
