"""The derivatives of depthwise convolution against those of XLA's own convolution."""

import jax
import numpy as np
import pytest
from jax import lax

from disco_jax.backbones.convolution import conv

from ..closeness import close

RNG = np.random.default_rng(0)
CASES = [
    # height, width, window, stride, dilation, padding
    (7, 5, (3, 3), (1, 1), (1, 1), "SAME"),
    (8, 7, (3, 3), (2, 2), (1, 1), "SAME"),
    (9, 8, (5, 3), (2, 1), (1, 1), (2, 1, 0, 1)),
    (9, 9, (3, 3), (1, 1), (2, 2), "SAME"),
    (10, 6, (3, 2), (3, 2), (1, 2), "VALID"),
    (3, 3, (3, 3), (2, 2), (1, 1), (1, 1, 1, 1)),
]


@pytest.mark.parametrize(("height", "width", "window", "stride", "dilation", "padding"), CASES)
@pytest.mark.parametrize("batch", [1, 3])
def test_derivatives(height, width, window, stride, dilation, padding, batch):
    x = RNG.normal(size=(batch, height, width, 4))
    kernel = RNG.normal(size=(*window, 1, 4))

    def own(x, kernel):
        return conv(x, kernel, None, stride=stride, padding=padding, dilation=dilation, groups=4)

    def theirs(x, kernel):
        around = padding if isinstance(padding, str) else (padding[:2], padding[2:])
        return lax.conv_general_dilated(
            x,
            kernel,
            stride,
            around,
            rhs_dilation=dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=4,
        )

    found, pull = jax.vjp(own, x, kernel)
    expected, pull_theirs = jax.vjp(theirs, x, kernel)
    close(found, expected)
    dy = RNG.normal(size=found.shape)
    for one, other in zip(pull(dy), pull_theirs(dy), strict=True):
        close(one, other, atol=1e-9)
