# Alongside: `make demo` shows it, `make test` checks it, `make run` is the real bot. Every target does the set-up it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

UV := .tools/bin/uv
PYTHON := .venv/bin/python
RASA_PYTHON := nlu/.venv/bin/python
export PYTHONPATH := $(CURDIR)
ifdef CI
export UV_NO_PROGRESS := 1
endif

.PHONY: help setup train demo run test check bench benchmark screenshots lock clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: .venv/.made nlu/.venv/.made ## both environments

$(UV):
	@echo "== uv, which brings the rest"
	python3 -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.made: requirements-dev.txt pyproject.toml | $(UV)
	@echo "== Alongside's environment (.venv, Python 3.11)"
	test -x $(PYTHON) || $(UV) venv --quiet --python 3.11 .venv
	$(UV) pip sync --compile-bytecode --python $(PYTHON) --require-hashes requirements-dev.txt
	$(UV) pip install --quiet --python $(PYTHON) --no-deps --editable .
	touch $@

nlu/.venv/.made: nlu/requirements.txt nlu/.python-version | $(UV)
	@echo "== Rasa's environment (nlu/.venv, Python 3.10, about 2.5 GB)"
	cd nlu
	test -x .venv/bin/python || ../$(UV) venv --quiet --python 3.10 .venv || {
		echo "nlu/.venv: Rasa needs Python 3.10; install it (for example: pyenv install 3.10) and run make again" >&2
		exit 2
	}
	../$(UV) pip sync --compile-bytecode --python .venv/bin/python --require-hashes requirements.txt
	touch .venv/.made

train: setup ## the model, if examples or answers have changed
	@$(RASA_PYTHON) -m nlu.train --out nlu/models

demo: train ## two phones and a clock on one page; no token, no network
	@$(PYTHON) -m alongside demo

run: train ## the real bot: tokens in .env, see README.md
	@$(PYTHON) -m alongside up

check: setup ## style, types, directions of imports
	@echo "== ruff, mypy, import-linter"
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

test: train check ## every check, with the real Rasa, PostgreSQL and browser
	@echo "== tests"
	$(PYTHON) -m pytest $(ARGS)

bench: train ## figures for docs/performance.md
	@$(PYTHON) -m tests.bench

benchmark: train ## how well sentences are understood, against the goals; ARGS=--wrong lists the others
	@$(PYTHON) -m tests.benchmark $(ARGS)

screenshots: train ## pictures of the main journeys, docs/pictures
	@$(PYTHON) -m tests.screenshots

lock: | $(UV) ## write the lock files anew
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev pyproject.toml -c requirements.txt -o requirements-dev.txt
	cd nlu && ../$(UV) pip compile --config-file uv.toml --quiet --generate-hashes --no-header --no-annotate --python-version 3.10 requirements.in -o requirements.txt

clean: ## environments and models of this folder; var/, where data are, stays
	rm -rf .venv nlu/.venv .tools nlu/models
