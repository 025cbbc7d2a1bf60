"""The digits of `digits` as a data set of TensorFlow Datasets, made on this machine.

Importing this module registers `sk_digits`; nothing is downloaded.
"""

import io
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds

from .digits import read_digits
from .images import of_split


class SkDigits(tfds.core.GeneratorBasedBuilder):  # type: ignore[misc]
    """The handwritten digits that scikit-learn carries."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> Any:
        features = {
            "image": tfds.features.Image(shape=(8, 8, 1), encoding_format="png"),
            "label": tfds.features.ClassLabel(num_classes=10),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description="1,797 handwritten digits of 8 by 8 pixels, from scikit-learn.",
            features=tfds.features.FeaturesDict(features),
        )

    def _split_generators(self, _: Any) -> dict[str, Any]:
        return {split: self._generate_examples(split) for split in ("train", "test")}

    def _generate_examples(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        images = of_split(read_digits(), split)
        assert images.labels is not None
        for place, label in enumerate(images.labels):
            file = io.BytesIO()
            images.read(place).save(file, "PNG")
            file.seek(0)
            yield int(images.ids[place]), {"image": file, "label": int(label)}


def prepared() -> SkDigits:
    """The builder, its data made where they are not yet."""
    builder = SkDigits(file_format="array_record")
    builder.download_and_prepare()
    return builder
