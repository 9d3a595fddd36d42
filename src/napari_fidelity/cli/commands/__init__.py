"""One file a command; `napari_fidelity.cli.catalog` lists them."""
