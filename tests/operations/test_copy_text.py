"""Copied texts: they run, and give what the call gives."""

import re
import runpy
import shlex
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import napari_fidelity as fidelity
from napari_fidelity.cli.commands.restore import RESTORE
from napari_fidelity.cli.main import main
from napari_fidelity.cli.method_options import read_method
from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import MeasureSettings
from napari_fidelity.operations.assess import AssessParams, assess
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.chosen_settings import list_chosen
from napari_fidelity.operations.copy_text import Call, as_command, as_python, as_recipe
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.operations.difference import DifferenceParams, map_difference
from napari_fidelity.operations.line_profile import ProfileParams, measure_profiles
from napari_fidelity.operations.recipe import read_recipe, run_recipe
from napari_fidelity.operations.restore import RestoreParams
from napari_fidelity.operations.synthesize import SynthesizeParams
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.degradation import PRESETS
from napari_fidelity.simulation.observation import Levels
from napari_fidelity.simulation.psf import MeasuredPsf, PsfSettings
from napari_fidelity.simulation.response import Response

FRAME = {"scale": (0.2, 0.2), "units": ("micrometer",) * 2}


def image_of(seed=0, name="cells"):
    pixels = np.random.default_rng(seed).integers(100, 4000, (48, 40), dtype=np.uint16)
    return fidelity.Image(pixels, name=name, **FRAME)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with two images whose names need quotes."""
    monkeypatch.chdir(tmp_path)
    fidelity.write_image("my cells.ome.tif", image_of(0, "my cells"))
    fidelity.write_image("truth's.ome.tif", image_of(1, "truth's"))
    return tmp_path


def run_python(text):
    script = Path("script.py")
    script.write_text(text, encoding="utf-8")
    return runpy.run_path(str(script))["result"]


def run_command(text):
    program, *words = shlex.split(text)
    assert program == "napari-fidelity"
    assert main(words) == 0


DEGRADATIONS = {
    "default": DegradeParams(),
    "preset": DegradeParams(pipeline=PRESETS["mild"].pipeline, seed=4, dtype="float32"),
    "drawn": DegradeParams(pipeline=PRESETS["strong"].pipeline.draw(3), pixel_size_um=0.15),
}


@pytest.mark.parametrize("params", DEGRADATIONS.values(), ids=DEGRADATIONS)
def test_three_texts_of_degrade_give_the_same_image(folder, params):
    call = Call("degrade", params, ("my cells.ome.tif",), output="out.ome.tif")
    wanted = degrade(fidelity.read_image("my cells.ome.tif"), params).array
    made = run_python(as_python(call)).array
    np.testing.assert_array_equal(made, wanted)
    written = fidelity.read_image("out.ome.tif").array
    (folder / "out.ome.tif").unlink()
    run_command(as_command(call))
    np.testing.assert_array_equal(fidelity.read_image("out.ome.tif").array, written)
    (folder / "recipe.yaml").write_text(as_recipe(call), encoding="utf-8")
    recipe = read_recipe(folder / "recipe.yaml")
    again = run_recipe(fidelity.read_image("my cells.ome.tif"), recipe).array
    np.testing.assert_array_equal(again, wanted)


RESTORATIONS = {
    "lucy": RestoreParams(
        method=METHODS["richardson-lucy"].params(iterations=3, offset=50.5),
        psf=PsfSettings(numerical_aperture=1.2, emission_nm=600),
        times=2,
        pixel_size_um=0.1,
    ),
    "gaussian": RestoreParams(method=METHODS["gaussian"].params(), dtype="uint16"),
    "wiener": RestoreParams(method=METHODS["wiener"].params(balance=0.05), psf=PsfSettings()),
}


@pytest.mark.parametrize("params", RESTORATIONS.values(), ids=RESTORATIONS)
def test_three_texts_of_restore_give_the_same_image(folder, params):
    call = Call("restore", params, ("my cells.ome.tif",), output="out.ome.tif")
    made = run_python(as_python(call)).array
    run_command(as_command(call))
    np.testing.assert_array_equal(fidelity.read_image("out.ome.tif").array, made)
    assert read_recipe(as_recipe(call)).steps[0].settings() == params


@pytest.mark.parametrize("key", METHODS)
def test_every_setting_of_every_method_has_its_words(key):
    for settings in (METHODS[key].params(), _other_settings(METHODS[key].params)):
        call = Call("restore", RestoreParams(method=settings), ("a.tif",))
        parser = ArgumentParser()
        RESTORE.add_arguments(parser)
        arguments = parser.parse_args(shlex.split(as_command(call))[2:])
        assert read_method(arguments) == settings


def _other_settings(kind):
    """The settings with every number, switch and choice off its default, where that is allowed."""
    settings = kind()
    for name, field in kind.model_fields.items():
        value = getattr(settings, name)
        if name == "kind":
            continue
        if isinstance(value, bool):
            others = [not value]
        elif isinstance(value, (int, float)):
            others = [value + 1, value + 2, value / 2]
        else:
            others = [choice for choice in get_args(field.annotation) if choice != value]
        for other in others:
            with suppress(UserError):
                settings = kind.parse({**settings.model_dump(), name: other})
                break
    return settings


def test_synthesize_runs_from_its_texts(folder):
    mask = np.zeros((64, 64), np.uint8)
    mask[20:44, 20:40] = 1
    fidelity.write_image("mask.ome.tif", fidelity.Image(mask, **FRAME))
    levels = Levels(foreground_mean=900, foreground_sd=150, background_mean=100, background_sd=9)
    camera = CameraNoise(offset=20, gain=2.5, read_noise=1.5)
    params = SynthesizeParams(levels=levels, camera=camera, seed=5, precision="float32")
    call = Call("synthesize", params, ("mask.ome.tif",), output="made.ome.tif")
    made = run_python(as_python(call)).array
    run_command(as_command(call))
    np.testing.assert_array_equal(fidelity.read_image("made.ome.tif").array, made)
    assert read_recipe(as_recipe(call)).steps[0].settings() == params


def test_assess_difference_and_profile_run_from_their_texts(folder, capsys):
    pair = ("my cells.ome.tif", "truth's.ome.tif")
    images = [fidelity.read_image(name) for name in pair]
    settings = AssessParams(
        keys=("ncc",), metrics=MeasureSettings(margin_px=2, density="histogram")
    )
    call = Call("assess", settings, pair[:1], {"reference": pair[1]})
    run_python(as_python(call))
    assert "ncc" in capsys.readouterr().out
    run_command(as_command(call))
    assert "my cells.ome.tif" in capsys.readouterr().out
    made = run_recipe(images[0], read_recipe(as_recipe(call)))
    assert made.to_csv() == assess(images[:1], reference=images[1], params=settings).to_csv()

    subtract = DifferenceParams(kind="relative", floor=300)
    call = Call("difference", subtract, pair[:1], {"reference": pair[1]}, "map.ome.tif")
    wanted = map_difference(*images, subtract).array
    np.testing.assert_array_equal(run_python(as_python(call)).array, wanted)
    run_command(as_command(call))
    np.testing.assert_array_equal(fidelity.read_image("map.ome.tif").array, wanted)
    made = run_recipe(images[0], read_recipe(as_recipe(call)))
    np.testing.assert_array_equal(made.array, wanted)

    along = ProfileParams(points=((-0.1, 6.5), (1, 1)), width=0.6, interpolation="cubic")
    call = Call("profile", along, pair, output="line.csv")
    found = run_python(as_python(call))
    np.testing.assert_array_equal(found.distances, measure_profiles(images, along).distances)
    table = (folder / "line.csv").read_text(encoding="utf-8").splitlines()
    run_command(as_command(call))
    again = (folder / "line.csv").read_text(encoding="utf-8").splitlines()
    assert again[3:] == table[3:]
    for image in images:
        made = run_recipe(image, read_recipe(as_recipe(call)))
        assert made.to_csv() == measure_profiles([image], along).to_csv()


def test_synthesis_that_matches_a_reference_runs_from_its_recipe(folder):
    mask = np.zeros((48, 40), np.uint8)
    mask[10:34, 8:30] = 1
    mask, params = fidelity.Image(mask, **FRAME), SynthesizeParams(model="random-fill")
    inputs = {"reference": "my cells.ome.tif"}
    recipe = read_recipe(as_recipe(Call("synthesize", params, ("mask.tif",), inputs)))
    assert recipe.steps[0].inputs == {"reference": str(folder / "my cells.ome.tif")}
    bright = np.where(mask.array > 0, 900, 100).astype(np.uint16) + image_of().array % 50
    fidelity.write_image("my cells.ome.tif", fidelity.Image(bright, name="real", **FRAME))
    reference = fidelity.read_image("my cells.ome.tif")
    wanted = fidelity.synthesize(mask, params, reference=reference)
    made = run_recipe(mask, recipe)
    np.testing.assert_array_equal(made.array, wanted.array)
    assert made.provenance == wanted.provenance


def test_all_operations_are_public_and_called_by_the_name_of_a_function():
    line = {"points": ((0, 0), (0, 1))}
    for spec in OPERATIONS.values():
        if spec.key != "recipe":
            params = spec.params.parse(line if spec.key == "profile" else {})
            text = as_python(Call(spec.key, params, ("a.tif",)))
            name = re.search(r"result = fidelity\.(\w+)\(", text)[1]
            assert hasattr(fidelity, name)
            assert hasattr(fidelity, spec.params.__name__)


def test_what_cannot_be_said_is_refused_in_a_sentence():
    with pytest.raises(UserError, match=r"Step 1 \(assess\): It needs a reference"):
        as_recipe(Call("assess", AssessParams(), ("a.tif", "b.tif"), {"mask": "c.tif"}))
    params = SynthesizeParams(response=Response(gain=2))
    with pytest.raises(UserError, match="no option for the setting 'response'"):
        as_command(Call("synthesize", params, ("a.tif",)))
    packed = MeasuredPsf(pixels="A" * 40_000, scale_um=(0.1, 0.1))
    with pytest.raises(UserError, match="a terminal takes 30000"):
        as_command(Call("restore", RestoreParams(psf=packed), ("a.tif",)))


def test_only_what_was_chosen_is_said():
    params = DegradeParams(pipeline=PRESETS["mild"].pipeline, seed=2)
    chosen = list_chosen(params)
    assert set(chosen) == {"pipeline", "seed"}
    assert all("kind" in step for step in chosen["pipeline"]["steps"])
    assert DegradeParams(**chosen) == params
    assert list_chosen(DegradeParams()) == {}
