"""Engines: exact in float32, honest in 16 bits, and never out of memory."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference import engine as engine_module
from napari_fidelity.inference.backend import Backend
from napari_fidelity.inference.device import choose_device, list_devices
from napari_fidelity.inference.engine import prepare_engine
from napari_fidelity.inference.out_of_memory import is_out_of_memory
from napari_fidelity.inference.precision import has_bfloat16, measure_deviation
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.threads import count_threads
from napari_fidelity.models import load_model
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.random_fill import RandomFill, RandomFillParams

EXACT = ComputeSettings(device="cpu", precision="float32")
CPU = torch.device("cpu")


def draw_unet(**settings):
    torch.manual_seed(0)
    return NormUNet(NormUNetParams(widths=(4, 8, 8), **settings)).eval()


def draw_inputs(network, side=64, count=1):
    generator = torch.Generator().manual_seed(1)
    shape = (count, network.in_channels, *(side,) * network.spatial_dims)
    return torch.randn(shape, generator=generator)


def run_plainly(network, inputs):
    with torch.inference_mode():
        return network(inputs)


@pytest.mark.parametrize(
    "network",
    [
        draw_unet(),
        draw_unet(norm="instance"),
        draw_unet(norm="none", spatial_dims=3),
        load_model("nuclei-pix2pix").network,
        RandomFill(RandomFillParams()),
    ],
    ids=["batch", "instance", "volume", "nuclei", "fill"],
)
def test_float32_equals_the_network(network):
    inputs = draw_inputs(network, 32, 2)
    engine = prepare_engine(network, EXACT)
    wanted = run_plainly(network, inputs)
    torch.testing.assert_close(engine(inputs), wanted, rtol=0, atol=1e-5)
    box = ((3, 9), (20, 32), (0, 32))[: network.spatial_dims]
    key = (slice(None), slice(None), *(slice(*side) for side in box))
    torch.testing.assert_close(engine(inputs, box), wanted[key], rtol=0, atol=1e-5)


def test_the_facts_are_those_of_the_network_and_the_description_is_json():
    network = draw_unet(in_channels=2, out_channels=3)
    engine = prepare_engine(network, EXACT)
    names = ("in_channels", "out_channels", "size_multiple", "receptive_field_px", "spatial_dims")
    assert all(getattr(engine, name) == getattr(network, name) for name in names)
    described = engine.describe()
    assert described["precision"] == "float32"
    assert described["folded"] is True
    assert described["rmse_of_range"] == 0
    assert described["fallbacks"] == []
    assert described["threads"] == count_threads(EXACT)
    assert engine.seconds_per_megapixel > 0


def test_a_network_in_training_stays_in_training_and_is_run_in_evaluation():
    network = draw_unet().train()
    inputs = draw_inputs(network)
    made = prepare_engine(network, EXACT)(inputs)
    assert network.training
    torch.testing.assert_close(made, run_plainly(network.eval(), inputs), rtol=0, atol=1e-5)


def test_an_engine_is_made_once_until_the_weights_change_and_keeps_no_network_alive():
    network = draw_unet()
    engine = prepare_engine(network, EXACT)
    assert prepare_engine(network, EXACT) is engine
    assert prepare_engine(network, ComputeSettings(device="cpu", tile_px=96)) is not engine
    with torch.no_grad():
        network.head.bias.add_(1)
    changed = prepare_engine(network, EXACT)
    inputs = draw_inputs(network)
    torch.testing.assert_close(changed(inputs), engine(inputs) + 1, rtol=0, atol=1e-5)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_a_step_of_a_fused_optimiser_makes_a_new_engine():
    network = draw_unet()
    before = [parameter._version for parameter in network.parameters()]
    inputs = draw_inputs(network, 16)
    old = prepare_engine(network, EXACT)(inputs)
    optimiser = torch.optim.Adam(network.parameters(), 0.01, fused=True)
    network(inputs).square().mean().backward()
    optimiser.step()
    assert [parameter._version for parameter in network.parameters()] == before  # not told
    found = prepare_engine(network, EXACT)(inputs)
    torch.testing.assert_close(found, run_plainly(network, inputs), rtol=0, atol=1e-5)
    assert (found - old).abs().max() > 1e-3


def test_the_same_machine_cuts_the_same_tiles():
    first, second = (prepare_engine(draw_unet(), EXACT) for _ in range(2))
    assert first.tile_px == second.tile_px
    assert first.tile_px % 64 == 0
    assert prepare_engine(draw_unet(), EXACT.model_copy(update={"tile_px": 40})).tile_px == 40
    small = EXACT.model_copy(update={"memory_limit_gb": 0.0002})
    assert prepare_engine(draw_unet(), small).tile_px == 64


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_sixteen_bits_asked_for_are_used_and_measured(precision):
    network = load_model("nuclei-pix2pix").network
    engine = prepare_engine(network, ComputeSettings(device="cpu", precision=precision))
    inputs = draw_inputs(network)
    errors = engine(inputs) - run_plainly(network, inputs)
    assert engine.precision == precision
    assert 0 < engine.describe()["rmse_of_range"] < 0.002
    assert 0 < errors.abs().max() < 0.1


def test_sixteen_bits_are_chosen_only_if_the_hardware_has_them_and_they_are_close(monkeypatch):
    good = load_model("nuclei-pix2pix").network
    rough = NormUNet(NormUNetParams(widths=(4,), norm="none")).eval()
    with torch.no_grad():  # what is added and taken away again costs 16 bits
        rough.down[0][2].bias += 1000
        rough.head.bias -= 1000 * rough.head.weight.sum()
    auto = ComputeSettings(device="cpu")
    monkeypatch.setattr(engine_module, "list_fast_precisions", lambda _: ["bfloat16"])
    example = draw_inputs(good, 96)
    assert prepare_engine(good, auto, example=example).precision == "bfloat16"
    assert prepare_engine(rough, auto).precision == "float32"
    assert prepare_engine(RandomFill(RandomFillParams()), auto).precision == "float32"
    monkeypatch.setattr(engine_module, "list_fast_precisions", lambda _: [])
    assert prepare_engine(good, auto, example=example[..., :88, :88]).precision == "float32"


def test_a_step_between_tiles_is_seen():
    def shift(batch, inner):
        key = (slice(None), slice(None), *(slice(*side) for side in inner))
        return batch[key] + (0.01 if inner[-1][0] else 0.0)

    example = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    found = measure_deviation(shift, example, example)
    assert found.step == pytest.approx(0.01, rel=1e-3)
    assert found.rmse == pytest.approx(0.01 / 2**0.5, rel=1e-3)
    assert not found.is_small


def test_a_constant_output_has_no_range_to_err_in():
    example = torch.ones(1, 1, 8, 8)
    assert measure_deviation(
        lambda batch, inner: batch[..., : inner[-1][1] - inner[-1][0]], example, example
    ).is_small
    assert not measure_deviation(
        lambda batch, inner: batch[..., : inner[-1][1] - inner[-1][0]] + 1e-9 * 2**20,
        example,
        example,
    ).is_small


class Small(Backend):
    """Has memory for few pixels, and notes what it was asked for."""

    def fit(self, most, error=RuntimeError):
        object.__setattr__(self, "most", most)
        object.__setattr__(self, "error", error)
        object.__setattr__(self, "ran", [])
        return self

    def __call__(self, batch, inner=None):
        if batch.shape[0] * batch[0, 0].numel() > self.most:
            raise self.error("DefaultCPUAllocator: can't allocate memory: out of memory")
        self.ran.append(tuple(batch.shape))
        return super().__call__(batch, inner)


def shrink(engine, most, error=RuntimeError, device=CPU):
    whole = engine._backend
    engine._backend = Small(device, "float32", whole.program, whole.network).fit(most, error)
    return engine._backend


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, torch.OutOfMemoryError])
def test_out_of_memory_halves_batches_then_tiles_and_loses_nothing(error):
    network = draw_unet()
    inputs = draw_inputs(network, 128, 3)
    engine = prepare_engine(network, EXACT.model_copy(update={"tile_px": 111}))
    backend = shrink(engine, 96 * 96, error)
    made = engine(inputs)
    torch.testing.assert_close(made, run_plainly(network, inputs), rtol=0, atol=1e-5)
    assert engine.describe()["fallbacks"] == ["smaller batches", "smaller tiles"]
    assert {shape[0] for shape in backend.ran} == {1}
    failures = len(backend.ran)
    engine(inputs)  # what failed is not tried again
    assert len(backend.ran) == 2 * failures


def test_global_statistics_are_not_split_but_moved_to_the_processor(monkeypatch):
    network = draw_unet(norm="instance")
    inputs = draw_inputs(network, 64)
    engine = prepare_engine(network, EXACT.model_copy(update={"tile_px": 112}))
    shrink(engine, 100, device=torch.device("meta"))
    made = engine(inputs)
    assert engine.device == CPU
    assert engine.describe()["fallbacks"] == ["the processor instead of the GPU"]
    torch.testing.assert_close(made, run_plainly(network, inputs), rtol=0, atol=1e-5)


def test_too_little_memory_for_anything_is_said():
    engine = prepare_engine(draw_unet(), EXACT.model_copy(update={"tile_px": 113}))
    shrink(engine, 10)
    with pytest.raises(UserError, match="not enough memory"):
        engine(draw_inputs(engine))


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not is_out_of_memory(ValueError("out of memory"))
    engine = prepare_engine(draw_unet(), EXACT)
    with pytest.raises(RuntimeError, match="channels"):
        engine(torch.zeros(1, 2, 16, 16))


def test_many_threads_may_call_at_once():
    network = draw_unet()
    engine = prepare_engine(network, EXACT)
    batches = [draw_inputs(network, 16 * n) for n in range(1, 7)]
    wanted = [run_plainly(network, batch) for batch in batches]
    made = [None] * len(batches)

    def run(number):
        made[number] = engine(batches[number])

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for given, right in zip(made, wanted, strict=True):
        torch.testing.assert_close(given, right, rtol=0, atol=1e-5)


def test_a_device_that_is_not_here_is_refused_with_those_that_are():
    assert choose_device() == torch.device(list_devices()[0])
    assert choose_device("cpu") == CPU
    with pytest.raises(UserError, match=r"no device 'cuda:99' here: choose auto or .*cpu"):
        choose_device("cuda:99")


def test_threads_are_those_asked_for_else_those_of_the_environment(monkeypatch):
    assert count_threads(ComputeSettings(threads=3)) == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "5,2")
    assert count_threads(ComputeSettings()) == 5
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert count_threads(ComputeSettings()) >= 1


def test_bfloat16_is_asked_of_pytorch(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    assert has_bfloat16()
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True}, raising=False)
    assert not has_bfloat16()


def test_small_pieces_say_nothing_about_the_speed_of_an_image():
    engine = prepare_engine(draw_unet(), EXACT)
    engine.seconds_per_megapixel = 0.5
    engine(torch.zeros(1, engine.in_channels, 32, 32))
    assert engine.seconds_per_megapixel == 0.5
    engine(torch.zeros(1, engine.in_channels, 256, 256))
    assert engine.seconds_per_megapixel != 0.5
