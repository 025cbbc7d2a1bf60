"""SynBench: how much of two Gaussian classes of images a network lets through; no data, no task.

gaussians   the images, in batches
curve       accuracy and distance at every scale -> one number
measured    a network -> its curves
"""

from .curve import SCALES, area, reference
from .measured import EPSILONS, Measured, measure

__all__ = ["EPSILONS", "SCALES", "Measured", "area", "measure", "reference"]
