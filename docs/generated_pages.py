"""Parts of the documentation that are written from the code, so that each fact has one home."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
import shutil
from pathlib import Path

import yaml
from degradation_picture import draw_degradation

import napari_fidelity
from napari_fidelity.app.main import ALL_COMMANDS, main
from napari_fidelity.core.params import Params
from napari_fidelity.metrics import METRICS
from napari_fidelity.models import card_text, find_model, list_models
from napari_fidelity.simulation.degradation import PRESETS, STEPS, Interval
from napari_fidelity.widgets.key_list import KEYS

PACKAGE = Path(napari_fidelity.__file__).parent
HELP_COLUMNS = 96
BETTER = {"higher": "higher", "lower": "lower", "one": "nearer to 1", "none": "neither"}

API = {
    "Operations": [
        "operations.synthesize.synthesize",
        "operations.synthesize.SynthesizeParams",
        "operations.synthesize.Levels",
        "operations.assess.assess",
        "operations.assess.AssessParams",
        "operations.assess.Assessment",
        "operations.degrade.degrade",
        "operations.degrade.degrade_pair",
        "operations.degrade.DegradeParams",
        "operations.difference.map_difference",
        "operations.difference.DifferenceParams",
        "operations.line_profile.measure_profiles",
        "operations.line_profile.ProfileParams",
        "operations.line_profile.LineProfiles",
        "operations.copy_text.Call",
        "operations.copy_text.as_python",
        "operations.copy_text.as_command",
        "operations.copy_text.as_recipe",
        "operations.rerun.rerun",
        "operations.recipe.Recipe",
        "operations.recipe.read_recipe",
        "operations.recipe.run_recipe",
        "operations.batch.run_batch",
        "operations.batch.BatchParams",
        "operations.batch.BatchOutcome",
        "operations.pairs.make_pairs",
        "operations.pairs.PairsParams",
        "operations.pairs.PairsOutcome",
        "inference.settings.ComputeSettings",
    ],
    "Measures": [
        "metrics.measure",
        "metrics.Score",
        "metrics.MeasureSettings",
        "metrics.sfm",
        "metrics.nfm",
        "metrics.nfm_floor",
        "metrics.bfm",
        "metrics.bfm_gain_matched",
        "metrics.bfm_sigma",
        "metrics.bfm_foreground",
        "metrics.bfm_background",
        "metrics.ssim",
        "metrics.psnr",
        "metrics.nrmse",
        "metrics.mae",
        "metrics.ncc",
        "metrics.pcc",
        "metrics.as_mask",
        "metrics.background_region",
        "metrics.mask_baselines",
        "metrics.otsu_mask",
    ],
    "Images and files": [
        "core.image.Image",
        "imageio.read_image",
        "imageio.write_image",
    ],
    "Models": [
        "models.list_models",
        "models.use_model_folders",
        "models.model_problems",
        "models.load_model",
        "models.verify_model",
        "models.card_text",
        "models.Manifest",
    ],
    "Simulated specimens": [
        "simulation.simulate_nuclei",
        "simulation.NucleiParams",
        "simulation.simulate_mitochondria",
        "simulation.MitochondriaParams",
        "simulation.Specimen",
    ],
    "Degradation": [
        "simulation.degradation.Pipeline",
        "simulation.degradation.Interval",
        "simulation.degradation.run_pipeline",
        "simulation.degradation.PipelineRun",
        "simulation.degradation.Step",
        "simulation.degradation.Context",
    ],
    "Point spread functions": [
        "simulation.psf.compute_psf",
        "simulation.psf.PsfSettings",
        "simulation.psf.MeasuredPsf",
        "simulation.psf.Psf",
        "simulation.psf.parse_psf",
        "simulation.psf.average_beads",
        "simulation.psf.BeadSettings",
        "simulation.psf.measure_fwhm_um",
        "simulation.psf.convolve_with_psf",
        "operations.psf_file.load_psf",
        "operations.psf_file.refer_to_psf",
    ],
    "Progress and errors": [
        "core.progress.Progress",
        "core.progress.Cancelled",
        "core.errors.UserError",
        "core.params.Params",
        "core.catalog.Catalog",
    ],
}


def write_pages(folder: Path) -> None:
    """Write every generated part into `folder`, replacing what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    parts = folder / "parts"
    parts.mkdir(parents=True)
    (parts / "metrics.md").write_text(describe_metrics(), encoding="utf-8")
    (parts / "models.md").write_text(describe_models(folder / "models"), encoding="utf-8")
    draw_degradation(folder / "degradation.png")
    (parts / "degradation.md").write_text(describe_degradation(), encoding="utf-8")
    (parts / "preferences.md").write_text(describe_preferences(), encoding="utf-8")
    (parts / "keys.md").write_text(describe_keys(), encoding="utf-8")
    (parts / "command-line.md").write_text(describe_commands(), encoding="utf-8")
    (parts / "python.md").write_text(list_api(), encoding="utf-8")


