"""Options follow the fields of the settings."""

from argparse import ArgumentParser
from typing import Literal

import pytest
from pydantic import Field

from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params


class Settings(Params):
    """One field of each kind."""

    margin_px: int = Field(5, ge=0, description="Distance, 50 % of it.")
    share: float | Literal["all"] = Field("all", description="How much")
    window: Literal[2, 3] = Field(2, description="Axes")
    noise: bool = Field(True, description="Add noise")
    model: str = Field("a", description="Key")
    maybe: Literal["x", "y"] | None = Field(None, description="Or nothing")


NAMES = list(Settings.model_fields)


def read(*words):
    parser = ArgumentParser()
    add_options(parser, Settings, NAMES, margin_px="--margin")
    return read_options(parser.parse_args(words), Settings, NAMES)


def test_what_is_not_given_keeps_its_default():
    assert read() == Settings()


def test_values_get_their_types():
    words = ["--margin", "7", "--share", "0.5", "--window", "3", "--no-noise", "--model", "007"]
    assert read(*words, "--maybe", "y") == Settings(
        margin_px=7, share=0.5, window=3, noise=False, model="007", maybe="y"
    )
    assert read("--share", "all").share == "all"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--margin", "-1"], "--margin must be 0 or more, not -1"),
        (["--margin", "2.5"], "--margin must be a whole number, not '2.5'"),
        (["--window", "4"], "--window must be 2 or 3, not '4'"),
        (["--maybe", "z"], "'x' or 'y'"),
    ],
)
def test_bad_values_are_named(words, sentence):
    with pytest.raises(UserError, match=sentence):
        read(*words)


def test_help_holds_description_choices_and_default():
    parser = ArgumentParser()
    add_options(parser, Settings, NAMES, margin_px="--margin")
    text = " ".join(parser.format_help().split())
    assert "--margin PX Distance, 50 % of it (default: 5)" in text
    assert "--share all|NUMBER How much (default: all)" in text
    assert "--window 2|3 Axes (default: 2)" in text
    assert "--maybe x|y Or nothing" in text
    assert "--noise, --no-noise" in text


def test_given_fields_join_the_options():
    parser = ArgumentParser()
    add_options(parser, Settings, ["window"])
    assert read_options(parser.parse_args([]), Settings, ["window"], margin_px=9).margin_px == 9
