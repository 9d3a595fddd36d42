"""The methods of the study and the settings among which each is tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.restoration.bm3d import Bm3dSettings
from napari_fidelity.restoration.gaussian import GaussianSettings
from napari_fidelity.restoration.l0_blind import L0BlindSettings
from napari_fidelity.restoration.non_local_means import NonLocalMeansSettings
from napari_fidelity.restoration.richardson_lucy import RichardsonLucySettings
from napari_fidelity.restoration.rolling_ball import RollingBallSettings
from napari_fidelity.restoration.spec import RestorationSettings
from napari_fidelity.restoration.total_variation import TotalVariationSettings
from napari_fidelity.restoration.unsupervised_wiener import UnsupervisedWienerSettings
from napari_fidelity.restoration.wiener import WienerSettings


@dataclass(frozen=True)
class Candidate:
    """A method with the settings that are tried.

    Parameters
    ----------
    key, title : str
        Its names in the tables; two candidates may share a method.
    settings : sequence of RestorationSettings
        The grid, from weak to strong.
    """

    key: str
    title: str
    settings: Sequence[RestorationSettings]

    def spell(self, settings: RestorationSettings) -> str:
        """The settings that are tuned, in words.

        Examples
        --------
        >>> gaussian = CANDIDATES["gaussian"]
        >>> gaussian.spell(gaussian.settings[0])
        'sigma_px 0.5'
        """
        values = settings.model_dump()
        names = [n for n in values if len({getattr(one, n) for one in self.settings}) > 1]
        return ", ".join(f"{name} {values[name]:g}" for name in names) or "nothing to tune"


CANDIDATES: Catalog[Candidate] = Catalog(
    "candidate",
    [
        Candidate(
            "richardson-lucy",
            "Richardson–Lucy",
            [RichardsonLucySettings(iterations=n, tv_weight=0) for n in (2, 5, 15, 40, 100)],
        ),
        Candidate(
            "richardson-lucy-tv",
            "Richardson–Lucy, TV",
            [
                RichardsonLucySettings(iterations=n, tv_weight=w)
                for n, w in product((5, 20, 100), (0.002, 0.02, 0.1))
            ],
        ),
        Candidate(
            "wiener",
            "Wiener",
            [WienerSettings(balance=b) for b in (1e-3, 1e-2, 0.1, 1.0, 10.0)],
        ),
        Candidate("unsupervised-wiener", "Wiener, unsupervised", [UnsupervisedWienerSettings()]),
        Candidate(
            "l0-blind",
            "L0 blind",
            [L0BlindSettings(smoothing=s) for s in (5e-4, 2e-3, 1e-2, 5e-2)],
        ),
        Candidate(
            "gaussian",
            "Gaussian",
            [GaussianSettings(sigma_px=s) for s in (0.5, 0.75, 1.0, 1.5, 2.0, 3.0)],
        ),
        Candidate(
            "non-local-means",
            "Non-local means",
            [NonLocalMeansSettings(strength=s) for s in (0.5, 0.8, 1.2, 2.0)],
        ),
        Candidate(
            "total-variation",
            "Total variation",
            [TotalVariationSettings(strength=s) for s in (0.5, 1.0, 1.5, 2.5)],
        ),
        Candidate("bm3d", "BM3D", [Bm3dSettings(strength=s) for s in (1.2, 2.0)]),
        Candidate(
            "rolling-ball",
            "Rolling ball",
            [RollingBallSettings(radius_px=r) for r in (15, 30, 60, 120)],
        ),
    ],
)
