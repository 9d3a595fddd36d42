"""Sizes that the house style sets: one idea a file, functions that fit on a screen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import napari_fidelity

PACKAGE = Path(napari_fidelity.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 60
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "misc", "common"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_one_idea_a_file(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert path.stem not in VAGUE_NAMES
    assert path.stat().st_size == 0 or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_fit_on_a_screen(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            first = node.body[1] if documented and len(node.body) > 1 else node.body[0]
            lines = (node.end_lineno or 0) - first.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                long.append(f"{node.name}: {lines} lines")
    assert not long
