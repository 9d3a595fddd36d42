"""How a plane is cut into tiles, and what each tile has to read."""

from napari_fidelity.tiling.plan import Tile, align_up, plan_tiles

__all__ = ["Tile", "align_up", "plan_tiles"]
