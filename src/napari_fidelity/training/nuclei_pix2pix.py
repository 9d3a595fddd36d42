"""Trains the nuclei generator and packs it.

    python -m napari_fidelity.training.nuclei_pix2pix --data DIR --out RUN

`DIR` holds `images/` and `labels/`, PNG files of equal names (BBBC038v1). The run folder holds
the configuration, `metrics.jsonl` and a checkpoint; a run that was stopped goes on where its
checkpoint was. The finished packages are `RUN/nuclei-pix2pix` and `RUN/random-fill`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.crops import CropSampler
from napari_fidelity.data.image_mask_folder import load_labelled_images
from napari_fidelity.training.nuclei_package import write_packages
from napari_fidelity.training.nuclei_trainer import NucleiTrainer, TrainingConfig
from napari_fidelity.training.typical_response import SPLIT_TABLE


def open_run(run: Path, config: TrainingConfig) -> None:
    """Create the run folder, or check that it belongs to the same configuration.

    Raises
    ------
    UserError
        The folder holds a run with other settings.
    """
    run.mkdir(parents=True, exist_ok=True)
    path, text = run / "config.json", config.model_dump_json(indent=2)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UserError(f"{run} holds a run with other settings: choose another folder.")
    path.write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Train and package, with options from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and labels/")
    parser.add_argument("--split", type=Path, default=SPLIT_TABLE, help="CSV: image, group, split")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    for name, field in TrainingConfig.model_fields.items():
        if name != "widths":
            option = "--" + name.replace("_", "-")
            parser.add_argument(option, type=type(field.default), default=field.default)
    options = vars(parser.parse_args(argv))
    config = TrainingConfig.parse(
        {key: options[key] for key in TrainingConfig.model_fields if key in options}
    )
    torch.set_num_threads(options["threads"])
    open_run(options["out"], config)
    training, validation = (
        load_labelled_images(options["data"], options["split"], split)
        for split in ("training", "validation")
    )
    trainer = NucleiTrainer(config, CropSampler(training, config.crop_px), options["out"])
    trainer.train()
    write_packages(options["out"], trainer.averaged, config, training, validation)


if __name__ == "__main__":
    main()
