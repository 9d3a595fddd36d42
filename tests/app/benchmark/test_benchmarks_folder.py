"""`python -m benchmarks`: finds its modules, refuses others, leaves out absent peers."""

import importlib
import json

import pytest

import benchmarks.__main__ as program
from benchmarks import peers
from benchmarks._bioimageio import describe
from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams


@pytest.mark.parametrize("name", program.PLACES)
def test_every_module_has_its_function(name):
    module = importlib.import_module(f"{program.PLACES[name]}.{name}")
    assert callable(getattr(module, f"measure_{name}"))


def test_those_that_are_named_are_run(monkeypatch, capsys):
    monkeypatch.setattr(program, "measure", lambda name, place: [Row(name, 1.0, 2.0, "s", place)])
    assert program.main(["imports", "ssim"]) == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["imports", "1", "2", "s", "2.0", "benchmarks"]
    assert second.split()[-1] == "napari_fidelity.app.benchmark"


def test_a_name_that_is_none_is_refused(capsys):
    assert program.main(["peer"]) == 2
    assert "There is no benchmark 'peer': choose of predict," in capsys.readouterr().out


def test_absent_peers_are_left_out_with_a_word(monkeypatch, capsys):
    monkeypatch.setattr(peers, "find_spec", {}.get)
    assert peers.measure_peers() == []
    assert capsys.readouterr().err.splitlines() == [
        "bioimageio is not installed: left out.",
        "careamics is not installed: left out.",
    ]


def test_a_peer_is_timed_and_its_image_checked(monkeypatch):
    monkeypatch.setattr(peers, "TILE_PX", 32)
    network = NormUNet(NormUNetParams(widths=(2, 4))).eval()

    exact = peers.ComputeSettings(device="cpu", precision="float32")

    def theirs(image):
        return peers.predict_image(network, image, exact)

    rows = peers.compare_peer("peer", network, theirs, 48, 1)
    assert [row.name for row in rows] == ["peer_float32", "peer_fast"]
    assert rows[0].other == rows[1].other
    with pytest.raises(AssertionError, match="peer differs from ours"):
        peers.compare_peer("peer", network, lambda image: theirs(image) + 1, 48, 1)


def test_blocks_of_bioimageio_start_at_multiples_of_the_strides():
    network = NormUNet(NormUNetParams())
    text = json.loads(json.dumps(describe(network)))
    halos = [axis["halo"] for axis in text["outputs"][0]["axes"] if axis["type"] == "space"]
    assert halos == [56, 56]
    assert network.receptive_field_px == 51
