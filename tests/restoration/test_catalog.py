"""What every restoration method promises."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.catalog import METHODS, parse_settings
from napari_fidelity.restoration.spec import RestorationSettings
from tests.restoration.scenes import make_gaussian


@pytest.mark.parametrize("spec", METHODS.values(), ids=list(METHODS))
def test_a_line_of_the_catalog_is_complete(spec):
    assert issubclass(spec.params, RestorationSettings)
    settings = spec.params()
    assert settings.kind == spec.key
    assert parse_settings(settings.model_dump(mode="json")) == settings
    assert parse_settings(spec.key) == settings
    for sentence in (spec.description, spec.fails):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    for name, field in spec.params.model_fields.items():
        assert name == "kind" or (field.title and field.description)
    shape = (5, 7) if spec.needs_psf else None
    halo = spec.halo_px(settings, shape)
    assert halo is None or min(halo if isinstance(halo, tuple) else (halo,)) >= 0


@pytest.mark.parametrize("key", [key for key, spec in METHODS.items() if spec.needs_psf])
def test_methods_keep_shape_type_and_input(key):
    spec = METHODS[key]
    for shape in ((30, 25), (8, 20, 25)):
        psf = make_gaussian((3,) * len(shape), 0.7)
        image = np.random.default_rng(0).poisson(50, shape).astype(np.float32)
        before = image.copy()
        image.flags.writeable = psf.flags.writeable = False
        restored = spec.run(image, spec.params(), psf=psf, progress=Progress())
        assert restored.shape == shape
        assert restored.dtype == np.float32
        assert np.isfinite(restored).all()
        np.testing.assert_array_equal(image, before)
        assert restored.mean() == pytest.approx(image.mean(), rel=0.02)


def test_unknown_methods_and_settings_are_told_in_a_sentence():
    with pytest.raises(UserError, match="no restoration method 'magic': choose one of"):
        parse_settings("magic")
    with pytest.raises(UserError, match="'sharpness' is not known here"):
        parse_settings({"kind": "wiener", "sharpness": 3})
    with pytest.raises(UserError, match="a key or settings with their kind, not 3"):
        parse_settings(3)
