"""PSFs in files: loaded with their size, or referred to by content."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.operations.psf_file import load_psf, refer_to_psf
from napari_fidelity.simulation.psf import PsfSettings, compute_psf


def test_a_file_gives_the_psf_that_was_written(tmp_path):
    psf = compute_psf(PsfSettings(), (0.1, 0.05, 0.05), shape=(9, 21, 21))
    image = Image(psf.array, scale=psf.scale_um, units=("micrometer",) * 3)
    path = write_image(tmp_path / "psf.ome.tif", image)
    loaded = load_psf(path)
    assert loaded.scale_um == pytest.approx(psf.scale_um)
    np.testing.assert_allclose(loaded.array, psf.array, rtol=1e-6)
    referred = refer_to_psf(path)
    again = compute_psf(referred, referred.scale_um)
    np.testing.assert_allclose(again.array, psf.array, rtol=1e-6)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(UserError, match="its content has changed"):
        compute_psf(referred, referred.scale_um)


def test_a_file_without_a_pixel_size_asks_for_it(tmp_path):
    np.save(tmp_path / "psf.npy", np.ones((5, 5)))
    with pytest.raises(UserError, match="state the pixel size"):
        load_psf(tmp_path / "psf.npy")
    assert load_psf(tmp_path / "psf.npy", pixel_size_um=0.2).scale_um == (0.2, 0.2)
