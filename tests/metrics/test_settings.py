import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import MeasureSettings
from napari_fidelity.metrics.masks import MARGIN_PX


def test_defaults() -> None:
    settings = MeasureSettings()
    assert settings.margin_px == MARGIN_PX == 5
    assert (settings.density, settings.border, settings.data_range) == ("kde", "valid", "reference")


@pytest.mark.parametrize(
    "bad",
    [{"margin_px": -1}, {"density": "kernel"}, {"data_range": 0}, {"data_range": "max"},
     {"border": "same"}, {"spatial_ndim": 4}, {"sharpness": "energy"}],
)  # fmt: skip
def test_what_is_out_of_bounds_is_named(bad: dict[str, object]) -> None:
    with pytest.raises(UserError, match=f"Setting '{next(iter(bad))}"):
        MeasureSettings.parse(bad)


def test_every_field_has_a_title_and_a_sentence() -> None:
    for field in MeasureSettings.model_fields.values():
        assert field.title
        assert field.description
        assert field.description.endswith(".")


def test_numbers_are_kept_as_ranges() -> None:
    assert MeasureSettings(data_range=4095).data_range == 4095
