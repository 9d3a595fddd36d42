"""The restoration methods, in the order of their list in the dock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.restoration.bm3d import BM3D
from napari_fidelity.restoration.gaussian import GAUSSIAN
from napari_fidelity.restoration.l0_blind import L0_BLIND
from napari_fidelity.restoration.learned import MODEL, LearnedSettings
from napari_fidelity.restoration.non_local_means import NON_LOCAL_MEANS
from napari_fidelity.restoration.richardson_lucy import RICHARDSON_LUCY
from napari_fidelity.restoration.rolling_ball import ROLLING_BALL
from napari_fidelity.restoration.spec import MethodSpec, RestorationSettings
from napari_fidelity.restoration.total_variation import TOTAL_VARIATION
from napari_fidelity.restoration.unsupervised_wiener import UNSUPERVISED_WIENER
from napari_fidelity.restoration.wiener import WIENER

METHODS: Catalog[MethodSpec] = Catalog(
    "restoration method",
    [
        RICHARDSON_LUCY,
        WIENER,
        UNSUPERVISED_WIENER,
        L0_BLIND,
        GAUSSIAN,
        NON_LOCAL_MEANS,
        TOTAL_VARIATION,
        BM3D,
        ROLLING_BALL,
    ],
)

# Settings by kind: of the methods, and of trained models.
SETTINGS: Mapping[str, type[RestorationSettings]] = {
    **{key: spec.params for key, spec in METHODS.items()},
    MODEL: LearnedSettings,
}


def find_settings(kind: str) -> type[RestorationSettings]:
    """The settings class of a method, or of trained models.

    Raises
    ------
    UserError
        There is no such method.
    """
    if kind not in SETTINGS:
        known = ", ".join(SETTINGS)
        raise UserError(f"There is no restoration method {kind!r}: choose one of {known}.")
    return SETTINGS[kind]


def parse_settings(value: object) -> RestorationSettings:
    """Settings of a method from what a file or a form holds: a mapping with its `kind`, or a key.

    The kind of trained models is "model".

    Raises
    ------
    UserError
        There is no such method, or one of its settings is out of range.

    Examples
    --------
    >>> parse_settings({"kind": "wiener", "balance": 0.01})
    WienerSettings(kind='wiener', balance=0.01, ...)
    >>> parse_settings("richardson-lucy").kind
    'richardson-lucy'
    """
    if isinstance(value, RestorationSettings):
        return value
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, dict) or "kind" not in value:
        raise UserError(f"A method is a key or settings with their kind, not {value!r}.")
    values: dict[str, Any] = value  # Any: JSON values
    return find_settings(str(values["kind"])).parse(values)
