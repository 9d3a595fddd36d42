"""What a profile is made from: the line and the layers' planes, read at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Shapes

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.line_profile import (
    LineProfiles,
    Profile,
    ProfileParams,
    describe_line,
)
from napari_fidelity.operations.line_sampling import Floats, lay_path, sample_path
from napari_fidelity.widgets.world_planes import (
    MIXED,
    WorldPlane,
    displayed_axes,
    line_places,
    shown_plane,
    world_unit,
)

LINES = ("line", "path")


@dataclass(frozen=True, eq=False)
class Reading:
    """A line over planes; `measure` may run on a worker.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        Corners of the line in the world.
    planes : tuple of WorldPlane
        What lies under it.
    unit : str
        Of the distance.
    factor : float
        How many of it one unit of the world is.
    params : ProfileParams
        Line, width and interpolation, in `unit`.
    notes : tuple of str
        Layers that are left out, with reasons; how pixel sizes were taken.
    """

    places: Floats
    planes: tuple[WorldPlane, ...]
    unit: str
    factor: float
    params: ProfileParams
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the layers."""
        return tuple(plane.name for plane in self.planes)

    def measure(self) -> LineProfiles:
        """The profiles of all planes, sampled at the finest pixel size among them.

        Raises
        ------
        UserError
            The line has no length.
        """
        step = self.factor * min(plane.pixel_size for plane in self.planes)
        path = lay_path(self.params.points, step=step, width=self.params.width)
        world = path.positions / self.factor
        profiles = tuple(
            Profile(
                plane.name,
                sample_path(plane.pixels, plane.to_pixels(world), self.params.interpolation),
                plane.describe_contrast(),
            )
            for plane in self.planes
        )
        width, kind = self.params.width, self.params.interpolation
        facts = describe_line(self.params.points, path, self.unit, width, kind)
        return LineProfiles(path.distances, profiles, self.unit, facts)


def read_line(
    viewer: ViewerModel, line: Shapes, layers: Sequence[Layer], params: ProfileParams
) -> Reading:
    """The line of a Shapes layer and the planes of layers under it. Main thread.

    Parameters
    ----------
    viewer : ViewerModel
        Whose slice is taken.
    line : Shapes
        The selected line in it, else the last.
    layers : sequence of Layer
        Those to compare.
    params : ProfileParams
        Width and interpolation; its line is replaced.

    Raises
    ------
    UserError
        There is no line, or no layer that can be read here.
    """
    places = line_places(viewer, line, find_line(line))
    planes, notes = [], []
    for layer in layers:
        try:
            planes.append(shown_plane(viewer, layer))
        except UserError as error:
            notes.append(str(error))
    if not planes:
        raise UserError(notes[0] if notes else "Choose the layers to compare above.")
    unit, factor = world_unit(viewer)
    if unit == MIXED:
        notes.append(
            "Not all layers say their pixel size: they are compared where napari draws them."
        )
    points = tuple((float(y), float(x)) for y, x in np.round(places * factor, 9))
    placed = params.model_copy(update={"points": points})
    return Reading(places, tuple(planes), unit, factor, placed, tuple(notes))


def missed_words(profiles: LineProfiles) -> list[str]:
    """A sentence where the line misses images.

    Examples
    --------
    >>> away, there = Profile("a", np.array([np.nan])), Profile("b", np.array([1.0]))
    >>> missed_words(LineProfiles(np.array([0.0]), (away, there), "px"))
    ['The line does not cross “a”.']
    >>> missed_words(LineProfiles(np.array([0.0]), (away,), "px"))
    ['The line lies outside of the images: drag it onto them.']
    """
    missed = [f"“{one.name}”" for one in profiles.profiles if np.isnan(one.values).all()]
    if len(missed) == len(profiles.profiles):
        return ["The line lies outside of the images: drag it onto them."]
    return [f"The line does not cross {', '.join(missed)}."] if missed else []


def has_line(layer: Shapes) -> bool:
    """Whether a Shapes layer holds a line or a path."""
    return bool(layer.data) and any(kind in LINES for kind in layer.shape_type)


def find_line(layer: Shapes) -> Floats:
    """Vertices of the selected line or path of a Shapes layer, else of its last one.

    Raises
    ------
    UserError
        It has none.
    """
    kinds = list(layer.shape_type) if layer.data else []
    lines = [index for index, kind in enumerate(kinds) if kind in LINES]
    if not lines:
        raise UserError(f"“{layer.name}” holds no line: press Draw a line.")
    selected = [index for index in lines if index in layer.selected_data]
    return np.asarray(layer.data[(selected or lines)[-1]], np.float64)


def check_plain(viewer: ViewerModel, layers: Sequence[Layer], reading: Reading) -> tuple[int, ...]:
    """Indices of the shown plane, where the layers' files alone give the same profile.

    Raises
    ------
    UserError
        Layers are turned, lie in different units, are shown along other axes than Y and X, or at
        planes of different number.
    """
    if reading.unit == MIXED:
        raise UserError("Not all layers say their pixel size: set their scale and units first.")
    found: set[tuple[int, ...]] = set()
    for layer, plane in zip(layers, reading.planes, strict=True):
        if displayed_axes(viewer, layer) != (layer.ndim - 2, layer.ndim - 1):
            raise UserError("A script reads planes of Y and X: roll the axes back first.")
        is_plain = np.allclose(plane.matrix, np.diag(np.diag(plane.matrix)))
        if not is_plain or not np.allclose(layer.affine.affine_matrix, np.eye(layer.ndim + 1)):
            raise UserError(f"“{layer.name}” is turned or sheared, which its file does not say.")
        if leading := tuple(index for index in plane.pixels.index if isinstance(index, int)):
            found.add(leading)
    if len(found) > 1:
        raise UserError("The layers are shown at planes of different number: compare stacks of "
                        "one size.")  # fmt: skip
    return found.pop() if found else ()
