"""The six operations of the graph format, on maps (b, h, w, c).

    conv, maxpool, gap   `convolution.conv`, `max_pool` and `global_mean`
    add                  x + y
    concat               channels joined
    take                 channels start, start + step, ...

and an activation after conv and add.
"""

import jax.numpy as jnp

ACTIVATIONS = {
    "none": lambda x: x,
    "relu": lambda x: jnp.maximum(x, 0),
    "relu6": lambda x: jnp.clip(x, 0, 6),
    "leaky0.1": lambda x: jnp.where(x > 0, x, x * jnp.asarray(0.1, x.dtype)),
}
