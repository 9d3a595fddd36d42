# make demo   mask -> image -> measured quality, in demo-output/
# make test   all tests
# make check  style, types, floors
# make docs   the documentation, in docs/_build/
#
# The first call makes .venv and installs the tested versions of constraints.txt into it.

VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo-output
ARGS ?=

.DELETE_ON_ERROR:
.PHONY: help demo test check docs pictures benchmarks display clean

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

demo: $(VENV)/demo.stamp display
	$(BIN)/napari-fidelity demo --out $(OUT) $(ARGS)

test: $(VENV)/dev.stamp display
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/dev.stamp
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo "Documentation: docs/_build/index.html"

pictures: $(VENV)/demo.stamp display
	$(BIN)/napari-fidelity demo --out $(OUT) --no-stay
	cp $(OUT)/napari.png docs/images/demo-screenshot.png
	cp $(OUT)/comparison.png docs/images/demo-comparison.png
	xvfb-run -a -s "-screen 0 1600x1100x24" $(BIN)/python tools/dock_pictures.py docs/images

benchmarks: $(VENV)/dev.stamp display
	$(BIN)/python -m benchmarks $(ARGS)

display:
	@sh tools/prepare_display.sh

$(VENV)/bin/python:
	@sh tools/make_venv.sh $(VENV)

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all]"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all,dev]"
	@touch $@

clean:
	rm -rf $(VENV) docs/_build docs/generated
