"""Notes in JSON: what goes in, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.imageio.provenance import (
    NoteError,
    decode_note,
    encode_note,
    software_versions,
)


class Settings(Params):
    """Two settings."""

    seed: int = 3
    name: str = "a"


def test_values_of_numpy_pydantic_and_pathlib_get_a_form():
    values = {
        "int": np.int64(4),
        "float": np.float32(0.5),
        "array": np.arange(3),
        "path": Path("a/b.tif"),
        "settings": Settings(),
        "pair": (1, 2),
    }
    note = decode_note(encode_note(Image(np.zeros((2, 2)), provenance=values)))
    assert note.provenance == {
        "int": 4,
        "float": 0.5,
        "array": [0, 1, 2],
        "path": "a/b.tif",
        "settings": {"seed": 3, "name": "a"},
        "pair": [1, 2],
    }


def test_a_note_is_ascii_and_does_not_depend_on_the_order_of_keys():
    first = encode_note(Image(np.zeros((2, 2)), name="µ", provenance={"a": 1, "b": 2}))
    second = encode_note(Image(np.zeros((2, 2)), name="µ", provenance={"b": 2, "a": 1}))
    assert first == second
    assert first.isascii()


@pytest.mark.parametrize("change", [{"format": 2}, {"frame": {}}, {"provenance": 3}, {"layer": 1}])
def test_a_note_that_does_not_fit_is_refused(change):
    content = json.loads(encode_note(Image(np.zeros((2, 2)))))
    with pytest.raises(NoteError, match=r"are damaged|version 2, this software knows version 1"):
        decode_note(json.dumps({**content, **change}))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"a"', "{}"])
def test_text_that_is_no_note_is_refused(text):
    with pytest.raises(NoteError, match="are damaged"):
        decode_note(text)


def test_an_unknown_dtype_is_refused():
    with pytest.raises(NoteError):
        decode_note(encode_note(Image(np.zeros((2, 2)))).replace("float64", "float63"))


def test_versions_name_what_decides_the_numbers():
    versions = software_versions()
    assert versions["numpy"] == np.__version__
    assert {"python", "scipy", "tifffile"} <= set(versions)
