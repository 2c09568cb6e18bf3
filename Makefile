# Every target does its own set-up: a virtual environment, made once and renewed when setup.cfg or
# pyproject.toml change. PYTHON=/path/to/python chooses the interpreter.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
OLDEST ?= .venv-oldest
CPP_FOLDER ?= .cpp
BIN := $(VENV)/bin
WORKERS ?= $(shell nproc 2>/dev/null | awk '{print ($$1 > 4) ? 4 : $$1}' || echo 1)

FOR_USE := -e '.[io,onnx,report]'
FOR_TESTS := -e '.[test]'
FOR_DEVELOPMENT := -e '.[io,onnx,report,examples,dev]'
FOR_DOCS := -e '.[io,onnx,report,stats,docs]'
FOR_BENCHMARKS := -e '.[io,onnx,plot,bench]'

NEED_A_PATH := examples/higgs_ml.py examples/negative_weights.py

# The first interpreter that runs and is of a supported version: one on the PATH may not run at all.
SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))
CANDIDATES := $(PYTHON) python3 python3.13 python3.12 python3.11 python3.10 python
FIND_PYTHON = for candidate in $(CANDIDATES); do \
	if $$candidate -c '$(SUPPORTED)' >/dev/null 2>&1; then python=$$candidate; break; fi; done; \
	if [ -z "$${python:-}" ]; then \
	echo "make: Python 3.10 to 3.13 is needed, none of '$(CANDIDATES)' is one; set PYTHON=/path/to/python" >&2; \
	exit 1; fi

# $(call environment,FOLDER,WHAT TO INSTALL): pip's notes about its own configuration are dropped
define environment
	@$(FIND_PYTHON); \
	if [ ! -x $(1)/bin/python ]; then \
	echo "Making $(1) with $$($$python --version); installing takes a few minutes the first time."; \
	$$python -m venv $(1); fi; \
	$(1)/bin/python -m pip --disable-pip-version-check install -q $(2) 2> >(grep -v "^WARNING: Location" >&2)
endef

.PHONY: help
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 16

$(VENV)/.run: setup.cfg pyproject.toml
	$(call environment,$(VENV),$(FOR_USE))
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml
	$(call environment,$(VENV),$(FOR_DEVELOPMENT))
	@touch $@ $(VENV)/.run

$(VENV)/.docs: $(VENV)/.dev
	$(call environment,$(VENV),$(FOR_DOCS))
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(call environment,$(VENV),$(FOR_BENCHMARKS))
	@touch $@

$(OLDEST)/.run: setup.cfg pyproject.toml .ci/oldest.py
	@$(FIND_PYTHON); mkdir -p $(OLDEST); $$python .ci/oldest.py test io plot > $(OLDEST).txt
	$(call environment,$(OLDEST),-c $(OLDEST).txt $(FOR_TESTS))
	@rm -f $(OLDEST).txt; touch $@

.PHONY: demo
demo: $(VENV)/.run  ## the main job on a sample that ships: train, search, score, save, apply, report
	@$(BIN)/python examples/demo.py

.PHONY: test
test: $(VENV)/.dev  ## the test suite, docstring examples included (ARGS="--data DIR": files of others)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: test-fast
test-fast: $(VENV)/.dev  ## what of the test suite takes under three minutes on two cores (tests/slow.txt lists the rest)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not slow" $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev  ## 10,000 odd inputs for each public function (fewer for training and drawing); FUZZ_SEED=
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-10000} $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout 0 tests/fuzz $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev  ## style, spelling, and types as users see them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: check
check: lint test  ## style, spelling, types and the test suite

.PHONY: stubs
stubs: $(VENV)/.dev  ## write the stubs, which tell editors the signatures
	$(BIN)/python .ci/stubs.py
	$(BIN)/ruff format -q skhep_nn

.PHONY: saved
saved: $(VENV)/.dev  ## a file of each classifier to tests/data, for each release
	$(BIN)/python .ci/saved_classifiers.py

.PHONY: test-cpp
test-cpp: $(VENV)/.dev  ## the C++ example and SOFIE: fetches headers, installs nothing else
	.ci/headers $(CPP_FOLDER)
	$(BIN)/python -m pip --disable-pip-version-check install -q --no-deps --upgrade --target $(CPP_FOLDER)/python sofie
	ONNXRUNTIME_HEADERS=$(abspath $(CPP_FOLDER))/usr/include/onnxruntime SOFIE=$(abspath $(CPP_FOLDER))/python \
	$(BIN)/python -m pytest -q -rs tests/deploy/onnx/test_cpp.py tests/deploy/onnx/test_sofie.py

.PHONY: test-oldest
test-oldest: $(OLDEST)/.run  ## scikit-learn's checks and tests/oldest.txt on the oldest versions that setup.cfg allows
	$(OLDEST)/bin/python -m pytest -q -n $(WORKERS) -k "scikit_learn" tests
	$(OLDEST)/bin/python -m pytest -q -n $(WORKERS) --dist worksteal $$(grep -v "^#" tests/oldest.txt)

.PHONY: bench
bench: $(VENV)/.bench  ## the benchmark: writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

.PHONY: bench-memory
bench-memory: $(VENV)/.dev  ## training from a cache larger than memory; memory for each of 1e8 events
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks resident

.PHONY: examples
examples: $(VENV)/.dev  ## every example that needs no file of yours
	@for example in $(filter-out examples/demo.py $(NEED_A_PATH),$(wildcard examples/*.py)); do \
	echo "== $$example"; $(BIN)/python $$example || exit 1; done

.PHONY: docs
docs: $(VENV)/.docs  ## the site, in docs/_build/html; DOCS_ONLINE=1 fetches inventories for links to others
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

.PHONY: docs-numbers
docs-numbers: $(VENV)/.dev  ## numbers quoted in README and docs that have moved (ARGS=--all: long measurements too)
	@$(BIN)/python .ci/numbers_quoted.py $(ARGS)

.PHONY: docs-printouts
docs-printouts: $(VENV)/.dev  ## printouts of the guides that have moved, on the whole samples (ARGS=--write)
	@PYTHONPATH=tests $(BIN)/python .ci/printouts.py $(ARGS)

.PHONY: release
release: $(VENV)/.docs  ## build, and check the wheel in a clean environment (TAG=yes: tag it, too)
	$(BIN)/python .ci/release.py $(if $(TAG),--tag)

.PHONY: clean
clean:  ## remove environments and outputs
	rm -rf $(VENV) $(OLDEST) $(CPP_FOLDER) demo_output examples_output dist build
	rm -rf docs/_build docs/reference docs/auto_examples
