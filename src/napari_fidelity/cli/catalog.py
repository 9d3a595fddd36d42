"""The commands, in the order in which `napari-fidelity --help` lists them."""

from napari_fidelity.cli.commands.assess import ASSESS
from napari_fidelity.cli.commands.batch import BATCH
from napari_fidelity.cli.commands.degrade import DEGRADE
from napari_fidelity.cli.commands.difference import DIFFERENCE
from napari_fidelity.cli.commands.estimate import ESTIMATE
from napari_fidelity.cli.commands.models import MODELS
from napari_fidelity.cli.commands.pairs import PAIRS
from napari_fidelity.cli.commands.profile import PROFILE
from napari_fidelity.cli.commands.psf import PSF
from napari_fidelity.cli.commands.reproduce import REPRODUCE
from napari_fidelity.cli.commands.rerun import RERUN
from napari_fidelity.cli.commands.restore import RESTORE
from napari_fidelity.cli.commands.segment import SEGMENT
from napari_fidelity.cli.commands.study import STUDY
from napari_fidelity.cli.commands.synthesize import SYNTHESIZE
from napari_fidelity.cli.commands.train import TRAIN
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.catalog import Catalog

COMMANDS: Catalog[CommandSpec] = Catalog(
    "command",
    [
        SYNTHESIZE,
        ASSESS,
        DEGRADE,
        ESTIMATE,
        RESTORE,
        SEGMENT,
        DIFFERENCE,
        PROFILE,
        MODELS,
        RERUN,
        BATCH,
        PAIRS,
        PSF,
        TRAIN,
        STUDY,
        REPRODUCE,
    ],
)
