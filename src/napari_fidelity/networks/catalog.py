"""The networks that a model manifest can name."""

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.random_fill import RandomFill, RandomFillParams
from napari_fidelity.networks.segmentation_unet import SegmentationUNet, SegmentationUNetParams
from napari_fidelity.networks.spec import NetworkSpec
from napari_fidelity.networks.textured_unet import TexturedUNet, TexturedUNetParams
from napari_fidelity.networks.unet import LocalUNet, UNetParams

NETWORKS: Catalog[NetworkSpec] = Catalog(
    "network",
    [
        NetworkSpec("local-unet", "U-Net without global statistics", UNetParams, LocalUNet),
        NetworkSpec("textured-unet", "U-Net with texture", TexturedUNetParams, TexturedUNet),
        NetworkSpec("norm-unet", "U-Net with batch or instance norm", NormUNetParams, NormUNet),
        NetworkSpec("care-unet", "U-Net of CARE", CareUNetParams, CareUNet),
        NetworkSpec(
            "segmentation-unet",
            "U-Net for segmentation",
            SegmentationUNetParams,
            SegmentationUNet,
        ),
        NetworkSpec("random-fill", "Random fill", RandomFillParams, RandomFill),
    ],
)
