"""The shipped nuclei generator: its training's settings, and how its card is measured."""
