"""Recipe files."""

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.assess import assess
from napari_fidelity.operations.difference import map_difference
from napari_fidelity.operations.recipe import (
    Recipe,
    RecipeStep,
    read_recipe,
    recipe_from_provenance,
    run_recipe,
)
from napari_fidelity.operations.rerun import list_sources, rerun

TEXT = """napari-fidelity: recipe 1
steps:
- operation: synthesize
  params: {model: random-fill, seed: 3}
"""
TWO = TEXT + "- operation: synthesize\n  params: {model: random-fill}\n"


HEAD = TEXT.split("- operation")[0]
RESTORE_STEP = "- operation: restore\n  params: {method: {kind: gaussian}}\n"
RESTORE = HEAD + RESTORE_STEP
ASSESS = HEAD + "- operation: assess\n  inputs: {reference: real.tif}\n"


def make_mask():
    mask = np.zeros((24, 30), np.uint8)
    mask[5:12, 6:20] = 1
    return Image(mask, scale=(0.1, 0.1), units=("micrometer",) * 2, name="spot")


def test_a_recipe_comes_back_from_file_text_json_and_result(tmp_path):
    recipe = read_recipe(TEXT)
    path = tmp_path / "r.yaml"
    path.write_text(recipe.to_yaml(), encoding="utf-8")
    assert read_recipe(path) == recipe
    as_json = json.dumps({"napari-fidelity": "recipe 1", **recipe.model_dump(mode="json")})
    assert read_recipe(as_json) == recipe
    result = write_image(tmp_path / "r.ome.tif", run_recipe(make_mask(), recipe))
    step = read_recipe(result).steps[0]
    assert (step.operation, step.params["seed"]) == ("synthesize", 3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps: []\n", "has no line “napari-fidelity: …”"),
        ("napari-fidelity: recipe 9\nsteps: []", "is of kind 'recipe 9'"),
        ("napari-fidelity: recipe 1\nstep: []", "'step'|'steps' is missing"),
        (TEXT.replace("synthesize", "blur"), "Step 1 .blur.: There is no operation 'blur'"),
        (TEXT + "  inputs: {references: a.tif}\n", "no further input 'references', only reference"),
        (RESTORE + "  inputs: {mask: a.tif}\n", "takes no further input 'mask', none"),
        (ASSESS.replace("reference:", "mask:"), "Step 1 .assess.: It needs a reference: give its"),
        (ASSESS + RESTORE_STEP, "Step 1 .assess.: It gives a table, so it can only be the last"),
        (TEXT.replace("seed", "sed"), "Step 1 .synthesize.: Setting 'sed' is not known here"),
    ],
)
def test_what_is_no_recipe_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(UserError, match=sentence):
        read_recipe(text if "\n" in text else text + "\n")


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(UserError, match=r"There is no file none\.yaml"):
        read_recipe("none.yaml")


def test_each_image_gets_seeds_of_its_own():
    recipe = read_recipe(TWO)
    seeds = [
        [step.params["seed"] for step in recipe.with_seeds_for(name).steps]
        for name in ("a", "b", "a")
    ]
    assert seeds[0] == seeds[2]
    assert len({*seeds[0], *seeds[1]}) == 4


def test_steps_of_a_recipe_in_a_recipe_get_seeds_of_their_own():
    step = {"operation": "recipe", "params": read_recipe(TWO).model_dump(mode="json")}
    recipe = Recipe.parse({"steps": [step, step]})
    seeds = [
        inner.params["seed"]
        for name in ("a", "b")
        for outer in recipe.with_seeds_for(name).steps
        for inner in outer.settings().steps
    ]
    assert len({*seeds}) == len(seeds) == 8


def test_the_step_that_fails_is_named():
    with pytest.raises(UserError, match=r"^Step 2 \(synthesize\): .*a mask has labels"):
        run_recipe(make_mask(), read_recipe(TWO))


def test_one_step_is_the_operation_itself_and_can_be_run_again(tmp_path):
    result = run_recipe(make_mask(), read_recipe(TEXT))
    assert result.provenance["operation"] == "synthesize"
    again = rerun(read_image(write_image(tmp_path / "r.ome.tif", result)))
    assert again.array.tobytes() == result.array.tobytes()


def test_a_recipe_in_a_recipe_is_checked_too():
    inner = Recipe.parse({"steps": [{"operation": "synthesize", "params": {"seed": 1}}]})
    with pytest.raises(UserError, match="Step 1"):
        Recipe.parse({"steps": [{"operation": "recipe", "params": {"steps": [{"a": 1}]}}]})
    nested = {"operation": "recipe", "params": inner.model_dump(mode="json")}
    assert Recipe.parse({"steps": [nested]}).steps[0].operation == "recipe"


