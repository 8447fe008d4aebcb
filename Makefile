# `make` alone lists what there is. Everything is installed into .venv, from requirements.lock, by itself.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Made anew only when what is to be installed has changed.
INSTALLED := $(VENV)/installed

# Our own commands and their children see the same text on every machine.
export LC_ALL ?= C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Whatever the shell says: what is compiled is kept, or each command of the suite compiles the whole.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## list these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

.PHONY: demo
demo: $(INSTALLED) ## serve an invented operator on one port, with a database of its own
	$(BIN)/baohao demo

.PHONY: test
test: lint ## check everything: style, types, arrows, and the whole suite on two cores
	$(BIN)/pytest --numprocesses 2 --dist loadfile

.PHONY: lint
lint: $(INSTALLED) ## check style, types and the arrows between rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

.PHONY: pictures
pictures: $(INSTALLED) ## take the pictures of the pages in docs anew
	BAOHAO_PICTURES=1 $(BIN)/pytest tests/journeys/test_h*.py tests/journeys/test_offices.py

.PHONY: soak
soak: $(INSTALLED) ## run the laws over fifty times the random work, for hours
	$(BIN)/pytest -m soak --hypothesis-profile=soak

.PHONY: bench
bench: $(INSTALLED) ## measure against pgbench and COPY (QUICK=1: a tenth of it); writes bench/results/latest.json
	$(BIN)/baohao bench $(if $(QUICK),--quick)

.PHONY: lock
lock: $(INSTALLED) ## choose versions anew: writes requirements.lock, with hashes and no addresses
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--quiet --output-file requirements.lock

.PHONY: clean
clean: ## remove what was installed and built
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
			|| { echo 'baohao needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...'; exit 1; }; \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
			|| { echo 'Python has no venv here; install it with: sudo apt install python3-venv'; exit 1; }; \
		$(PYTHON) -m venv --clear $(VENV); }
	@echo 'Installing into $(VENV), about a minute the first time ...'
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@
