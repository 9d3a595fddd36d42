"""`segment`: from a file to a mask, and what is told."""

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from tests.models.packages import write_model


def test_a_mask_is_written_and_made_again(run, tmp_path):
    model = write_model(
        tmp_path / "run" / "model", task="segmentation", network="segmentation-unet", widths=(2, 4)
    )
    pixels = np.random.default_rng(0).integers(0, 255, (40, 44), dtype=np.uint8)
    source, out, again = (tmp_path / f"{name}.ome.tif" for name in ("in", "out", "again"))
    write_image(source, Image(pixels, scale=(0.2, 0.2), units=("um", "um")))
    words = ("segment", source, "--model", tmp_path / "run", "-o", out)
    outcome = run(*words, "--threshold", 0, "--label-objects")
    assert outcome.code == 0, outcome
    assert "(100.0 % foreground, 1 objects)" in outcome.err
    mask = read_image(out)
    assert mask.array.dtype == np.uint16
    assert mask.scale == (0.2, 0.2)
    assert run("rerun", out, "-o", again).code == 0
    np.testing.assert_array_equal(read_image(again).array, mask.array)
    outcome = run("segment", source, "-o", out)
    assert outcome.code == 2
    assert "No model is chosen" in outcome.err
    assert model.name == "model"


def test_a_mask_goes_into_a_zarr_folder(run, tmp_path):
    write_model(tmp_path / "m", task="segmentation", network="segmentation-unet", widths=(2, 4))
    np.save(tmp_path / "in.npy", np.random.default_rng(0).random((40, 44)).astype(np.float32))
    out = tmp_path / "out.zarr"
    outcome = run("segment", tmp_path / "in.npy", "--model", tmp_path / "m", "-o", out)
    assert outcome.code == 0, outcome
    assert out.is_dir()
    channels = Image(np.zeros((2, 40, 44), np.float32), axes="CYX")
    write_image(tmp_path / "two.ome.tif", channels)
    outcome = run("segment", tmp_path / "two.ome.tif", "--model", tmp_path / "m", "-o", out)
    assert "has channels: write its mask to an OME-TIFF" in outcome.err
