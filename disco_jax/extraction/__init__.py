"""Pictures and networks in, feature sets out: one network, a hub of them, moments alone."""

from .hub import Extracted, extract_hub, task_of
from .moments import summed
from .network import ACCELERATOR_BATCH, BATCH, Extraction, extract
from .opening import opened
from .provenance import provenance

__all__ = [
    "ACCELERATOR_BATCH",
    "BATCH",
    "Extracted",
    "Extraction",
    "extract",
    "extract_hub",
    "opened",
    "provenance",
    "summed",
    "task_of",
]
