"""The steps against images that another program degraded: its blur and its photon noise."""

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from napari_fidelity.simulation.degradation.steps.psf_blur import PsfBlur
from napari_fidelity.simulation.psf import build_psf, pack_psf
from tests.simulation.degradation.scenes import apply_step

pytestmark = pytest.mark.data
SIZES = (0.1, 0.1)  # of no consequence: the PSF is on the pixels of the image


@pytest.fixture
def read(data_folder):
    folder = data_folder / "degraded_reference"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return lambda name: read_image(folder / f"{name}.png").array.astype(np.float32)


def test_a_measured_psf_blurs_as_the_other_program_does(read):
    clean, theirs = read("cell_image2"), read("cell_image_airy_blurred")
    psf = pack_psf(build_psf(read("psf"), SIZES))
    image = Image(clean, scale=SIZES, units=("micrometer",) * 2)
    ours = apply_step(PsfBlur(psf=psf), image).array
    inner = (slice(15, -15),) * 2  # it has other borders
    # it cut the decimals off
    assert (ours - theirs)[inner].min() > -0.01
    assert (ours - theirs)[inner].max() < 1.01


def test_photon_noise_has_the_moments_of_the_other_program(read):
    clean, theirs = read("cell_image2"), read("cell_image_poisson_noise_py")
    flat = (clean >= 120) & (clean < 145)
    ours = apply_step(Poisson(photons=1000, level=1000), Image(clean)).array
    for noisy in (ours, theirs):
        residual = (noisy - clean)[flat]
        assert residual.mean() == pytest.approx(0, abs=1)
        assert residual.var() == pytest.approx(clean[flat].mean(), rel=0.06)
