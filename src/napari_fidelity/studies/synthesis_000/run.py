"""Paper 000 from images to the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.studies.reproduction import PaperSpec, ReproduceRequest, open_out
from napari_fidelity.studies.synthesis_000.arms import (
    CYCLEGAN,
    GENERATED,
    PIX2PIX,
    REAL,
    make_images,
    plan_generator,
    plan_segmentation,
)
from napari_fidelity.studies.synthesis_000.comparisons import (
    CLAIMS,
    IOU_CLAIMS,
    format_findings,
    judge_claims,
    judge_parity,
)
from napari_fidelity.studies.synthesis_000.fields import (
    GENERATORS,
    SEGMENTATION,
    TEST,
    VALIDATION,
    Floats,
    MitoImage,
    count_roles,
    pick_role,
    read_mito_images,
)
from napari_fidelity.studies.synthesis_000.random_fill import fit_random_fill
from napari_fidelity.studies.synthesis_000.report import Results, format_report
from napari_fidelity.studies.synthesis_000.scales import Sizes, choose_sizes
from napari_fidelity.studies.synthesis_000.scores import (
    ScoreRow,
    average_fields,
    format_scores,
    list_values,
    score_arms,
)
from napari_fidelity.studies.synthesis_000.segmentation import (
    IouRow,
    average_iou_fields,
    average_iou_images,
    format_iou,
    score_segmentations,
)
from napari_fidelity.studies.synthesis_000.simulated import simulate_fields
from napari_fidelity.studies.synthesis_000.training_sets import (
    write_cyclegan_set,
    write_pix2pix_set,
    write_segmentation_set,
)
from napari_fidelity.studies.training_arm import TrainingArm, train_arm
from napari_fidelity.training.run_folder import RunFolder

REPORT, SCORES, COMPARISONS, IOU = "report.md", "scores.csv", "comparisons.csv", "iou.csv"
SMOKE_SIDE_PX = 64
MEASURES = ("sfm", "nfm", "bfm")
Made = Mapping[str, Mapping[str, Floats]]


@dataclass(frozen=True, eq=False)
class Work:
    """What a run works on: the request, its sizes, its images, and its folders."""

    request: ReproduceRequest
    sizes: Sizes
    images: Sequence[MitoImage]
    sets: Path
    runs: Path

    def count(self, role: str) -> int:
        """Images of a role."""
        return sum(image.role == role for image in self.images)


def run_synthesis_000(request: ReproduceRequest, progress: Progress) -> list[Path]:
    """Train the generators and U-Nets, measure what they make, write the report.

    Parameters
    ----------
    request : ReproduceRequest
        Trainings that an earlier run finished in `out` are found there.
    progress : Progress
        Called now and then.

    Returns
    -------
    list of Path
        `report.md`, tables, and where Matplotlib is installed figures. With `only`, scores and
        a figure of validation images.

    Raises
    ------
    UserError
        The images are missing or cannot be divided, or a training failed.
    Cancelled
        Asked for through `progress`.
    """
    out = open_out(request)
    sizes = choose_sizes(request.scale, request.minutes)
    images = (
        simulate_fields(SMOKE_SIDE_PX)
        if request.scale == "smoke"
        else read_mito_images(request.require_data(), match_levels=sizes.match_levels)
    )
    work = Work(request, sizes, images, out / "data", out / "runs")
    first, second, measuring, segmenting = share_progress(progress, [40, 50, 6, 4])
    generators = train_generators(work, first)
    if request.only is not None:
        return show_validation(work, generators)
    unets = train_segmentations(work, generators, second)
    tests = pick_role(images, TEST)
    fill = fit_random_fill(pick_role(images, GENERATORS))
    packages = {key: arm.package for key, arm in generators.items()}
    made = make_images(tests, fill, packages, Progress())
    rows = score_arms(tests, made, measuring)
    iou = score_segmentations(tests, {key: arm.package for key, arm in unets.items()}, segmenting)
    results = gather_results(work, rows, iou, [*generators.values(), *unets.values()])
    return write_results(work, results, made, unets)


def train_generators(work: Work, progress: Progress) -> dict[str, TrainingArm]:
    """pix2pix and CycleGAN, or the one that was asked for."""
    only = work.request.only
    keys = [key for key in (PIX2PIX, CYCLEGAN) if only in (None, key)]
    if not keys:
        raise UserError(f"Paper 000 has no generator {only!r}: choose {PIX2PIX} or {CYCLEGAN}.")
    write = {PIX2PIX: write_pix2pix_set, CYCLEGAN: write_cyclegan_set}
    arms = {}
    for key, share in zip(keys, share_progress(progress, [1] * len(keys)), strict=True):
        folder = write[key](work.sets / key, work.images)
        arms[key] = plan_generator(
            key, folder, work.runs, work.sizes, work.request.threads, work.count(GENERATORS)
        )
        train_arm(arms[key], share, apart=work.request.scale != "smoke")
    return arms


def train_segmentations(
    work: Work, generators: Mapping[str, TrainingArm], progress: Progress
) -> dict[tuple[str, int], TrainingArm]:
    """A U-Net for each arm and seed, by arm and seed."""
    fill = fit_random_fill(pick_role(work.images, GENERATORS))
    packages = {key: arm.package for key, arm in generators.items()}
    made = make_images(pick_role(work.images, SEGMENTATION), fill, packages, Progress())
    folders = {
        arm: write_segmentation_set(work.sets / f"unet-{arm}", work.images, made.get(arm))
        for arm in (*GENERATED, REAL)
    }
    # seed by seed: what a stopped run leaves is complete for all arms alike
    plans = {
        (arm, seed): plan_segmentation(
            arm, seed, folder, work.runs, work.sizes, work.request.threads,
            work.count(SEGMENTATION),
        )
        for seed in range(work.sizes.seeds)
        for arm, folder in folders.items()
    }  # fmt: skip
    for arm, share in zip(plans.values(), share_progress(progress, [1] * len(plans)), strict=True):
        train_arm(arm, share, apart=work.request.scale != "smoke")
    return plans


def gather_results(
    work: Work,
    rows: Sequence[ScoreRow],
    iou: Sequence[IouRow],
    trainings: Sequence[TrainingArm],
) -> Results:
    """All comparisons of the protocol."""
    arms = [arm for arm in GENERATED if any(row.arm == arm for row in rows)]
    fields = {key: {arm: average_fields(rows, key, arm) for arm in arms} for key in MEASURES}
    values = {key: {arm: list_values(rows, key, arm) for arm in arms} for key in MEASURES}
    trained = list(dict.fromkeys(row.arm for row in iou))
    iou_fields = {arm: average_iou_fields(iou, arm) for arm in trained}
    iou_values = {arm: list(average_iou_images(iou, arm).values()) for arm in trained}
    return Results(
        request=work.request,
        counts=count_roles(work.images),
        rows=rows,
        findings=judge_claims(CLAIMS, fields, values),
        iou_rows=iou,
        iou_findings=judge_claims(IOU_CLAIMS, {"iou": iou_fields}, {"iou": iou_values}),
        parity=judge_parity(iou_fields),
        trainings=[describe_training(work, arm) for arm in trainings],
        deviations=work.sizes.deviations,
    )


def describe_training(work: Work, arm: TrainingArm) -> tuple[str, int, float, float]:
    """Name, steps, passes over its images' area, minutes."""
    status = RunFolder.open(arm.folder).read_status()
    patch = arm.config.data.patch_px
    side = patch if isinstance(patch, int) else 256
    role = SEGMENTATION if arm.config.method.kind == "segmentation" else GENERATORS
    area = sum(image.image.size for image in work.images if image.role == role)
    passes = status.step * arm.config.batch * side**2 / area
    return arm.name, status.step, passes, status.seconds / 60


