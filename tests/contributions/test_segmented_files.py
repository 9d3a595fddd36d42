"""A mask that was made by a command opens as labels."""

from pathlib import Path

import numpy as np

from napari_fidelity.contributions.reader import get_reader
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image


def test_a_mask_of_segment_opens_as_labels_and_an_image_as_image(tmp_path: Path) -> None:
    kinds = {}
    for operation in ("segment", "restore"):
        image = Image(np.ones((4, 5), np.uint8), provenance={"operation": operation})
        path = write_image(tmp_path / f"{operation}.ome.tif", image)
        read = get_reader(str(path))
        assert read is not None
        kinds[operation] = read(str(path))[0][2]
    assert kinds == {"segment": "labels", "restore": "image"}
