"""Floor 1: images and their history, in and out of files."""

from napari_fidelity.imageio.ome_tiff import check_target, write_image
from napari_fidelity.imageio.provenance import software_versions
from napari_fidelity.imageio.read import holds_colour, read_image, read_layer
from napari_fidelity.imageio.read_warning import ReadWarning

__all__ = [
    "ReadWarning",
    "check_target",
    "holds_colour",
    "read_image",
    "read_layer",
    "software_versions",
    "write_image",
]
