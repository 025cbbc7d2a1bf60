"""How XLA compiles networks for a CPU.

By default XLA hands convolutions, products and sums to YNNPACK where it can. Its convolutions are
slower than XLA's own, and what a sum reads is computed again for each sum that reads it; but where
there is attention and nothing else, its sums are the faster ones. So: none of it, or `SUMS`, as a
network's `fusions` say.
"""

from functools import cache

import jax

LIBRARY = "xla_cpu_experimental_ynn_fusion_type"
SUMS = "LIBRARY_FUSION_TYPE_REDUCE"


@cache
def compiler_options(fusions: str = "") -> dict[str, str] | None:
    """For `jax.jit`: what YNNPACK may compute; None where XLA has no such option."""
    options = {LIBRARY: fusions}
    if jax.default_backend() != "cpu":
        return None
    try:
        jax.jit(lambda: 0, compiler_options=options)()
    except jax.errors.JaxRuntimeError:
        return None
    return options
