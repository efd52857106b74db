VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
DOCS := $(VENV)/installed-docs
RAY := $(VENV)/installed-ray
FLOWER_VENV ?= .venv-flower
FLOWER := $(FLOWER_VENV)/installed
PRODUCT := fedsz_privacy attacks analysis

# Some machines ask Python to keep no compiled files: every process of the tests would compile the same modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help audit test test-slow test-all test-flower coverage bench lint format types types-flower docs clean

audit: $(INSTALLED)  ## run the default privacy audit
	$(BIN)/fedsz-privacy audit

help:  ## say what make can do
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: $(INSTALLED)  ## run the tests
	$(BIN)/pytest --numprocesses 2 --dist worksteal

test-slow: $(RAY)  ## run the tests that take longer, those on a Ray cluster too
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m slow

test-all: $(RAY)  ## run both at once, one more at a time than cores: those that wait for processes leave theirs idle
	$(BIN)/pytest --numprocesses 3 --dist worksteal -m 'slow or not slow'

test-flower: $(FLOWER)  ## run the tests of the Flower plug-in and its notebook, those on Flower's simulation too
	$(FLOWER_VENV)/bin/pytest --numprocesses 2 -m 'slow or not slow' tests/fedsz_privacy/flower tests/notebooks/test_recorded_run.py

coverage: $(RAY)  ## run all tests but Flower's and say which branches of the product ran; fewer than 95% fail
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m 'slow or not slow' --cov --cov-report=
	$(BIN)/coverage report --skip-covered
	$(BIN)/coverage json --quiet -o - | $(BIN)/python .ci/branches.py

bench: $(INSTALLED)  ## time some work beside a yardstick, and compare the ratios with those that are stored
	$(BIN)/pytest -m 'slow or not slow' benchmarks/ratios

lint: $(INSTALLED)  ## look for faults of style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED)  ## lay the code out, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(INSTALLED)  ## check the types
	$(BIN)/mypy

types-flower: $(FLOWER)  ## check the product's types where Flower is there, and older versions of what it pins
	$(FLOWER_VENV)/bin/mypy --cache-dir .mypy_cache/flower $(PRODUCT)

docs: $(DOCS)  ## build the documentation site in site/; warnings are errors
	$(BIN)/mkdocs build --strict

clean:  ## remove the environments, the runs and the site
	rm -rf $(VENV) $(FLOWER_VENV) runs site

$(INSTALLED): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[data,compressors,weights,dev,hooks]'
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps pytorchcv jax-privacy privacy-estimates
	touch $@

$(DOCS): $(INSTALLED) constraints-docs.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --constraint constraints-docs.txt --editable '.[docs]'
	touch $@

$(RAY): $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[data,compressors,weights,dev,hooks,ray]'
	touch $@

# Flower asks for older versions of typer, rich, packaging, protobuf and ray than constraints.txt has.
$(FLOWER): pyproject.toml constraints-flower.txt
	python3 -m venv $(FLOWER_VENV)
	$(FLOWER_VENV)/bin/pip install --quiet --constraint constraints-flower.txt --editable '.[data,compressors,flower,dev]' 'flwr[simulation]'
	touch $@
