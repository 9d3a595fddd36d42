"""`python -m napari_fidelity`: the program, where its script is not on the path."""

from __future__ import annotations

import sys

from napari_fidelity.app.main import main

if __name__ == "__main__":
    sys.exit(main())
