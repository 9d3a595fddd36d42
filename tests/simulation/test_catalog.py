"""Every specimen keeps the contract: three images on one frame, seeded, numbered, refused."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.catalog import SPECIMENS

KEYS = list(SPECIMENS)
SHAPES = [(70, 90), (6, 48, 64), (1, 1)]


def test_both_organelles_are_offered():
    assert KEYS == ["nuclei", "mitochondria"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shape", SHAPES)
def test_specimen_keeps_its_contract(key, shape):
    spec = SPECIMENS[key]
    params = spec.params()
    specimen = spec.function(params, shape=shape, seed=11)
    scale = (params.z_step_um, params.pixel_size_um, params.pixel_size_um)[-len(shape) :]
    for image, dtype in (
        (specimen.labels, np.uint16),
        (specimen.clean, np.float32),
        (specimen.image, np.uint16),
    ):
        assert image.shape == shape
        assert image.array.dtype == dtype
        assert image.scale == scale
        assert image.units == ("micrometer",) * len(shape)
        assert image.provenance["seed"] == 11
        assert spec.params.parse(image.provenance["params"]) == params
    numbers = np.unique(specimen.labels.array)
    np.testing.assert_array_equal(numbers[numbers > 0], np.arange(1, numbers.max() + 1))
    assert np.isfinite(specimen.clean.array).all()
    assert specimen.clean.array.min() >= 0


@pytest.mark.parametrize("key", KEYS)
def test_same_seed_same_bytes(key):
    simulate = SPECIMENS[key].function
    first, again, other = (simulate(shape=(96, 96), seed=seed) for seed in (5, 5, 6))
    for role in ("labels", "clean", "image"):
        array = getattr(first, role).array
        assert array.tobytes() == getattr(again, role).array.tobytes()
        assert array.tobytes() != getattr(other, role).array.tobytes()


@pytest.mark.parametrize("key", KEYS)
def test_objects_are_brighter_than_their_surroundings(key):
    specimen = SPECIMENS[key].function(shape=(160, 160), seed=2)
    inside = specimen.labels.array > 0
    image = specimen.image.array.astype(float)
    assert specimen.clean.array[inside].mean() == pytest.approx(1, abs=0.45)
    assert image[inside].mean() > 2 * image[~inside].mean()


@pytest.mark.parametrize("key", KEYS)
def test_nothing_grows_at_density_0(key):
    spec = SPECIMENS[key]
    specimen = spec.function(spec.params(density=0), shape=(64, 64), seed=1)
    assert not specimen.labels.array.any()
    assert not specimen.clean.array.any()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shape", [(64,), (2, 3, 4, 5), (0, 64)])
def test_other_shapes_are_refused(key, shape):
    with pytest.raises(UserError, match="cannot be simulated"):
        SPECIMENS[key].function(shape=shape)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "values", [{"density": -0.1}, {"pixel_size_um": 0}, {"size": 3}, {"density": float("nan")}]
)
def test_bad_settings_are_refused(key, values):
    with pytest.raises(UserError, match=next(iter(values))):
        SPECIMENS[key].params.parse(values)


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_explains_itself(key):
    for name, field in SPECIMENS[key].params.model_fields.items():
        assert field.title, name
        assert field.description, name
