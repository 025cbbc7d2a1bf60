"""The results as `jax.export` writes them: each NamedTuple by its name, as `disco_kernels.Disco`.

An exported program names the type of its result, and only a registered type can be written. Who
loads such a program imports `disco_kernels` first, or exports one that returns plain arrays.
"""

from jax import export

from ._disco import DetectionTerms, Disco
from ._etran import Etran
from ._gbc import Gbc
from ._left_out_samples import LeftOut
from ._moments import Moments
from ._ncti import Ncti
from ._nleep import Nleep
from ._pactran_gauss import PactranGauss
from ._robust_direction import RobustDirection
from ._spectrum import Spectrum
from ._tmi import Tmi

RESULTS = (
    *(DetectionTerms, Disco, Etran, Gbc, LeftOut),
    *(Moments, Ncti, Nleep, PactranGauss, RobustDirection, Spectrum, Tmi),
)

for result in RESULTS:
    export.register_namedtuple_serialization(
        result, serialized_name=f"disco_kernels.{result.__name__}"
    )
