"""What a model's features are, and the files that hold them.

    feature_set   the value `FeatureSet`, its shapes and types
    fields        what each field may look like, and which a task needs
    checking      values: finite, classes, doubts
    arrays        what other libraries have, as arrays; `frames` of named columns
    batches       rows that come in batches; `tokens` of tokens
    given         any of these, or a file, as a feature set
    values        scans of arrays, labels as numbers
    files         a file or a folder of them; `format_*`, one each; `stored`
    columns       named columns as fields
    label_files   labels of a hub from one file
    taken         some samples of a model; `join` further ones after these
    layers        a row for each layer of a model

Loads no jax.
"""

from .checking import Checked
from .feature_set import FeatureSet
from .fields import EXTRAS, FIELDS, TASKS
from .files import feature_files, read_features, write_features
from .given import feature_set_of
from .join import joined
from .label_files import read_labels
from .layers import rows_of
from .tokens import check_pool
from .values import SCALES, TARGET_SCALES, alike, encode_labels, on_device

__all__ = [
    "EXTRAS",
    "FIELDS",
    "SCALES",
    "TARGET_SCALES",
    "TASKS",
    "Checked",
    "FeatureSet",
    "alike",
    "check_pool",
    "encode_labels",
    "feature_files",
    "feature_set_of",
    "joined",
    "on_device",
    "read_features",
    "read_labels",
    "rows_of",
    "write_features",
]