def make_image(seed, name):
    """Bright where the mask is."""
    mask = make_mask()
    noise = np.random.default_rng(seed).integers(90, 130, mask.shape)
    return mask.with_array((noise + 500 * (mask.array > 0)).astype(np.uint16), name=name)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a reference and a mask."""
    monkeypatch.chdir(tmp_path)
    write_image("real.ome.tif", make_image(0, "real"))
    write_image("mask.ome.tif", make_mask())
    return tmp_path


def test_further_inputs_are_files_on_absolute_paths(folder):
    step = RecipeStep(operation="difference", inputs={"reference": "real.ome.tif"})
    recipe = Recipe(steps=(step,))
    assert str(folder / "real.ome.tif") in recipe.to_yaml()
    assert "inputs" not in read_recipe(TEXT).to_yaml()
    image = make_image(1, "made")
    wanted = map_difference(image, read_image("real.ome.tif"))
    result = run_recipe(image, recipe)
    np.testing.assert_array_equal(result.array, wanted.array)
    assert "zlib" not in result.provenance["inputs"]["reference"]
    path = write_image("d.ome.tif", result)
    assert read_recipe(path).steps[0].inputs == recipe.steps[0].inputs
    assert rerun(read_image(path)).array.tobytes() == result.array.tobytes()
    assert list_sources(result)[-1] == str(folder / "real.ome.tif")
    (folder / "real.ome.tif").unlink()
    with pytest.raises(UserError, match=r"There is no file .*real\.ome\.tif for its reference"):
        run_recipe(image, recipe)


def test_a_difference_can_be_made_again_without_its_files():
    result = map_difference(make_image(1, "made"), make_image(0, "real"))
    assert rerun(result).array.tobytes() == result.array.tobytes()
    with pytest.raises(UserError, match="made with a reference of which it knows no file"):
        recipe_from_provenance(result.provenance, "It")


def test_several_steps_with_a_further_input_notice_that_it_changed(folder):
    step = {"operation": "difference", "inputs": {"reference": str(folder / "real.ome.tif")}}
    blur = {"operation": "restore", "params": {"method": {"kind": "gaussian"}}}
    result = run_recipe(make_image(1, "made"), Recipe.parse({"steps": [blur, step]}))
    assert rerun(result).array.tobytes() == result.array.tobytes()
    write_image("real.ome.tif", make_image(2, "real"))
    with pytest.raises(UserError, match=r"real\.ome\.tif has changed since the recipe was written"):
        rerun(result)


def test_a_matched_synthesis_in_a_recipe_needs_its_reference_once(folder):
    steps = [
        {
            "operation": "synthesize",
            "params": {"model": "random-fill"},
            "inputs": {"reference": "real.ome.tif"},
        },
        {"operation": "restore", "params": {"method": {"kind": "gaussian"}}},
    ]
    result = run_recipe(make_mask(), Recipe.parse({"steps": steps}))
    first = Recipe.parse(result.provenance["params"]).steps[0]
    assert (first.inputs, first.settings().levels is None) == ({}, False)
    (folder / "real.ome.tif").unlink()
    assert rerun(result).array.tobytes() == result.array.tobytes()


def test_a_file_without_a_pixel_size_takes_that_of_the_image(folder):
    np.save("bare.npy", make_image(0, "real").array)
    step = {"operation": "difference", "inputs": {"reference": "bare.npy"}}
    result = run_recipe(make_image(1, "made"), Recipe.parse({"steps": [step]}))
    assert result.scale == (0.1, 0.1)
    assert rerun(result).array.tobytes() == result.array.tobytes()


def test_a_recipe_may_end_in_a_table(folder):
    inputs = {"reference": "real.ome.tif", "mask": "mask.ome.tif"}
    step = {"operation": "assess", "params": {"keys": ["ncc", "sfm"]}, "inputs": inputs}
    recipe = Recipe.parse({"steps": [step]})
    image, reference, mask = make_image(1, "made"), *map(read_image, inputs.values())
    table = run_recipe(image, recipe)
    wanted = assess([image], reference=reference, mask=mask, params=recipe.steps[0].settings())
    assert table.to_csv() == wanted.to_csv()
    blur = {"operation": "restore", "params": {"method": {"kind": "gaussian"}}}
    nested = {"operation": "recipe", "params": {"steps": [blur, step]}}
    assert Recipe.parse({"steps": [nested]}).gives() == "table"
    assert len(run_recipe(image, Recipe.parse({"steps": [blur, step]})).rows) == 1
    with pytest.raises(UserError, match="It gives a table"):
        Recipe.parse({"steps": [nested, blur]})
    provenance = {"operation": "assess", "params": {}, "source": {"frame": {}}}
    with pytest.raises(UserError, match="Assess gives a table, which has no pixels"):
        rerun(replace(image, provenance=provenance))
