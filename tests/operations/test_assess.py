import math

import numpy as np
import pytest

from napari_fidelity import metrics
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.metrics import METRICS, MeasureSettings, background_region, mask_baselines
from napari_fidelity.operations.assess import AssessParams, assess

RANDOM = np.random.default_rng(0)
SHAPE = (3, 48, 56)
MASK = np.zeros(SHAPE, np.uint16)
MASK[:, 10:24, 20:40] = 2
MASK[1, 30:40, 5:15] = 1
STACK = (RANDOM.normal(20, 3, SHAPE) + (MASK > 0) * RANDOM.normal(80, 15, SHAPE)).round()
REFERENCE = Image(STACK.astype(np.uint8), name="real", scale=(2, 0.1, 0.1))
TESTS = [
    Image(
        (STACK + RANDOM.normal(0, 2, SHAPE)).astype(np.float32), name="near", scale=(2, 0.1, 0.1)
    ),
    Image((2 * STACK).astype(np.float32), name="double", scale=(2, 0.1, 0.1)),
]
MASK_IMAGE = Image(MASK, name="nuclei", scale=(2, 0.1, 0.1))


def run(**params: object):
    return assess(TESTS, reference=REFERENCE, mask=MASK_IMAGE, params=AssessParams(**params))


def test_a_stack_is_one_row_an_image() -> None:
    result = run()
    assert [row.name for row in result.rows] == ["near", "double"]
    for row, test in zip(result.rows, TESTS, strict=True):
        assert list(row.scores) == list(METRICS)
        pair = (test, REFERENCE)
        assert row.scores["sfm"].value == metrics.sfm(*pair, MASK_IMAGE)
        assert row.scores["nfm"].value == metrics.nfm(*pair, MASK_IMAGE)
        assert row.scores["bfm"].value == metrics.bfm(*pair)
        assert row.scores["ssim"].value == metrics.ssim(*pair)
        assert row.plane_label == ""


def test_baselines_floor_settings_and_background() -> None:
    result = run()
    region = background_region(MASK > 0, 5)
    assert result.background is not None
    assert np.array_equal(result.background, region)
    assert result.nfm_floor == metrics.nfm_floor(REFERENCE, MASK_IMAGE)
    for key, image in mask_baselines(MASK > 0).items():
        assert result.baselines[key] == metrics.sfm(image, STACK, MASK)
        assert result.rows[0].baselines[key] == result.baselines[key]
    assert result.settings["scope"] == "stack"
    assert result.settings["data_range"] == np.ptp(STACK)
    assert result.settings["n_foreground"] == (MASK > 0).sum()
    assert result.settings["n_background"] == region.sum()
    assert result.notes == ("nuclei: labels above 0 count.",)


def test_the_shown_background_is_the_one_measured() -> None:
    result = run(metrics=MeasureSettings(margin_px=2, density="histogram"))
    value = metrics.nfm(TESTS[0], REFERENCE, background=result.background, density="histogram")
    assert result.rows[0].scores["nfm"].value == value
    assert result.background.sum() == result.settings["n_background"]


def test_each_plane_and_the_mean() -> None:
    result = run(scope="planes")
    labels = ["0", "1", "2", "mean"]
    assert [(r.name, r.plane_label) for r in result.rows] == [
        *(("near", label) for label in labels),
        *(("double", label) for label in labels),
    ]
    planes, mean = result.rows[:3], result.rows[3]
    for z, row in enumerate(planes):
        pair = (TESTS[0].array[z], REFERENCE.array[z])
        assert row.scores["sfm"].value == metrics.sfm(*pair, MASK[z])
        assert row.scores["nfm"].value == metrics.nfm(*pair, MASK[z])
        assert row.scores["psnr"].value == metrics.psnr(*pair)
        assert row.settings["n_foreground"] == (MASK[z] > 0).sum()
        assert row.settings["data_range"] == np.ptp(STACK[z])
    for key in METRICS:
        expected = np.mean([row.scores[key].value for row in planes])
        assert mean.scores[key].value == pytest.approx(expected)
    assert mean.settings["n_foreground"] == (MASK > 0).sum()
    assert mean.settings["data_range"] is None
    assert np.array_equal(result.background, background_region(MASK > 0, 5))
    assert result.baselines["blurred"] == pytest.approx(
        np.mean([row.baselines["blurred"] for row in planes])
    )


def test_planes_without_a_value_are_left_out_of_the_mean() -> None:
    mask = MASK.copy()
    mask[2] = 0
    result = assess(
        TESTS[:1],
        reference=REFERENCE,
        mask=Image(mask, scale=REFERENCE.scale),
        params=AssessParams(scope="planes", keys=("sfm",)),
    )
    values = [row.scores["sfm"].value for row in result.rows]
    assert math.isnan(values[2])
    assert values[3] == pytest.approx((values[0] + values[1]) / 2)
    assert result.rows[3].scores["sfm"].reason == "mean of 2 of 3 planes: the mask is empty"


