"""Pictures and networks in, feature sets out: one network, a hub of them, moments alone."""

from .device_rows import device_room
from .hub import Extracted, extract_hub, task_of
from .moments import summed
from .network import ACCELERATOR_BATCH, BATCH, Extraction, extract, program_of
from .opening import opened
from .provenance import provenance, versions

__all__ = [
    "ACCELERATOR_BATCH",
    "BATCH",
    "Extracted",
    "Extraction",
    "device_room",
    "extract",
    "extract_hub",
    "opened",
    "program_of",
    "provenance",
    "summed",
    "task_of",
    "versions",
]
