"""Data sets of TensorFlow Datasets, read without TensorFlow (`as_data_source`, array_record).

Only what is already prepared on this machine is read: nothing is downloaded. Pictures stay encoded
until a thread decodes them. Features that are understood: `image`; `label`; `objects` with `bbox`
(y0, x0, y1, x1 in 0..1) and `label`, as those of voc and coco have; difficult ones and crowds are
left out, as from VOC's and COCO's own files. A split may be one of TFDS's slices, `train[:1000]`.
`sk_digits` is a builder of our own, made from what scikit-learn carries when it is first asked for.
"""

import io
from typing import Any

import numpy as np

from .images import Images

INSTALL = "pip install 'disco-jax[data]'"
PREPARE = "prepare it first with tfds build, in format array_record"


def read_tfds(name: str, split: str) -> Images:
    """One split, or all of them, of a data set that was prepared before."""
    try:
        import array_record  # noqa: F401, TFDS imports it too late to say so
        import tensorflow_datasets as tfds
    except ImportError as why:
        problem = f"tensorflow-datasets is not complete ({why})"
        raise ValueError(f"tfds:{name}: data: {problem}; {INSTALL}") from why
    try:
        if name == "sk_digits":
            from .digits_builder import prepared

            builder = prepared()
        else:
            builder = tfds.builder(name, file_format="array_record")
        features, known = builder.info.features, builder.info.splits
        wanted = list(known) if split == "all" else [split]
        encoded = {"image": tfds.decode.SkipDecoding()} if "image" in features else None
        parts = {key: builder.as_data_source(key, decoders=encoded) for key in wanted}
    except Exception as why:  # whatever it is, the data are not to be had
        told = f"{type(why).__name__}: {why}".split("\n")[0][:200]
        raise ValueError(f"tfds:{name}: data: not on this machine ({told}); {PREPARE}") from why
    if not parts:
        raise ValueError(f"tfds:{name}: data: not on this machine; {PREPARE}")
    if "image" not in features:
        raise ValueError(f"tfds:{name}: image: there is none in it; choose a set of images")
    for key, part in parts.items():
        if known and len(part) != (promised := known[key].num_examples):
            problem = f"{len(part)} examples of {promised}"
            raise ValueError(f"tfds:{name}: {key}: {problem}; prepare the data again")
    return _images(name, builder, parts)


def _images(name: str, builder: Any, parts: dict[str, Any]) -> Images:
    features = builder.info.features
    places = [(part, i) for part in parts.values() for i in range(len(part))]
    label: Any = None
    fields: dict[str, Any] = {}
    if "objects" in features:
        label = features["objects"]["label"]
        objects = [part[i]["objects"] for part, i in places]
        kept = [_kept(o) for o in objects]
        boxes = [np.reshape(o["bbox"], (-1, 4))[k] for o, k in zip(objects, kept, strict=True)]
        classes = [np.asarray(o["label"], np.int32)[k] for o, k in zip(objects, kept, strict=True)]
        fields["boxes"] = np.concatenate(boxes)[:, [1, 0, 3, 2]].astype(np.float32)
        fields["box_image"] = np.repeat(np.arange(len(kept)), [k.sum() for k in kept])
        fields["box_labels"] = np.concatenate(classes)
    elif "label" in features:
        label = features["label"]
        fields["labels"] = np.array([part[i]["label"] for part, i in places], np.int32)

    def read(place: int) -> Any:
        from PIL import Image

        part, i = places[place]
        return Image.open(io.BytesIO(part[i]["image"]))

    return Images(
        name=name,
        version=builder.info.full_name,
        read=read,
        ids=np.arange(len(places)),
        splits=np.repeat(list(parts), [len(part) for part in parts.values()]),
        class_names=tuple(getattr(label, "names", None) or ()),
        **fields,
    )


def _kept(objects: Any) -> np.ndarray:
    """Which of a picture's objects are neither difficult nor a crowd."""
    kept = np.ones(len(objects["label"]), bool)
    for key in ("is_difficult", "is_crowd"):
        kept &= ~np.asarray(objects.get(key, False), bool)
    return kept