def test_one_plane() -> None:
    result = run(scope="plane", plane=(1,))
    (row, _) = result.rows
    assert row.plane == (1,)
    assert row.scores["sfm"].value == metrics.sfm(TESTS[0].array[1], STACK[1], MASK[1])
    assert result.background.shape == SHAPE
    assert np.array_equal(result.background[1], background_region(MASK[1] > 0, 5))
    assert not result.background[[0, 2]].any()
    assert result.settings["plane"] == (1,)


@pytest.mark.parametrize("plane", [(), (3,), (-1,), (0, 0)])
def test_a_plane_that_is_not_there_is_named(plane: tuple[int, ...]) -> None:
    with pytest.raises(
        UserError, match=r"is not in real: its leading axes Z have the sizes \(3,\)"
    ):
        run(scope="plane", plane=plane)


@pytest.mark.parametrize("scope", ["plane", "planes", "stack"])
def test_a_plane_by_itself_has_one_row_whatever_the_scope(scope: str) -> None:
    images = [Image(i.array[0], name=i.name) for i in (TESTS[0], REFERENCE, MASK_IMAGE)]
    test, reference, mask = images
    result = assess([test], reference=reference, mask=mask, params=AssessParams(scope=scope))
    (row,) = result.rows
    assert row.plane_label == ""
    assert row.scores["nfm"].value == metrics.nfm(test, reference, mask)


def test_two_leading_axes() -> None:
    movie = Image(np.stack([STACK, STACK]), name="movie")
    result = assess([movie], reference=movie, params=AssessParams(scope="planes", keys=("pcc",)))
    assert [row.plane_label for row in result.rows][-2:] == ["1, 2", "mean"]
    assert len(result.rows) == 7


def test_without_a_mask_the_rest_runs() -> None:
    result = assess(TESTS, reference=REFERENCE)
    row = result.rows[0]
    assert row.scores["sfm"].reason == row.scores["nfm"].reason == "needs a mask"
    assert math.isfinite(row.scores["ssim"].value)
    assert result.background is None
    assert math.isnan(result.nfm_floor)
    assert math.isnan(result.baselines["blurred"])
    assert row.verdicts["signal"] == "needs a mask"


def test_a_marked_background_is_used() -> None:
    marked = np.zeros(SHAPE, bool)
    marked[:, 26:28, 42:52] = True
    image = Image(marked, name="dark", scale=REFERENCE.scale)
    result = assess(TESTS, reference=REFERENCE, mask=MASK_IMAGE, background=image)
    assert np.array_equal(result.background, marked)
    expected = metrics.nfm(TESTS[0], REFERENCE, background=image)
    assert result.rows[0].scores["nfm"].value == expected


def test_verdicts_and_warnings() -> None:
    near, double = run().rows
    assert near.verdicts["signal"] == "signal faithful"
    assert double.verdicts == {
        "signal": "signal faithful",
        "noise": "noise differs",
        "blur": "too sharp",
    }
    (warning,) = run().warnings
    assert warning.startswith("double: gain 2 is outside 0.8–1.25")


def test_mistakes_are_found_before_anything_is_measured() -> None:
    calls = []
    progress = Progress(lambda *step: calls.append(step))
    other = Image(TESTS[0].array, name="flat", scale=(1, 1, 1))
    small = Image(MASK[:, :9], name="cut", scale=REFERENCE.scale)
    with pytest.raises(UserError, match=r"flat has scale 1×1×1, real has 2×0\.1×0\.1"):
        assess([*TESTS, other], reference=REFERENCE, progress=progress)
    with pytest.raises(UserError, match="cut has shape 3×9×56, real has 3×48×56"):
        assess(TESTS, reference=REFERENCE, mask=small, progress=progress)
    with pytest.raises(UserError, match="no image to assess"):
        assess([], reference=REFERENCE, progress=progress)
    assert calls == []
    holes = Image(np.where(MASK > 1, np.nan, 1.0), name="holes", scale=REFERENCE.scale)
    with pytest.raises(UserError, match="holes holds 840 of 8064 values that are NaN"):
        assess([holes], reference=REFERENCE)


def test_progress_and_cancel() -> None:
    calls = []
    progress = Progress(lambda done, total, text: calls.append((done, total, text)))
    assess(
        TESTS,
        reference=REFERENCE,
        params=AssessParams(scope="planes", keys=("mae",)),
        progress=progress,
    )
    done, totals, texts = zip(*calls, strict=True)
    assert sorted(done) == list(done)
    assert len(set(totals)) == 1
    assert (done[0], done[-1]) == (0, totals[0])
    shared = ["find the background", "halve the background", "score the mask alone"]
    assert list(texts[:4]) == [*shared, f"measure {TESTS[0].name}: MAE"]
    assert len(calls) == 3 * (3 + 2) + 1
    with pytest.raises(Cancelled):
        assess(TESTS, reference=REFERENCE, progress=Progress(is_cancelled=lambda: True))


def test_unknown_metrics_are_named() -> None:
    with pytest.raises(UserError, match="There is no metric 'fid'"):
        run(keys=("fid",))
