"""Settings as YAML text."""

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.yaml_text import read_yaml, write_yaml


def test_values_come_back_equal():
    values = {"b": [1, 2.5e-7, None, True], "a": {"µm": 0.1, "text": "1e-3", "no": "no"}}
    assert read_yaml(write_yaml(values), "It") == values
    assert list(read_yaml(write_yaml(values), "It")) == ["b", "a"]


def test_damaged_text_is_one_sentence():
    with pytest.raises(UserError, match=r"^The recipe is no YAML text \(line 2\): correct it"):
        read_yaml("a: 1\nb: [", "The recipe")
    with pytest.raises(UserError, match="holds no settings"):
        read_yaml("- 1\n- 2", "The recipe")


def test_nothing_is_executed():
    with pytest.raises(UserError, match="is no YAML text"):
        read_yaml("a: !!python/object/apply:os.getcwd []", "The recipe")
