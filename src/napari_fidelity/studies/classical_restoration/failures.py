"""Where each method fails: tuned where it belongs, then given what it is not made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.restoration.gaussian import GaussianSettings
from napari_fidelity.restoration.richardson_lucy import RichardsonLucySettings
from napari_fidelity.restoration.rolling_ball import RollingBallSettings
from napari_fidelity.restoration.spec import RestorationSettings
from napari_fidelity.simulation.psf import PsfSettings, PsfSource
from napari_fidelity.studies.classical_restoration.candidates import CANDIDATES
from napari_fidelity.studies.classical_restoration.conditions import CONDITIONS
from napari_fidelity.studies.classical_restoration.fields import EvidenceField
from napari_fidelity.studies.classical_restoration.trials import Trial, TrialFile
from napari_fidelity.studies.classical_restoration.tuning import tune

TOO_WIDE = PsfSettings(numerical_aperture=0.3, emission_nm=520, immersion_index=1.0)


@dataclass(frozen=True)
class Failure:
    """A method at home and in the regime where it fails.

    Parameters
    ----------
    key : str
        Names it.
    method : str
        Key of `CANDIDATES`.
    home, regime : str
        Keys of `CONDITIONS`: where its settings were tuned, and where they are used.
    about : str
        What is wrong with the regime.
    psf : PsfSource, optional
        Given in the regime instead of the true one.
    settings : RestorationSettings, optional
        Used in the regime instead of the tuned ones.
    measure : str
        The score that shows it best.
    """

    key: str
    method: str
    home: str
    regime: str
    about: str
    psf: PsfSource | None = None
    settings: RestorationSettings | None = None
    measure: str = "pcc"


FAILURES: Catalog[Failure] = Catalog(
    "failure",
    [
        Failure(
            "rl-dim",
            "richardson-lucy",
            "blurred",
            "dim",
            "15 photons instead of 5000, iterated as often as was best with 5000",
        ),
        Failure(
            "rl-too-long",
            "richardson-lucy",
            "blurred",
            "strong",
            "100 iterations on the preset strong",
            settings=RichardsonLucySettings(iterations=100, tv_weight=0),
        ),
        Failure(
            "rl-tv-wrong-psf",
            "richardson-lucy-tv",
            "blurred",
            "blurred",
            "a PSF of NA 0.3, twice as wide as the true one",
            psf=TOO_WIDE,
        ),
        Failure(
            "wiener-wrong-psf",
            "wiener",
            "blurred",
            "blurred",
            "a PSF of NA 0.3, twice as wide as the true one",
            psf=TOO_WIDE,
        ),
        Failure(
            "unsupervised-wrong-psf",
            "unsupervised-wiener",
            "blurred",
            "blurred",
            "a PSF of NA 0.3, twice as wide as the true one",
            psf=TOO_WIDE,
        ),
        Failure(
            "l0-defocus",
            "l0-blind",
            "motion",
            "defocused",
            "2 µm out of focus with 15 photons, instead of moved with 5000",
        ),
        Failure(
            "gaussian-sharp",
            "gaussian",
            "white",
            "blurred",
            "an image with hardly any noise, smoothed by σ 2 px",
            settings=GaussianSettings(sigma_px=2),
            measure="bfm_sigma",
        ),
        Failure(
            "nlm-texture",
            "non-local-means",
            "white",
            "textured",
            "noise of the same strength that neighbours share",
        ),
        Failure(
            "tv-texture",
            "total-variation",
            "white",
            "textured",
            "noise of the same strength that neighbours share",
        ),
        Failure(
            "bm3d-texture",
            "bm3d",
            "white",
            "textured",
            "noise of the same strength that neighbours share",
        ),
        Failure(
            "ball-too-small",
            "rolling-ball",
            "haze",
            "haze",
            "a ball of 5 px, smaller than the objects",
            settings=RollingBallSettings(radius_px=5),
        ),
    ],
)


@dataclass(frozen=True, eq=False)
class FailureTrials:
    """The trials of a failure, field by field in the same order.

    Parameters
    ----------
    failure : Failure
        What is shown.
    at_home, home_input, in_regime, regime_input : sequence of Trial
        The method where it belongs and where it does not, and what it was given.
    """

    failure: Failure
    at_home: Sequence[Trial]
    home_input: Sequence[Trial]
    in_regime: Sequence[Trial]
    regime_input: Sequence[Trial]

    @property
    def trials(self) -> list[Trial]:
        """All of them."""
        return [*self.at_home, *self.home_input, *self.in_regime, *self.regime_input]


def plan_failures(
    fields: Sequence[EvidenceField], trials: TrialFile, available: Mapping[str, bool]
) -> list[FailureTrials]:
    """The failures of the methods that are available, with settings as tuned at home."""
    return [
        _plan(failure, fields, trials) for failure in FAILURES.values() if available[failure.method]
    ]


def _plan(failure: Failure, fields: Sequence[EvidenceField], trials: TrialFile) -> FailureTrials:
    home, regime = CONDITIONS[failure.home], CONDITIONS[failure.regime]
    chosen = tune(home, fields, CANDIDATES[failure.method], trials)
    numbered = list(enumerate(fields))
    return FailureTrials(
        failure,
        [Trial(home, field, n, chosen[field.key], home.psf) for n, field in numbered],
        [Trial(home, field, n, None, None) for n, field in numbered],
        [
            Trial(
                regime, field, n, failure.settings or chosen[field.key], failure.psf or regime.psf
            )
            for n, field in numbered
        ],
        [Trial(regime, field, n, None, None) for n, field in numbered],
    )
