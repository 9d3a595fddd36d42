"""The networks that a model manifest can name."""

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.pix2pix_unet import Pix2PixUNet, Pix2PixUNetParams
from napari_fidelity.networks.random_fill import RandomFill, RandomFillParams
from napari_fidelity.networks.resnet_generator import ResnetGenerator, ResnetGeneratorParams
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
        NetworkSpec("pix2pix-unet", "U-Net of pix2pix", Pix2PixUNetParams, Pix2PixUNet),
        NetworkSpec(
            "resnet-generator", "Generator of CycleGAN", ResnetGeneratorParams, ResnetGenerator
        ),
        NetworkSpec("random-fill", "Random fill", RandomFillParams, RandomFill),
    ],
)
