"""Spectral transferability scores as JAX kernels: pure functions on arrays.

Every kernel runs inside ``jit``, ``vmap``, ``scan`` and ``shard_map``, takes masks or weights
(``where``) and zero-padded columns (``width``), and returns NamedTuples. Importing the package
loads jax, sets the BLAS that jaxlib calls on the CPU to one thread (see ``_blas_threads``), and
tells ``jax.export`` how to write the results (see ``_serialization``).
"""

from ._blas_threads import limit_scipy_blas as _limit_scipy_blas

_limit_scipy_blas()

from ._component_change import component_change, proportion_change  # noqa: E402
from ._concept_variance import concept_variance  # noqa: E402
from ._disco import (  # noqa: E402
    DetectionTerms,
    Disco,
    disco,
    disco_detection,
    disco_from_spectrum,
    disco_regression,
    disco_regression_from_spectrum,
)
from ._energy import energy  # noqa: E402
from ._etran import Etran, etran  # noqa: E402
from ._etran_regression import etran_regression  # noqa: E402
from ._gbc import Gbc, gbc  # noqa: E402
from ._h_score import h_score, h_score_shrunk  # noqa: E402
from ._hard_examples import hard_examples  # noqa: E402
from ._hub_minmax import hub_minmax  # noqa: E402
from ._interclass_distance import interclass_distance  # noqa: E402
from ._kernel_products import kernel_product, kernel_shares  # noqa: E402
from ._knn import knn, knn_regression  # noqa: E402
from ._label_alignment import cka, lfc  # noqa: E402
from ._lda_loo import lda_loo  # noqa: E402
from ._leep import leep, leep_likelihoods, nce  # noqa: E402
from ._left_out_samples import LeftOut, knn_left_out, ridge_left_out  # noqa: E402
from ._logme import logme, logme_regression  # noqa: E402
from ._moments import Moments, merge, moments  # noqa: E402
from ._moments_from_spectrum import moments_from_spectrum  # noqa: E402
from ._ncti import Ncti, ncti  # noqa: E402
from ._nleep import Nleep, nleep  # noqa: E402
from ._pactran_gauss import PactranGauss, pactran_gauss  # noqa: E402
from ._pactran_table import pactran_dirichlet, pactran_gamma  # noqa: E402
from ._parc import parc  # noqa: E402
from ._ped import ped  # noqa: E402
from ._proportions import proportions, spectral_share  # noqa: E402
from ._rankme import rankme  # noqa: E402
from ._ridge_loo import ridge_loo, ridge_loo_regression  # noqa: E402
from ._robust_direction import RobustDirection, robust_direction  # noqa: E402
from ._serialization import RESULTS as _RESULTS  # noqa: E402, F401
from ._sfda import sfda  # noqa: E402
from ._spectrum import Spectrum, leading, spectrum  # noqa: E402
from ._spectrum_from_moments import spectrum_from_moments  # noqa: E402
from ._stable_rank import stable_rank  # noqa: E402
from ._tmi import Tmi, tmi  # noqa: E402
from ._tmi_variance import tmi_variance  # noqa: E402
from ._transferability import transferability, transferability_regression  # noqa: E402
from ._transrate import transrate  # noqa: E402

__all__ = [
    "DetectionTerms",
    "Disco",
    "Etran",
    "Gbc",
    "LeftOut",
    "Moments",
    "Ncti",
    "Nleep",
    "PactranGauss",
    "RobustDirection",
    "Spectrum",
    "Tmi",
    "cka",
    "component_change",
    "concept_variance",
    "disco",
    "disco_detection",
    "disco_from_spectrum",
    "disco_regression",
    "disco_regression_from_spectrum",
    "energy",
    "etran",
    "etran_regression",
    "gbc",
    "h_score",
    "h_score_shrunk",
    "hard_examples",
    "hub_minmax",
    "interclass_distance",
    "kernel_product",
    "kernel_shares",
    "knn",
    "knn_left_out",
    "knn_regression",
    "lda_loo",
    "leading",
    "leep",
    "leep_likelihoods",
    "lfc",
    "logme",
    "logme_regression",
    "merge",
    "moments",
    "moments_from_spectrum",
    "nce",
    "ncti",
    "nleep",
    "pactran_dirichlet",
    "pactran_gamma",
    "pactran_gauss",
    "parc",
    "ped",
    "proportion_change",
    "proportions",
    "rankme",
    "ridge_left_out",
    "ridge_loo",
    "ridge_loo_regression",
    "robust_direction",
    "sfda",
    "spectral_share",
    "spectrum",
    "spectrum_from_moments",
    "stable_rank",
    "tmi",
    "tmi_variance",
    "transferability",
    "transferability_regression",
    "transrate",
]
