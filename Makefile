# feedwacht: every target sets up what it needs; nothing has to be installed but Python 3.11+ and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/run.stamp: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "feedwacht needs Python 3.11, 3.12 or 3.13 with venv: install one and run make again"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

setup: .venv/run.stamp ## set up .venv from requirements.lock

run: .venv/run.stamp ## start the worker in the foreground (Ctrl-C ends it)
	@$(BIN)/feedwacht run

demo: .venv/run.stamp ## see the product in 30 seconds, offline
	@$(BIN)/feedwacht demo

test: .venv/dev.stamp ## run the whole suite, with a real Redis and PostgreSQL that it brings itself
	$(BIN)/python -m pytest -n 2 --dist loadgroup

chaos: .venv/dev.stamp ## hit the product 300 times on SQLite and on PostgreSQL, and hold it to its promises; 20 minutes (CHAOS="--faults 50 --seed 7")
	@$(BIN)/python -m tests.chaos $(CHAOS)

coverage: .venv/dev.stamp ## the same without what is timed, and which lines no test reaches
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered --ignore=tests/hostile --ignore=tests/e2e

check: .venv/dev.stamp ## ruff, mypy --strict, import contracts, compose schema, units of systemd
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/python -m pytest -q tests/deploy/test_compose.py tests/deploy/test_units.py

.venv/bench.stamp: requirements-bench.lock .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $@

bench: .venv/bench.stamp .venv/dev.stamp ## what our care, our matcher and a whole fleet cost, beside the bare libraries and other matchers
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.matching
	@$(BIN)/python -m bench.scale

bench-long: .venv/bench.stamp .venv/dev.stamp ## a million subscriptions, backtests over 100,000 articles, a million records, 50,000 polls; 4 GB, two hours
	@$(BIN)/python -m bench.matching --long
	@$(BIN)/python -m bench --long
	@$(BIN)/python -m bench.scale --long

format: .venv/dev.stamp ## let ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## renew the lock files (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-strip-extras -q pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --strip-extras -q pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-strip-extras -q pyproject.toml --group build --group bench -c requirements.lock -o requirements-bench.lock

.PHONY: help setup run demo test chaos coverage check bench bench-long format lock