def write_results(
    work: Work, results: Results, made: Made, unets: Mapping[tuple[str, int], TrainingArm]
) -> list[Path]:
    """The files of the study, each complete or not there."""
    out = work.request.out
    written = {
        REPORT: format_report(results),
        SCORES: format_scores(results.rows),
        COMPARISONS: format_findings([*results.findings, *results.iou_findings]),
        IOU: format_iou(results.iou_rows),
    }
    for name, text in written.items():
        with write_atomically(out / name) as path:
            path.write_text(text, encoding="utf-8")
    paths = [out / name for name in written]
    if find_spec("matplotlib") is not None:
        from napari_fidelity.studies.synthesis_000.drawings import draw_results

        tests = pick_role(work.images, TEST)
        shown = {arm: plan.package for (arm, seed), plan in unets.items() if seed == 0}
        paths += draw_results(out, tests, made, results.rows, results.iou_rows, shown)
    return paths


def show_validation(work: Work, generators: Mapping[str, TrainingArm]) -> list[Path]:
    """Scores and a figure of validation images: a training judged without opening the test."""
    images = pick_role(work.images, VALIDATION)
    fill = fit_random_fill(pick_role(work.images, GENERATORS))
    packages = {key: arm.package for key, arm in generators.items()}
    made = make_images(images, fill, packages, Progress())
    paths = [work.request.out / name for name in ("validation.csv", "validation.png")]
    with write_atomically(paths[0]) as path:
        path.write_text(format_scores(score_arms(images, made, Progress())), encoding="utf-8")
    if find_spec("matplotlib") is None:
        return paths[:1]
    from napari_fidelity.studies.synthesis_000.figures import draw_images

    with write_atomically(paths[1]) as path:
        draw_images(path, images, made)
    return paths


SYNTHESIS_000 = PaperSpec(
    key="000",
    title="Feng et al. 2019, quality of synthetic fluorescence images",
    description="random fill, pix2pix and CycleGAN measured by SFM, NFM and BFM, and as training "
    "images of a segmentation",
    layout="images, or images/ and masks/ of equal names; fields.csv (name, group, role) says "
    "what each is for",
    arms=(PIX2PIX, CYCLEGAN),
    run=run_synthesis_000,
)