def describe_metrics() -> str:
    """The catalog of metrics as a table."""
    lines = ["| key | what it says | range | better |", "|---|---|---|---|"]
    for spec in METRICS.values():
        unit = f" ({spec.unit})" if spec.unit else ""
        mask = " *Needs a mask.*" if spec.needs_mask else ""
        about = f"**{spec.title}**{unit}. {spec.definition}{mask}".replace("|", "\\|")
        lines.append(f"| `{spec.key}` | {about} | {spec.range} | {BETTER[spec.better]} |")
    return "\n".join(lines) + "\n"


def describe_models(pictures: Path) -> str:
    """The card of each shipped model, one level of headings deeper; their pictures are copied."""
    sections = []
    for manifest in list_models():
        source, target = find_model(manifest.key), pictures / manifest.key
        target.mkdir(parents=True)
        for picture in source.glob("*.png"):
            shutil.copy(picture, target)
        card = card_text(manifest.key) or f"# {manifest.title}\n\n{manifest.description}\n"
        deeper = re.sub(r"^(#+ )", r"##\1", card, flags=re.MULTILINE)
        place = f"](../generated/models/{manifest.key}/"
        sections.append(re.sub(r"\]\((?=[\w-]+\.png)", place, deeper))
    return "\n\n".join(sections) + "\n"


def describe_degradation() -> str:
    """The steps of a degradation with their settings, then the presets."""
    sections = []
    for key, spec in STEPS.items():
        said = inspect.getdoc(spec.params) or ""
        rows = ["| setting | default | what it is |", "|---|---|---|"]
        for name, field in spec.params.model_fields.items():
            if name != "kind":
                shown = field.get_default(call_default_factory=True)
                shown = "a computed PSF" if isinstance(shown, Params) else f"`{_as_yaml(shown)}`"
                rows.append(f"| `{name}` | {shown} | {field.description} |")
        said = re.sub(r"``(.+?)``", r"`\1`", said, flags=re.DOTALL)
        sections.append(f"### {spec.title}: `{key}`\n\n{said}\n\n" + "\n".join(rows))
    return "\n\n".join(sections) + "\n\n## Presets\n\n" + _describe_presets() + "\n"


def _describe_presets() -> str:
    shown = {"poisson": ["photons"], "gaussian-noise": ["sd_percent", "amplitude"]}
    shown["intensity-factor"] = ["factor"]
    names = [name for many in shown.values() for name in many]
    lines = [f"| preset | {' | '.join(f'`{name}`' for name in names)} |", "|---" * 5 + "|"]
    for key, spec in PRESETS.items():
        steps = {step.kind: step for step in spec.pipeline.steps}
        found = [getattr(steps[kind], name) for kind, many in shown.items() for name in many]
        lines.append(f"| {key} | {' | '.join(map(str, found))} |")
    return "\n".join(lines)


def _as_yaml(value: object) -> str:
    if isinstance(value, Interval):
        return f"[{value.low:g}, {value.high:g}]"
    words = {None: "measured", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def describe_preferences() -> str:
    """The preferences of the manifest as a table."""
    manifest = yaml.safe_load((PACKAGE / "napari.yaml").read_text(encoding="utf-8"))
    lines = ["| preference | choices | what it does |", "|---|---|---|"]
    for group in manifest["contributions"]["configurations"].values():
        for stated in group["properties"].values():
            choices = ", ".join(f"`{choice}`" for choice in stated.get("enum", []))
            low, high = stated.get("minimum"), stated.get("maximum")
            choices = choices or ("a folder" if low is None else f"{low:g} to {high:g}")
            lines.append(f"| {stated['title']} | {choices} | {stated['description']} |")
    return "\n".join(lines) + "\n"


def describe_keys() -> str:
    """The keys of the docks as a table."""
    lines = ["| key | what it does |", "|---|---|"]
    lines += [f"| {key} | {key.does} |" for key in KEYS]
    return "\n".join(lines) + "\n"


def describe_commands() -> str:
    """The help of every command, as the program prints it."""
    sections = [f"```text\n{_help()}```"]
    sections += [f"## {key}\n\n```text\n{_help(key)}```" for key in ALL_COMMANDS]
    return "\n\n".join(sections) + "\n"


def _help(*command: str) -> str:
    said = io.StringIO()
    os.environ["COLUMNS"] = str(HELP_COLUMNS)
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main([*command, "--help"])
    return said.getvalue()


def list_api() -> str:
    """Directives that let Sphinx read the docstrings of the public names."""
    sections = []
    for heading, names in API.items():
        directives = "\n".join(_directive(name) for name in names)
        sections.append(f"## {heading}\n\n```{{eval-rst}}\n{directives}```")
    return "\n\n".join(sections) + "\n"


def _directive(name: str) -> str:
    is_class = name.rpartition(".")[2][0].isupper()
    kind = "autoclass" if is_class else "autofunction"
    members = "   :members:\n" if is_class else ""
    return f".. {kind}:: napari_fidelity.{name}\n{members}"
