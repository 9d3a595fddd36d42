"""Small runs of the measurements: rows as promised, and results compared, not only times."""

import numpy as np
import pytest
import torch

import napari_fidelity.metrics as metrics
from napari_fidelity.app.benchmark.gpu import measure_gpu
from napari_fidelity.app.benchmark.measure import MEASURES, measure
from napari_fidelity.app.benchmark.nfm import measure_nfm, sum_directly
from napari_fidelity.app.benchmark.predict import compare_with_plain, place_plainly
from napari_fidelity.app.benchmark.psf_convolution import measure_psf_convolution
from napari_fidelity.app.benchmark.rl_iterations import measure_rl_iterations
from napari_fidelity.app.benchmark.ssim import measure_ssim
from napari_fidelity.app.benchmark.subject import build_network, draw_image, predict_image
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.restoration import richardson_lucy


def check_rows(rows, names, unit="s"):
    assert [row.name for row in rows] == names
    for row in rows:
        assert row.unit == unit
        assert row.ours > 0
        assert row.ratio == row.other / row.ours


def give(value):
    return lambda *_, **__: value


def test_ssim_and_nfm_are_compared_with_what_they_are_beside(monkeypatch):
    check_rows(measure_ssim(64, repeats=1), ["ssim_64"])
    check_rows(measure_nfm(60, repeats=1), ["nfm_1e6"])
    monkeypatch.setattr(metrics, "ssim", give(0.5))
    with pytest.raises(AssertionError, match=r"SSIM is 0\.5 here"):
        measure_ssim(64, repeats=1)
    monkeypatch.setattr(metrics, "nfm", give(0.9))
    with pytest.raises(AssertionError, match=r"NFM is 0\.9"):
        measure_nfm(60, repeats=1)


def test_convolutions_are_compared_with_each_other(monkeypatch):
    check_rows(measure_psf_convolution(100, 9, repeats=1), ["psf_convolution_100"])
    wrong = give(np.zeros((100, 100), np.float32))
    monkeypatch.setattr("napari_fidelity.simulation.psf.convolve_with_psf", wrong)
    with pytest.raises(AssertionError, match="the convolutions differ"):
        measure_psf_convolution(100, 9, repeats=1)


def test_iterations_are_compared_with_each_other(monkeypatch):
    check_rows(measure_rl_iterations(96, 9, repeats=1), ["rl_iterations"], unit="ms")
    wrong = give(np.zeros((96, 96), np.float32))
    monkeypatch.setattr(richardson_lucy, "run_richardson_lucy", wrong)
    with pytest.raises(AssertionError, match="the two results differ by"):
        measure_rl_iterations(96, 9, repeats=1)


def test_the_direct_sum_is_0_for_equal_and_1_for_disjoint_values():
    values = np.random.default_rng(0).normal(0, 1, 400)
    assert sum_directly(values, values) == 0
    assert sum_directly(values, values + 100) == pytest.approx(1, abs=1e-6)


def test_the_benchmark_network_is_the_one_that_is_described():
    network = build_network()
    assert network.params.widths == (32, 64, 128, 256)
    assert not network.training
    before = torch.get_rng_state()
    again = build_network()
    assert torch.equal(before, torch.get_rng_state())  # nobody else's random numbers are spent
    for name, weights in network.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name])


def test_prediction_is_compared_with_the_plain_network():
    rows = compare_with_plain("predict", "cpu", 64, 1, warm_px=32)
    check_rows(rows, ["predict_float32", "predict_fast"])


def test_both_sides_make_the_same_image():
    network = NormUNet(NormUNetParams(widths=(2, 4))).eval()
    image = draw_image(40)
    with torch.inference_mode():
        expected = network(torch.from_numpy(image)[None, None])[0, 0].numpy()
    exact = ComputeSettings(device="cpu", precision="float32")
    np.testing.assert_array_equal(place_plainly(network, "cpu")(image), expected)
    np.testing.assert_allclose(predict_image(network, image, exact), expected, atol=1e-5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_there_are_no_rows_of_it(monkeypatch):
    monkeypatch.setattr("napari_fidelity.inference.device.list_devices", lambda: ["cpu"])
    assert measure("gpu") == measure_gpu() == []


def test_every_measurement_is_found_by_its_name():
    assert list(MEASURES) == [
        *("predict", "gpu", "stroke", "nfm", "ssim", "psf_convolution", "rl_iterations")
    ]
    with pytest.raises(ModuleNotFoundError):
        measure("speed_of_light")
