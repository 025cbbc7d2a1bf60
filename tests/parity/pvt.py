"""PVT of transformers; and of its authors, whom no library follows: written here from the paper."""

from .case import Case
from .libraries import before, torch, transformers

SMALL = {
    "num_encoder_blocks": 2,
    "hidden_sizes": [8, 40],
    "num_attention_heads": [1, 5],
    "depths": [2, 1],
    "sequence_reduction_ratios": [4, 1],
    "mlp_ratios": [2, 4],
    "patch_sizes": [4, 2],
    "strides": [4, 2],
    "image_size": 64,
    "num_labels": 5,
}


def pvt(model, x):
    return model.pvt(x).last_hidden_state[:, 0], model(x).logits


def headless(model, x):
    return model(x).last_hidden_state[:, 0], None


def network(depths):
    """Names and epsilons as in whai362's repository."""
    nn, functional = torch().nn, torch().nn.functional
    widths, heads, ratios, inner = (64, 128, 320, 512), (1, 2, 5, 8), (8, 4, 2, 1), (8, 8, 4, 4)

    class Attention(nn.Module):
        def __init__(self, width, heads, ratio):
            super().__init__()
            self.q, self.kv = nn.Linear(width, width), nn.Linear(width, 2 * width)
            self.proj, self.heads, self.ratio = nn.Linear(width, width), heads, ratio
            if ratio > 1:
                self.sr, self.norm = nn.Conv2d(width, width, ratio, ratio), nn.LayerNorm(width)

        def forward(self, x, side):
            small = x
            if self.ratio > 1:
                small = self.sr(x.transpose(1, 2).unflatten(2, (side, side)))
                small = self.norm(small.flatten(2).transpose(1, 2))
            parts = self.q(x), *self.kv(small).chunk(2, 2)
            split = [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts]
            joined = functional.scaled_dot_product_attention(*split)
            return self.proj(joined.transpose(1, 2).flatten(2))

    class Block(nn.Module):
        def __init__(self, place):
            super().__init__()
            width = widths[place]
            self.norm1, self.norm2 = (nn.LayerNorm(width, eps=1e-6) for _ in range(2))
            self.attn = Attention(width, heads[place], ratios[place])
            self.mlp = nn.ModuleDict()
            self.mlp.fc1 = nn.Linear(width, inner[place] * width)
            self.mlp.fc2 = nn.Linear(inner[place] * width, width)

        def forward(self, x, side):
            x = x + self.attn(self.norm1(x), side)
            return x + self.mlp.fc2(functional.gelu(self.mlp.fc1(self.norm2(x))))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            last, side = 3, 224
            for place, width in enumerate(widths):
                patch = 2 if place else 4
                side //= patch
                embedding = nn.Module()
                embedding.proj = nn.Conv2d(last, width, patch, patch)
                embedding.norm = nn.LayerNorm(width)
                positions = nn.Parameter(torch().zeros(1, side * side + (place == 3), width))
                setattr(self, f"patch_embed{place + 1}", embedding)
                setattr(self, f"pos_embed{place + 1}", positions)
                blocks = nn.ModuleList([Block(place) for _ in range(depths[place])])
                setattr(self, f"block{place + 1}", blocks)
                last = width
            self.cls_token = nn.Parameter(torch().zeros(1, 1, last))
            self.norm, self.head = nn.LayerNorm(last, eps=1e-6), nn.Linear(last, 1000)

        def forward(self, x):
            for place in (1, 2, 3, 4):
                embedding = getattr(self, f"patch_embed{place}")
                x = embedding.proj(x)
                side = x.shape[3]
                x = embedding.norm(x.flatten(2).transpose(1, 2))
                if place == 4:
                    x = torch().cat([self.cls_token.expand(len(x), -1, -1), x], 1)
                x = x + getattr(self, f"pos_embed{place}")
                for block in getattr(self, f"block{place}"):
                    x = block(x, side)
                if place < 4:
                    x = x.transpose(1, 2).unflatten(2, (side, side))
            return self.head(self.norm(x)[:, 0])

    return Network()


DEPTHS = {"pvt_tiny": (2, 2, 2, 2), "pvt_small": (3, 4, 6, 3), "pvt_medium": (3, 4, 18, 3)}

CASES = [
    *(
        Case(name, lambda depths=depths: network(depths), before("head"), name, 224, layout="pth")
        for name, depths in DEPTHS.items()
    ),
    *(
        Case(
            f"hf-{kind}",
            lambda kind=kind: transformers(kind, "PvtConfig", **SMALL),
            outputs,
            layout="folder",
            golden=kind == "PvtModel",
        )
        for kind, outputs in (("PvtForImageClassification", pvt), ("PvtModel", headless))
    ),
]
