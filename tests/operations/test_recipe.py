"""Recipe files."""

import json

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.recipe import Recipe, read_recipe, run_recipe
from napari_fidelity.operations.rerun import rerun

TEXT = """napari-fidelity: recipe 1
steps:
- operation: synthesize
  params: {model: random-fill, seed: 3}
"""
TWO = TEXT + "- operation: synthesize\n  params: {model: random-fill}\n"


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
        (TEXT.replace("synthesize", "blur"), "step 1 .blur.: There is no operation 'blur'"),
        (TEXT.replace("seed", "sed"), "step 1 .synthesize.: Setting 'sed' is not known here"),
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
    with pytest.raises(UserError, match="step 1"):
        Recipe.parse({"steps": [{"operation": "recipe", "params": {"steps": [{"a": 1}]}}]})
    nested = {"operation": "recipe", "params": inner.model_dump(mode="json")}
    assert Recipe.parse({"steps": [nested]}).steps[0].operation == "recipe"
