"""Trained networks applied to whole images: tiles, intensities, camera noise."""
