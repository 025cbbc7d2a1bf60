"""The ResNets of CIFAR, which no library has: written here from the paper in torch."""

from .case import Case
from .libraries import before, torch


def network(blocks, pad):
    """Names as in chenyaofo's repository, or akamaster's."""
    nn, functional = torch().nn, torch().nn.functional

    class Block(nn.Module):
        def __init__(self, inputs, width, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.more, self.stride = width - inputs, stride
            if self.more and not pad:
                conv = nn.Conv2d(inputs, width, 1, stride, bias=False)
                self.downsample = nn.Sequential(conv, nn.BatchNorm2d(width))

        def forward(self, x):
            y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
            if self.more and pad:
                half = self.more // 2
                x = functional.pad(
                    x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, half)
                )
            elif self.more:
                x = self.downsample(x)
            return functional.relu(x + y)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
            last = 16
            for place, width in enumerate((16, 32, 64), 1):
                inputs = [last] + [width] * (blocks - 1)
                stage = [Block(c, width, width // c) for c in inputs]
                setattr(self, f"layer{place}", nn.Sequential(*stage))
                last = width
            setattr(self, "linear" if pad else "fc", nn.Linear(64, 10))

        def forward(self, x):
            x = functional.relu(self.bn1(self.conv1(x)))
            x = self.layer3(self.layer2(self.layer1(x))).mean((2, 3))
            return self.linear(x) if pad else self.fc(x)

    return Network()


CASES = [
    Case(
        "cifar_resnet20", lambda: network(3, False), before("fc"), "cifar_resnet20", 32, golden=True
    ),
    Case("cifar_resnet56", lambda: network(9, False), before("fc"), "cifar_resnet56", 32),
    Case(
        "cifar_resnet32_pad", lambda: network(5, True), before("linear"), "cifar_resnet32_pad", 32
    ),
]
