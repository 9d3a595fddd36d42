"""Params refuse what they do not know, the catalog duplicates, Progress raises when cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import Field

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Cancelled, Progress


class Blur(Params):
    sigma_px: float = Field(2.0, gt=0, le=50)
    floor: Annotated[float, Field(ge=0)] | Literal["auto"] = "auto"
    sides: tuple[int, ...] = ()


@dataclass(frozen=True)
class Entry:
    key: str


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sigma_px": -1}, "'sigma_px' must be more than 0, not -1"),
        ({"sigma": 1}, "'sigma' is not known"),
        ({"floor": -1}, "'floor' must be 0 or more, not -1"),
        ({"sides": 3}, "'sides' must be a list, not 3"),
        ({"sigma_px": float("nan")}, "'sigma_px'"),
    ],
)
def test_settings_out_of_range_are_named(values, words):
    assert Blur.parse({}).sigma_px == 2.0
    with pytest.raises(UserError, match=words):
        Blur.parse(values)


def test_the_catalog_keeps_order_and_refuses_duplicates():
    catalog = Catalog("step", [Entry("b"), Entry("a")])
    assert list(catalog) == ["b", "a"]
    assert "a" in catalog
    assert "c" not in catalog
    with pytest.raises(UserError, match="no step 'c': choose one of b, a"):
        catalog["c"]
    with pytest.raises(ValueError, match="two step entries"):
        Catalog("step", [Entry("a"), Entry("a")])


def test_progress_reports_until_it_is_cancelled():
    seen = []
    progress = Progress(lambda *args: seen.append(args), lambda: len(seen) >= 2)
    progress(0, 3, "tile")
    progress(1, 3, "tile")
    with pytest.raises(Cancelled):
        progress(2, 3, "tile")
    assert seen == [(0, 3, "tile"), (1, 3, "tile")]
