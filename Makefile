# Every target does its own set-up: a virtual environment, made once and renewed when setup.cfg changes.
SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

# The first interpreter that runs and is of a supported version; one that is on the PATH may not run.
FIND_PYTHON = for python in $(PYTHON) python3.13 python3.12 python3.11 python3.10 python3 python; do \
	$$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1 \
	&& { echo $$python; exit 0; }; done; \
	echo "make: needs Python 3.10 to 3.13 (set PYTHON=/path/to/python); found $$(python3 --version 2>&1)" >&2; exit 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint test-oldest bench bench-memory examples clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

# $(1): folder of the environment, $(2): what to install there
define install
	@set -e; python=$$($(FIND_PYTHON)); \
	[ -x $(1)/bin/python ] || { echo "making $(1) with $$($$python --version)"; $$python -m venv $(1); }; \
	echo "installing into $(1) (a few minutes the first time)"; \
	$(1)/bin/python -m pip --disable-pip-version-check -q install $(2) 2> >(grep -v "Location 'file:" >&2)
endef

$(VENV)/.run: setup.cfg pyproject.toml
	$(call install,$(VENV),-e '.[io,plot]')
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml
	$(call install,$(VENV),-e '.[io,plot,examples,dev]')
	@touch $@ $(VENV)/.run
